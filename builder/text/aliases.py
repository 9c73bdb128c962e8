"""Aliases of pages, as redirects from the URLs that they once had."""

from __future__ import annotations

import re
from collections.abc import Iterable

from builder.errors import Problem
from builder.text.names import Claims
from builder.text.tree import Node
from builder.text.urls import href

Redirects = tuple[tuple[str, str], ...]


def redirects_of(nodes: Iterable[Node], claims: Claims) -> tuple[Redirects, list[Problem]]:
    """Return old and new URLs, sorted, and a problem for each alias that is another page's URL or alias."""
    found: dict[str, tuple[str, str]] = {}
    problems: list[Problem] = []
    for node in nodes:
        for alias in node.outline.aliases:
            url = _url_of(alias, node.parent.url if node.parent else "/")
            owner = _owner(url, claims) if url not in found else found[url][1]
            if owner is None:
                found[url] = (href(node.url), node.source)
            else:
                problems.append(_clash(node, url, owner))
    return tuple((url, target) for url, (target, _) in sorted(found.items())), problems


def _url_of(alias: str, base: str) -> str:
    """Return an alias as a URL of the site: relative to the page's folder, without query, fragment and dot segments."""
    path = re.split("[?#]", alias, maxsplit=1)[0]
    whole = path if path.startswith("/") else base + path
    url = "/" + "/".join(part for part in whole.split("/") if part not in ("", ".", ".."))
    url = url.removesuffix("index.html") if url.endswith("/index.html") else url
    if path.endswith("/") or "." not in url.rpartition("/")[2]:
        url = url.rstrip("/") + "/"
    return url


def _owner(url: str, claims: Claims) -> str | None:
    """Return who has an alias's URL, or the folder or file that its own file would stand in the way of."""
    first = f"/{url.split('/')[1]}/"
    if claims.owner(first) == "" and first != "//":
        return ""
    return claims.owner(url if url.endswith("/") else url + "/")


def _clash(node: Node, url: str, owner: str) -> Problem:
    line = node.outline.at.get("aliases")
    return Problem(
        "error",
        "slug-clash",
        f"The alias {url} belongs to {owner or 'the site itself'} already",
        "Remove the alias, or rename the other page.",
        "content",
        node.source,
        line,
        1 if line else None,
    )
