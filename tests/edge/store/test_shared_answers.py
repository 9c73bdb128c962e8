"""Answers that the fleet shares: what is stored, and when a lock is let go."""

from __future__ import annotations

import asyncio

from edge.store.test_redis import opened
from edge_api.stores.answers import LARGEST, Answers


def test_what_is_larger_than_it_is_worth_is_not_shared(redis_url: str) -> None:
    """It would cost every reader more than making it; whoever comes next may make it at once."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            answers = Answers(redis)
            for size, kept in ((LARGEST + 1, False), (LARGEST, True)):
                look = await answers.find("k", (), "mine")
                assert look.locked
                versions = look.versions or await answers.versions(())
                assert await answers.keep("k", versions, b"x" * size, 60_000, "mine") is kept
                look = await answers.look("k", (), "other")
                assert (look.value is not None, look.locked) == (kept, True)
                await answers.release("k", "other")

    asyncio.run(main())


def test_a_lock_is_let_go_by_its_holder_alone(redis_url: str) -> None:
    """One that ran out and was taken by another is that other's."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            answers = Answers(redis)
            assert (await answers.find("k", (), "mine")).locked
            await answers.release("k", "other")
            assert not (await answers.find("k", (), "other")).locked
            await answers.release("k", "mine")
            assert (await answers.find("k", (), "other")).locked

    asyncio.run(main())
