"""Boards in Redis are SQL's boards: the order, the pages, the ranks, while writers write and makers make."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.clients import ERC20, HELLO, STORAGE, Site, event
from edge_api.services import calendar
from edge_api.services.boards import Part
from edge_api.services.sql_boards import SqlBoards
from edge_api.stores import lines, rankings
from edge_api.stores.lines import Place
from edge_api.stores.redis import Redis

on_redis = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)

LATEST = rankings.EPOCH + (1 << 30) - 1
IDS = st.text(st.sampled_from("abcz27"), min_size=1, max_size=4)
XP = st.one_of(st.sampled_from([0, 1, rankings.MOST_XP]), st.integers(0, rankings.MOST_XP))
MOMENTS = st.one_of(st.sampled_from([rankings.EPOCH, LATEST]), st.integers(rankings.EPOCH, LATEST))
# Few values, so that most of them are tied in one way or another.
TIED = st.builds(Place, st.integers(0, 3), st.integers(rankings.EPOCH, rankings.EPOCH + 2), IDS)


def order(place: Place) -> tuple[int, int, bytes]:
    return -place.xp, place.reached_at, place.learner_id.encode()


@given(xp=XP, reached_at=MOMENTS)
def test_a_score_is_exact_and_is_read_back(xp: int, reached_at: int) -> None:
    """A double holds every score, up to the largest and the last second."""
    score = rankings.score(xp, reached_at)
    assert int(float(score)) == score
    assert rankings.place("a", float(score)) == Place(xp, reached_at, "a")


@pytest.mark.parametrize(
    ("xp", "reached_at"), [(-1, LATEST), (rankings.MOST_XP + 1, LATEST), (1, LATEST + 1), (1, rankings.EPOCH - 1)]
)
def test_what_does_not_fit_is_refused(xp: int, reached_at: int) -> None:
    """Sooner no board in Redis than a wrong one."""
    with pytest.raises(OverflowError):
        rankings.score(xp, reached_at)


async def made(redis: Redis, places: list[Place]) -> None:
    """Make a board of these places."""
    await redis.ask(("FLUSHALL",))
    incarnation = await rankings.begin(redis, "c", "all", "t")
    assert await rankings.add(redis, "c", "all", "t", places)
    assert await rankings.finish(redis, "c", "all", "t", incarnation, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(places=st.lists(st.one_of(TIED, st.builds(Place, XP, MOMENTS, IDS)), unique_by=lambda each: each.learner_id))
def test_pages_and_neighbours_are_in_sqls_order(redis_url: str, places: list[Place]) -> None:
    """By points, then by when they were reached, then by id as bytes; from any place, taken or not, to either side."""
    wanted = sorted(places, key=order)

    async def main() -> None:
        redis = Redis(redis_url, milliseconds=60_000)
        try:
            await compare(redis)
        finally:
            await redis.close()

    async def compare(redis: Redis) -> None:
        await made(redis, places)
        assert (await rankings.page(redis, "c", "all", None, 1000)).places == wanted
        for start in (*places[:4], Place(2, rankings.EPOCH + 1, "m")):
            page = await rankings.page(redis, "c", "all", start, 3)
            following = [each for each in wanted if order(each) > order(start)]
            assert (page.total, page.places) == (len(wanted), following[:3])
            if following:
                assert page.before == wanted.index(following[0])
        for mine in places[:4]:
            near = await rankings.around(redis, "c", "all", mine.learner_id, 2)
            assert near is not None
            rank = wanted.index(mine)
            assert near == (rank, rankings.Slice(len(wanted), max(0, rank - 2), wanted[max(0, rank - 2) : rank + 4]))
        stranger = Place(1, rankings.EPOCH + 1, "m")
        if stranger.learner_id not in {each.learner_id for each in places}:
            assert await rankings.around(redis, "c", "all", "m", 2) is None
            near = await rankings.around(redis, "c", "all", "m", 2, stranger)
            assert near is not None
            assert near[0] == sum(order(each) < order(stranger) for each in places)

    asyncio.run(main())


def scatter(site: Site, count: int, seed: int) -> list[str]:
    """Put learners with many ties on the boards, listed or not, and return their ids."""
    chance = random.Random(seed)
    ids = [f"l{number * 7919 % 10007:05}" for number in range(count)]
    learners = ", ".join(
        f"('{each}', 'learner {each}', 'k{each}', false, true, {chance.random() < 0.9}, {chance.randrange(5)}, "
        "1, 0, 0, 0, '', 0, 0, 99999999999999999, 0)"
        for each in ids
    )
    site.sql(
        "INSERT INTO learner (id, handle, handle_key, anonymous, visible, listed, xp, lessons, achievements, pending, "
        f"last_seq, judged_with, utc_offset, created_at, last_active_at, sessions_valid_after) VALUES {learners}"
    )
    site.sql(
        "INSERT INTO board_shard (scope, period, shard, learners, revision) VALUES ('', 'all', 7, "
        "(SELECT COUNT(*) FROM learner WHERE listed), 5)"
    )
    site.sql(
        "INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed) "
        "SELECT id, '', 'all', xp, 1, 1750000000 + ascii(right(id, 1)) % 3, listed FROM learner"
    )
    return ids


@on_redis
def test_what_learners_see_is_the_same_with_and_without_redis(site: Site) -> None:
    """Every page, every cursor, everybody's surroundings, listed or not: equal values, and one round trip each."""
    ids = scatter(site, 100, seed=5)
    edge = site.app.state.edge
    redis_boards, sql_boards = edge.boards._source, SqlBoards(edge.database)

    async def main() -> list[tuple[Any, Any]]:
        compared: list[tuple[Any, Any]] = []
        start: Place | None = None
        while True:
            page: Part = await redis_boards.page("", "all", start, 7)
            compared.append((page, await sql_boards.page("", "all", start, 7)))
            if not page.more:
                break
            last = page.rows[-1]
            start = Place(last.xp, last.reached_at, last.learner_id)
        for each in [*ids[::3], "nobody"]:
            for limit in (1, 4, 100):
                around = (each, "", "all", limit)
                compared += [(await redis_boards.around(*around), await sql_boards.around(*around))]
        return compared

    found = site.client.run(main)
    assert [mine for mine, _ in found] == [theirs for _, theirs in found]


