"""SUMMARY.md: the order and nesting of a book's pages, as mdBook and GitBook write it."""

from __future__ import annotations

import re

from builder.model import SummaryEntry

_ENTRY = re.compile(r"^([ \t]*)(?:[-*+]\s+)?\[([^\]]*)\]\(([^)]*)\)")
_PART = re.compile(r"^#{1,2}\s+(\S.*)")


def read_summary(text: str) -> tuple[SummaryEntry, ...]:
    """Return the entries of a SUMMARY.md in order; a heading after the first is the title of a part."""
    entries: list[SummaryEntry] = []
    indents: list[int] = []
    for line in text.split("\n"):
        found = _ENTRY.match(line)
        if found:
            indent = len(found[1].expandtabs(4))
            while indents and indents[-1] >= indent:
                indents.pop()
            target = found[3].strip().strip("<>").split("#")[0]
            entries.append(SummaryEntry(len(indents), found[2].strip("`* "), target))
            indents.append(indent)
            continue
        part = _PART.match(line)
        if part and entries:
            entries.append(SummaryEntry(0, part[1].rstrip().rstrip("#").rstrip(), ""))
            indents.clear()
    return tuple(entries)
