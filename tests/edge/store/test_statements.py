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


def test_rows_are_told_one_by_one_or_together_and_are_undone_together(site: Site) -> None:
    """None is nothing; what a block told before it failed was never there."""
    database = site.app.state.edge.database
    enter = Statement("INSERT INTO learner_day (learner_id, day) VALUES (:learner, :day)")
    among = Statement("SELECT day FROM learner_day WHERE learner_id = :learner AND day {among} ORDER BY day")

    async def told(days: list[str]) -> list[str]:
        async with database.write() as connection:
            await enter.tell(connection, [{"learner": "x", "day": day} for day in days])
        async with database.read() as connection:
            wanted = packed(connection, ["a", "b", "c ' \"", "unknown"])
            return [day for (day,) in await among.ask(connection, {"learner": "x", "ids": wanted})]

    async def main() -> None:
        assert await told([]) == []
        assert await told(["a"]) == ["a"]
        assert await told(["b", "c ' \"", "d"]) == ["a", "b", "c ' \""]
        with pytest.raises(IntegrityError):
            await told(["e", "a"])
        assert await told([]) == ["a", "b", "c ' \""]

    site.client.run(main)
