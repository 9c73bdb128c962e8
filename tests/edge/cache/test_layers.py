"""The layers one by one: stale answers and their refresh, failures bridged, a full Redis, one that lost its word."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as client
from sqlalchemy import text

from edge.cache.world import LONG, fleet
from edge_api import keys
from edge_api.services.cache.cache import Visit
from edge_api.services.cache.fields import Fields
from edge_api.services.cache.memory import Memory
from edge_api.services.cache.rules import Asked, Stored
from edge_api.services.cache.status import shown
from edge_api.stores import touched
from edge_api.stores.answers import LARGEST
from servers import Redis

WINDOWS = "max-age=2, stale-while-revalidate=10, stale-if-error=60"
VISIT = Visit("k", "/k", ("a",), Asked("GET"))


class Origin:
    """Makes answers, counts them, and breaks when told to."""

    def __init__(self, said: str = WINDOWS, **fields: str) -> None:
        self.said = (("cache-control", said), *fields.items())
        self.made = 0
        self.broken = False
        self.conditions: list[Fields] = []
        self.asked_again = asyncio.Event()

    async def __call__(self, conditions: Fields) -> Stored:
        """Make one."""
        self.made += 1
        if self.made > 1:
            self.asked_again.set()
        self.conditions.append(conditions)
        if self.broken:
            raise OSError("broken")
        if conditions:
            return Stored(304, self.said, b"", 0, 0)
        return Stored(200, self.said, str(self.made).encode(), 0, 0)


def command(url: str, *words: Any) -> Any:
    with client.Redis.from_url(url) as line:
        return line.execute_command(*words)


def test_what_is_stale_is_served_and_refreshed_once(tmp_path: Path, redis_url: str) -> None:
    """Nobody waits: the old answer goes out, one instance makes the new one behind it, by asking whether it changed."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            origin = Origin(etag='"x"')
            await made.instances[0].cache.answer(VISIT, origin)
            await made.wait(3)
            answers = [each.cache.answer(VISIT, origin) for each in made.instances for _ in range(20)]
            served = await asyncio.gather(*answers)
            assert {answer.stored.body for answer in served} == {b"1"}
            assert "stale-while-revalidate" in shown(served[0].members)
            await origin.asked_again.wait()
            await asyncio.sleep(0.05)
            assert origin.made == 2
            assert origin.conditions[1] == (("if-none-match", '"x"'),)
            fresh = await made.instances[1].cache.answer(VISIT, origin)
            assert (fresh.stored.status, fresh.stored.body, fresh.age) == (200, b"1", 0)
            assert origin.made == 2

    asyncio.run(work())


def test_a_failure_is_bridged_for_everybody_who_waits(tmp_path: Path, redis_url: str) -> None:
    """Within its window, a stale answer is better than none; beyond it, the failure is the answer."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            origin, one = Origin("max-age=2, stale-if-error=60"), made.instances[0]
            await one.cache.answer(VISIT, origin)
            await made.wait(3)
            origin.broken = True
            served = await asyncio.gather(*(one.cache.answer(VISIT, origin) for _ in range(5)))
            assert {answer.stored.body for answer in served} == {b"1"}
            assert "detail=stale-if-error" in shown(served[0].members)
            made.clock.now += 60
            await made.settle()
            with pytest.raises(OSError, match="broken"):
                await one.cache.answer(VISIT, origin)

    asyncio.run(work())


def test_neither_window_opens_for_what_a_change_made_old(tmp_path: Path, redis_url: str) -> None:
    """Stale is one thing, wrong another: after a change the answer is made, or fails."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            origin, one = Origin(), made.instances[0]
            await one.cache.answer(VISIT, origin)
            await made.wait(3)
            assert await one.write("a")
            origin.broken = True
            with pytest.raises(OSError, match="broken"):
                await one.cache.answer(VISIT, origin)

    asyncio.run(work())


def test_a_full_redis_still_makes_answers_old(tmp_path: Path) -> None:
    """It takes no new nonce and answers reads of old entries; it does take the old nonce away."""

    async def work(url: str) -> None:
        async with fleet(tmp_path, url) as made:
            one, two = made.instances
            assert (await two.read("a")).stored.body == b"0"
            command(url, "CONFIG", "SET", "maxmemory", "1")
            assert await one.write("a")
            two.memory.forget()
            assert (await two.read("a")).stored.body == b"1"

    with Redis("--maxmemory-policy", "noeviction") as server:
        asyncio.run(work(server.url))


