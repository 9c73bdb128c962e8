"""What a build remembers for the next one: of every page its source, its parts in the store, and its file.

It is written in two sections (``builder.engine.memory``): a head, which every build reads and which is enough where
nothing has changed, and the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from builder.engine import memory as memory_file
from builder.engine.store import Record, digest
from builder.errors import Problem
from builder.io.config import Request, Roots
from builder.io.scan import Stat
from builder.model import Published, Struct

# Written into every key of the memory file: raised when its form changes.
FORM = 7


class Row(Struct, frozen=True, array_like=True):
    """One page's source: what it was read from, where its parts lie, what its references lead to.

    ``wants`` are the files that it hands out as they are, ``shown`` those that it shows as pictures.
    """

    path: str
    digest: bytes
    includes: tuple[tuple[str, str, bytes], ...]
    key: bytes
    outline: Record
    links: Record
    body: Record
    problems: tuple[Problem, ...]
    wants: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    places: tuple[tuple[int, str, str], ...] = ()
    misses: tuple[Problem, ...] = ()
    minutes: int = 1


def reading_times(rows: Mapping[str, Row]) -> dict[str, int]:
    """Return how long each page takes to read, in minutes, by its source."""
    return {path: row.minutes for path, row in rows.items()}


class Rendered(Struct, frozen=True, array_like=True):
    """One file that was rendered: the key it was made under, its digest and its size."""

    key: bytes
    digest: str
    size: int


class Weights(msgspec.Struct, frozen=True, array_like=True):
    """Which assets pages start with: each set of them once, and the number of its own for every page."""

    table: tuple[tuple[str, ...], ...] = ()
    rows: dict[str, int] = {}


class Memory(msgspec.Struct, array_like=True):
    """What the last build knew; empty where there was none."""

    identity: bytes = b""
    manifest: bytes = b""
    report: bytes = b""
    stats: dict[str, Stat] = {}
    rows: dict[str, Row] = {}
    rendered: dict[str, Rendered] = {}
    published: dict[str, Published] = {}
    structure: bytes = b""
    layout: Record | None = None
    reasons: dict[str, str] = {}
    site_files: tuple[bytes, dict[str, str]] = (b"", {})
    settings: bytes = b""
    assets_key: bytes = b""
    assets: Record | None = None
    wishes: bytes = b""
    encoders: bytes = b""
    weights: Weights = Weights()
    inputs: dict[str, bytes] = {}


class Head(Struct, frozen=True, array_like=True):
    """The small part of the memory: all that a build needs in which nothing has changed."""

    identity: bytes
    manifest: bytes
    report: bytes
    stats: dict[str, Stat]


def recall_head(sections: dict[str, memoryview]) -> Head | None:
    """Return the head of the last build's memory."""
    try:
        return msgspec.msgpack.decode(sections["head"], type=Head)
    except (KeyError, msgspec.MsgspecError):
        return None


def recall(sections: dict[str, memoryview], head: Head | None) -> Memory:
    """Return all of the last build's memory."""
    try:
        memory = msgspec.msgpack.decode(sections["rest"], type=Memory)
    except (KeyError, msgspec.MsgspecError):
        return Memory()
    if head is None:
        return Memory()
    memory.identity, memory.manifest = head.identity, head.manifest
    memory.report, memory.stats = head.report, head.stats
    return memory


def remember(path: Path, memory: Memory) -> None:
    """Write the memory for the next build: what every build reads, and apart from it the rest."""
    head = Head(memory.identity, memory.manifest, memory.report, memory.stats)
    rest = msgspec.structs.replace(memory, identity=b"", manifest=b"", report=b"", stats={})
    memory_file.save(path, {"head": msgspec.msgpack.encode(head), "rest": msgspec.msgpack.encode(rest)})


def identity_of(*parts: bytes) -> bytes:
    """Return what stands for a build's circumstances: the tool, its dependencies, settings, templates and assets."""
    whole = hashlib.sha256(str(FORM).encode())
    for part in parts:
        whole.update(digest(part))
    return whole.digest()


def memory_path(request: Request, roots: Roots) -> Path:
    """Return where the memory of this build lies: one for each content, output folder and kind of build."""
    name = repr(
        (str(roots.content.resolve()), str(request.out.absolute()), request.release, request.drafts, request.write)
    )
    return request.cache / "memory" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.bin"


def packs_of(memory: Memory) -> set[str]:
    """Return the packs of the store that hold something of what is remembered."""
    packs = {row.body.pack for row in memory.rows.values()}
    packs |= {row.links.pack for row in memory.rows.values()} | {row.outline.pack for row in memory.rows.values()}
    return packs | {record.pack for record in (memory.layout, memory.assets) if record}


def forget(cache: Path) -> None:
    """Drop what the cache remembers: the next build starts from the sources."""
    for path in (*(cache / "packs").glob("*.pack"), *(cache / "memory").glob("*.bin")):
        path.unlink(missing_ok=True)
