"""Where things stand in a page's source: found only when there is something to say about them.

The build renders without positions, since nearly every page is fine. For a page with problems the text is rendered
once more with ``data-sourcepos``, and the nth link of the one rendering is the nth of the other, whoever wrote it.
Tags of the author's own HTML carry no position; they stand in the source as they stand in the output, in the same
order, and are looked for there, outside of code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from builder.errors import SHOWN, beginning
from builder.text.markdown import with_positions

_TAG = re.compile(
    r"""<(?P<tag>a|img|h[1-6]|pre|code|span)(?P<attributes>(?:\s(?:[^<>"']++|"[^"]{0,8000}"|'[^']{0,8000}'){0,200}+)?)>""",
    re.IGNORECASE,
)
_PLACE = re.compile(r'data-sourcepos="(\d+):(\d+)-(\d+):(\d+)"')
_OWN = re.compile(r"""<[A-Za-z][\w:-]*(?:\s(?:[^<>"']++|"[^"]{0,8000}"|'[^']{0,8000}'){0,200}+)?>""")
# What else is asked for: the code in an attribute, an address in a style, a file that a block names, an id.
_CODE = re.compile(r"""\s((?:on[a-z]+|style)\s*=\s*(?:"[^"]*"|'[^']*'))""", re.IGNORECASE)
_ADDRESS = re.compile(r"(url\([^()]*\))", re.IGNORECASE)
_FILE = re.compile(r"""=["']?(?=([^\s"'}]+))""")
_ID = re.compile(r"""(?:#|\b(?:id|name)\s*=\s*["']?)(?=([^\s"'}>/]+))""")

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
        start, end = self._span(number)
        return self.text[start:end]

    def window(self, number: int, column: int) -> str:
        """Return the part of a line that is shown around a column; the line is not copied for it."""
        start, end = self._span(number)
        first = start + beginning(column)
        return self.text[first : min(end, first + SHOWN)]

    def _span(self, number: int) -> tuple[int, int]:
        if number > len(self._starts):
            return len(self.text), len(self.text)
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self._starts[number - 1], end

    def column(self, number: int, byte: int) -> int:
        """Return the column in characters, from 1, of a byte of a line, from 1."""
        if number != self._measured:
            text = self.line(number)
            self._measured = number
            self._bytes = [] if text.isascii() else list(accumulate(len(char.encode()) for char in text))
        return bisect_right(self._bytes, byte - 1) + 1 if self._bytes else byte


class Places:
    """Where the things of one page stand; ``marked`` is its text as Markdown reads it, line by line the same.

    What is asked for is indexed in one pass each, so that a page of many problems costs no more than reading it once.
    """

    def __init__(self, text: str, marked: str) -> None:
        self._lines = Lines(text)
        self._found: dict[str, list[Place | str]] = {"a": [], "img": [], "h": [], "math": []}
        self._code: list[tuple[int, int]] = []
        self._own: dict[str, list[int]] = {}
        self._seen: dict[tuple[str, str], int] = {}
        for match in _TAG.finditer(with_positions(marked)):
            self._take(match["tag"].lower(), match["attributes"], match[0])
        self._code.sort()
        for match in _OWN.finditer(text):
            if not self._in_code(match.start()):
                self._own.setdefault(_plain(match[0]), []).append(match.start())
        self._places = {
            kind: [self.written(tag) if isinstance(tag, str) else tag for tag in tags]
            for kind, tags in self._found.items()
        }

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

    def of(self, kind: str, ordinal: int) -> Place | None:
        """Return the place of the nth thing of a kind: ``a``, ``img``, ``h`` or ``math``."""
        known = self._places.get(kind, [])
        return known[ordinal] if 0 <= ordinal < len(known) else None

    def written(self, text: str, about: str = "") -> Place | None:
        """Return where a tag or word of the author's stands: for the nth question about it, the nth such place."""
        offsets = self._own.get(_plain(text)) or self._parts.get(text)
        if offsets is None:
            offsets = self._own[_plain(text)] = self._occurrences(re.escape(text))
        number = self._seen.get((text, about), 0)
        self._seen[text, about] = number + 1
        return self._lines.place(offsets[min(number, len(offsets) - 1)]) if offsets else None

    def again(self, identifier: str) -> Place | None:
        """Return where an id is given that was given before; each time the next such place."""
        offsets = self._ids.get(identifier, [])
        number = self._seen.get((identifier, ""), 0) + 1
        self._seen[identifier, ""] = number
        return self._lines.place(offsets[number]) if number < len(offsets) else None

    @cached_property
    def _parts(self) -> dict[str, list[int]]:
        return {**self._index(_FILE), **self._index(_CODE), **self._index(_ADDRESS)}

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        return self._index(_ID, at=0)

    def _index(self, pattern: re.Pattern[str], at: int = 1) -> dict[str, list[int]]:
        """Return where each text stands that a pattern has as its group, outside of code where it can be."""
        found: dict[str, list[int]] = {}
        for match in pattern.finditer(self._lines.text):
            found.setdefault(match[1], []).append(match.start(at))
        return {text: self._outside(offsets) for text, offsets in found.items()}

    def _occurrences(self, pattern: str) -> list[int]:
        """Return where a text stands, outside of code where it can be."""
        return self._outside([match.start() for match in re.finditer(pattern, self._lines.text)])

    def _outside(self, offsets: list[int]) -> list[int]:
        return [offset for offset in offsets if not self._in_code(offset)] or offsets

    def _in_code(self, offset: int) -> bool:
        number = bisect_right(self._code, (offset, len(self._lines.text) + 1)) - 1
        return number >= 0 and offset <= self._code[number][1]


def _plain(text: str) -> str:
    """Return a tag with its blanks made one: in a list or quote its second line is indented."""
    return " ".join(text.split())
