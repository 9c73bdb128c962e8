"""The one seam between a deploy and what holds its objects. A store is a flat map of keys with conditional writes.

Every write of a key is atomic: a reader sees the old object or the new one. ``when`` is ABSENT (only if the key is
free), a tag (only if the object still has it), or None (whatever is there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from builder.errors import CoursewrightError
from builder.steps.release.survey import Entry, Stamp

ABSENT: Final = "*"


class Blob(NamedTuple):
    """An object as read: bytes, the tag of this very version, and the store's time of its last change."""

    data: bytes
    tag: str
    changed: float


class Body(NamedTuple):
    """What is to be written: bytes, or a file too large to hold; ``digest`` is the sha256 of it."""

    digest: str
    size: int
    data: bytes | None = None
    file: Path | None = None


def whole(data: bytes) -> Body:
    """Return ``data`` as a body."""
    return Body(hashlib.sha256(data).hexdigest(), len(data), data)


class Store(Protocol):
    """A target's storage. ``carries`` are the header names it keeps; ``workers`` how many calls it likes at once."""

    name: str
    carries: frozenset[str]
    workers: int

    def get(self, key: str) -> Blob | None:
        """Return the object, or None."""
        ...

    def ask(self, key: str) -> Stamp | None:
        """Return the digest, size and headers of the object, or None."""
        ...

    def put(self, key: str, body: Body, headers: dict[str, str], when: str | None = None) -> str:
        """Write the object and return its tag."""
        ...

    def copy(self, origin: str, key: str, headers: dict[str, str], digest: str, when: str | None = None) -> str:
        """Write a copy of ``origin`` with headers of its own and return its tag."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the keys; those that don't exist are fine."""
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """Yield the entries whose keys begin with ``prefix``."""
        ...


class StoreError(CoursewrightError):
    """The target did not do what was asked; the caller knows whether anything visible had changed."""

    exit_code = 3


class Conflict(StoreError):  # noqa: N818 - the word of conditional writes
    """A condition did not hold: somebody else wrote the key."""
