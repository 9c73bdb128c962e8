"""Copies of rows in Redis: which of them are believed."""

from __future__ import annotations

import asyncio

from edge_api.stores import entries
from edge_api.stores.redis import Redis


def test_a_copy_from_before_the_clock_was_set_back_is_not_believed(redis_url: str) -> None:
    """It would be believed for as much longer as the clock was set back."""

    async def main() -> None:
        redis = Redis(redis_url, milliseconds=60_000)
        await redis.beat()
        try:
            (ticket,) = await entries.issue(redis, ["k"])
            await entries.fill(redis, [("k", ticket, b"row")])
            assert [each.row for each in await entries.look(redis, ["k"])] == [b"row"]
            await redis.ask(("HINCRBY", "k", "at", 10_000_000))
            assert [each.row for each in await entries.look(redis, ["k"])] == [None]
        finally:
            await redis.close()

    asyncio.run(main())
