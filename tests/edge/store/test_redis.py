"""The way to Redis: deadlines, the breaker, incarnations; with a real server, stopped, frozen, filled and restarted."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis as client

from edge.clients import wait_until
from edge_api import keys
from edge_api.stores.breaker import Breaker
from edge_api.stores.redis import Redis, RedisDown, RedisFull, Script
from servers import Redis as Server

# Long enough for an answer on a busy machine, short enough to wait for where none comes.
PATIENT, HASTY = 60_000, 50


@pytest.fixture
def server(redis_server: Server) -> Iterator[Server]:
    """Give a Redis of one's own, to be mistreated."""
    assert redis_server
    with Server() as own:
        yield own


@asynccontextmanager
async def opened(url: str, milliseconds: int = PATIENT) -> AsyncIterator[Redis]:
    redis = Redis(url, milliseconds=milliseconds)
    await redis.beat()
    try:
        yield redis
    finally:
        await redis.close()


async def soon(true: Callable[[], bool], meanwhile: Callable[[], Awaitable[None]]) -> None:
    while not true():
        await meanwhile()
        await asyncio.sleep(0.01)


def order(server: Server, *words: str | int) -> None:
    with client.Redis.from_url(server.url) as line:
        line.execute_command(*words)


def follow(server: Server, other: Server) -> None:
    """Make a server a replica of another one, with its data."""
    order(server, "REPLICAOF", "127.0.0.1", other.port)
    with client.Redis.from_url(server.url) as line:
        wait_until(lambda: line.info("replication")["master_link_status"] == "up")


def test_many_commands_are_one_round_trip_in_order(redis_url: str) -> None:
    """Answers come in RESP3's shapes, with the incarnation that gave them."""

    async def main() -> None:
        async with opened(redis_url) as redis:
            reply = await redis.ask(("SET", "a", 1), ("GET", "a"), ("HSET", "h", "x", "y"), ("HGETALL", "h"))
            assert reply.values == [b"OK", b"1", 1, {b"x": b"y"}]
            assert reply.incarnation == redis.incarnation != ""

    asyncio.run(main())


def test_a_thousand_cancelled_commands_leave_no_answer_behind(redis_url: str) -> None:
    """Half of 2,000 readers are cancelled at random; the others, and all who follow, get their own key's value."""

    async def main() -> None:
        chance = random.Random(7)
        async with opened(redis_url) as redis:
            for start in range(0, 500, 50):
                await redis.ask(*(("SET", f"k{n}", f"v{n}") for n in range(start, start + 50)))

            # As many at once as there are connections, as the gate lets in.
            places = asyncio.Semaphore(16)

            async def read(number: int) -> int:
                async with places:
                    (value,) = (await redis.ask(("GET", f"k{number % 500}"))).values
                assert value == f"v{number % 500}".encode()
                return number

            async def cancel(task: asyncio.Task[int]) -> None:
                await asyncio.sleep(chance.random() * 0.5)
                task.cancel()

            readers = [asyncio.create_task(read(number)) for number in range(2000)]
            killers = [asyncio.create_task(cancel(each)) for each in chance.sample(readers, 1000)]
            results = await asyncio.gather(*readers, return_exceptions=True)
            await asyncio.gather(*killers)
            assert not [each for each in results if not isinstance(each, int | asyncio.CancelledError)]
            assert {each for each in results if isinstance(each, int)} > set()
            for number in range(500):
                assert (await redis.ask(("GET", f"k{number}"))).values == [f"v{number}".encode()]
            assert redis._connections.busy == 0

    asyncio.run(main())


def test_a_script_is_learnt_once_and_again_after_a_flush(redis_url: str) -> None:
    """The digest is enough until the server forgets."""
    script = Script("return redis.call('INCRBY', KEYS[1], ARGV[1])")

    async def main() -> None:
        async with opened(redis_url) as redis:
            assert await redis.run(script, ["n"], 2) == 2
            assert await redis.run(script, ["n"], 2) == 4
            await redis.ask(("SCRIPT", "FLUSH"))
            assert await redis.run(script, ["n"], 2) == 6

    asyncio.run(main())


