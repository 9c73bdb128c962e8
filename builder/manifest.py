"""The release manifest: every file of a build with its digest, headers and place in the release order.

It is the one document that build, deploy and the local server share (``dist.release/manifest.json``). Phases are
barriers, in this order: assets, pages that are new, pages that changed, data, the service worker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

FileClass = Literal["asset", "page", "data", "worker"]

# Files that carry the build id cannot take part in it.
CARRIERS = frozenset({"sw.js", "build.json"})


class Encoding(msgspec.Struct, frozen=True):
    """A precompressed sibling of a file."""

    path: str
    digest: str
    size: int


class File(msgspec.Struct, frozen=True):
    """One file of the site: lower-case sha256, bytes, media type, headers, class, phase, precompressed siblings."""

    digest: str
    size: int
    type: str
    headers: dict[str, str]
    class_: FileClass = msgspec.field(name="class")
    phase: int
    encodings: dict[str, Encoding] = msgspec.field(default_factory=dict)


class Manifest(msgspec.Struct, frozen=True):
    """A whole release: ``errors`` counts content errors, ``drafts`` tells that unpublished pages are in it."""

    build_id: str
    errors: int
    drafts: bool
    files: dict[str, File]
    version: int = 1


def stored(files: Mapping[str, File]) -> dict[str, File]:
    """Return every file that lies in the output folder: those of the site, and their precompressed siblings."""
    found = dict(files)
    for file in [file for file in files.values() if file.encodings]:
        for sibling in file.encodings.values():
            found[sibling.path] = File(sibling.digest, sibling.size, file.type, file.headers, file.class_, file.phase)
    return found


def build_id(files: dict[str, File]) -> str:
    """Return the sha256 of the canonical JSON of ``files`` (keys sorted, no spaces, UTF-8) without the carriers."""
    counted = {path: file for path, file in files.items() if path not in CARRIERS}
    return hashlib.sha256(msgspec.json.encode(counted, order="sorted")).hexdigest()


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as canonical JSON."""
    return msgspec.json.encode(manifest, order="sorted")


def decode(data: bytes) -> Manifest:
    """Return the manifest in ``data``; raise ``msgspec.MsgspecError`` where it is none."""
    return msgspec.json.decode(data, type=Manifest)


def files_of(data: bytes) -> dict[str, File]:
    """Return the files of the manifest in ``data``; none where it is none."""
    try:
        return decode(data).files
    except msgspec.MsgspecError:
        return {}
