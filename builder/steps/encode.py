"""Compressed siblings: the same file as brotli and as gzip, where that pays.

Deterministic: gzip's clock is zero, and its level and brotli's quality are part of the step. Pictures, films, fonts and
archives are compressed already; a sibling that saves less than a tenth is not worth a second object.
"""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # it ships no types
import msgspec

from builder.engine.step import step

# What is text, or as empty as text; media types are compared without their parameters.
PAYING = ("text/", "application/json", "application/manifest+json", "application/xml", "application/atom+xml")
PAYING_TYPES = frozenset(
    {
        *("application/wasm", "application/toml", "application/yaml", "application/rtf", "image/svg+xml"),
        *("image/bmp", "image/x-icon", "font/ttf", "font/otf", "application/vnd.ms-fontobject"),
    },
)

# Below this a packet carries the file either way.
SMALL = 860

SAVING = 0.9

# Files larger than the usual window gain from a wider one: 16 MB, the most that every browser must accept.
WIDE = 24
LARGE = 4_000_000


class Encodings(msgspec.Struct, frozen=True):
    """The siblings of a file; empty where there is none."""

    br: bytes = b""
    gzip: bytes = b""


def pays(media_type: str, size: int) -> bool:
    """Tell whether files of this type and size are worth compressing."""
    bare = media_type.partition(";")[0]
    return size >= SMALL and (bare.startswith(PAYING) or bare in PAYING_TYPES)


@step(version=1)
def compress(data: bytes, quality: int) -> Encodings:
    """Return the siblings of ``data``; ``quality`` is brotli's, 11 for what stays and less for what changes often."""
    window = WIDE if len(data) > LARGE else 22
    small = brotli.compress(data, quality=quality, lgwin=window)
    zipped = gzip.compress(data, compresslevel=9, mtime=0)
    limit = len(data) * SAVING
    return Encodings(small if len(small) < limit else b"", zipped if len(zipped) < limit else b"")
