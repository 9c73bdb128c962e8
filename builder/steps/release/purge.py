"""What a CDN has to forget after pages were replaced, as the URL paths it knows them by."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

# CloudFront's first 1,000 paths a month are free and a wildcard counts as one: past this many, wildcards are kinder.
PATHS_ONE_BY_ONE = 100
WILDCARDS = 15  # CloudFront allows so many wildcard paths in flight


def urls(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the URL paths of site paths: a page is known as ``/x/`` and as ``/x/index.html``."""
    found: set[str] = set()
    for path in paths:
        url = "/" + quote(path)
        found.add(url)
        if path == "index.html" or path.endswith("/index.html"):
            found.add(url.removesuffix("index.html"))
    return tuple(sorted(found))


def collapsed(paths: Iterable[str]) -> tuple[str, ...]:
    """Return ``urls`` for CloudFront: one by one while they are few, else a wildcard per top folder, else all."""
    each = tuple(sorted(set(paths)))
    if len(each) <= PATHS_ONE_BY_ONE:
        return urls(each)
    loose = [path for path in each if "/" not in path]
    folders = sorted({path.partition("/")[0] for path in each if "/" in path})
    if len(folders) > WILDCARDS or len(loose) > PATHS_ONE_BY_ONE:
        return ("/*",)
    return tuple(sorted([*urls(loose), *(f"/{quote(folder)}/*" for folder in folders)]))
