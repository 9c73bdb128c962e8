"""Where things stand in a page's source: found only when there is something to say about them.

The build renders without positions, since nearly every page is fine. For a page with problems the text is rendered
once more with ``data-sourcepos``, and the nth link of the one rendering is the nth of the other, whoever wrote it.
Tags of the author's own HTML carry no position; they stand in the source as they stand in the output, in the same
order, and are looked for there, outside of code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from builder.text.markdown import with_positions

_TAG = re.compile(
    r"""<(?P<tag>a|img|h[1-6]|pre|code|span)(?P<attributes>(?:\s(?:[^<>"']++|"[^"]{0,8000}"|'[^']{0,8000}'){0,200}+)?)>"""
)
_PLACE = re.compile(r'data-sourcepos="(\d+):(\d+)-(\d+):(\d+)"')
# What ``str.find`` says of a text that is not there (any more).
GONE = -1

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

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place; past the end where there is none."""
        return self._starts[line - 1] + column - 1 if line <= len(self._starts) else len(self.text)

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


class Places:
    """Where the things of one page stand; ``marked`` is its text as Markdown reads it, line by line the same."""

    def __init__(self, text: str, marked: str) -> None:
        self._lines = Lines(text)
        self._cursors: dict[str, int] = {}
        self._given: dict[str, list[int]] = {}
        self._found: dict[str, list[Place | str]] = {"a": [], "img": [], "h": [], "math": []}
        self._code: list[tuple[int, int]] = []
        for match in _TAG.finditer(with_positions(marked)):
            self._take(match["tag"], match["attributes"], match[0])
        self._code.sort()
        self._last = 0
        self._written = {kind: self._search(tags) for kind, tags in self._found.items()}
        self._last = 0

    def _take(self, tag: str, attributes: str, whole: str) -> None:
        found = _PLACE.search(attributes)
        if found and tag in ("pre", "code"):
            first, last = self._place(found[1], found[2]), self._place(found[3], found[4])
            self._code.append((self._lines.offset(*first), self._lines.offset(*last)))
        if "data-math-style=" in attributes:
            tag = "math"
        kind = "h" if tag[0] == "h" else tag
        if kind in self._found:
            self._found[kind].append(self._place(found[1], found[2]) if found else whole)

    def _place(self, line: str, byte: str) -> Place:
        return int(line), self._lines.column(int(line), int(byte))

    def _search(self, tags: list[Place | str]) -> list[Place | None]:
        self._last = 0
        found: list[Place | None] = []
        for tag in tags:
            # In a list or quote the output lacks the blanks before a tag's second line.
            place = (self.written(tag) or self.written(tag.partition("\n")[0])) if isinstance(tag, str) else tag
            found.append(place)
        return found

    def of(self, kind: str, ordinal: int) -> Place | None:
        """Return the place of the nth thing of a kind: ``a``, ``img``, ``h`` or ``math``."""
        known = self._written.get(kind, [])
        return known[ordinal] if 0 <= ordinal < len(known) else None

    def again(self, identifier: str) -> Place | None:
        """Return where an id is given that was given before; each time the next such place."""
        if identifier not in self._given:
            pattern = rf"""(?:#|\b(?:id|name)\s*=\s*["']?){re.escape(identifier)}(?=[\s"'}}>/]|$)"""
            given = re.compile(pattern, re.MULTILINE)
            found = (match.start() for match in given.finditer(self._lines.text) if not self._code_end(match.start()))
            self._given[identifier] = list(found)[1:]
        places = self._given[identifier]
        return self._lines.place(places.pop(0)) if places else None

    def written(self, tag: str) -> Place | None:
        """Return the next place of a text that the author wrote, outside of code where it stands there too."""
        start = self._cursors.get(tag, 0)
        if start == GONE:
            return None
        # Most tags follow the one before, and are found without reading the text again; those of footnotes need not.
        at = self._outside(tag, max(start, self._last))
        if at == GONE and self._last > start:
            at = self._outside(tag, start)
        if at == GONE:
            at = self._lines.text.find(tag, start)
        self._cursors[tag] = at + 1 if at != GONE else GONE
        if at == GONE:
            return None
        self._last = at
        return self._lines.place(at)

    def _outside(self, tag: str, start: int) -> int:
        at = self._lines.text.find(tag, start)
        while at != GONE and (end := self._code_end(at)):
            at = self._lines.text.find(tag, end)
        return at

    def _code_end(self, offset: int) -> int:
        number = bisect_right(self._code, (offset, len(self._lines.text) + 1)) - 1
        return self._code[number][1] + 1 if number >= 0 and offset <= self._code[number][1] else 0
