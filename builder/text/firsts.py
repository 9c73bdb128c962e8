"""The characters that a regular expression can begin with, read from its own parsed form.

What is told is a bound: a match never begins with a character that is missing, and may not begin with one that is
there. Only ASCII is told apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]  # the parsed form of an expression has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any, NamedTuple

ASCII = 128
_ALL = (1 << ASCII) - 1
_EMPTY = 1 << ASCII  # a bit beyond the characters: the expression may match nothing at all


class Opening(NamedTuple):
    """How an expression begins: the ASCII characters that can be first, one bit each, all of them where we cannot tell.

    ``run`` are the ASCII characters of an expression that matches one character of a set and nothing else, and whether
    it takes as many as there are; None for any other expression.
    """

    first: int
    run: tuple[int, bool] | None


ANY = Opening((1 << ASCII) - 1, None)


@lru_cache(maxsize=4096)
def opening_of(pattern: re.Pattern[str]) -> Opening:
    """Return how an expression begins."""
    try:
        parsed = list(parser.parse(pattern.pattern, pattern.flags))
        found = _first(parsed, pattern.flags)
    except (re.error, RecursionError, KeyError, TypeError, ValueError):
        return ANY
    return Opening(_ALL if found & _EMPTY else found, _run(parsed, pattern))


def _run(parsed: list[Any], pattern: re.Pattern[str]) -> tuple[int, bool] | None:
    if len(parsed) != 1:
        return None
    (code, argument), many = parsed[0], False
    if code is op.MAX_REPEAT:
        least, most, inner = argument
        if least != 1 or most is not op.MAXREPEAT or len(inner) != 1:
            return None
        code, many = inner[0][0], True
    if code not in (op.IN, op.LITERAL):
        return None
    return sum(1 << each for each in range(ASCII) if pattern.fullmatch(chr(each))), many


def _first(parsed: Any, flags: int) -> int:
    """Return the first characters of a parsed sequence, with ``_EMPTY`` where it may match nothing.

    What the sequence looks ahead to bounds what comes behind it.
    """
    found, ahead = 0, _ALL
    for code, argument in parsed:
        if code is op.ASSERT and argument[0] > 0:
            seen = _first(argument[1], flags)
            ahead &= _ALL if seen & _EMPTY else seen
            continue
        here = _first_of_item(code, argument, flags)
        found |= here & ahead
        if not here & _EMPTY:
            return found
    return found | (_EMPTY if ahead == _ALL else ahead)


def _first_of_item(code: Any, argument: Any, flags: int) -> int:  # noqa: C901, PLR0911 - one line a kind of item
    if code is op.LITERAL:
        return _folded(_bit(argument), flags)
    if code is op.NOT_LITERAL:
        return _ALL
    if code is op.IN:
        return _set(argument, flags)
    if code is op.ANY:
        return _ALL if flags & re.DOTALL else _ALL & ~(1 << ord("\n"))
    if code is op.BRANCH:
        found = 0
        for branch in argument[1]:
            found |= _first(branch, flags)
        return found
    if code is op.SUBPATTERN:
        _, added, removed, inner = argument
        return _first(inner, (flags | added) & ~removed)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _first(inner, flags) | (0 if least else _EMPTY)
    if code is op.ATOMIC_GROUP:
        return _first(argument, flags)
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return _EMPTY
    return _ALL | _EMPTY


def _bit(character: int) -> int:
    # A letter beyond ASCII may fold onto an ASCII one (the Kelvin sign, the long s).
    return 1 << character if character < ASCII else 0


def _matching(expression: str) -> int:
    """Return the ASCII characters that an expression for one character matches."""
    return sum(1 << code for code in range(ASCII) if re.fullmatch(expression, chr(code)))


_CATEGORIES = {
    op.CATEGORY_SPACE: _matching(r"\s"),
    op.CATEGORY_NOT_SPACE: _matching(r"\S"),
    op.CATEGORY_DIGIT: _matching(r"\d"),
    op.CATEGORY_NOT_DIGIT: _matching(r"\D"),
    op.CATEGORY_WORD: _matching(r"\w"),
    op.CATEGORY_NOT_WORD: _matching(r"\W"),
}


def _set(items: Any, flags: int) -> int:
    found, negated = 0, False
    for code, argument in items:
        if code is op.NEGATE:
            negated = True
        elif code is op.LITERAL:
            found |= _bit(argument)
        elif code is op.RANGE:
            low, high = argument
            for character in range(low, min(high, ASCII - 1) + 1):
                found |= 1 << character
        elif code is op.CATEGORY:
            found |= _CATEGORIES[argument]
        else:
            return _ALL
    if negated:
        return _ALL & ~found if not flags & re.IGNORECASE else _ALL
    return _folded(found, flags)


def _folded(found: int, flags: int) -> int:
    if not flags & re.IGNORECASE:
        return found
    letters = ((1 << 26) - 1) << ord("a")
    lower, upper = found & letters, found & (letters >> 32)
    # With the few letters beyond ASCII that fold onto k and s, their rules are tried for these as well.
    return (
        found
        | lower >> 32
        | upper << 32
        | 1 << ord("k")
        | 1 << ord("s")
        | 1 << ord("K")
        | 1 << ord("S")
        | 1 << ord("i")
        | 1 << ord("I")
    )
