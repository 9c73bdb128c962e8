"""Boards while Redis is away, emptied, or back from the past: never wrong, and the same for both instances soon."""

from __future__ import annotations

import json

import psycopg
import pytest
import redis as client

from edge.clients import ERC20, HELLO, STORAGE, Browser, Site, event, wait_until
from edge.pairs import Pair, incarnation_of
from edge_api.stores import rankings
from edge_api.stores.lines import Place
from edge_api.stores.redis import Redis, RedisDown
from servers import Redis as Server

on_redis = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)


def shown(site: Site) -> list[tuple[int, int]]:
    """Return ranks and points of the board as it is made, not as the response cache keeps it."""
    board = site.client.run(lambda: site.app.state.edge.boards.page("", "all", "", 50))
    return [(each.rank, each.xp) for each in board.entries]


def from_redis(site: Site) -> bool:
    """Ask for the board; say whether it is read from Redis now."""
    edge = site.app.state.edge
    shown(site)

    async def main() -> bool:
        try:
            await rankings.page(edge.redis, "", "all", None, 1)
        except (rankings.NotBuilt, RedisDown):
            return False
        return bool(edge.standings.current("", "all"))

    return site.client.run(main)


@pytest.fixture
def learners(pair: Pair) -> list[Browser]:
    """Give three accounts with points, on boards that Redis has and both instances read."""
    browsers = [pair.one.account(event(HELLO)) for _ in range(3)]
    wait_until(lambda: from_redis(pair.one) and from_redis(pair.two))
    return browsers


@on_redis
def test_what_one_instance_counts_the_other_shows_at_once(pair: Pair, learners: list[Browser]) -> None:
    """Whoever is answered is on the board, everywhere."""
    for browser in learners:
        browser.tell(event(STORAGE))
    assert shown(pair.two) == [(1, 20), (2, 20), (3, 20)]
    learners[2].tell(event(ERC20))
    assert shown(pair.two)[0] == (1, 35)
    learners[2].put("/api/visibility", {"visible": False})
    assert shown(pair.two) == [(1, 20), (2, 20)]
    assert learners[0].delete("/api/account").status_code in {204, 401}


@on_redis
@pytest.mark.parametrize("away", ["stopped", "frozen"])
def test_without_redis_boards_are_sqls_and_right_when_it_returns(
    pair: Pair, learners: list[Browser], away: str
) -> None:
    """Points of the outage are on the board during it and after it; nobody who hid in it is seen."""
    (pair.server.stop if away == "stopped" else pair.server.freeze)()
    try:
        learners[0].tell(event(STORAGE))
        learners[1].put("/api/visibility", {"visible": False})
        for site in (pair.one, pair.two):
            assert shown(site) == [(1, 20), (2, 10)]
        around = learners[0].get("/api/leaderboard/around-me").json()
        assert (around["me"]["rank"], around.get("approximate")) == (1, None)
    finally:
        (pair.server.start if away == "stopped" else pair.server.thaw)()
    assert shown(pair.one) == [(1, 20), (2, 10)]
    pair.settled()
    assert shown(pair.one) == [(1, 20), (2, 10)]
    wait_until(lambda: from_redis(pair.one) and from_redis(pair.two))
    for site in (pair.one, pair.two):
        wait_until(lambda site=site: shown(site) == [(1, 20), (2, 10)])  # type: ignore[misc]  # bound now


@on_redis
def test_an_emptied_redis_is_read_from_sql_until_boards_are_made_again(pair: Pair, learners: list[Browser]) -> None:
    """FLUSHALL: the next answer is right, and soon it comes from Redis again."""
    learners[0].tell(event(STORAGE))
    pair.command("FLUSHALL")
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]
    wait_until(lambda: from_redis(pair.two))
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]


@on_redis
def test_an_old_snapshot_is_not_believed(pair: Pair, learners: list[Browser]) -> None:
    """Saved, gained, killed, started from the old file: its boards are of another incarnation."""
    pair.command("SAVE")
    learners[0].tell(event(STORAGE))
    pair.server.stop()
    pair.server.start()
    pair.settled()
    for site in (pair.one, pair.two):
        assert shown(site) == [(1, 20), (2, 10), (3, 10)]
    wait_until(lambda: from_redis(pair.one))
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]