def test_an_undelivered_change_parts_every_instance_from_the_fleets_answers(tmp_path: Path, redis_url: str) -> None:
    """Redis answers reads and refuses writes: after a second nobody uses what it has, and afterwards everybody does."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, two = made.instances
            await two.read("a")
            command(redis_url, "CONFIG", "SET", "min-replicas-to-write", "1")
            try:
                assert not await one.write("a")
                await made.wait(3)
                served = await two.read("a")
                assert served.stored.body == b"1"
                assert "edge-fleet; fwd=bypass" in shown(served.members)
                assert two.relay.distrust or not two.answers.available
            finally:
                command(redis_url, "CONFIG", "SET", "min-replicas-to-write", "0")
            await made.wait(2)
            assert not two.relay.distrust
            two.memory.forget()
            assert (await two.read("a")).stored.body == b"1"
            async with one.database.read() as connection:
                from edge_api.stores import outbox

                assert await outbox.undelivered(one.database, connection, 10) == []

    asyncio.run(work())


def test_without_the_database_the_fleets_answers_are_left_alone(tmp_path: Path, redis_url: str) -> None:
    """Whoever can't see the outbox can't know what is old."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one = made.instances[0]
            assert not one.relay.distrust
            made.clock.now += 1.6
            assert one.relay.distrust
            await one.relay.look()
            assert not one.relay.distrust

    asyncio.run(work())


def test_old_messages_are_swept_and_waiting_ones_never(tmp_path: Path, redis_url: str) -> None:
    """What was delivered is kept for ten minutes, what was not for as long as it takes."""

    async def work() -> int:
        async with fleet(tmp_path, redis_url) as made:
            one = made.instances[0]
            await one.write("a")
            await made.wait(1)
            made.clock.now += 700
            one.database.followers = []
            await one.write("a")
            await one.relay.turn()
            async with one.database.read() as connection:
                from sqlalchemy import text

                return int((await connection.execute(text("SELECT count(*) FROM outbox"))).scalar_one())

    assert asyncio.run(work()) == 1


def test_memory_is_bounded_in_number_and_in_bytes() -> None:
    """The least used goes first; what is too heavy is not taken; the sum is what is there."""
    now = [0.0]
    memory = Memory(3, 5_000, lambda: now[0])

    def put(key: str, size: int) -> bool:
        return memory.put(key, Stored(200, (), b"x" * size, 0, 0), ("g",), memory.versions(("g",)), now[0])

    assert all(put(key, 10) for key in "abc")
    assert memory.get("a") is not None
    assert put("d", 10)
    assert memory.get("b") is None
    assert len(memory) == 3
    assert put("e", 2_500)
    assert memory.size <= 5_000
    assert memory.get("e") is not None
    assert not put("f", 10_000)
    memory.change(["g"])
    assert memory.get("e") is None
    assert put("g", 1)
    now[0] = 1.1
    assert memory.get("g") is None
    assert memory.size == sum(held.size for held in memory._held.values())


def test_what_began_to_be_made_before_a_change_is_not_remembered() -> None:
    """Nor what was made for longer than a second: it would be older than that when it is first used."""
    now = [0.0]
    memory = Memory(3, 5_000, lambda: now[0])
    answer, before = Stored(200, (), b"", 0, 0), memory.versions(("g",))
    memory.change(["g"])
    assert not memory.put("a", answer, ("g",), before, now[0])
    assert memory.put("a", answer, ("g",), memory.versions(("g",)), now[0])
    now[0] = 1.1
    assert not memory.put("b", answer, ("g",), memory.versions(("g",)), 0.0)