@pytest.mark.parametrize("away", ["stopped", "frozen", "paused"])
def test_whoever_asks_is_not_held_while_redis_is_away(server: Server, away: str) -> None:
    """Three failures open the breaker; then nobody waits at all, until a heartbeat finds it back."""

    async def main() -> None:
        async with opened(server.url, HASTY) as redis:
            await soon(lambda: redis.state == "ok", redis.beat)
            if away == "paused":
                order(server, "CLIENT", "PAUSE", 6000, "ALL")
            else:
                (server.stop if away == "stopped" else server.freeze)()
            for _ in range(3):
                with pytest.raises(RedisDown):
                    await redis.ask(("GET", "a"))
            assert not redis.available
            with pytest.raises(RedisDown):
                await redis.ask(("GET", "a"), seconds=3600)
            await redis.beat()
            assert redis.breaker.state == "open"
            assert redis.state.startswith("down")
            if away != "paused":
                (server.start if away == "stopped" else server.thaw)()
            await soon(lambda: redis.available, redis.beat)
            await soon(lambda: redis.state == "ok", redis.beat)
            assert redis.breaker.degraded_seconds > 0

    asyncio.run(main())


def test_being_busy_ourselves_is_not_the_servers_silence(redis_url: str) -> None:
    """The answer came in time, and we came late to see it: it counts."""

    async def main() -> None:
        # Ten times as long as where nobody answers: here the server has to be in time, also on a busy machine.
        async with opened(redis_url, 10 * HASTY) as redis:
            await soon(lambda: redis.state == "ok", redis.beat)
            await redis.ask(("SET", "a", "b"))
            asking = asyncio.create_task(redis.ask(("GET", "a")))
            await asyncio.sleep(0)
            time.sleep(20 * HASTY / 1000)  # noqa: ASYNC251 - what a busy loop does
            assert (await asking).values == [b"b"]

    asyncio.run(main())


def test_a_restart_is_another_incarnation_and_trust_begins_anew(server: Server) -> None:
    """Every answer says which incarnation gave it, also on a connection that the pool had kept."""

    async def main() -> None:
        async with opened(server.url) as redis:
            first, since = redis.incarnation, redis.trusted_since
            server.stop()
            server.start()
            await soon(lambda: redis.state == "ok" and redis.incarnation != first, redis.beat)
            reply = (await redis.ask(("PING",))).incarnation
            assert (redis.incarnation, redis.trusted_since > since) == (reply, True)

    asyncio.run(main())


def test_a_primary_that_took_over_anothers_data_is_another_incarnation(server: Server) -> None:
    """Made a replica and a primary again between two heartbeats, our connections open: it is to be met again first."""

    async def main() -> None:
        with Server("--repl-diskless-sync-delay", "0") as other:
            async with opened(server.url) as redis:
                first, since = redis.incarnation, redis.trusted_since
                follow(server, other)
                order(server, "REPLICAOF", "NO", "ONE")
                with pytest.raises(RedisDown, match="another incarnation"):
                    await redis.ask(("GET", "a"))
                assert redis.available
                await redis.beat()
                assert (await redis.ask(("GET", "a"))).incarnation == redis.incarnation != first
                assert redis.trusted_since > since

    asyncio.run(main())


def test_what_a_replica_says_is_not_an_answer(server: Server) -> None:
    """Between its demotion and the next heartbeat, too: it may be behind."""

    async def main() -> None:
        with Server("--repl-diskless-sync-delay", "0") as other:
            async with opened(server.url) as redis:
                follow(server, other)
                with pytest.raises(RedisDown, match="replica"):
                    await redis.ask(("GET", "a"))

    asyncio.run(main())


def test_a_primary_to_which_one_comes_back_begins_an_era(server: Server, tmp_path: Path) -> None:
    """The name led elsewhere for a while: what it has from before missed what was written there, for everybody."""

    async def main() -> None:
        name, new = tmp_path / "name", tmp_path / "new"

        def lead_to(where: Server) -> None:
            new.symlink_to(where.socket)
            new.replace(name)
            order(server, "CLIENT", "KILL", "TYPE", "normal")

        lead_to(server)
        with Server() as other:
            async with opened(f"unix://{name}") as redis, opened(server.url) as stayed:
                first = redis.incarnation
                assert first == stayed.incarnation
                lead_to(other)
                await soon(lambda: redis.incarnation != first, redis.beat)
                lead_to(server)
                order(other, "CLIENT", "KILL", "TYPE", "normal")
                await soon(lambda: redis.incarnation.startswith(first), redis.beat)
                assert redis.incarnation != first
                await soon(lambda: stayed.incarnation == redis.incarnation, stayed.beat)

    asyncio.run(main())


