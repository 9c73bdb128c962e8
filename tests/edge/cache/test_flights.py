"""Many at once: one computation per key and lifetime, on however many instances; nobody takes anybody down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.cache.world import HASTY, LONG, fleet
from edge_api.services.cache.cache import Visit
from edge_api.services.cache.fields import Fields
from edge_api.services.cache.rules import Asked, Stored

VISIT = Visit("k", "/k", ("a",), Asked("GET"))


def test_many_readers_on_two_instances_compute_once_per_lifetime(tmp_path: Path, redis_url: str) -> None:
    """Two hundred at once on each of two instances: one computation; after the lifetime, one more."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, two = made.instances
            for lifetimes in (1, 2, 3):
                reads = [each.read("a", "max-age=5") for each in (one, two) for _ in range(200)]
                served = await asyncio.gather(*reads)
                assert {answer.stored.body for answer in served} == {b"0"}
                assert one.made + two.made == lifetimes
                await made.wait(2)
                await asyncio.gather(*(each.read("a", "max-age=5") for each in (one, two) for _ in range(200)))
                assert one.made + two.made == lifetimes
                await made.wait(3)

    asyncio.run(main())


def test_a_leader_who_leaves_takes_nobody_along(tmp_path: Path, redis_url: str) -> None:
    """The one whose request began it is cancelled; the others get what they waited for, made once."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, gate = made.instances[0], asyncio.Event()
            leader = asyncio.create_task(one.read("a", gate=gate))
            await one.making.wait()
            followers = [asyncio.create_task(one.read("a")) for _ in range(10)]
            await asyncio.sleep(0)
            leader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leader
            gate.set()
            assert {answer.stored.body for answer in await asyncio.gather(*followers)} == {b"0"}
            assert one.made == 1

    asyncio.run(main())


def test_a_failure_is_told_to_all_who_wait_and_is_not_kept(tmp_path: Path, redis_url: str) -> None:
    """The next one tries again."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            cache, tries = made.instances[0].cache, 0

            async def make(_conditions: Fields) -> Stored:
                nonlocal tries
                tries += 1
                await asyncio.sleep(0)
                if tries == 1:
                    raise OSError("broken")
                return Stored(200, (("cache-control", LONG),), b"x", 0, 0)

            outcomes = await asyncio.gather(*(cache.answer(VISIT, make) for _ in range(5)), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [OSError] * 5
            assert (await cache.answer(VISIT, make)).stored.body == b"x"
            assert tries == 2

    asyncio.run(main())


def test_an_instance_that_dies_while_making_holds_nobody_up_for_long(tmp_path: Path, redis_url: str) -> None:
    """Its lock runs out; the others wait that long at most, and then make the answer themselves."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url, lock_ms=2 * HASTY) as made:
            one, two = made.instances
            await two.answers.versions(("a",))
            assert (await two.answers.look("thing a", ("a",), "of the dead")).locked
            served = await one.read("a")
            assert served.stored.body == b"0"
            assert one.made == 1

    asyncio.run(main())


def test_an_answer_that_may_not_be_kept_is_nobody_elses(tmp_path: Path, redis_url: str) -> None:
    """Who waited for it makes one of their own: with a cookie, private, or too much trouble to share."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            cache = made.instances[0].cache
            for field in (("set-cookie", "a=b"), ("cache-control", "private")):
                count = 0

                async def make(_conditions: Fields, field: tuple[str, str] = field) -> Stored:
                    nonlocal count
                    count += 1
                    mine = str(count).encode()
                    await asyncio.sleep(0)
                    return Stored(200, (field, ("cache-control", "max-age=60")), mine, 0, 0)

                served = await asyncio.gather(*(cache.answer(VISIT, make) for _ in range(4)))
                assert len({answer.stored.body for answer in served}) == 4

    asyncio.run(main())


def test_a_later_request_joins_no_flight_from_before_a_change(tmp_path: Path, redis_url: str) -> None:
    """What is being made may be old already: whoever comes after a change gets a flight of their own."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, gate = made.instances[0], asyncio.Event()
            early = asyncio.create_task(one.read("a", gate=gate))
            await one.making.wait()
            assert await one.write("a")
            late = asyncio.create_task(one.read("a"))
            await asyncio.sleep(0.05)
            gate.set()
            assert (await late).stored.body == b"1"
            assert (await early).stored.body == b"0"
            assert (await one.read("a")).stored.body == b"1"
            assert (await made.instances[1].read("a")).stored.body == b"1"

    asyncio.run(main())