@on_redis
def test_a_board_is_one_round_trip_and_one_statement(site: Site) -> None:
    """The page and the neighbours of somebody who is listed."""
    browser = site.account(event(HELLO))
    for path in ("/api/leaderboard?window=day", "/api/leaderboard/around-me?window=day"):
        for limit in (1, 2, 3):
            timing = browser.get(f"{path}&limit={limit}").headers["server-timing"]
        assert '"1q 0 again"' in timing, timing
    assert 'desc="2"' in timing, "one for the session, one for the board"


@on_redis
@pytest.mark.parametrize(("early", "late"), [(rankings, lines), (lines, rankings)], ids=["redis-first", "sql-first"])
def test_who_hides_between_the_two_answers_is_not_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch, early: Any, late: Any
) -> None:
    """A page is asked of Redis and of SQL at once; whoever hides after the one answer and before the other is gone."""
    ids = [site.learner_id(site.account(event(HELLO))) for _ in range(4)]
    edge, answered = site.app.state.edge, asyncio.Event()
    sooner, later = early.page, late.page

    async def first(*words: Any) -> Any:
        found = await sooner(*words)
        answered.set()
        return found

    async def second(*words: Any) -> Any:
        await answered.wait()
        await edge.accounts.show(ids[1], visible=False)
        return await later(*words)

    async def main() -> list[str]:
        await edge.standings.make("", "all", 60)
        assert edge.standings.current("", "all")
        monkeypatch.setattr(early, "page", first)
        monkeypatch.setattr(late, "page", second)
        return [row.learner_id for row in (await edge.boards._source.page("", "all", None, 9)).rows]

    assert sorted(site.client.run(main)) == sorted({*ids} - {ids[1]})
    assert answered.is_set()


@on_redis
def test_writers_and_a_maker_at_once_end_in_sqls_board(site: Site) -> None:
    """While boards are made again and again, twenty learners gain, hide and return; afterwards Redis equals SQL."""
    browsers = [site.account(event(HELLO)) for _ in range(12)]
    edge = site.app.state.edge
    ids = [site.learner_id(each) for each in browsers]

    async def hide(learner_id: str, *, visible: bool) -> None:
        await edge.accounts.show(learner_id, visible=visible)

    async def gain(token: str, number: int) -> None:
        from edge_api.services import events

        current = await edge.sessions.find(token)
        item = (STORAGE, ERC20)[number % 2]
        await edge.ledger.take(current, [events.parse(msgspec.json.encode(event(item)))])

    async def rebuild() -> None:
        for _ in range(15):
            await rankings.drop(edge.redis, [("", "all"), ("learn-solidity", "all")])
            await edge.standings.make("", "all", 60)
            await edge.standings.make("learn-solidity", "all", 60)

    async def main() -> None:
        chance = random.Random(11)
        work: list[Any] = [rebuild()]
        for number in range(60):
            which = chance.randrange(len(ids))
            if chance.random() < 0.5:
                work.append(hide(ids[which], visible=chance.random() < 0.5))
            else:
                work.append(gain(browsers[which].cookies["session"], number))
        await asyncio.gather(*work)

    site.client.run(main)
    site.client.run(lambda: compared(site))


async def compared(site: Site) -> None:
    """Assert that each board that Redis has is what SQL says."""
    edge = site.app.state.edge
    for scope in ("", "learn-solidity"):
        await edge.standings.make(scope, "all", 60)
        async with edge.database.read() as connection:
            wanted = await lines.members(connection, scope, "all", None, 1000)
        found = await rankings.page(edge.redis, scope, "all", None, 1000)
        assert found.places == wanted


def test_windows_are_kept_for_as_long_again_as_they_last() -> None:
    """Today and yesterday, this week and the last, and all time for ever."""
    now = 1_795_392_000_000_000 + 5_000_000  # Monday, 2026-11-23, five seconds after midnight
    assert calendar.utc_day(now) == "2026-11-23"
    midnight = 1_795_392_000
    assert calendar.living(now) == {
        "all": None,
        "2026-11-22": midnight + 86_400,
        "2026-11-23": midnight + 2 * 86_400,
        "2026-W47": midnight + 7 * 86_400,
        "2026-W48": midnight + 14 * 86_400,
    }
