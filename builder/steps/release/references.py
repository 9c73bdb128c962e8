"""What a page names: the files of the same site that it can't be read without, and the pages it links to."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

_ATTRIBUTE = re.compile(
    r"""<([a-z][a-z0-9-]*)\b|\s(href|src|srcset|imagesrcset|poster|data)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE
)
_HOST = "https://site.invalid"


class Named(NamedTuple):
    """Site paths, as in the manifest."""

    files: frozenset[str]
    pages: frozenset[str]


def named(path: str, html: str, base: str = "/") -> Named:
    """Return what the page at ``path`` names of its own site, whose URLs begin with ``base``."""
    url = f"{_HOST}{base}{path.removesuffix('index.html')}"
    files: set[str] = set()
    pages: set[str] = set()
    tag = ""
    for match in _ATTRIBUTE.finditer(html):
        if match[1]:
            tag = match[1].lower()
            continue
        value = match[3] if match[3] is not None else match[4]
        name = match[2].lower()
        for one in _each(value) if name.endswith("srcset") else [value]:
            target = _target(url, one, base)
            if target is not None:
                (pages if tag in {"a", "area"} and _is_page(target) else files).add(_file(target))
    return Named(frozenset(files), frozenset(pages))


def _each(srcset: str) -> list[str]:
    return [part.split()[0] for part in srcset.split(",") if part.strip()]


def _target(url: str, value: str, base: str) -> str | None:
    try:
        parts = urlsplit(urljoin(url, value.strip().replace("&amp;", "&")))
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != _HOST or not parts.path.startswith(base):
        return None
    path = unquote(parts.path[len(base) :])
    return None if path.startswith("api/") else path


def _is_page(target: str) -> bool:
    return target == "" or target.endswith(("/", ".html"))


def _file(target: str) -> str:
    return f"{target}index.html" if target == "" or target.endswith("/") else target
