"""Sessions in Redis: fast, shared, and never back from the dead; two instances, and a server to be mistreated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from edge.clients import HELLO, Browser, event, wait_until
from edge.pairs import Pair
from edge_api import keys
from edge_api.services.session_cache import SessionCache, SessionRows
from edge_api.stores import entries, sessions
from edge_api.stores.exchange import Reply
from edge_api.stores.limits import MemoryLimiter, Rate, SharedLimiter
from edge_api.stores.redis import Redis
from servers import Redis as Server

pytestmark = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)


def queries(browser: Browser) -> str:
    return browser.get("/api/session").headers["server-timing"].split('"')[1].partition(" ")[0]


def test_who_is_known_costs_the_database_nothing(pair: Pair) -> None:
    """The second and third request of a session are answered from one round trip to Redis."""
    first, second = pair.signed_in()
    wait_until(lambda: (queries(first), queries(second)) == ("0q", "0q"))


def test_what_one_instance_changes_the_other_shows_at_once(pair: Pair) -> None:
    """Points, names, and rights: whoever was answered sees it everywhere."""
    first, second = pair.signed_in()
    for points in range(3):
        first.tell(event(f"learn-solidity/none-{points}"))
    first.tell(event(HELLO))
    assert second.learner
    assert second.learner["xp"] == 10
    first.put("/api/handle", {"handle": "somebody-else"})
    assert second.learner["handle"] == "somebody-else"
    assert second.delete("/api/session").status_code == 204
    assert first.get("/api/progress").status_code == 401


def test_signing_out_everywhere_is_seen_everywhere_at_once(pair: Pair) -> None:
    """All devices, one word."""
    first, second = pair.signed_in()
    assert first.delete("/api/sessions").status_code == 204
    assert second.get("/api/progress").status_code == 401


def frozen(server: Server) -> Callable[[], None]:
    server.freeze()
    return server.thaw


def killed(server: Server) -> Callable[[], None]:
    server.stop()
    return server.start


@pytest.mark.parametrize("away", [frozen, killed])
def test_signed_out_while_redis_was_away_stays_signed_out(
    pair: Pair, away: Callable[[Server], Callable[[], None]]
) -> None:
    """On the instance that was told, and on the other one, which nobody asked meanwhile, from the first moment on."""
    first, second = pair.signed_in()
    back = away(pair.server)
    try:
        assert first.delete("/api/session").status_code == 204
        gone = Browser(pair.one.client, dict(second.cookies))
        assert gone.get("/api/progress").status_code == 401
    finally:
        back()
    for _ in range(20):
        assert gone.get("/api/progress").status_code == 401
        assert second.get("/api/progress").status_code == 401
    pair.settled()
    assert gone.get("/api/progress").status_code == 401
    assert second.get("/api/progress").status_code == 401


def test_what_redis_could_not_be_told_of_a_sign_out_it_is_told_when_it_returns(pair: Pair) -> None:
    """Though nobody asks with that cookie again: the copy is gone, and what is left keeps others from coming back."""
    first, _ = pair.signed_in()
    key = keys.session(keys.digest(first.cookies["session"]))
    pair.server.freeze()
    assert first.delete("/api/session").status_code == 204
    pair.server.thaw()
    wait_until(lambda: pair.command("HKEYS", key) == [b"v"])


def test_another_instance_ends_the_copies_for_one_that_alone_has_lost_redis(pair: Pair) -> None:
    """It can't tell Redis of the sign-out; the outbox does, and the copy does not live out its minute."""
    first, second = pair.signed_in()
    key = keys.session(keys.digest(first.cookies["session"]))
    assert pair.command("HEXISTS", key, "e")
    redis = pair.one.app.state.edge.redis
    redis._ending = True
    wait_until(redis._beating.done)
    redis._heard_at -= 60
    redis.breaker.open()
    assert first.delete("/api/session").status_code == 204
    wait_until(lambda: not pair.command("HEXISTS", key, "e"))
    # The change's own nonce: a copy that had only run out would have left nothing.
    assert pair.command("HEXISTS", key, "v")
    assert second.learner is None


