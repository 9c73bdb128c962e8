"""The last column: the site-wide files, made from the layout; cheap enough to make whenever anything has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from builder.engine.store import digest
from builder.manifest import File
from builder.model import Outline
from builder.stages.memory import Row
from builder.stages.work import Work
from builder.steps import sitefile
from builder.text.media import media_type
from builder.text.views import Views

DATA = {"Cache-Control": "max-age=0, must-revalidate, s-maxage=300"}
# Browsers ask for these on every visit and must never get an old one.
FRESH = {"Cache-Control": "no-cache"}


def key_of(work: Work, structure: bytes, rows: Mapping[str, Row], retired: tuple[str, ...]) -> bytes:
    """Return what the site-wide files are made from."""
    minutes = [row.minutes for row in rows.values()]
    return digest(structure + work.identity + repr((retired, minutes)).encode())


def entry(
    path: str, content: bytes, *, phase: int = 4, kind: str = "data", headers: dict[str, str] | None = None
) -> File:
    """Return the manifest's entry for a site-wide file."""
    return File(hashlib.sha256(content).hexdigest(), len(content), media_type(path), headers or DATA, kind, phase)  # type: ignore[arg-type]  # the callers' literals


def site_files(
    work: Work,
    views: Views,
    outlines: dict[str, Outline],
    icon: str,
    achievements: list[dict[str, Any]],
    retired: tuple[str, ...],
) -> tuple[dict[str, bytes], bytes]:
    """Return the site-wide files by path, and the awards."""
    site = work.site
    files = {
        "catalog.json": sitefile.catalog(views, outlines),
        "robots.txt": sitefile.robots(site),
        "manifest.webmanifest": sitefile.web_manifest(site, icon),
        "_headers": headers_file(site.base_path),
        "_redirects": sitefile.redirects(views),
    }
    if site.base_url:
        files |= sitefile.sitemaps(views)
        files["feed.xml"] = sitefile.feed(views)
    titles = {href: place.title for href, place in zip(views.hrefs, views.layout.places, strict=True)}
    for old, new in views.layout.redirects:
        target = site.base_path + new
        path = old.lstrip("/") + ("index.html" if old.endswith("/") else "")
        files[path] = sitefile.redirect_page(target, titles.get(target, new))
    return files, sitefile.awards(views, outlines, retired, achievements)


def headers_file(base: str) -> bytes:
    """Return _headers, in the form that static hosts read."""
    return (
        f"{base}/*\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: strict-origin-when-cross-origin\n"
        f"{base}/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n"
        f"{base}/sw.js\n  Cache-Control: no-cache\n"
    ).encode()


def carriers(build_id: str, worker: bytes) -> tuple[dict[str, File], dict[str, bytes]]:
    """Return the entries and bytes of the files that carry the build's id; the worker is a release's last file."""
    made = {"build.json": (json.dumps({"build_id": build_id}) + "\n").encode(), "sw.js": worker}
    entries = {
        "build.json": entry("build.json", made["build.json"], headers=FRESH),
        "sw.js": entry("sw.js", worker, phase=5, kind="worker", headers=FRESH),
    }
    return entries, made
