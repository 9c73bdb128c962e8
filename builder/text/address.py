"""Addresses as authors write them in scripts, styles and drawings, resolved to logical paths.

A logical path is POSIX and relative to the assets folder. ``npm:name`` stands for a package; everything that can't be
a file of this site (another host, ``data:``, a fragment, a page of the site) resolves to nothing and stays as written.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from builder.errors import Problem

if TYPE_CHECKING:
    from builder.asset import Kind

# The assets folder as the site's address space shows it.
PUBLIC = "/assets/"

PACKAGE = "npm:"


def resolve(source: str, address: str, kind: Kind | None = None) -> tuple[str, str] | None:
    """Return the logical path that ``address`` means inside ``source``, and its ``?query#fragment``.

    Imports of scripts (``kind`` static or dynamic) read a bare word as the name of a package; all else reads it as a
    file beside the source, and names what is in a package as ``npm:name/file``.
    """
    if address.startswith(PACKAGE) and kind is None:
        return address, ""
    if is_remote(address) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address) or address.startswith("//"):
        return None
    match = re.match(r"([^?#]*)(.*)", address, re.DOTALL)
    path, tail = (match.group(1), match.group(2)) if match else (address, "")
    if not path:
        return None
    if path.startswith("/"):
        return (posixpath.normpath(unquote(path[len(PUBLIC) :])), tail) if path.startswith(PUBLIC) else None
    if kind in {"static", "dynamic"} and not path.startswith("."):
        return PACKAGE + path, tail
    folder = "" if source.startswith(PACKAGE) else posixpath.dirname(source)
    joined = posixpath.normpath(posixpath.join(folder, unquote(path)))
    return (PACKAGE + joined if source.startswith(PACKAGE) else joined), tail


def package_of(name: str) -> str:
    """Return the package that a bare import names: ``@scope/name/file`` is of ``@scope/name``."""
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def is_remote(address: str) -> bool:
    """Tell whether a browser would fetch ``address`` from another host."""
    return re.match(r"(?:https?:)?//", address, re.IGNORECASE) is not None


def remote(path: str, address: str, line: int | None, column: int | None) -> Problem:
    """Return the notice that ``path`` makes the reader's browser ask another host."""
    return Problem(
        "notice",
        "remote-resource",
        f"“{address}” is fetched from another host when the page is read.",
        hint="Keep a copy beside this file, so that it works offline and nobody else learns who reads.",
        root="assets",
        path=path,
        line=line,
        column=column,
    )