@on_redis
def test_the_data_of_a_replica_that_fell_behind_are_not_believed(pair: Pair, learners: list[Browser]) -> None:
    """Copied, gained, and then the first server takes the copy's data and goes on, without a restart."""
    assert set(shown(pair.two)) == {(1, 10), (2, 10), (3, 10)}
    with Server("--repl-diskless-sync-delay", "0") as copy:

        def copied(come: Server, go: Server) -> None:
            with client.Redis.from_url(come.url) as line:
                line.execute_command("REPLICAOF", "127.0.0.1", go.port)
                wait_until(lambda: line.info("replication")["master_link_status"] == "up")
                line.execute_command("REPLICAOF", "NO", "ONE")

        pair.command("CONFIG", "SET", "repl-diskless-sync-delay", 0)
        copied(copy, pair.server)
        learners[0].tell(event(STORAGE))
        copied(pair.server, copy)
    pair.settled()
    for site in (pair.one, pair.two):
        wait_until(lambda site=site: site.app.state.edge.redis.incarnation == incarnation_of(pair.server.url))  # type: ignore[misc]  # bound now
        assert shown(site) == [(1, 20), (2, 10), (3, 10)]


@on_redis
def test_what_an_instance_did_not_live_to_tell_is_told_by_another(pair: Pair, learners: list[Browser]) -> None:
    """Committed, and then it was gone: the message in the outbox names the learner, and who finds it tells Redis."""
    pair.one.app.state.edge.database.followers.clear()
    learners[0].tell(event(STORAGE))

    async def in_redis(redis: Redis) -> list[int]:
        return [each.xp for each in (await rankings.page(redis, "", "all", None, 9)).places]

    wait_until(lambda: pair.patient(in_redis) == [20, 10, 10])


@on_redis
def test_what_a_dead_instance_did_not_tell_is_not_missed_when_redis_returns(
    pair: Pair, learners: list[Browser]
) -> None:
    """Changed while Redis hung, and its instance was gone: seen in SQL meanwhile, and nobody falls back."""
    pair.server.freeze()
    edge = pair.two.app.state.edge
    wait_until(lambda: not edge.redis.available)
    pair.one.app.state.edge.database.followers.clear()
    learners[0].tell(event(STORAGE))
    wait_until(lambda: edge.relay.distrust == "undelivered")
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]
    pair.server.thaw()
    seen = []

    def told() -> bool:
        seen.append(shown(pair.two))
        return not edge.relay.distrust

    wait_until(told)
    assert seen == [[(1, 20), (2, 10), (3, 10)]] * len(seen)
    # A busy machine may just have missed a heartbeat.
    wait_until(lambda: from_redis(pair.two))
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]


@on_redis
def test_after_a_long_outage_boards_are_made_again_instead_of_told_one_by_one(
    pair: Pair, learners: list[Browser]
) -> None:
    """Six hundred messages were left by the dead: all are delivered, and what Redis has then is what SQL says."""
    mine = pair.one.learner_id(learners[0])
    pair.server.freeze()
    wait_until(lambda: not pair.two.app.state.edge.redis.available)
    pair.one.app.state.edge.database.followers.clear()
    learners[0].tell(event(STORAGE))
    names = [f"nobody-{number:03}" for number in range(599)]
    words = [json.dumps([f"place/{name}", "board/", "group/board/all/"]) for name in (mine, *names)]
    with psycopg.connect(pair.one.settings.database_url, autocommit=True) as line, line.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO outbox (id, words, created_at) VALUES (md5(%s), %s, 1)", [(each, each) for each in words]
        )
    edge = pair.two.app.state.edge
    wait_until(lambda: edge.relay.distrust == "undelivered")
    pair.server.thaw()
    wait_until(lambda: not edge.relay.distrust)
    # Each of those who are told of alone is a script for each board that there is.
    assert int(pair.command("INFO", "commandstats").decode().split("cmdstat_evalsha:calls=")[1].split(",")[0]) < 1500
    assert shown(pair.two) == [(1, 20), (2, 10), (3, 10)]
    wait_until(lambda: from_redis(pair.two))
    assert pair.one.sql("SELECT count(*) AS n FROM outbox WHERE delivered_at IS NULL")[0].n == 0


@on_redis
def test_a_board_that_redis_has_wrong_is_put_right_by_whoever_sees_it(pair: Pair, learners: list[Browser]) -> None:
    """A member with too many points, and one that SQL does not list: not shown, and told to Redis anew."""
    learners[0].put("/api/visibility", {"visible": False})
    hidden, plain = pair.one.learner_id(learners[0]), pair.one.learner_id(learners[1])
    score = rankings.score(5000, rankings.EPOCH)

    async def spoil(redis: Redis) -> None:
        await rankings.put(redis, hidden, [("", "all", score)], exact=True)
        await rankings.put(redis, plain, [("", "all", score)], exact=True)

    pair.patient(spoil)
    wait_until(lambda: shown(pair.one) == [(1, 10), (2, 10)])


def places_in_redis(pair: Pair) -> dict[str, int]:
    """Return who is on the board as Redis has it, with their points."""

    async def read(redis: Redis) -> dict[str, int]:
        return {each.learner_id: each.xp for each in (await rankings.page(redis, "", "all", None, 9)).places}

    return pair.patient(read)


