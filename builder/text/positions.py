"""Where things stand in a page's source: found only when there is something to say about them.

The build renders without positions, since nearly every page is fine. For a page with problems the text is rendered
once more with ``data-sourcepos``, and the nth link of the one rendering is the nth of the other. Tags of the author's
own HTML carry no position; they stand in the source as they stand in the output, and are looked for there.
"""

from __future__ import annotations

import re

from builder.text.markdown import with_positions

_POSITION = re.compile(
    r'<(a|img|h[1-6]|pre|(?:span|code) data-math-style="\w+")\b[^>]*?data-sourcepos="(\d+):(\d+)-[^"]*"[^>]*>'
)

Place = tuple[int, int]


def place_at(text: str, offset: int) -> Place:
    """Return the line and column, from 1, of an offset in the text."""
    line = text.count("\n", 0, offset)
    return line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def places_of(text: str) -> dict[str, list[Place]]:
    """Return the places of all links, images, headings, code blocks and formulas that Markdown made, in order."""
    found: dict[str, list[Place]] = {"a": [], "img": [], "h": [], "pre": [], "math": []}
    for tag, line, column in _POSITION.findall(with_positions(text)):
        kind = "math" if " " in tag else "h" if tag[0] == "h" else tag
        found[kind].append((int(line), int(column)))
    return found


def find_raw(text: str, tag: str, count: int) -> Place | None:
    """Return the place of the nth (from 0) occurrence of a tag as the author wrote it."""
    offset = -1
    for _ in range(count + 1):
        offset = text.find(tag, offset + 1)
        if offset < 0:
            return None
    return place_at(text, offset)
