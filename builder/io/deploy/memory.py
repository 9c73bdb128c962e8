"""A store in memory, for tests and for models of what others do to a target."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import count
from threading import RLock
from typing import NamedTuple

from builder.io.deploy.store import ABSENT, Blob, Body, Conflict, StoreError
from builder.steps.release.survey import Entry, Stamp

HEADERS = frozenset(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"}
)


class Held(NamedTuple):
    """An object: bytes, headers, digest in its metadata, and the write that made it."""

    data: bytes
    headers: dict[str, str]
    digest: str
    version: int


class Memory:
    """Keys in a dict; its clock counts writes."""

    def __init__(self) -> None:
        self.name = "memory:"
        self.carries = HEADERS
        self.workers = 1
        self.held: dict[str, Held] = {}
        self._clock = count(1)
        self._turn = RLock()

    def get(self, key: str) -> Blob | None:
        """Return the object, or None."""
        held = self.held.get(key)
        return Blob(held.data, str(held.version), float(held.version)) if held else None

    def ask(self, key: str) -> Stamp | None:
        """Return the digest, size and headers of the object, or None."""
        held = self.held.get(key)
        return Stamp(held.digest, held.headers, len(held.data)) if held else None

    def put(self, key: str, body: Body, headers: dict[str, str], when: str | None = None) -> str:
        """Write the object and return its tag."""
        data = body.data if body.data is not None else body.file.read_bytes() if body.file else b""
        if hashlib.sha256(data).hexdigest() != body.digest:
            raise StoreError(f"{key} arrived damaged")
        return self._write(key, data, headers, body.digest, when)

    def copy(self, origin: str, key: str, headers: dict[str, str], digest: str, when: str | None = None) -> str:
        """Write a copy of ``origin`` with headers of its own and return its tag."""
        held = self.held.get(origin)
        if held is None:
            raise StoreError(f"{origin} is not there to be copied")
        return self._write(key, held.data, headers, digest, when)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the keys; those that don't exist are fine."""
        for key in keys:
            self.held.pop(key, None)

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield the entries whose keys begin with ``prefix``."""
        for key, held in sorted(self.held.items()):
            if key.startswith(prefix):
                yield Entry(key, len(held.data), float(held.version), str(held.version))

    def _write(self, key: str, data: bytes, headers: dict[str, str], digest: str, when: str | None) -> str:
        with self._turn:
            held = self.held.get(key)
            if when is not None and (held is not None if when == ABSENT else held is None or str(held.version) != when):
                raise Conflict(f"somebody else wrote {key}")
            version = next(self._clock)
            self.held[key] = Held(data, headers, digest, version)
            return str(version)