def test_a_connection_to_another_server_than_the_latest_is_not_used_again(server: Server, tmp_path: Path) -> None:
    """The name leads elsewhere, and what was opened before it did stays open: nobody reads there any more."""

    async def main() -> None:
        name = tmp_path / "name"
        name.symlink_to(server.socket)
        with Server() as other:
            async with opened(f"unix://{name}") as redis:
                first = redis.incarnation
                name.unlink()
                name.symlink_to(other.socket)
                # One connection is at work, so that the second is a new one.
                waiting = asyncio.create_task(redis.ask(("BLPOP", "list", 0)))
                await asyncio.sleep(0)
                await redis.beat()
                assert redis.incarnation != first
                order(server, "LPUSH", "list", "x")
                with pytest.raises(RedisDown, match="another incarnation"):
                    await waiting
                assert {(await redis.ask(("PING",))).incarnation for _ in range(3)} == {redis.incarnation}

    asyncio.run(main())


def test_what_was_written_before_a_gap_is_not_trusted(server: Server) -> None:
    """After a second without an answer the first one that comes is trusted only from the next heartbeat on."""

    async def main() -> None:
        async with opened(server.url) as redis:
            since = redis.trusted_since
            redis._heard_at -= 2
            (now,) = (await redis.ask(("TIME",))).values
            assert redis.trusted_since > int(now[0]) * 1_000_000 + 10**15
            await redis.beat()
            assert since < redis.trusted_since < time.time() * 1_000_000 + 10**9

    asyncio.run(main())


def test_a_full_redis_goes_on_answering_and_says_so(redis_server: Server) -> None:
    """Writes are refused as such; the breaker stays closed, for reads are good."""
    assert redis_server

    async def main(url: str) -> None:
        async with opened(url) as redis:
            await redis.ask(("SET", "a", "b"))
            with pytest.raises(RedisFull):
                await redis.ask(*(("APPEND", "big", "x" * 100_000) for _ in range(50)))
            assert (await redis.ask(("GET", "a"))).values == [b"b"]
            await redis.beat()
            assert (redis.state, redis.available) == ("full", True)

    with Server("--maxmemory", "3mb", "--maxmemory-policy", "noeviction") as own:
        asyncio.run(main(own.url))


def test_a_replica_is_no_redis_for_us(server: Server) -> None:
    """It answers questions, and takes no writes: the breaker opens until it is a primary again."""

    async def main() -> None:
        async with opened(server.url) as redis:
            order(server, "REPLICAOF", "127.0.0.1", 1)
            await soon(lambda: not redis.available, redis.beat)
            order(server, "REPLICAOF", "NO", "ONE")
            await redis.beat()
            assert redis.state == "ok"

    asyncio.run(main())


def test_a_redis_that_serves_another_fleet_is_left_alone(server: Server) -> None:
    """Sessions and boards of two services must not mix; whoever was first keeps it until its last instance ends."""

    async def main() -> None:
        ours = [Redis(server.url, milliseconds=PATIENT, fleet="ours") for _ in range(2)]
        theirs = Redis(server.url, milliseconds=PATIENT, fleet="theirs")
        for each in (*ours, theirs):
            await each.beat()
        assert [each.available for each in (*ours, theirs)] == [True, True, False]
        assert "serves another fleet" in theirs.state
        with pytest.raises(RedisDown):
            await theirs.ask(("GET", "a"))
        order(server, "DEL", keys.fleet())
        await theirs.beat()
        assert theirs.state == "ok"
        for each in (*ours, theirs):
            await each.close()

    asyncio.run(main())


def test_a_policy_that_evicts_anything_is_warned_of(redis_server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Boards would be thrown away whole; the log says what to set."""
    assert redis_server

    async def main(url: str) -> None:
        async with opened(url) as redis:
            assert redis.policy == "allkeys-lru"

    with Server("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru") as own:
        asyncio.run(main(own.url))
    assert any("maxmemory-policy" in line.message for line in caplog.records)


def test_the_breaker_counts_in_a_row_and_closes_by_a_probe_only() -> None:
    """Success between failures starts the count again; an answer from before the outage closes nothing."""
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.closed
    breaker.failed()
    assert breaker.state == "open"
    now[0] = 5.0
    breaker.succeeded()
    assert breaker.state == "open"
    breaker.probe()
    breaker.failed()
    assert (breaker.state, breaker.degraded_seconds) == ("open", 5.0)
    breaker.probe()
    breaker.close()
    now[0] = 9.0
    assert (breaker.closed, breaker.degraded_seconds) == (True, 5.0)


def test_no_secret_of_its_address_is_shown(tmp_path: Path) -> None:
    """Not even where nobody listens."""

    async def main() -> None:
        async with opened(f"unix://:hush@{tmp_path}/nowhere", HASTY) as redis:
            assert redis.state.startswith("down")
            assert "hush" not in redis.state + repr(redis._connections._pool)

    asyncio.run(main())
