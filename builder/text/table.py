"""What references resolve against: every page, folder and file of the site, in dictionaries.

Pure and quick: a reference is looked up, never searched for, until it leads nowhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from builder.text.near import Near
from builder.text.urls import INDEX_STEMS, PAGE_SUFFIXES, is_page, join, slugify, split_target, strip_prefix

# Of how many files with the same name the nearest is sought.
_SAME = 50
_PAGE_LIKE = (".html", ".htm")


class Whole:
    """All paths of the tree by name and by folder, for hints; made when the first reference leads nowhere."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = files
        self._names: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        self._above: set[str] = set()
        self._near: dict[str, Near] = {}

    def named(self, name: str) -> list[str]:
        """Return the first few files of a name, in any case."""
        self._fill()
        return self._names.get(name.lower(), [])[:_SAME]

    def beside(self, folder: str) -> Near:
        """Return the names in a folder."""
        self._fill()
        if folder not in self._near:
            self._near[folder] = Near(self._folders.get(folder, []))
        return self._near[folder]

    def has_folder(self, folder: str) -> bool:
        """Tell whether files stand in a folder, or below it."""
        self._fill()
        return folder in self._above

    def _fill(self) -> None:
        if not self._names:
            for path in self._files:
                folder, _, name = path.rpartition("/")
                self._names.setdefault(name.lower(), []).append(path)
                self._folders.setdefault(folder, []).append(name)
            for folder in self._folders:
                above = folder
                while above and above not in self._above:
                    self._above.add(above)
                    above = posixpath.dirname(above)


class Table(NamedTuple):
    """What references resolve against.

    ``pages`` maps a page's path to its href, ``folders`` a folder's path or a generated page's URL (with slashes),
    ``files`` has every path of the tree, ``unbuilt`` the pages that wait, ``urls`` the decoded URL of every page,
    ``names`` a page's stem or title (lower case) for wiki links, ``whole`` finds what was probably meant.
    """

    pages: Mapping[str, str]
    folders: Mapping[str, str]
    files: Mapping[str, object]
    unbuilt: frozenset[str]
    urls: Mapping[str, str]
    names: Mapping[str, str]
    whole: Whole
    base_path: str
    column: int = 720


class Target(NamedTuple):
    """Where a reference leads: a page, file, folder, outside, unpublished or missing; its path, and what follows it."""

    kind: str
    path: str
    tail: str = ""
    fragment: str = ""


def find(target: str, source: str, table: Table) -> Target:
    """Return where a reference of a page leads."""
    path, query, fragment = split_target(target)
    if not path:
        return Target("page", source, query + fragment, fragment[1:])
    path = path.replace("\\", "/")
    joined = join(posixpath.dirname(source), path)
    if joined is None:
        return Target("outside", path)
    kind, found = _lookup(joined, path, table)
    return Target(kind, found, query + fragment, fragment[1:])


def _lookup(joined: str, written: str, table: Table) -> tuple[str, str]:
    for candidate in _candidates(joined):
        if candidate in table.pages:
            return "page", candidate
        if candidate in table.unbuilt:
            return "unpublished", candidate
        if candidate in table.files:
            return "file", candidate
    if joined in table.folders:
        return "folder", joined
    url = _address(written.removeprefix(table.base_path) if written.startswith("/") else joined)
    if url in table.urls:
        return "page", table.urls[url]
    return ("folder", url) if url in table.folders else ("missing", joined)


def _address(path: str) -> str:
    """Return the URL that a path would have, were it a page's; other tools let a link name a page by its URL."""
    bare = path[: -len(suffix)] if (suffix := next((end for end in _PAGE_LIKE if path.endswith(end)), "")) else path
    return "".join(f"/{slugify(strip_prefix(name))}" for name in bare.strip("/").split("/") if name) + "/"


def _candidates(joined: str) -> tuple[str, ...]:
    """Return the paths that a link may mean, most literal first."""
    if joined.endswith(_PAGE_LIKE):
        stem = joined.rpartition(".")[0]
        behind = tuple(stem + suffix for suffix in PAGE_SUFFIXES)
        index = (
            tuple(posixpath.join(posixpath.dirname(joined), name + ".md") for name in INDEX_STEMS)
            if posixpath.basename(stem) == "index"
            else ()
        )
        return (joined, *behind, *index)
    return (joined, *(joined + suffix for suffix in PAGE_SUFFIXES)) if not is_page(joined) else (joined,)
