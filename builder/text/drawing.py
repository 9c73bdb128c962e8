"""SVG read as XML and written again: the same picture in fewer bytes, and nothing in it that runs.

Comments, processing instructions, the document type, editors' private notes and the space between shapes go; text keeps
every space it shows. Scripts, event attributes and ``javascript:`` addresses go too, and are counted: a drawing is
served from the site's own origin, where a script in it would be the site's.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from xml.parsers import expat

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = frozenset({"script", "handler", "listener", "iframe", "embed", "object"})
ANIMATES = frozenset({"set", "animate", "animatemotion", "animatetransform", "animatecolor"})
TEXTS = frozenset({"text", "tspan", "textpath", "title", "desc", "style", "foreignobject", "tref", "metadata"})
PRIVATE = re.compile(r"inkscape\.org|sodipodi|ns\.adobe\.com|bohemiancoding|figma\.com|vectornator|serif\.com")
ADDRESSES = frozenset({"href", "xlink:href"})
LICENSE = re.compile(r"^!|licen[cs]e|copyright|©", re.IGNORECASE)


class Address(msgspec.Struct, frozen=True):
    """An address in a drawing; ``kind`` tells whether it is an attribute's value or CSS with addresses in it."""

    text: str
    css: bool
    line: int
    column: int


class Drawing(msgspec.Struct, frozen=True):
    """A drawing as parts: markup as text, and between it the places that name other files."""

    parts: tuple[str | Address, ...]
    removed: tuple[tuple[int, int, str], ...]


class BrokenDrawingError(ValueError):
    """The file is not XML; carries line, column and the parser's word."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message = line, column, message


def read(data: bytes, *, tight: bool = True) -> Drawing:
    """Return the drawing in ``data`` without what could run; ``tight`` drops what shows nothing, too."""
    writer = _Writer(tight=tight)
    try:
        writer.parser.Parse(data, True)  # noqa: FBT003 - expat knows it by position only
    except expat.ExpatError as error:
        raise BrokenDrawingError(error.lineno, error.offset + 1, expat.ErrorString(error.code)) from error
    return Drawing(tuple(writer.parts), tuple(writer.removed))


class _Writer:
    """Writes a drawing while the parser reads it."""

    def __init__(self, *, tight: bool) -> None:
        self.tight = tight
        self.parts: list[str | Address] = []
        self.removed: list[tuple[int, int, str]] = []
        self.names: list[tuple[str, bool]] = []
        self.skipping = 0
        self.open = False
        self.private: set[str] = set()
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        handlers: dict[str, Callable[..., None]] = {
            "StartElementHandler": self.start,
            "EndElementHandler": self.end,
            "CharacterDataHandler": self.text,
            "CommentHandler": self.comment,
        }
        for name, handler in handlers.items():
            setattr(self.parser, name, handler)

    def start(self, name: str, flat: list[str]) -> None:
        """Write an opening tag, or begin to skip an element that runs or is an editor's own."""
        attributes = list(zip(flat[::2], flat[1::2], strict=True))
        prefixes = {
            key.partition(":")[2] for key, value in attributes if key.startswith("xmlns:") and PRIVATE.search(value)
        }
        self.private |= prefixes
        local = name.rpartition(":")[2].lower()
        runs = local in RUNS or (local in ANIMATES and _animates_script(attributes))
        if self.skipping or runs or (self.tight and name.partition(":")[0] in self.private):
            if runs and not self.skipping:
                self._note(f"<{name}>")
            self.skipping += 1
            return
        self._close_tag()
        texts = local in TEXTS or any(keeps for _, keeps in self.names[-1:])
        preserved = dict(attributes).get("xml:space")
        self.names.append((name, texts if preserved is None else preserved == "preserve" or texts))
        self.parts.append(f"<{name}")
        for key, value in attributes:
            self._attribute(key, value)
        self.open = True

    def end(self, name: str) -> None:
        """Write a closing tag."""
        if self.skipping:
            self.skipping -= 1
            return
        self.names.pop()
        if self.open:
            self.parts.append("/>")
            self.open = False
        else:
            self.parts.append(f"</{name}>")

    def text(self, text: str) -> None:
        """Write text, unless it is space that nobody sees."""
        if self.skipping or not self.names:
            return
        name, keeps = self.names[-1]
        if self.tight and not keeps and not text.strip():
            return
        self._close_tag()
        if name.rpartition(":")[2].lower() == "style" and "url(" in text:
            self.parts.append(self._address(text, css=True))
        else:
            self.parts.append(escape(text, quote=False))

    def comment(self, text: str) -> None:
        """Write a comment that speaks of rights; drop any other."""
        if self.skipping or (self.tight and not LICENSE.search(text)):
            return
        self._close_tag()
        self.parts.append(f"<!--{text}-->")

    def _attribute(self, key: str, value: str) -> None:
        local = key.rpartition(":")[2].lower()
        if local.startswith("on") or (local in {"href", "src", "action"} and _runs(value)):
            self._note(f"{key}=")
        elif self.tight and (key.partition(":")[0] in self.private or key.removeprefix("xmlns:") in self.private):
            return
        elif key in ADDRESSES and not value.startswith("#"):
            self.parts.extend([f' {key}="', self._address(value, css=False), '"'])
        elif "url(" in value:
            self.parts.extend([f' {key}="', self._address(value, css=True), '"'])
        else:
            self.parts.append(f" {key}={_quoted(value)}")

    def _address(self, text: str, *, css: bool) -> Address:
        return Address(text, css, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _note(self, what: str) -> None:
        self.removed.append((self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1, what))

    def _close_tag(self) -> None:
        if self.open:
            self.parts.append(">")
            self.open = False


def _quoted(value: str) -> str:
    text = escape(value, quote=False).replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return '"{}"'.format(text.replace('"', "&quot;"))


def _runs(value: str) -> bool:
    bare = re.sub(r"[\x00-\x20]", "", value).lower()
    return bare.startswith(
        ("javascript:", "vbscript:", "data:text/html", "data:application", "data:image/svg", "data:text/xml")
    )


def _animates_script(attributes: list[tuple[str, str]]) -> bool:
    values = {key.lower(): value for key, value in attributes}
    target = values.get("attributename", "").lower()
    if target.startswith("on"):
        return True
    moving = ";".join(values.get(key, "") for key in ("to", "from", "by", "values")).split(";")
    return target.endswith("href") and any(_runs(value) for value in moving)
