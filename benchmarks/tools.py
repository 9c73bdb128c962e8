"""The tools under measurement, as values: how each gets its copy of the course, builds it, serves it, names its pages.

Each tool has a folder of its own, made by ``lay``: ``content/`` holds the lessons, the same Markdown for all; beside it
stand what the tool wants (``themes/<tool>``), its caches and its site.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks import corpus
from benchmarks.peers import HERE, Peers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = HERE.parent
THEMES = HERE / "themes"
# Beside the tools' folders: what clean took out of them.
SPENT = "spent"
NAMES = ("coursewright", "hugo", "eleventy", "mkdocs")
BASE_URL = "https://course.example/"


class Tool(msgspec.Struct, frozen=True):
    """A tool: paths are relative to its folder; ``site`` and ``leftovers`` are what a cold build must not find."""

    name: str
    site: str
    leftovers: tuple[str, ...]
    template: str
    index: str
    build: tuple[str, ...]
    serve: Callable[[int], tuple[str, ...]]
    page: Callable[[str], str]


def named(names: Sequence[str], peers: Peers) -> list[Tool]:
    """Return these tools; without Node there is no Eleventy, and stderr says so."""
    if peers.eleventy is None and "eleventy" in names:
        print("Eleventy is left out: it needs Node and npm, which are not on the PATH.", file=sys.stderr)
        names = [name for name in names if name != "eleventy"]
    makers = {"hugo": hugo, "eleventy": eleventy, "mkdocs": mkdocs}
    return [coursewright() if name == "coursewright" else makers[name](peers) for name in names]


def coursewright() -> Tool:
    """Return Coursewright through its door, with the default theme."""
    door = (sys.executable, str(ROOT / "build.py"))
    return Tool(
        name="coursewright",
        site="dist",
        leftovers=("dist.release", ".cache"),
        template="templates/base.html",
        index="index.md",
        build=(*door, "build", "--site", ".", "--base-url", BASE_URL, "--quiet"),
        serve=lambda port: (*door, "serve", "--site", ".", "--port", str(port), "--no-api"),
        page=_without_numbers,
    )


def hugo(peers: Peers) -> Tool:
    """Return Hugo; its server renders to memory, as is its default."""
    binary = str(peers.hugo)
    return Tool(
        name="hugo",
        site="public",
        leftovers=("resources", ".hugo_build.lock"),
        template="layouts/baseof.html",
        index="_index.md",
        build=(binary, "--minify", "--quiet"),
        serve=lambda port: (binary, "server", "--port", str(port), "--minify"),
        page=_as_named,
    )


def eleventy(peers: Peers) -> Tool:
    """Return Eleventy; its server rebuilds incrementally."""
    command = (peers.node or "node", str(peers.eleventy), "--quiet")
    return Tool(
        name="eleventy",
        site="_site",
        leftovers=(".cache",),
        template="_includes/base.11ty.js",
        index="index.md",
        build=command,
        serve=lambda port: (*command, "--serve", "--incremental", f"--port={port}"),
        page=_as_named,
    )


def mkdocs(peers: Peers) -> Tool:
    """Return MkDocs with Pygments highlighting."""
    command = (str(peers.python), "-m", "mkdocs")
    return Tool(
        name="mkdocs",
        site="site",
        leftovers=(),
        template="theme/main.html",
        index="index.md",
        build=(*command, "build", "--quiet"),
        serve=lambda port: (*command, "serve", "--dev-addr", f"127.0.0.1:{port}"),
        page=_as_named,
    )


def lay(tool: Tool, outline: corpus.Course, folder: Path, peers: Peers | None) -> None:
    """Make the tool's folder afresh: the course and what the tool wants beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    corpus.write(outline, folder / "content", tool.index)
    match tool.name:
        case "coursewright":
            # Its own templates, as a site would override them, so that one can be edited.
            (folder / "templates").mkdir()
            shutil.copyfile(ROOT / tool.template, folder / tool.template)
        case "hugo":
            _theme("hugo", folder, "static")
        case "mkdocs":
            _theme("mkdocs", folder, "theme")
        case "eleventy":
            _theme("eleventy", folder, "static")
            shutil.copyfile(HERE / "package.json", folder / "package.json")
            if peers and peers.eleventy:
                (folder / "node_modules").symlink_to(peers.eleventy.parents[2])


def clean(tool: Tool, folder: Path) -> None:
    """Take the site and all that the tool remembers out of its way, so that the next build is cold.

    Nothing is deleted: for some minutes ext4 gives no inode of a deleted file to a new one and looks at each of them
    for each new file, which would charge a build for what was deleted before it.
    """
    spent = folder.parent / SPENT
    spent.mkdir(exist_ok=True)
    here = Path(tempfile.mkdtemp(dir=spent))
    for name in (tool.site, *tool.leftovers):
        with suppress(FileNotFoundError):
            (folder / name).rename(here / name)


def _theme(name: str, folder: Path, static: str) -> None:
    shutil.copytree(THEMES / name, folder, dirs_exist_ok=True)
    (folder / static).mkdir(exist_ok=True)
    shutil.copyfile(THEMES / "site.css", folder / static / "site.css")


def _as_named(path: str) -> str:
    return f"{path.removesuffix('.md')}/index.html"


def _without_numbers(path: str) -> str:
    """Return the page of a lesson whose number prefixes are not part of its URL."""
    return "/".join(re.sub(r"^\d{1,3}-", "", name) for name in _as_named(path).split("/"))
