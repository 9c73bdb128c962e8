"""Rate limits in this instance's memory: one token bucket per key, in a table that can't grow without bound."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

# About 20 MB of buckets; the least recently used go first, and a key that returns after that starts afresh.
_KEYS = 100_000


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and so many a minute after that."""

    name: str
    burst: int
    per_minute: float


class MemoryLimiter:
    """Buckets by rate and key, which fill as the clock's seconds pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    async def take(self, rate: Rate, key: str) -> float:
        """Take one token; return 0, or how many seconds to wait for one."""
        now = self._clock()
        tokens, at = self._buckets.pop((rate.name, key), (float(rate.burst), now))
        tokens = min(float(rate.burst), tokens + (now - at) * rate.per_minute / 60)
        wait = 0.0 if tokens >= 1 else (1 - tokens) * 60 / rate.per_minute
        self._buckets[rate.name, key] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > _KEYS:
            self._buckets.popitem(last=False)
        return wait


class NoLimiter:
    """No limits at all, for load tests."""

    async def take(self, _rate: Rate, _key: str) -> float:
        """Never make anybody wait."""
        return 0.0
