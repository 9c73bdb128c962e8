"""The order of pages: front matter, else SUMMARY.md, else number prefix, else names as people sort them."""

from __future__ import annotations

from collections.abc import Mapping

from builder.model import SummaryEntry
from builder.text.urls import join, natural_key


def order_key(order: float | None, listed: int | None, prefix: int | None, name: str) -> tuple[object, ...]:
    """Return what siblings are sorted by."""
    natural = natural_key(name)
    if order is not None:
        return (0, order, natural)
    if listed is not None:
        return (1, listed, natural)
    return (2, prefix, natural) if prefix is not None else (3, 0, natural)


def read_order(
    summaries: Mapping[str, tuple[SummaryEntry, ...]], pages: Mapping[str, object]
) -> dict[str, tuple[int, str | None]]:
    """Return for each page that a SUMMARY.md lists its place in it and the page it is nested under."""
    found: dict[str, tuple[int, str | None]] = {}
    for path in sorted(summaries):
        folder = path.rpartition("/")[0]
        above: list[str | None] = []
        for entry in summaries[path]:
            del above[entry.depth :]
            target = join(folder, entry.target) if entry.target else None
            listed = target if target in pages else None
            if listed is not None and listed not in found:
                found[listed] = (len(found), next((page for page in reversed(above) if page), None))
            above.extend([None] * (entry.depth - len(above)))
            above.append(listed)
    return found
