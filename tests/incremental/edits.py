"""Edits that an author makes, as values that Hypothesis can draw, shrink and print."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from course import Course, Files, picture, stamp

START: Files = {
    "site.toml": 'title = "A course"\nbase_url = "https://example.org/learn"\nlanguages = ["en", "de"]\n',
    "index.md": "# Home\n\n[One](one/01-first.md) and [two](two/index.md#place)\n",
    "one/01-first.md": "---\ntitle: First\ntags: [a, b]\n---\n# First\n\n![A cat](cat.png)\n\n## Place\n\nText.\n",
    "one/02-second.md": "# Second\n\n[[First]] [up](../index.md)\n\n```python file=code.py\n```\n",
    "one/code.py": "print(1)\n",
    "one/cat.png": picture(),
    "two/index.md": "# Two\n\n## Place\n\n::: quiz [Which?] {#q}\n- [x] This\n- [ ] That\n:::\n",
    "two/deep/page.md": "# Deep\n\n[gone](gone.md) ![](../one/cat.png)\n",
    "de/one/01-first.md": "# Erste\n",
    "/templates/lesson.html": "<!doctype html><title>{{ page.title }}</title>{{ content }}",
}

_FRONT = [
    "",
    "title: Another title",
    "order: 1",
    "weight: 9",
    "draft: true",
    "date: 2026-01-01",
    "date: 2030-01-01",
    "expires: 2026-01-31",
    "slug: chosen",
    "aliases: [/old/, older]",
    "tags: [b, c]",
    "id: kept",
    "description: In short",
    "layout: course",
    "minutes: 7",
    "oder: 3",
    "title: [unclosed",
]
_BLOCKS = [
    "# A title\n",
    "# Another\n",
    "## Place\n",
    "#### Skipped\n",
    "Some words, and more of them than before.\n",
    "[first](/one/01-first.md#place) [second](../one/02-second.md)\n",
    "[there](page.md) [nowhere](nowhere.md) [raw](code.py)\n",
    "[[First]] [[Another title]] [[page|the page]] [[none]]\n",
    "![A cat](cat.png) ![](/one/cat.png)\n",
    '<p><a href="../two/">two</a> <img src="cat.png"></p>\n',
    "```python file=code.py lines=1-1\n```\n",
    "```solidity\ncontract C {}\n```\n",
    "::: quiz [Which?] {#q xp=3}\n- [ ] This\n- [x] That\n:::\n",
    "::: note\nUnclosed.\n",
    "::: exercise {#e file=code.py tests=code.py solution=code.py}\nDo it.\n:::\n",
    "Sum: $a^2$ and a footnote[^1].\n\n[^1]: Here.\n",
    "Not bytes of text: \udcff\n",
]
_NAMES = [
    "index.md",
    "one/01-first.md",
    "one/02-second.md",
    "one/03-third.md",
    "one/index.md",
    "one/README.md",
    "one/SUMMARY.md",
    "one/deep/page.md",
    "two/index.md",
    "two/deep/page.md",
    "two/first.md",
    "de/one/01-first.md",
    "de/two/index.md",
    "page.markdown",
    "One/First.md",
    "tags/a.md",
    "one/cat.png",
    "one/code.py",
    "two/cat.png",
    "two/deep/code.py",
]
_SITES = [
    str(START["site.toml"]),
    'title = "Another"\n',
    'base_url = "https://example.org"\nedit_url = "https://example.org/{path}"\n',
    "[extra]\nword = 1\n",
]
_TEMPLATES = [
    str(START["/templates/lesson.html"]),
    "<!doctype html><title>{{ page.title }}!</title>{{ content }}",
    "<!doctype html><title>{{ site.title }}</title>{{ content }}{{ nav.siblings|length }}",
]


class Edit(NamedTuple):
    """One edit: what is done, to which name, with what."""

    do: str
    name: str = ""
    text: str = ""
    other: str = ""


_names = st.sampled_from(_NAMES)
_pages = _names.filter(lambda name: name.endswith((".md", ".markdown")))
_texts = st.builds(
    lambda front, blocks: (f"---\n{front}\n---\n" if front else "") + "\n".join(blocks),
    st.sampled_from(_FRONT),
    st.lists(st.sampled_from(_BLOCKS), max_size=4),
)
_summaries = st.sampled_from(
    ["- [b](02-second.md)\n- [a](01-first.md)\n", "- [a](01-first.md)\n  - [c](deep/page.md)\n", "# Nothing\n"]
)

EDITS = st.one_of(
    st.builds(Edit, st.just("write"), _pages, _texts, st.just("")),
    st.builds(Edit, st.just("append"), _pages, st.sampled_from(_BLOCKS)),
    st.builds(Edit, st.just("write"), st.just("one/SUMMARY.md"), _summaries),
    st.builds(Edit, st.just("write"), st.just("one/code.py"), st.sampled_from(["print(2)\n", "one = 1\ntwo = 2\n"])),
    st.builds(Edit, st.just("paint"), st.just("one/cat.png"), st.sampled_from(["blue", "green", "red"])),
    st.builds(Edit, st.just("write"), st.just("site.toml"), st.sampled_from(_SITES)),
    st.builds(Edit, st.just("write"), st.just("/templates/lesson.html"), st.sampled_from(_TEMPLATES)),
    st.builds(Edit, st.just("delete"), st.one_of(_names, st.just("site.toml"), st.just("/templates/lesson.html"))),
    st.builds(Edit, st.just("move"), _names, st.just(""), _names),
    st.builds(Edit, st.just("link"), _names, st.just(""), st.sampled_from(["one", "one/01-first.md", "gone", "/etc"])),
    st.builds(Edit, st.just("touch"), _names),
)


def apply(course: Course, edit: Edit, *, stamped: bool) -> None:
    """Make an edit; one that makes no sense where the course has come to does nothing."""
    path = _path(course, edit.name)
    do: dict[str, Callable[[], None]] = {
        "write": lambda: _write(path, edit.text.encode("utf-8", "surrogateescape")),
        "append": lambda: _write(path, _read(path) + b"\n" + edit.text.encode("utf-8", "surrogateescape")),
        "paint": lambda: _write(path, picture(colour=edit.text)),
        "delete": lambda: _remove(path),
        "move": lambda: _move(path, _path(course, edit.other)),
        "link": lambda: _link(path, edit.other),
        "touch": lambda: None,
    }
    do[edit.do]()
    if stamped and edit.do not in ("delete", "move", "link") and path.is_file():
        stamp(path)


def _path(course: Course, name: str) -> Path:
    return course.site / name[1:] if name.startswith("/") else course.content / name


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _room(path: Path) -> bool:
    """Make the folder that a file goes into; tell whether the file can stand there."""
    if any(parent.is_file() or parent.is_symlink() for parent in path.parents) or (
        path.is_dir() and not path.is_symlink()
    ):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    return True


def _write(path: Path, data: bytes) -> None:
    if _room(path):
        if path.is_symlink():
            path.unlink()
        path.write_bytes(data)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()


def _move(path: Path, other: Path) -> None:
    if path != other and path.is_file() and _room(other):
        path.replace(other)


def _link(path: Path, target: str) -> None:
    if not _room(path):
        return
    _remove(path)
    base = path
    while base.name != "content":
        base = base.parent
    path.symlink_to(target if target.startswith("/") else base / target)


def restart(folder: Path) -> Course:
    """Return the course as it stands before the first edit, in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    return Course(folder, START)
