"""What references lead to, and what is wrong with those that lead nowhere, with what was probably meant."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from difflib import get_close_matches

from builder.model import Finding, Ref
from builder.text.linking import candidates
from builder.text.names import SKIPPED
from builder.text.near import ALIKE, Near
from builder.text.table import Table, Target, embedded, find
from builder.text.urls import PAGE_SUFFIXES, is_external, page_stem

# So much of a long target is said again.
SHOWN = 80
# How alike names must be for one to be meant by the other.
_ALIKE = 0.7


def targets(
    refs: tuple[Ref, ...], source: str, table: Table
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, str, str], ...], tuple[Finding, ...]]:
    """Return the files that references hand out and those they show, the places they name, and what leads nowhere."""
    files: list[str] = []
    shown: list[str] = []
    places: list[tuple[int, str, str]] = []
    findings: list[Finding] = []
    # A page may say the same thing a hundred thousand times over; it is looked up once.
    known: dict[str, Target] = {}
    said: dict[tuple[str, str], tuple[str, str, str]] = {}
    for number, ref in enumerate(refs):
        if ref.kind == "wiki":
            continue
        if ref.kind == "embed":
            picture = embedded(ref.target, source, table)
            shown.extend([picture.path] if picture.kind == "file" else [])
            continue
        written = (
            [url for url, _ in candidates(ref.target) if not is_external(url)] if ref.kind == "srcset" else [ref.target]
        )
        for url in written:
            target = known.get(url) or known.setdefault(url, find(url, source, table))
            if target.kind == "file":
                (shown if ref.kind == "image" else files).append(target.path)
            elif target.kind in ("missing", "outside", "unpublished") or _shows(ref):
                kind = "image" if _shows(ref) else "link"
                if (url, kind) not in said:
                    said[url, kind] = _said(kind, url, target, source, table)
                findings.append(_finding(ref, said[url, kind]))
            elif target.kind == "page" and target.fragment:
                places.append((number, target.path, target.fragment))
    return tuple(dict.fromkeys(files)), tuple(dict.fromkeys(shown)), tuple(places), tuple(findings)


def _shows(ref: Ref) -> bool:
    """Tell whether a reference shows a picture."""
    return ref.kind == "image" or (ref.raw and (ref.alt or "")[:4].lower() == "<img")


def _finding(ref: Ref, said: tuple[str, str, str]) -> Finding:
    tag = "img" if ref.kind == "image" else "a"
    return Finding(*said, tag, -1 if ref.raw else int(ref.alt or 0), ref.alt or "" if ref.raw else "")


def _said(kind: str, url: str, target: Target, source: str, table: Table) -> tuple[str, str, str]:
    """Return what is said of an address that leads nowhere: a code, a sentence and a hint."""
    shown = url if len(url) <= SHOWN else url[: SHOWN - 1] + "…"
    if target.kind == "outside":
        code = "link-outside"
        hint = "What stands outside is never published; copy the file into it."
        return code, f"`{shown}` leads out of the content folder", hint
    if target.kind in ("page", "folder"):
        hint = "Name a picture's file, or write a link."
        return "image-missing", f"`{shown}` leads to a page, not to a picture", hint
    if target.kind == "unpublished":
        code = "link-unpublished"
        return code, f"`{shown}` is not published yet", "It is a draft, not due yet, or expired."
    code = "image-missing" if kind == "image" else "link-missing"
    message, hint = f"There is no `{shown}`", _shifted(url, source, table) or _nearest(target.path, source, table)
    if table.whole.has_folder(target.path.strip("/")):
        message, hint = f"`{shown}` is a folder without a page", "Link to a file in it, or write an index.md there."
    elif any(part.startswith(".") or part in SKIPPED for part in target.path.split("/")):
        hint = "What is hidden is not content, nor are node_modules and dist."
    return code, message, hint


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
    same = table.whole.named(name) or ([] if "." in name else _pages_named(name, table))
    beside = "" if same else table.whole.beside(folder).to(name, _ALIKE)
    # Two short names are alike by their suffix alone.
    if beside and (posixpath.join(folder, beside) == source or not _alike(page_stem(name), page_stem(beside))):
        beside = ""
    near = same or ([posixpath.join(folder, beside)] if beside else [])
    if not near:
        return ""
    best = min(near, key=lambda known: (len(_from(source, known)), known))
    return f"Did you mean `{_from(source, best)}`?"


def _pages_named(name: str, table: Table) -> list[str]:
    return [path for suffix in PAGE_SUFFIXES for path in table.whole.named(name + suffix)] if name else []


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
