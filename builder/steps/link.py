"""The linker: what a page wrote as a reference, resolved against everything that the site has.

A page is compiled with its references cut out; here each one gets the text that takes its place, and what resolves to
nothing becomes a problem with its nearest match. Pure and quick: dictionary look-ups, no I/O.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from html import escape
from typing import NamedTuple

from builder.model import PLAIN, Finding, Offer, Published, Ref
from builder.text.near import ALIKE, Near
from builder.text.picture import html
from builder.text.urls import (
    INDEX_STEMS,
    PAGE_SUFFIXES,
    href,
    is_external,
    is_page,
    join,
    page_stem,
    slugify,
    split_target,
    strip_prefix,
)

_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(\s+[\d.]+[wx])?\s*(?:,|$)")
# So much of a long target is said again.
SHOWN = 80
# How alike names must be for one to be meant by the other, and of how many with the same name the nearest is sought.
_ALIKE = 0.7
_SAME = 50
_PAGE_LIKE = (".html", ".htm")


class Whole:
    """All paths of the tree by name and by folder, for hints; made when the first reference leads nowhere."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = files
        self._names: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
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

    def _fill(self) -> None:
        if not self._names:
            for path in self._files:
                folder, _, name = path.rpartition("/")
                self._names.setdefault(name.lower(), []).append(path)
                self._folders.setdefault(folder, []).append(name)


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


def resolve(refs: tuple[Ref, ...], source: str, table: Table, published: Mapping[str, Published]) -> tuple[str, ...]:
    """Return the text for each reference of a page."""
    pictures = 0
    values = []
    for ref in refs:
        if ref.kind == "image":
            pictures += 1
            values.append(_image(ref, source, table, published, first=pictures == 1))
        elif ref.kind == "link":
            values.append(_link(ref, source, table, published))
        elif ref.kind == "srcset":
            values.append(ref.before + escape(_srcset(ref.target, source, table, published)) + ref.after)
        elif ref.kind == "wiki":
            values.append(_wiki(ref, source, table))
        else:
            url = _url(find(ref.target, source, table), ref.target, table, published)
            values.append(ref.before + escape(url) + ref.after)
    return tuple(values)


def _url(target: Target, written: str, table: Table, published: Mapping[str, Published]) -> str:
    if target.kind == "page":
        return table.pages.get(target.path, "") + target.tail
    if target.kind == "folder":
        return table.folders[target.path] + target.tail
    if target.kind == "file" and target.path in published:
        return published[target.path].url + target.tail
    return written


def _link(ref: Ref, source: str, table: Table, published: Mapping[str, Published]) -> str:
    target = find(ref.target, source, table)
    url = _url(target, ref.target, table, published)
    download = ""
    if target.kind == "file" and "download" not in ref.after:
        download = f' download="{escape(posixpath.basename(target.path))}"'
    return f' href="{escape(url)}"{ref.after}{download}'


def _image(ref: Ref, source: str, table: Table, published: Mapping[str, Published], *, first: bool) -> str:
    target = find(ref.target, source, table)
    found = published.get(target.path) if target.kind == "file" else None
    if found is None or not found.offers:
        offers: tuple[Offer, ...] = (Offer(_url(target, ref.target, table, published), "", "", 0, "", 0),)
    else:
        alone = ref.before == PLAIN or "srcset=" in ref.after
        offers = found.offers[-1:] if alone else found.offers
    width, height = (found.width, found.height) if found else (0, 0)
    return html(width, height, offers, column=table.column, first=first, attributes=ref.after)


def _srcset(value: str, source: str, table: Table, published: Mapping[str, Published]) -> str:
    out = []
    for url, descriptor in _CANDIDATE.findall(value):
        out.append((url if is_external(url) else _url(find(url, source, table), url, table, published)) + descriptor)
    return ", ".join(out)


def _wiki(ref: Ref, source: str, table: Table) -> str:
    name, mark, fragment = ref.target.partition("#")
    target = find(name, source, table) if name else Target("missing", "")
    path = target.path if target.kind == "page" else table.names.get(page_stem(name).lower(), "")
    return (
        f'<a href="{escape(table.pages[path] + (mark + href(fragment) if mark else ""))}">{ref.before}</a>'
        if path in table.pages
        else ref.after
    )


