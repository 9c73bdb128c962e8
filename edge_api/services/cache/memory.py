"""What this process remembers for a second: answers by key, bounded in number and in bytes, the least used go first.

An answer counts from the moment at which its making began, not from when it was done, so what is served is never older
than a second. Groups have local versions: a change that passes through this process is seen by its next reader, and an
answer whose making began before the change is not kept.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

import msgspec

from edge_api.groups import EVERYTHING
from edge_api.services.cache.rules import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SECONDS = 1.0
# What an entry weighs beside its bytes: the values, the key and their places in the tables.
_OVERHEAD = 1_000

Versions = tuple[int, ...]


class Held(msgspec.Struct, frozen=True):
    """A remembered answer, the versions of its groups, and when its making began."""

    stored: Stored
    groups: tuple[str, ...]
    versions: Versions
    since: float
    size: int


class Memory:
    """Answers of the last second."""

    def __init__(self, entries: int, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.size = 0
        self.evicted: Counter[str] = Counter()
        self._most, self._heaviest = entries, size
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._versions: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._held)

    def versions(self, groups: Iterable[str]) -> Versions:
        """Return the versions of groups as this process knows them."""
        return tuple(self._versions[group] for group in (*groups, EVERYTHING))

    def change(self, groups: Iterable[str]) -> None:
        """Make every answer of these groups old."""
        self._versions.update(groups)

    def get(self, key: str) -> Stored | None:
        """Return an answer that may still be used."""
        held = self._held.get(key)
        if held is None:
            return None
        if self.clock() - held.since > SECONDS or held.versions != self.versions(held.groups):
            self._drop(key, "old")
            return None
        self._held.move_to_end(key)
        return held.stored

    def put(self, key: str, stored: Stored, groups: tuple[str, ...], versions: Versions, since: float) -> bool:
        """Remember an answer, if nothing has made it old since its making began; tell whether it is remembered."""
        size = _OVERHEAD + len(key) + len(stored.body) + sum(len(name) + len(value) for name, value in stored.fields)
        if size > self._heaviest or self.clock() - since > SECONDS or versions != self.versions(groups):
            return False
        if key in self._held:
            self._drop(key, "replaced")
        self._held[key] = Held(stored, groups, versions, since, size)
        self.size += size
        while self.size > self._heaviest:
            self._drop(next(iter(self._held)), "bytes")
        while len(self._held) > self._most:
            self._drop(next(iter(self._held)), "entries")
        return True

    def forget(self) -> None:
        """Forget everything."""
        self._held.clear()
        self.size = 0

    def _drop(self, key: str, reason: str) -> None:
        self.size -= self._held.pop(key).size
        self.evicted[reason] += 1