def test_what_can_not_be_kept_is_not(tmp_path: Path, redis_url: str) -> None:
    """Cookies, private, no-store, errors: made for each."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            cache = made.instances[0].cache
            for number, answer in enumerate([
                Stored(200, (("cache-control", LONG), ("set-cookie", "a=b")), b"", 0, 0),
                Stored(200, (("cache-control", "no-store"),), b"", 0, 0),
                Stored(200, (("cache-control", "private, max-age=60"),), b"", 0, 0),
                Stored(500, (("cache-control", LONG),), b"", 0, 0),
                Stored(302, (("cache-control", LONG),), b"", 0, 0),
                Stored(200, (("cache-control", LONG), ("vary", "*")), b"", 0, 0),
            ]):  # fmt: skip
                count = 0

                async def make(_conditions: Fields, answer: Stored = answer) -> Stored:
                    nonlocal count
                    count += 1
                    return answer

                visit = Visit(f"never {number}", "/never", ("a",), Asked("GET"))
                for _ in range(3):
                    await cache.answer(visit, make)
                assert count == 3

    asyncio.run(work())


class Slow:
    """A projection that does not get on."""

    def __init__(self) -> None:
        self.able = True
        self.late = True

    def behind(self, learner_ids: Any) -> bool:
        """Tell whether it has not heard of these."""
        return self.late and bool(learner_ids)

    async def start_over(self) -> None:
        """Forget nothing: there is nothing."""


def test_a_change_is_delivered_when_what_answers_are_made_from_has_followed(tmp_path: Path, redis_url: str) -> None:
    """New versions over an old projection would keep old answers as new ones: the message waits, and all see it."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, two = made.instances
            slow = Slow()
            for instance in made.instances:
                instance.relay._projection = slow
            async with one.database.write() as connection:
                touched.touch(connection, "group", "a")
                touched.touch(connection, "place", "somebody")
            await made.wait(2)
            assert one.relay.distrust
            assert two.relay.distrust
            slow.late = False
            await made.wait(1)
            assert not one.relay.distrust
            assert not two.relay.distrust

    asyncio.run(work())


@pytest.mark.parametrize("whole", [False, True], ids=["an entry", "an answer in an entry"])
def test_what_nobody_can_read_is_a_miss(tmp_path: Path, redis_url: str, *, whole: bool) -> None:
    """Another release may have written it: it costs one computation and is replaced."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            origin, (one, two) = Origin(LONG), made.instances
            await one.cache.answer(VISIT, origin)
            versions = await one.answers.versions(VISIT.groups)
            entry = msgspec.msgpack.encode([versions, b"\x93of another shape"]) if whole else b"\xc1"
            command(redis_url, "SET", keys.answer(VISIT.key), entry)
            assert (await two.cache.answer(VISIT, origin)).stored.body == b"2"
            one.memory.forget()
            assert (await one.cache.answer(VISIT, origin)).stored.body == b"2"

    asyncio.run(work())


def test_nobody_waits_until_the_fleet_keeps_an_answer(tmp_path: Path, redis_url: str) -> None:
    """Redis takes no writes for a while: the answer is there, and nobody else makes it meanwhile."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            origin, (one, two) = Origin(LONG), made.instances

            async def make(conditions: Fields) -> Stored:
                command(redis_url, "CLIENT", "PAUSE", 600_000, "WRITE")
                return await origin(conditions)

            try:
                served = await one.cache.answer(VISIT, make)
                assert (served.stored.body, "stored" in shown(served.members)) == (b"1", True)
            finally:
                command(redis_url, "CLIENT", "UNPAUSE")
            assert (await two.cache.answer(VISIT, origin)).stored.body == b"1"
            assert origin.made == 1

    asyncio.run(work())


def test_what_is_too_large_to_be_kept_does_not_say_that_it_is(tmp_path: Path, redis_url: str) -> None:
    """It would cost every reader more than making it: neither layer has it, and neither says so."""

    async def work() -> None:
        async with fleet(tmp_path, redis_url) as made:
            large = Stored(200, (("cache-control", LONG),), b"x" * (LARGEST + 1), 0, 0)

            async def make(_conditions: Fields) -> Stored:
                return large

            served = await made.instances[0].cache.answer(VISIT, make)
            assert served.stored.body == large.body
            assert "stored" not in shown(served.members)

    asyncio.run(work())


def test_a_message_from_before_the_clock_was_set_back_is_delivered(tmp_path: Path, redis_url: str) -> None:
    """The process died before it told Redis, and the database's clock now says that this will be in a minute."""

    async def main() -> None:
        async with fleet(tmp_path, redis_url) as made:
            one, two = made.instances
            assert (await two.read("a")).stored.body == b"0"
            await one.write("a", crash=True)
            async with two.database.write() as connection:
                await connection.execute(text("UPDATE outbox SET created_at = created_at + 60000000"))
            await made.wait(1)
            two.memory.forget()
            assert (await two.read("a")).stored.body == b"1"

    asyncio.run(main())