def test_a_sign_out_looks_for_redis_once_more_where_others_may_have_found_it_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent for long, and back since the last heartbeat: what the others have copied since is gone with the answer."""
    first, second = pair.signed_in()
    redis = pair.one.app.state.edge.redis
    monkeypatch.setattr("edge_api.stores.redis._BEAT_SECONDS", 3600)
    # The pause before the last heartbeat of its own had the old length.
    heard = redis._heard_at
    wait_until(lambda: redis._heard_at > heard)
    redis.breaker.open()
    redis._heard_at -= 60
    key = keys.session(keys.digest(first.cookies["session"]))
    assert pair.command("HEXISTS", key, "e")
    assert first.delete("/api/session").status_code == 204
    assert not pair.command("HEXISTS", key, "e")
    assert second.learner is None


def test_a_snapshot_from_before_brings_no_session_back(pair: Pair) -> None:
    """Saved, signed out, killed, started from the old file: what it says is of another incarnation."""
    first, second = pair.signed_in()
    pair.command("SAVE")
    assert first.delete("/api/session").status_code == 204
    gone = Browser(pair.one.client, dict(second.cookies))
    pair.server.stop()
    pair.server.start()
    pair.settled()
    assert pair.command("DBSIZE") > 0
    assert second.get("/api/progress").status_code == 401
    assert gone.get("/api/progress").status_code == 401


def test_without_redis_sessions_go_on_and_are_exact(pair: Pair) -> None:
    """Everything is asked of the database, by both."""
    first, second = pair.signed_in()
    pair.server.stop()
    first.tell(event(HELLO))
    assert second.learner
    assert second.learner["xp"] == 10
    assert first.get("/readyz").status_code == 200
    wait_until(lambda: bool(first.get("/readyz").json()["degraded"]))
    numbers = first.get("/metrics").text
    assert 'edge_dependency_up{dep="redis"} 0' in numbers
    assert 'edge_degraded_seconds_total{dep="redis"}' in numbers
    pair.server.start()
    pair.settled()
    assert second.learner["xp"] == 10
    assert first.get("/readyz").json()["degraded"] == []


def test_a_redis_that_is_slow_holds_nobody_up(pair: Pair) -> None:
    """For six seconds it answers nobody: reads and writes go on by the database, and its late answers are nobody's."""
    first, second = pair.signed_in()
    pair.command("CLIENT", "PAUSE", 6000, "ALL")
    for number in range(5):
        first.tell(event(f"learn-solidity/none-{number}"))
        assert first.learner == second.learner
    first.tell(event(HELLO))
    # On a busy machine the six seconds are over before anybody looks.
    wait_until(lambda: pair.one.app.state.edge.redis.breaker.degraded_seconds > 0)
    pair.settled()
    assert first.learner == second.learner
    assert first.learner
    assert first.learner["xp"] == 10


def test_a_full_redis_is_asked_on_and_said_to_be_degraded(pair: Pair) -> None:
    """It takes no copy and forgets what it has: who was signed out is, and the rest is read from the database."""
    first, second = pair.signed_in()
    pair.command("CONFIG", "SET", "maxmemory", 1)
    wait_until(lambda: first.get("/readyz").json() == {"ready": True, "reasons": [], "degraded": ["redis full"]})
    assert pair.one.app.state.edge.redis.available
    other, _ = pair.signed_in()
    assert other.learner != first.learner
    assert second.delete("/api/session").status_code == 204
    assert first.get("/api/progress").status_code == 401
    pair.command("CONFIG", "SET", "maxmemory", 0)
    pair.settled()
    assert other.get("/readyz").json()["degraded"] == []
    assert first.get("/api/progress").status_code == 401


def test_an_emptied_redis_is_filled_again(pair: Pair) -> None:
    """FLUSHALL costs a query and nothing else."""
    first, second = pair.signed_in()
    pair.command("FLUSHALL")
    assert first.learner == second.learner
    wait_until(lambda: queries(first) == "0q")


def test_what_was_read_before_a_change_is_not_remembered_after_it(pair: Pair) -> None:
    """Read, changed by somebody, then filled: the copy that was under way never becomes an entry."""
    first, _ = pair.signed_in()
    edge = pair.one.app.state.edge
    session_id = keys.digest(first.cookies["session"])
    key = keys.session(session_id)

    async def main() -> entries.Found:
        redis = Redis(pair.server.url, milliseconds=60_000, fleet=pair.fleet)
        await redis.beat()
        await entries.forget(redis, [key])
        (missed,) = await entries.look(redis, [key])
        assert missed.ticket
        async with edge.database.read() as connection:
            found = await sessions.find(connection, session_id)
        assert found
        async with edge.database.write() as connection:
            await sessions.end(connection, found[0].learner_id, found[0].name)
        await entries.fill(redis, [(key, missed.ticket, msgspec.msgpack.encode(found[0]))])
        (again,) = await entries.look(redis, [key])
        await redis.close()
        return again

    assert pair.one.client.run(main).row is None
    assert first.get("/api/progress").status_code == 401