def targets(
    refs: tuple[Ref, ...], source: str, table: Table
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, str, str], ...], tuple[Finding, ...]]:
    """Return the files that references hand out and those they show, the places they name, and what leads nowhere."""
    files: list[str] = []
    shown: list[str] = []
    places: list[tuple[int, str, str]] = []
    findings: list[Finding] = []
    for number, ref in enumerate(refs):
        if ref.kind == "wiki":
            continue
        written = (
            [url for url, _ in _CANDIDATE.findall(ref.target) if not is_external(url)]
            if ref.kind == "srcset"
            else [ref.target]
        )
        for url in written:
            target = find(url, source, table)
            if target.kind == "file":
                (shown if ref.kind == "image" else files).append(target.path)
            elif target.kind == "page" and target.fragment:
                places.append((number, target.path, target.fragment))
            elif target.kind in ("missing", "outside", "unpublished"):
                findings.append(_finding(ref, url, target, source, table))
    return tuple(dict.fromkeys(files)), tuple(dict.fromkeys(shown)), tuple(places), tuple(findings)


def _finding(ref: Ref, url: str, target: Target, source: str, table: Table) -> Finding:
    tag = "img" if ref.kind == "image" else "a"
    ordinal = -1 if ref.raw else int(ref.alt or 0)
    raw = ref.alt or "" if ref.raw else ""
    shown = url if len(url) <= SHOWN else url[: SHOWN - 1] + "…"
    if target.kind == "outside":
        return Finding(
            "link-outside",
            f"`{shown}` leads out of the content folder",
            "What stands outside is never published; copy the file into it.",
            tag,
            ordinal,
            raw,
        )
    if target.kind == "unpublished":
        return Finding(
            "link-unpublished",
            f"`{shown}` is not published yet",
            "It is a draft, not due yet, or expired.",
            tag,
            ordinal,
            raw,
        )
    code = "image-missing" if ref.kind == "image" else "link-missing"
    return Finding(
        code,
        f"There is no `{shown}`",
        _shifted(url, source, table) or _nearest(target.path, source, table),
        tag,
        ordinal,
        raw,
    )


def _shifted(written: str, source: str, table: Table) -> str:
    """Return a hint for a link from the root of a host on which the tree has a folder of its own."""
    folder, _, rest = written.lstrip("/").partition("/")
    if not written.startswith("/") or not rest or (found := find("/" + rest, source, table)).kind != "page":
        return ""
    return f"Did you mean `{_from(source, found.path)}`? Links from the root lack a base path such as /{folder}/."


def _from(source: str, path: str) -> str:
    return posixpath.relpath(path, posixpath.dirname(source) or ".")


def _nearest(path: str, source: str, table: Table) -> str:
    """Return a hint with the path that was probably meant: the same name elsewhere, or a similar one beside it."""
    folder, name = posixpath.split(path)
    same = table.whole.named(name)
    beside = "" if same else table.whole.beside(folder).to(name, _ALIKE)
    # Two short names are alike by their suffix alone.
    if beside and (posixpath.join(folder, beside) == source or not _alike(page_stem(name), page_stem(beside))):
        beside = ""
    near = same or ([posixpath.join(folder, beside)] if beside else [])
    if not near:
        return ""
    best = min(near, key=lambda known: (len(_from(source, known)), known))
    return f"Did you mean `{_from(source, best)}`?"


def _alike(one: str, other: str) -> bool:
    return bool(get_close_matches(one.lower()[:SHOWN], [other.lower()[:SHOWN]], cutoff=ALIKE))


def missing_places(
    places: tuple[tuple[int, str, str], ...], refs: tuple[Ref, ...], anchors: Mapping[str, tuple[str, ...]]
) -> tuple[Finding, ...]:
    """Return the links that name a place of another page that is not there."""
    from urllib.parse import unquote

    found = []
    known: dict[str, Near] = {}
    for number, path, fragment in places:
        name, offered = unquote(fragment), anchors.get(path, ())
        if name in offered or name in ("", "top") or name.startswith((":~:", "user-content-")):
            continue
        if path not in known:
            known[path] = Near(offered)
        near = known[path].to(name, ALIKE)
        ref = refs[number]
        found.append(
            Finding(
                "anchor-missing",
                f"There is no #{name} on {path}",
                f"Did you mean #{near}?" if near else "",
                "a",
                -1 if ref.raw else int(ref.alt or 0),
                ref.alt or "" if ref.raw else "",
            )
        )
    return tuple(found)
