"""Batches of progress, whatever is in them and in whatever order: sums are the ledger's, boards are the sums'."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.clients import COUNTER, ERC20, HELLO, LOCATIONS, OVERFLOW, PRAGMA, STORAGE, Browser, Site, answer, event
from edge_api.services import calendar
from edge_api.stores.database import Database
from edge_api.stores.statement import Statement
from edge_api.stores.writes import execute, write_of

EARN = Statement(
    "INSERT INTO earned (learner_id, achievement, at) SELECT :learner, name, at FROM {rows}",
    rows={"name": "text", "at": "bigint"},
)
EARNED = Statement("SELECT achievement, at FROM earned WHERE learner_id = :learner")
FORGET = Statement("DELETE FROM earned WHERE learner_id = :learner")

LETTERS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
EVENTS = (
    lambda: event(HELLO),
    lambda: event("learn-solidity/basics/first-contract"),
    lambda: event(STORAGE),
    lambda: event(ERC20),
    lambda: event("日本語/はじめに"),
    lambda: answer(PRAGMA, 1),
    lambda: answer(PRAGMA, 0),
    lambda: answer(LOCATIONS, 2, 0),
    lambda: event(OVERFLOW, "quiz.answered", answer="it reverts"),
    lambda: event(COUNTER, "exercise.passed"),
    lambda: event("learn-solidity/not-yet", answer='it\'s "so" 100% \\ \U0001f995'),
    lambda: {"id": "spoiled"},
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(rows=st.dictionaries(LETTERS, st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_rows_arrive_as_they_were_given(site: Site, rows: dict[str, int]) -> None:
    """Whatever letters and numbers are in them."""
    database: Database = site.app.state.edge.database

    async def main() -> dict[str, int]:
        async with database.write() as connection:
            await execute(
                connection, write_of(EARN, [{"name": name, "at": at} for name, at in rows.items()], learner="x")
            )
            found: dict[str, int] = dict(await EARNED.ask(connection, {"learner": "x"}))
            await execute(connection, write_of(FORGET, [{}], learner="x"))
        return found

    assert site.client.run(main) == rows


def sums(site: Site) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return what the ledger adds up to, by learner, scope and period."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in site.sql("SELECT learner_id, course, points, kind, at FROM xp_event"):
        for scope in ("", row.course):
            for period in calendar.periods(row.at):
                xp, lessons = found.get((row.learner_id, scope, period), (0, 0))
                found[row.learner_id, scope, period] = (xp + row.points, lessons + (row.kind == "lesson"))
    return found


def check(site: Site) -> None:
    """Hold totals to the ledger, boards to the totals, and learners to both."""
    totals = site.sql("SELECT learner_id, scope, period, xp, lessons, listed FROM xp_total")
    assert {(row.learner_id, row.scope, row.period): (row.xp, row.lessons) for row in totals} == sums(site)
    standing = Counter((row.scope, row.period) for row in totals if row.listed)
    shown = site.sql("SELECT scope, period, SUM(learners) AS learners FROM board_shard GROUP BY scope, period")
    assert {(row.scope, row.period): int(row.learners) for row in shown if row.learners} == dict(standing)
    mine = {row.learner_id: (row.xp, row.lessons) for row in totals if (row.scope, row.period) == ("", "all")}
    for row in site.sql("SELECT id, xp, lessons, last_seq, achievements, listed FROM learner"):
        assert (row.xp, row.lessons) == mine.get(row.id, (0, 0))
        told = site.sql("SELECT seq FROM progress_event WHERE learner_id = :id ORDER BY seq", id=row.id)
        assert [each.seq for each in told] == list(range(1, row.last_seq + 1))
        assert site.sql("SELECT COUNT(*) FROM earned WHERE learner_id = :id", id=row.id)[0][0] == row.achievements
        assert {bool(each.listed) for each in totals if each.learner_id == row.id} <= {bool(row.listed)}


def answers(told: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["code"], each["xp"]) for each in told["results"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
@given(
    batches=st.lists(
        st.tuples(st.integers(0, 2), st.lists(st.sampled_from(EVENTS), min_size=1, max_size=5), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_sums_are_the_ledgers_whatever_is_told(site: Site, batches: list[tuple[int, list[Any], bool]]) -> None:
    """Two accounts and a guest, with repetitions in and of batches; what is told again is answered as before."""
    people: list[Browser] = [site.account(), site.account(), site.browser().begin()]
    for who, makers, twice in batches:
        batch = [make() for make in makers]
        batch += [batch[0]] * twice
        first = people[who].tell(*batch)
        if twice:
            assert answers(people[who].tell(*batch)) == answers(first)
    check(site)