@on_redis
def test_whom_sql_does_not_list_is_taken_out_of_redis_by_whoever_reads_the_board(
    pair: Pair, learners: list[Browser]
) -> None:
    """Not only left out of what is shown: in Redis they would count in everybody's rank."""
    names = [pair.one.learner_id(each) for each in learners]
    learners[0].put("/api/visibility", {"visible": False})
    hidden = [("", "all", rankings.score(5000, rankings.EPOCH))]
    pair.patient(lambda redis: rankings.put(redis, names[0], hidden, exact=True))
    assert shown(pair.one) == [(1, 10), (2, 10)]
    wait_until(lambda: places_in_redis(pair) == dict.fromkeys(names[1:], 10))


@on_redis
@pytest.mark.parametrize("score", [rankings.score(5000, rankings.EPOCH), rankings.score(5, rankings.EPOCH)])
def test_a_place_that_differs_from_sqls_is_written_to_redis_again(
    pair: Pair, learners: list[Browser], score: int
) -> None:
    """Upwards and downwards, and told by nothing but a reader."""
    names = [pair.one.learner_id(each) for each in learners]
    pair.patient(lambda redis: rankings.put(redis, names[1], [("", "all", score)], exact=True))
    shown(pair.one)
    wait_until(lambda: places_in_redis(pair) == dict.fromkeys(names, 10))


@on_redis
def test_whom_redis_has_lost_is_put_back_when_they_look_for_themselves(pair: Pair, learners: list[Browser]) -> None:
    """Their own answer comes from SQL, and the next page has them again."""
    names = [pair.one.learner_id(each) for each in learners]
    pair.patient(lambda redis: rankings.put(redis, names[2], [("", "all", None)], exact=True))
    assert learners[2].get("/api/leaderboard/around-me").json()["me"]["xp"] == 10
    wait_until(lambda: places_in_redis(pair) == dict.fromkeys(names, 10))


@on_redis
def test_of_too_many_whom_redis_was_not_told_of_it_is_remembered_only_that_there_are(
    pair: Pair, learners: list[Browser]
) -> None:
    """However long an outage, what an instance keeps of it stays small; boards are made again afterwards."""
    pair.server.stop()
    standings = pair.one.app.state.edge.standings
    wait_until(lambda: not standings.able)
    few = [f"nobody-{number:03}" for number in range(300)]
    pair.one.client.run(lambda: standings.follow(frozenset(f"place/{name}" for name in few)))
    assert standings.behind(few[:1])
    assert not standings.behind(["somebody"])
    more = [f"nobody-{number:03}" for number in range(300, 310)]
    pair.one.client.run(lambda: standings.follow(frozenset(f"place/{name}" for name in more)))
    learners[0].tell(event(STORAGE))
    assert len(standings._behind) == 1
    assert standings.behind(few[:1])
    assert standings.behind(["somebody"])
    assert not standings.behind([])
    pair.server.start()
    wait_until(lambda: from_redis(pair.one))
    assert not standings.behind(few)
    assert shown(pair.one) == [(1, 20), (2, 10), (3, 10)]


@on_redis
def test_a_maker_that_was_killed_is_followed_by_another(pair: Pair, learners: list[Browser]) -> None:
    """Half a board is nobody's board, and what one has begun another does not spoil."""
    assert learners
    place = Place(10, rankings.EPOCH, "somebody")

    async def main(redis: Redis) -> None:
        await rankings.drop(redis, [("", "all")])
        assert await rankings.begin(redis, "", "all", "killed")
        assert await rankings.add(redis, "", "all", "killed", [place])
        assert await rankings.begin(redis, "", "all", "second") == ""
        # What the server does when the killed one's time is over.
        await rankings.drop(redis, [("", "all")])
        incarnation = await rankings.begin(redis, "", "all", "second")
        assert incarnation
        assert not await rankings.add(redis, "", "all", "killed", [place])
        assert not await rankings.finish(redis, "", "all", "killed", incarnation, None)
        assert await rankings.finish(redis, "", "all", "second", incarnation, 2_000_000_000)
        assert (await rankings.page(redis, "", "all", None, 9)).places == []
        (ends,) = (await redis.ask(("EXPIRETIME", "edge:board:{|all}"))).values
        assert ends == 2_000_000_000

    pair.patient(main)


@on_redis
def test_a_score_that_no_double_holds_leaves_the_board_to_sql(pair: Pair, learners: list[Browser]) -> None:
    """Ten million points are shown all the same."""
    pair.one.sql("UPDATE xp_total SET xp = 9999999 WHERE learner_id = :id", id=pair.one.learner_id(learners[0]))
    for site in (pair.one, pair.two):
        assert shown(site)[0] == (1, 9_999_999)
    learners[0].tell(event(STORAGE))
    assert shown(pair.one)[0] == (1, 10_000_009)
