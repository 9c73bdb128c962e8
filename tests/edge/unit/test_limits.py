"""Rate limits in memory."""

from __future__ import annotations

import asyncio

from edge_api.stores.limits import MemoryLimiter, Rate

RATE = Rate("r", 2, 60)


def waits(takes: list[tuple[float, str]], instances: int = 1) -> list[float]:
    """Return what each of these takes, at a second and by a key, has to wait."""
    moments = iter([moment for moment, _ in takes])
    limiter = MemoryLimiter(lambda: next(moments), instances)

    async def take_all() -> list[float]:
        return [await limiter.take(RATE, key) for _, key in takes]

    return asyncio.run(take_all())


def test_a_bucket_empties_by_key() -> None:
    """Each key has its own burst, and a wait after it that ends when a token has come."""
    takes = [(0.0, "a"), (0.0, "a"), (0.0, "a"), (0.0, "b"), (0.75, "a"), (1.0, "a")]
    assert waits(takes) == [0, 0, 1, 0, 0.25, 0]


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    """Who stays away for an hour comes back to a full bucket, not to sixty times that."""
    assert waits([(0.0, "a"), (3600.0, "a"), (3600.0, "a"), (3600.0, "a")]) == [0, 0, 0, 1]


def test_each_of_several_instances_grants_its_share() -> None:
    """Half of the burst and half of the rate, but one at once at the least."""
    assert waits([(0.0, "a"), (0.0, "a"), (1.0, "a"), (2.0, "a")], instances=2) == [0, 2, 1, 0]
    assert waits([(0.0, "a"), (0.0, "a")], instances=4) == [0, 4]
