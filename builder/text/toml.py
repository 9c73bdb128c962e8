"""TOML read with the place of what is wrong in it, or of what its values are wrong for.

A parser forgets where a value stood, so the text is scanned once more when somebody asks. A way to a value is the names
and numbers from the top: ``("achievements", 0, "rule", "at_least")``.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from typing import Any, NamedTuple

Way = tuple[str | int, ...]

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_NAME = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+""")
_BETWEEN = re.compile(r"[ \t]*([.=\]])[ \t]*")
# Texts of several lines first: they begin like an empty one. What is no text ends where a list or a line does.
_SCALAR = re.compile(
    r'''"""(?:\\.|(?!""").)*"{3,5}|\'\'\'(?:(?!\'\'\').)*'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'|[^,\]}#\n]+''', re.DOTALL
)


class Slip(NamedTuple):
    """Why a text is no TOML: a sentence, and where in the text."""

    message: str
    line: int = 1
    column: int = 1


def read_toml(text: str) -> tuple[dict[str, Any], Slip | None]:
    """Return the values of a text, or none and why it cannot be read."""
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        message, place = str(error), _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place and place[1] else (text.rstrip().count("\n") + 1, 1)
        return {}, Slip(_PLACE.sub("", message), line, column)
    except RecursionError:
        return {}, Slip("The block nests too deeply")


class Offsets:
    """Where the values of a text that is TOML stand, found in one pass over it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        # Of each value's name, and of the value itself.
        self.found: dict[Way, tuple[int, int]] = {}
        self._lengths: dict[Way, int] = {}
        with suppress(RecursionError):
            self._read()

    def of(self, way: Way, *, name: bool = False) -> int:
        """Return the offset of a value, or of its name; of one that is not there what should hold it."""
        while way and way not in self.found:
            way, name = way[:-1], True
        return self.found[way][0 if name else 1] if way else 0

    def _read(self) -> None:
        table: Way = ()
        while self._next():
            if self.text[self.offset] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self) -> str:
        """Pass over blanks and remarks; return the character that follows, or nothing at the end."""
        found = _BLANK.match(self.text, self.offset)
        self.offset = found.end() if found else self.offset
        return self.text[self.offset : self.offset + 1]

    def _header(self) -> Way:
        start = self.offset
        many = self.text.startswith("[[", start)
        self.offset += 2 if many else 1
        self._next()
        way: Way = ()
        names = self._names()
        for number, (name, _) in enumerate(names, 1):
            way += (name,)
            if many and number == len(names):
                self._lengths[way] = self._lengths.get(way, 0) + 1
                self.found.setdefault(way, (start, start))
            if way in self._lengths:
                way += (self._lengths[way] - 1,)
        self.offset += many
        self.found.setdefault(way, (start, start))
        return way

    def _names(self) -> list[tuple[str, int]]:
        """Return the names of a dotted key and where each stands; what ends it is passed over."""
        names: list[tuple[str, int]] = []
        while found := _NAME.match(self.text, self.offset):
            written = found[0]
            name = next(iter(tomllib.loads(f"{written} = 0"))) if written[0] in "\"'" else written
            names.append((name, self.offset))
            mark = _BETWEEN.match(self.text, found.end())
            self.offset = mark.end() if mark else len(self.text)
            if mark is None or mark[1] != ".":
                break
        return names

    def _pair(self, table: Way) -> None:
        names = self._names()
        way = table
        for name, offset in names:
            way += (name,)
            self.found.setdefault(way, (offset, self.offset))
        if not names:
            self.offset = len(self.text)
            return
        self._value(way)

    def _value(self, way: Way) -> None:
        opening = self.text[self.offset : self.offset + 1]
        if opening not in ("[", "{"):
            found = _SCALAR.match(self.text, self.offset)
            self.offset = found.end() if found else len(self.text)
            return
        self.offset += 1
        number = 0
        while self._next() not in ("]", "}", ""):
            if opening == "{":
                self._pair(way)
            else:
                self.found[*way, number] = (self.offset, self.offset)
                self._value((*way, number))
                number += 1
            if self._next() == ",":
                self.offset += 1
        self.offset += 1
