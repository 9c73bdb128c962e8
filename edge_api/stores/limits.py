"""Rate limits: a token bucket per rate and key, in Redis for the whole fleet, or in this instance's memory.

Without Redis each instance counts by itself and grants its share, the rate divided by the instances there are. In Redis
a bucket is one number, the time at which it will be full again; a full one needs no key. The table in memory can't grow
without bound.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from edge_api import keys
from edge_api.stores.redis import RedisDown, Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_api.stores.redis import Redis

# About 20 MB of buckets; the least recently used go first, and a key that returns after that starts afresh.
_KEYS = 100_000


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and so many a minute after that."""

    name: str
    burst: int
    per_minute: float


class MemoryLimiter:
    """Buckets by rate and key, which fill as the clock's seconds pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, instances: int = 1) -> None:
        self._clock = clock
        self._instances = instances
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    async def take(self, rate: Rate, key: str) -> float:
        """Take one token; return 0, or how many seconds to wait for one."""
        now, burst, per_second = self._clock(), self._share(rate.burst), rate.per_minute / self._instances / 60
        tokens, at = self._buckets.pop((rate.name, key), (burst, now))
        tokens = min(burst, tokens + (now - at) * per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / per_second
        self._buckets[rate.name, key] = (tokens - 1 if tokens >= 1 else tokens, now)
        if len(self._buckets) > _KEYS:
            self._buckets.popitem(last=False)
        return wait

    def _share(self, burst: int) -> float:
        return max(1.0, burst / self._instances)


# When the bucket will be full again, in microseconds of the server's clock; a token is one interval.
_TAKE = Script("""
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
    local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
    local wait = full - now - interval * (burst - 1)
    if wait > 0 then return math.ceil(wait) end
    full = full + interval
    redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
    return 0
""")


class SharedLimiter:
    """Buckets in Redis, one for the whole fleet; this instance's own while Redis is away."""

    def __init__(self, redis: Redis, alone: MemoryLimiter) -> None:
        self._redis = redis
        self._alone = alone

    async def take(self, rate: Rate, key: str) -> float:
        """Take one token; return 0, or how many seconds to wait for one."""
        interval = 60_000_000 / rate.per_minute
        try:
            wait = await self._redis.run(_TAKE, [keys.bucket(rate.name, key)], interval, rate.burst)
        except RedisDown:
            return await self._alone.take(rate, key)
        return int(wait) / 1_000_000


class NoLimiter:
    """No limits at all, for load tests."""

    async def take(self, _rate: Rate, _key: str) -> float:
        """Never make anybody wait."""
        return 0.0
