"""What the last build knew, in one file of sections that are read only when they are wanted.

    "CWM1"  count (u32)  then for each section: name length (u16) name  body length (u64)  sha256 (32)   then the bodies

A section that is not what was written counts as absent; the build then finds out again what it would have said.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Mapping
from pathlib import Path

from builder.engine.naming import named

_MAGIC = b"CWM1"
_COUNT = struct.Struct("<4sI")
_NAME = struct.Struct("<H")
_BODY = struct.Struct("<Q32s")


def load(path: Path) -> dict[str, memoryview]:
    """Return the sound sections of a memory file; none where there is no such file."""
    try:
        data = memoryview(path.read_bytes())
    except OSError:
        return {}
    try:
        return dict(_sections(data))
    except (struct.error, UnicodeDecodeError):
        return {}


def _sections(data: memoryview) -> list[tuple[str, memoryview]]:
    magic, count = _COUNT.unpack_from(data, 0)
    if magic != _MAGIC:
        return []
    position = _COUNT.size
    table = []
    for _ in range(count):
        (length,) = _NAME.unpack_from(data, position)
        position += _NAME.size
        name = bytes(data[position : position + length]).decode()
        position += length
        size, digest = _BODY.unpack_from(data, position)
        position += _BODY.size
        table.append((name, size, digest))
    found = []
    for name, size, digest in table:
        body = data[position : position + size]
        position += size
        if len(body) == size and hashlib.sha256(body).digest() == digest:
            found.append((name, body))
    return found


def save(path: Path, sections: Mapping[str, bytes]) -> None:
    """Write a memory file whole: beside its place, then renamed."""
    head = [_COUNT.pack(_MAGIC, len(sections))]
    for name, body in sections.items():
        encoded = name.encode()
        head.append(_NAME.pack(len(encoded)) + encoded + _BODY.pack(len(body), hashlib.sha256(body).digest()))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(b"".join((*head, *sections.values())))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise named(error, path) from None
