"""Names: which are no content, who owns which URL, and what a page is called that says nothing of it itself."""

from __future__ import annotations

import re

# Files that a build writes itself; a page's folder must not stand where one of them goes.
RESERVED = (
    "index.html", "404.html", "offline.html", "sw.js", "manifest.webmanifest", "build.json", "catalog.json",
    "sitemap.xml", "feed.xml", "robots.txt", "_headers", "_redirects", "api", "assets", "offline", "search",
)  # fmt: skip

# The parts of a sitemap that is too large for one file.
_SITEMAP = re.compile(r"/sitemap-\d+\.xml/")

# What tools put beside content; names that begin with a dot are none of it either.
SKIPPED = frozenset({"node_modules", "dist", "dist.release", "__pycache__"})


class Claims:
    """URLs and their owners."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {f"/{name}/": "" for name in RESERVED if name != "index.html"}

    def owner(self, url: str) -> str | None:
        """Return who has a URL (empty: the site itself), or nothing where it is free."""
        if url.endswith("/index.html/") or (url.startswith("/sitemap-") and _SITEMAP.fullmatch(url)):
            return ""
        return self._owners.get(url)

    def take(self, url: str, owner: str) -> None:
        """Give a URL to an owner."""
        self._owners[url] = owner


def title_of_name(name: str) -> str:
    """Return a file name as a title: ``getting_started`` is ``Getting started``."""
    text = " ".join(name.replace("_", " ").replace("-", " ").split())
    return text[:1].upper() + text[1:] if text else name
