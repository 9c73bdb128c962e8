"""Where things stand in a page's source: found only when there is something to say about them.

The build renders without positions, since nearly every page is fine. For a page with problems the text is rendered
once more with ``data-sourcepos``, and the nth link of the one rendering is the nth of the other. Tags of the author's
own HTML carry no position; they stand in the source as they stand in the output, and are looked for there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from builder.text.markdown import with_positions

_POSITION = re.compile(
    r'<(a|img|h[1-6]|pre|(?:span|code) data-math-style="\w+")\b[^<>]*?data-sourcepos="(\d+):(\d+)-[^"]*"[^<>]*>'
)

Place = tuple[int, int]


class Lines:
    """A text by its lines, so that a thousand places in it cost no more than reading it once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._measured = 0
        self._bytes: list[int] = []

    def place(self, offset: int) -> Place:
        """Return the line and column, from 1, of an offset in the text."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return a line, counted from 1, without its end."""
        if number > len(self._starts):
            return ""
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end]

    def column(self, number: int, byte: int) -> int:
        """Return the column in characters, from 1, of a byte of a line, from 1."""
        if number != self._measured:
            text = self.line(number)
            self._measured = number
            self._bytes = [] if text.isascii() else list(accumulate(len(char.encode()) for char in text))
        return bisect_right(self._bytes, byte - 1) + 1 if self._bytes else byte


def places_of(text: str) -> dict[str, list[Place]]:
    """Return the places of all links, images, headings, code blocks and formulas that Markdown made, in order."""
    found: dict[str, list[Place]] = {"a": [], "img": [], "h": [], "pre": [], "math": []}
    lines = Lines(text)
    for tag, line, byte in _POSITION.findall(with_positions(text)):
        kind = "math" if " " in tag else "h" if tag[0] == "h" else tag
        found[kind].append((int(line), lines.column(int(line), int(byte))))
    return found
