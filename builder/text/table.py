"""What references resolve against: every page, folder and file of the site, in dictionaries.

Pure and quick: a reference is looked up, never searched for, until it leads nowhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from builder.text.near import Near
from builder.text.urls import INDEX_STEMS, PAGE_SUFFIXES, is_page, join, slugify, split_target, strip_prefix

# Of how many files with the same name the nearest is sought.
_SAME = 50
_PAGE_LIKE = (".html", ".htm")
# How Docusaurus writes the root of its site, and where it, VitePress, Hugo, Astro and others keep what stands there.
_SITE = "@site/"
_HANDED_OUT = ("static", "public")


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
    kind, found = ("outside", path) if joined is None else _lookup(joined, path, table)
    if kind in ("outside", "missing"):
        kind, found = _seen_from_url(path, source, table) or _at_their_root(path, source, table) or (kind, found)
    return Target(kind, found, query + fragment, fragment[1:])


def embedded(name: str, source: str, table: Table) -> Target:
    """Return the file that a picture in double brackets names: at that path, or the nearest that ends in it."""
    found = find(name, source, table)
    if found.kind == "file":
        return found
    ends = "/" + name.lower()
    near = [path for path in table.whole.named(posixpath.basename(name)) if f"/{path.lower()}".endswith(ends)]
    folder = posixpath.dirname(source) or "."
    best = min(near, key=lambda path: (len(posixpath.relpath(path, folder)), path), default="")
    return Target("file", best) if best else Target("missing", name)


def _seen_from_url(path: str, source: str, table: Table) -> tuple[str, str] | None:
    """Return the page to which a browser comes from a page's own URL, where links of other tools begin."""
    here = table.pages.get(source, "")
    if path.startswith("/") or not here:
        return None
    url = _address(posixpath.normpath(posixpath.join(unquote(here).removeprefix(table.base_path), path)))
    if url in table.urls:
        return "page", table.urls[url]
    return ("folder", url) if url in table.folders else None


def _at_their_root(path: str, source: str, table: Table) -> tuple[str, str] | None:
    """Return the file that other tools have at the root of the site, from the nearest folder that could be their own.

    What stands there lies in a folder beside or above the pages: `/logo.png` is `static/logo.png` or `public/logo.png`.
    `@site/` begins the path of any file in Docusaurus.
    """
    named = path.startswith(_SITE)
    if not named and not path.startswith("/"):
        return None
    inside = (path.removeprefix(_SITE),) if named else tuple(name + path for name in _HANDED_OUT)
    folder = source
    while folder:
        folder = posixpath.dirname(folder)
        for name in inside:
            joined = join(folder, name)
            if joined and (joined in table.files or (named and joined in table.pages)):
                return ("page" if joined in table.pages else "file"), joined
    return None


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
