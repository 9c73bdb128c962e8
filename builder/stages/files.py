"""The fourth column: files of the content tree that some page shows or links to, under hashed names."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from builder.errors import Problem
from builder.io.scan import UNTRUSTED
from builder.manifest import File
from builder.model import Published
from builder.stages.work import Row, Work
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
            found[path] = known
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
    width, height = image_size(data)
    return Published(f"{base}/{asset_name(path, digest)}", digest, width, height)


_PNG = struct.Struct(">8x4x4sII")


def image_size(data: bytes) -> tuple[int, int]:
    """Return an image's width and height from its head; zeros where it is none that we know."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= _PNG.size:
        _, width, height = _PNG.unpack_from(data)
        return width, height
    if data.startswith((b"GIF87a", b"GIF89a")):
        return struct.unpack_from("<HH", data, 6)
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    return 0, 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker in (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += (
            2
            if marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
            else 2 + struct.unpack_from(">H", data, position + 2)[0]
        )
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
