"""The name that was probably meant by one that is not there, among many: only its neighbours are compared.

A typing error leaves the name's beginning or its end as it was, so the right one stands near it in the alphabet, read
forwards or backwards. A look-up costs the same in a folder of ten files and in one of ten thousand.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches

# So many names on either side are compared, and so much of each: comparing costs the square of the length.
_BESIDE = 12
_LENGTH = 80

# How alike two ids must be for one to be meant by the other; paths, which are longer, must be more so.
ALIKE = 0.5


class Near:
    """Names, ready to be asked for the nearest of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_text = {name.lower()[:_LENGTH]: name for name in sorted(names, reverse=True)}
        self._forwards = sorted(self._by_text)
        self._backwards = sorted(text[::-1] for text in self._by_text)

    def to(self, name: str, cutoff: float) -> str:
        """Return the nearest name, or nothing where none is near."""
        text = name.lower()[:_LENGTH]
        beside = [*_around(text, self._forwards), *(found[::-1] for found in _around(text[::-1], self._backwards))]
        found = get_close_matches(text, sorted(set(beside)), n=1, cutoff=cutoff)
        return self._by_text[found[0]] if found else ""


def _around(text: str, names: list[str]) -> list[str]:
    place = bisect_left(names, text)
    return names[max(0, place - _BESIDE) : place + _BESIDE]
