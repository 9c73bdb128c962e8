"""Reads the sample site's lessons: front matter, fences and directives, just well enough to hold them to their rules.

This is not the builder's parser, on purpose: the tests of the content must not believe what the builder believes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).parents[2] / "content"
TRANSLATIONS = ("es",)
_OPEN = re.compile(r"^(:{3,})\s*([a-z]+)\s*(?:\[([^\]]*)\])?\s*(?:\{([^}]*)\})?\s*$")
_FENCE = re.compile(r"^(`{3,})([^`]*)$")
_ATTRIBUTE = re.compile(r'([\w-]+)=("[^"]*"|\S+)')


@dataclass(frozen=True)
class Fence:
    """A code block: its information string, its text and where it stands."""

    info: str
    text: str
    line: int

    @property
    def language(self) -> str:
        """The first word of the information string."""
        return self.info.split()[0] if self.info.split() else ""


@dataclass(frozen=True)
class Directive:
    """A block between colons: its name, its attributes and its lines."""

    name: str
    attributes: dict[str, str]
    line: int
    body: str


@dataclass(frozen=True)
class Page:
    """One Markdown file, read."""

    path: Path
    front: dict[str, Any]
    body: str
    fences: list[Fence]
    directives: list[Directive]

    @property
    def name(self) -> str:
        """The path as the author says it."""
        return self.path.relative_to(CONTENT).as_posix()

    @property
    def is_lesson(self) -> bool:
        """Whether this page is a lesson rather than a folder's page."""
        return self.path.name != "index.md"

    @property
    def original(self) -> Path | None:
        """The file that this page translates; nothing for a page of the site's own language."""
        first, *rest = self.path.relative_to(CONTENT).parts
        return CONTENT.joinpath(*rest) if first in TRANSLATIONS else None


def attributes(text: str) -> dict[str, str]:
    """Split ``#id key=value`` into a dictionary."""
    found = {key: value.strip('"') for key, value in _ATTRIBUTE.findall(text)}
    identity = re.search(r"(?:^|\s)#([\w-]+)", text)
    return ({"id": identity[1]} if identity else {}) | found


def read(path: Path) -> Page:
    """Read one page."""
    source = path.read_text(encoding="utf-8")
    front: dict[str, Any] = {}
    start = 0
    if source.startswith("---\n"):
        end = source.index("\n---\n", 4)
        front = yaml.safe_load(source[4:end])
        start = end + 5
    offset = source.count("\n", 0, start)
    lines = source[start:].split("\n")
    fences: list[Fence] = []
    directives: list[Directive] = []
    stack: list[tuple[int, str, dict[str, str], int]] = []
    fence: tuple[str, str, int] | None = None
    for number, line in enumerate(lines):
        if fence:
            if line.strip() == fence[0]:
                fences.append(Fence(fence[1].strip(), "\n".join(lines[fence[2] + 1 : number]), fence[2] + offset + 1))
                fence = None
            continue
        if match := _FENCE.match(line):
            fence = (match[1], match[2], number)
        elif match := _OPEN.match(line):
            stack.append((len(match[1]), match[2], attributes(match[4] or ""), number))
        elif stack and re.fullmatch(r":{3,}", line.rstrip()):
            colons, name, found, opened = stack.pop()
            assert len(line.rstrip()) == colons, f"{path}:{number + offset + 1}: closes {colons} colons"
            directives.append(Directive(name, found, opened + offset + 1, "\n".join(lines[opened + 1 : number])))
    assert not stack, f"{path}: a directive is left open: {stack}"
    assert not fence, f"{path}: a fence is left open"
    return Page(path, front, source[start:], fences, directives)


@cache
def pages() -> list[Page]:
    """Every page of the sample site, in order."""
    return [read(path) for path in sorted(CONTENT.rglob("*.md"))]


def fences_in(text: str) -> list[str]:
    """Return the texts of the code blocks within a directive's body."""
    return re.findall(r"^```[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