@pytest.mark.parametrize("lost", ["nothing", "the nonce"])
def test_a_copy_under_way_is_not_remembered_though_word_of_the_change_was_thrown_away(pair: Pair, lost: str) -> None:
    """Read, changed, and what the change left behind was evicted or flushed: the copy fits nowhere."""
    key = "edge:session:{under-way}"

    async def main(redis: Redis) -> bytes | None:
        await redis.beat()
        (missed,) = await entries.look(redis, [key])
        assert missed.ticket is None
        (ticket,) = await entries.issue(redis, [key])
        await entries.forget(redis, [key])
        if lost == "the nonce":
            await redis.ask(("UNLINK", key))
        await entries.fill(redis, [(key, ticket, b"a row from before")])
        (again,) = await entries.look(redis, [key])
        return again.row

    assert pair.patient(main) is None


class Slow(Redis):
    """One whose answers to scripts are on their way for as long as the test wants."""

    def __init__(self, pair: Pair) -> None:
        super().__init__(pair.server.url, milliseconds=60_000, fleet=pair.fleet)
        self.answered, self.arrive = asyncio.Event(), asyncio.Event()

    async def run_all(self, *words: Any, **more: Any) -> Reply:
        """Run scripts, and keep the answer back."""
        reply = await super().run_all(*words, **more)
        self.answered.set()
        await self.arrive.wait()
        return reply


def test_a_deletion_under_way_confirms_nothing_of_a_later_change(pair: Pair) -> None:
    """Redis had deleted the copy and then went away: what changed after that still waits for a deletion of its own."""

    async def main() -> bool:
        redis = Slow(pair)
        await redis.beat()
        cache = SessionCache(SessionRows(pair.one.app.state.edge.database), redis)
        earlier = asyncio.create_task(cache.follow(frozenset({"session/a"})))
        await redis.answered.wait()
        redis.breaker.open()
        await cache.follow(frozenset({"session/a"}))
        redis.arrive.set()
        await earlier
        behind = cache.behind(["a"])
        redis.breaker.close()
        await cache.find("a")
        assert not cache.behind(["a"])
        await redis.close()
        return behind

    assert pair.one.client.run(main)


def test_an_entry_lives_no_longer_than_a_minute(pair: Pair) -> None:
    """Also one that is used all the time: reading does not prolong it."""
    first, _ = pair.signed_in()
    key = keys.session(keys.digest(first.cookies["session"]))
    wait_until(lambda: queries(first) == "0q")
    assert 0 < pair.command("PTTL", key) <= entries.LIFE_MS
    pair.command("PEXPIRE", key, 5000)
    assert first.learner
    assert pair.command("PTTL", key) <= 5000


def test_the_minute_of_an_entry_begins_before_its_row_is_read(pair: Pair) -> None:
    """Whoever took long to read and to fill has used up part of it: a revocation is missed no longer."""

    async def main(redis: Redis) -> int:
        (ticket,) = await entries.issue(redis, ["edge:session:{late}"])
        ticket = msgspec.structs.replace(ticket, at=ticket.at - 9_000_000)
        await entries.fill(redis, [("edge:session:{late}", ticket, b"row")])
        (left,) = (await redis.ask(("PTTL", "edge:session:{late}"))).values
        return int(left)

    assert 0 < pair.patient(main) <= entries.LIFE_MS - 9000


def test_limits_are_the_fleets_and_an_instances_share_without_redis(pair: Pair) -> None:
    """Six at once between two who share; a third each while they can't."""
    rate = Rate("test", 6, 0.001)

    async def main() -> None:
        redises = [Redis(pair.server.url, milliseconds=60_000) for _ in range(2)]
        limiters = [SharedLimiter(redis, MemoryLimiter(instances=3)) for redis in redises]
        waits = [await limiters[n % 2].take(rate, "somebody") for n in range(8)]
        assert [wait > 0 for wait in waits] == [False] * 6 + [True] * 2
        assert 50_000 < waits[-1] <= 60_000
        assert await limiters[0].take(rate, "somebody else") == 0
        pair.server.stop()
        waits = [await limiters[0].take(rate, "somebody") for n in range(3)]
        assert [wait > 0 for wait in waits] == [False, False, True]
        for redis in redises:
            await redis.close()

    asyncio.run(main())
