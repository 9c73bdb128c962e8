"""Statements on the driver itself: in everything else like any other statement."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from sqlalchemy.exc import IntegrityError

from edge.clients import Site
from edge_api.stores import monitor
from edge_api.stores.database import Database, DatabaseDown
from edge_api.stores.statement import Statement, packed
from edge_api.stores.writes import Write, defer, execute, write_of

ECHO = Statement("SELECT CAST(:number AS bigint), CAST(:word AS text), '100%'")


async def echo(database: Database, number: int) -> int:
    async with database.read() as connection:
        ((found, word, percent),) = await ECHO.ask(connection, {"number": number, "word": ":number"})
    assert (word, percent) == (":number", "100%")
    return int(found)


def test_a_question_is_counted_like_any_other_statement(site: Site) -> None:
    """In the request's own watch, by its words."""

    async def main() -> monitor.Watch:
        watch = monitor.Watch()
        monitor.current.set(watch)
        assert [await echo(site.app.state.edge.database, number) for number in (1, 2)] == [1, 2]
        return watch

    watch = site.client.run(main)
    assert (watch.count, watch.duplicates) == (2, 1)
    assert watch.seconds > 0


def test_a_thousand_cancelled_questions_leave_no_answer_behind(site: Site) -> None:
    """Many are cut short at random; the others, and all who follow, get their own answer."""
    database = site.app.state.edge.database
    chance = random.Random(3)

    async def hasty(number: int) -> None:
        async with database.read() as connection:
            ask = ECHO.ask(connection, {"number": number, "word": "w"})
            with suppress(TimeoutError):
                assert (await asyncio.wait_for(ask, chance.random() * 0.002))[0][0] == number

    async def main() -> None:
        for start in range(0, 1000, 20):
            await asyncio.gather(*(hasty(start + each) for each in range(20)))
        assert await asyncio.gather(*(echo(database, number) for number in range(50))) == list(range(50))

    site.client.run(main)


def test_a_question_that_is_wrong_is_a_database_that_lacks_something(site: Site) -> None:
    """As with a schema older than this release: the connection lives, the request is told to come back."""
    database = site.app.state.edge.database

    async def main() -> None:
        with pytest.raises(DatabaseDown):
            async with database.read() as connection:
                await Statement("SELECT missing FROM learner WHERE id = :id").ask(connection, {"id": "x"})
        assert await echo(database, 7) == 7

    site.client.run(main)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_one_lost_connection_renews_the_pool(site: Site) -> None:
    """Somebody is told to come back, once: connections of the same age are not tried one after the other."""
    database = site.app.state.edge.database

    async def ids() -> list[int]:
        async def one() -> int:
            async with database.read() as connection:
                ((found,),) = await Statement("SELECT pg_backend_pid() FROM pg_sleep(0.05)").ask(connection, {})
            return int(found)

        return sorted(set(await asyncio.gather(*(one() for _ in range(3)))))

    async def main() -> None:
        before = await ids()
        async with database.read() as connection:
            for each in before:
                await Statement("SELECT pg_terminate_backend(:id)").ask(connection, {"id": each})
        failed = 0
        for _ in range(6):
            try:
                await echo(database, 1)
            except DatabaseDown:
                failed += 1
        assert failed <= 1
        assert not set(before) & set(await ids())

    site.client.run(main)


DAY = Statement("INSERT INTO learner_day (learner_id, day) SELECT :learner, day FROM {rows}", rows={"day": "text"})
EARN = Statement(
    "INSERT INTO earned (learner_id, achievement, at) SELECT :learner, name, at FROM {rows}",
    rows={"name": "text", "at": "bigint"},
)
DAYS = Statement("SELECT day FROM learner_day WHERE learner_id = :learner AND day {among} ORDER BY day")
EARNED = Statement("SELECT achievement, at FROM earned WHERE learner_id = :learner ORDER BY achievement")


def days(*found: str) -> Write:
    return write_of(DAY, [{"day": day} for day in found], "word/day", learner="x")


def earned(**found: int) -> Write:
    return write_of(EARN, [{"name": name, "at": at} for name, at in found.items()], "word/earned", learner="x")


async def known(database: Database, *wanted: str) -> list[str]:
    async with database.read() as connection:
        return [day for (day,) in await DAYS.ask(connection, {"learner": "x", "ids": packed(connection, wanted)})]


def test_writes_are_executed_together_and_undone_together(site: Site) -> None:
    """No row is no change and touches nothing; what a block wrote before it failed was never there."""
    database = site.app.state.edge.database
    words: list[frozenset[str]] = []

    async def follow(said: frozenset[str]) -> None:
        words.append(said)

    async def wrote_twice() -> None:
        async with database.write() as connection:
            await execute(connection, days("d"), earned(three=3))
            await execute(connection, days("e", "a"), earned(four=4))

    async def main() -> None:
        database.followers.append(follow)
        async with database.write() as connection:
            await execute(connection, days(), earned())
        assert words == []
        async with database.write() as connection:
            await execute(connection, days("a"), earned())
        async with database.write() as connection:
            await execute(connection, days("b", "c ' \""), earned(one=1, two=2**40))
        assert words == [{"word/day"}, {"word/day", "word/earned"}]
        with pytest.raises(IntegrityError):
            await wrote_twice()
        assert await known(database, "a", "b", "c ' \"", "d", "e") == ["a", "b", "c ' \""]
        async with database.read() as connection:
            assert await EARNED.ask(connection, {"learner": "x"}) == [("one", 1), ("two", 2**40)]

    site.client.run(main)


def test_a_deferred_write_is_executed_when_the_block_ends_and_not_when_it_fails(site: Site) -> None:
    """A transaction that follows on the same connection does not find what an earlier one left."""
    database = site.app.state.edge.database

    async def broken() -> None:
        async with database.write() as connection:
            defer(connection, days("a"))
            raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await broken()
        async with database.write() as connection:
            defer(connection, days("b"), earned(one=1))
            values = {"learner": "x", "ids": packed(connection, ["b"])}
            assert await DAYS.ask(connection, values) == []
        assert await known(database, "a", "b") == ["b"]

    site.client.run(main)
