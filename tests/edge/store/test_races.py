"""Many at once: whatever the order, the ledger adds up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest
from sqlalchemy import event as sql_event

from edge.clients import ERC20, HELLO, LOCATIONS, PRAGMA, STORAGE, Site, answer, event
from edge_api.endpoints import door
from edge_api.services import events
from edge_api.services.sessions import Current
from edge_api.stores.database import DatabaseDown


def adds_up(site: Site) -> None:
    """Assert that every sum is what the ledger says."""
    wrong = site.sql("""
        SELECT l.id, l.xp, (SELECT COALESCE(SUM(points), 0) FROM xp_event e WHERE e.learner_id = l.id) AS truth
        FROM learner l WHERE l.xp <> (SELECT COALESCE(SUM(points), 0) FROM xp_event e WHERE e.learner_id = l.id)
    """)
    assert wrong == []
    wrong = site.sql("""
        SELECT t.* FROM xp_total t WHERE t.period = 'all' AND t.xp <> (
            SELECT COALESCE(SUM(points), 0) FROM xp_event e
            WHERE e.learner_id = t.learner_id AND (t.scope = '' OR e.course = t.scope))
    """)
    assert wrong == []
    wrong = site.sql("""
        SELECT s.scope, s.period, SUM(s.learners) FROM board_shard s GROUP BY s.scope, s.period
        HAVING SUM(s.learners) <> (
            SELECT COUNT(*) FROM xp_total t WHERE t.scope = s.scope AND t.period = s.period AND t.listed)
    """)
    assert wrong == []
    assert site.sql("SELECT id FROM learner l WHERE listed AND (anonymous OR NOT visible)") == []
    assert (
        site.sql("SELECT t.learner_id FROM xp_total t JOIN learner l ON l.id = t.learner_id WHERE t.listed <> l.listed")
        == []
    )


def together(site: Site, works: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    async def main() -> list[Any]:
        return list(await asyncio.gather(*works, return_exceptions=True))

    return site.client.run(main)


def told(*acts: dict[str, Any]) -> list[Any]:
    return [events.parse(msgspec.json.encode(each)) for each in acts]


def current(site: Site, token: str) -> Current:
    found: Current | None = site.client.run(lambda: site.app.state.edge.sessions.find(token))
    assert found is not None
    return found


def test_the_same_batch_twenty_times_at_once_counts_once(site: Site) -> None:
    """Retries of a nervous client meet in the database and find each other."""
    browser = site.account()
    who = current(site, browser.cookies["session"])
    batch = told(event(HELLO), answer(PRAGMA, 1), event(STORAGE))
    take = site.app.state.edge.ledger.take
    outcomes = together(site, [take(who, batch) for _ in range(20)])
    assert {outcome.xp for outcome in outcomes} == {25}
    assert sum(result.status == "accepted" for outcome in outcomes for result in outcome.results) == 3
    adds_up(site)


def test_one_item_by_twenty_events_at_once_earns_once(site: Site) -> None:
    """Twenty tabs, twenty ids, one lesson."""
    browser = site.account()
    who = current(site, browser.cookies["session"])
    take = site.app.state.edge.ledger.take
    outcomes = together(site, [take(who, told(event(HELLO))) for _ in range(20)])
    assert sorted(result.xp for outcome in outcomes for result in outcome.results) == [0] * 19 + [10]
    adds_up(site)


def test_learners_and_wishes_in_any_order_add_up(site: Site) -> None:
    """Progress, opting out and in, going inactive and leaving, all at once, for several learners."""
    chance = random.Random(7)
    browsers = [site.account() for _ in range(6)]
    people = [current(site, browser.cookies["session"]) for browser in browsers]
    edge = site.app.state.edge
    works: list[Coroutine[Any, Any, Any]] = []
    for who in people:
        for _ in range(6):
            items = chance.sample([HELLO, STORAGE, ERC20], 2)
            works.append(edge.ledger.take(who, told(*(event(item) for item in items), answer(LOCATIONS, 0, 2))))
        works += [edge.accounts.show(who.owner.id, visible=chance.random() < 0.5) for _ in range(4)]
        works.append(edge.accounts.unlist_inactive(10))
    works.append(edge.accounts.delete(people[0].owner.id))
    chance.shuffle(works)
    outcomes = together(site, works)
    unexpected = [
        outcome
        for outcome in outcomes
        if isinstance(outcome, BaseException) and getattr(outcome, "code", "") != "no-session"
    ]
    assert unexpected == []
    adds_up(site)


def test_a_failure_anywhere_leaves_nothing_half_done(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nth statement of a batch fails, for every n: nothing is there, and the batch can be sent again."""
    browser = site.account()
    who = current(site, browser.cookies["session"])
    batch = told(event(HELLO), answer(PRAGMA, 1))
    edge = site.app.state.edge

    async def idle() -> None: ...

    # The relay asks the database by the clock; its statements are none of this batch's.
    monkeypatch.setattr(edge.relay, "turn", idle)
    reached = 0
    for failing in range(1, 40):
        calls = 0

        def fail(*_: Any, failing: int = failing) -> None:
            nonlocal calls, reached
            calls += 1
            if calls == failing:
                reached = failing
                raise DatabaseDown("on purpose")

        sql_event.listen(edge.database._writer.sync_engine, "before_cursor_execute", fail)
        (outcome,) = together(site, [edge.ledger.take(who, batch)])
        sql_event.remove(edge.database._writer.sync_engine, "before_cursor_execute", fail)
        adds_up(site)
        if not isinstance(outcome, BaseException):
            break
        assert site.sql("SELECT * FROM progress_event") == []
        assert site.sql("SELECT * FROM xp_total") == []
    # The lock, the question, the ledger for achievements, the changes: each was the one that failed.
    assert reached >= 5
    assert outcome.xp == 15


def test_a_merge_moves_everything_once(site: Site) -> None:
    """What a guest did joins the account: events by id, points by item, sums by window, days and achievements."""
    from edge_api.services import merge
    from edge_api.stores import learners

    account = site.account(event(HELLO), event("learn-solidity/later"))
    guest = site.browser().begin()
    shared = event(HELLO)
    guest.tell(shared, event(STORAGE), answer(PRAGMA, 1), event("learn-solidity/soon"))
    account_id, guest_id = site.learner_id(account), site.learner_id(guest)
    edge = site.app.state.edge

    async def work() -> None:
        async with edge.database.write() as connection:
            locked = [await learners.lock(edge.database, connection, each) for each in (guest_id, account_id)]
            assert locked[0]
            assert locked[1]
            await merge.merge(connection, locked[0], locked[1], edge.documents.book)

    site.client.run(work)
    adds_up(site)
    assert (account.learner or {})["xp"] == 25
    assert guest.learner is None
    assert len(account.get("/api/progress").json()["events"]) == 6
    (row,) = site.sql("SELECT lessons, achievements, pending, last_seq FROM learner")
    assert tuple(row) == (2, 2, 2, 6)
    assert account.tell(shared)["results"][0]["status"] == "replayed"
    around = account.get("/api/leaderboard/around-me?window=day").json()
    assert (around["me"]["xp"], around["me"]["lessons"], around["total"]) == (25, 2, 1)


def test_rates_are_what_the_documents_say() -> None:
    """Every rate has a burst and a pace that lets an honest page through."""
    assert all(rate.burst >= 5 and rate.per_minute >= 1 for rate in door.RATES)
