"""Copies of rows in Redis: which are believed, and which fillings come too late."""

from __future__ import annotations

import asyncio

from edge.store.test_redis import opened
from edge_api.stores import entries
from edge_api.stores.entries import Ticket
from edge_api.stores.redis import Redis

KEY = "edge:session:{a}"


async def filled(redis: Redis) -> Ticket:
    """Fill the entry, and return the ticket with which that was done."""
    (ticket,) = await entries.issue(redis, [KEY])
    await entries.fill(redis, [(KEY, ticket, b"a row")])
    return ticket


async def row(redis: Redis) -> bytes | None:
    (found,) = await entries.look(redis, [KEY])
    return found.row


def test_what_was_filled_is_found_until_it_is_forgotten(redis_url: str) -> None:
    """A copy that is under way at that moment is not taken: its ticket is void."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            ticket = await filled(redis)
            assert await row(redis) == b"a row"
            await entries.forget(redis, [KEY])
            await entries.fill(redis, [(KEY, ticket, b"a row")])
            assert await row(redis) is None
            await filled(redis)
            assert await row(redis) == b"a row"

    asyncio.run(main())


def test_what_was_written_before_a_silence_is_not_believed(redis_url: str) -> None:
    """Its deletion may have been lost in that; what is filled afterwards is believed."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            ticket = await filled(redis)
            redis.trusted_since = ticket.at + 1
            assert await row(redis) is None
            redis.trusted_since = ticket.at
            assert await row(redis) == b"a row"

    asyncio.run(main())


def test_a_copy_from_before_the_clock_was_set_back_is_not_believed(redis_url: str) -> None:
    """It would be believed for as much longer as the clock was set back."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            await filled(redis)
            await redis.ask(("HINCRBY", KEY, "at", 10_000_000))
            assert await row(redis) is None

    asyncio.run(main())


def test_what_another_incarnation_holds_is_not_believed(redis_url: str) -> None:
    async def main() -> None:
        async with opened(redis_url) as redis:
            await filled(redis)
            await redis.ask(("HSET", KEY, "run", "another"))
            assert await row(redis) is None

    asyncio.run(main())


def test_a_filling_that_took_too_long_is_refused(redis_url: str) -> None:
    """A ticket is good for ten seconds: a change's own nonce must outlive every ticket of before."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            (ticket,) = await entries.issue(redis, [KEY])
            late = Ticket(ticket.nonce, ticket.at - 11_000_000, ticket.incarnation)
            await entries.fill(redis, [(KEY, late, b"a row")])
            assert await row(redis) is None
            await entries.fill(redis, [(KEY, ticket, b"a row")])
            assert await row(redis) == b"a row"

    asyncio.run(main())
