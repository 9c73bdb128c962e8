"""The fourth column: files of the content tree that some page shows or links to, under hashed names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from builder.errors import Problem
from builder.io.scan import UNTRUSTED
from builder.manifest import File
from builder.model import Published
from builder.stages.work import Row, Work
from builder.steps.image import probe
from builder.text.media import media_type
from builder.text.urls import slugify

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


def asset_name(path: str, digest: str) -> str:
    """Return the name of a file under assets/: its own, made plain, with eight digits of its bytes' digest."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    return f"assets/{slugify(stem)}.{digest[:8]}" + (f".{slugify(suffix)}" if suffix else "")


def publish(work: Work, rows: dict[str, Row]) -> tuple[dict[str, Published], dict[str, File], dict[str, Path]]:
    """Return the published files by path, their manifest entries by name, and where each one's bytes are."""
    wanted = sorted({path for row in rows.values() for path in row.wants})
    base = work.site.base_path
    found: dict[str, Published] = {}
    files: dict[str, File] = {}
    sources: dict[str, Path] = {}
    for path in wanted:
        known = work.memory.published.get(path)
        stat = work.tree.files.get(path, UNTRUSTED)
        if known and stat != UNTRUSTED and work.memory.stats.get(path) == stat:
            # The bytes are the same, the base path may be another.
            found[path] = msgspec.structs.replace(known, url=f"{base}/{asset_name(path, known.digest)}")
        else:
            made = _publish(work, path, base)
            if made is None:
                continue
            found[path] = made
        name = found[path].url.removeprefix(base + "/")
        files[name] = File(
            found[path].digest,
            work.tree.files[path][0] if stat != UNTRUSTED else _size(work, path),
            media_type(name),
            IMMUTABLE,
            "asset",
            1,
        )
        sources[name] = work.tree.root / work.tree.real.get(path, path)
    return found, files, sources


def _size(work: Work, path: str) -> int:
    return (work.tree.root / work.tree.real.get(path, path)).stat().st_size


def _publish(work: Work, path: str, base: str) -> Published | None:
    try:
        data = work.tree.read(path)
    except OSError as error:
        work.problems.append(
            Problem(
                "warning",
                "unreadable",
                f"The file cannot be read: {error.strerror}",
                "Links to it lead nowhere.",
                "content",
                path,
            )
        )
        return None
    digest = hashlib.sha256(data).hexdigest()
    info = probe(data).info if media_type(path).startswith("image/") else None
    width, height = (info.width, info.height) if info else (0, 0)
    return Published(f"{base}/{asset_name(path, digest)}", digest, width, height)
