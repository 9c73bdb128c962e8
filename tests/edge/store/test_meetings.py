"""Two things that a learner does at the same moment: both are done, in some order, or one is refused in words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from edge.clients import HELLO, STORAGE, Browser, Site, event
from edge.store.test_races import adds_up, current, together, told
from edge_api.problems import Refused
from edge_api.services import calendar
from edge_api.services.sessions import Current

ROUNDS = 12


def account_with_code(site: Site) -> tuple[Browser, str]:
    """Return an account and one of its recovery codes."""
    account = site.account(event(HELLO))
    return account, account.post("/api/recovery-codes").json()["recovery_codes"][0]


def refused(outcomes: list[Any]) -> set[str]:
    """Return by which codes some were refused; whatever else went wrong is not expected."""
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    wanted = [each for each in failed if isinstance(each, Refused)]
    assert wanted == failed
    return {each.code for each in wanted}


def meet(site: Site, *works: Callable[[Site, Current, str], Coroutine[Any, Any, Any]]) -> set[str]:
    """Let them meet again and again, each time for another account; return by which codes some were refused."""
    codes: set[str] = set()
    for _ in range(ROUNDS):
        account, code = account_with_code(site)
        who = current(site, account.cookies["session"])
        codes |= refused(together(site, [work(site, who, code) for work in works]))
    adds_up(site)
    return codes


async def recover(site: Site, _who: Current, code: str) -> None:
    """Sign in elsewhere with the code."""
    await site.app.state.edge.passkeys.recover(None, code, "test")


async def renew(site: Site, who: Current, _code: str) -> None:
    """Ask for new codes."""
    await site.app.state.edge.passkeys.new_codes(who.owner.id)


async def delete(site: Site, who: Current, _code: str) -> None:
    """Delete the account."""
    await site.app.state.edge.accounts.delete(who.owner.id)


async def end_all(site: Site, who: Current, _code: str) -> None:
    """Sign out everywhere."""
    await site.app.state.edge.sessions.end_all(who.owner.id)


async def end(site: Site, who: Current, _code: str) -> None:
    """Sign out here."""
    await site.app.state.edge.sessions.end(who.owner.id, who.session.name)


async def tell(site: Site, who: Current, _code: str) -> None:
    """Send progress."""
    await site.app.state.edge.ledger.take(who, told(event(STORAGE)))


async def hide(site: Site, who: Current, _code: str) -> None:
    """Leave the boards."""
    await site.app.state.edge.accounts.show(who.owner.id, visible=False)


def test_a_recovery_and_the_end_of_its_codes(site: Site) -> None:
    """A code that is used while the account is deleted, or its codes are replaced, works or does not; nobody waits."""
    assert meet(site, recover, delete) <= {"code-refused", "no-session"}
    assert meet(site, recover, renew) <= {"code-refused"}


def test_a_sign_in_and_the_end_of_all_sessions(site: Site) -> None:
    """After both, either the new session was first and is over, or it came after and is good; no third."""
    assert meet(site, recover, end_all, end, tell) <= {"code-refused", "no-session", "not-found"}
    learners = site.sql("SELECT id, sessions_valid_after FROM learner")
    for learner in learners:
        rows = site.sql("SELECT created_at FROM session WHERE learner_id = :id", id=learner.id)
        assert all(row.created_at >= learner.sessions_valid_after for row in rows)


def test_a_deletion_and_everything_else(site: Site) -> None:
    """Whatever is under way when an account is deleted, nothing of it remains."""
    assert meet(site, delete, tell, hide, end, recover, tell) <= {"code-refused", "no-session", "not-found"}
    for table in ("learner", "session", "xp_event", "xp_total", "progress_event", "recovery_code", "earned"):
        assert site.sql(f"SELECT * FROM {table}") == []


def test_progress_under_way_at_a_sign_in_joins_the_account(site: Site) -> None:
    """An upload that found its anonymous learner, and waits while that learner is merged, is the account's."""
    account, code = account_with_code(site)
    guest = site.browser().begin()
    who = current(site, guest.cookies["session"])
    assert guest.post("/api/recovery", {"code": code}).status_code == 200
    batch = told(event(STORAGE))
    take = site.app.state.edge.ledger.take
    (first,) = together(site, [take(who, batch)])
    assert [result.status for result in first.results] == ["accepted"]
    (again,) = together(site, [take(who, batch)])
    assert [result.status for result in again.results] == ["replayed"]
    assert (account.learner or {})["xp"] == 20
    adds_up(site)


def test_progress_and_a_sign_in_at_once_lose_nothing(site: Site) -> None:
    """Uploads of a guest meet the guest's sign-in in any order: every event is in the account once."""
    for _ in range(ROUNDS):
        account, code = account_with_code(site)
        guest = site.browser().begin()
        who = current(site, guest.cookies["session"])
        passkeys, take = site.app.state.edge.passkeys, site.app.state.edge.ledger.take

        async def enter(who: Current = who, code: str = code, passkeys: Any = passkeys) -> None:
            await asyncio.sleep(0)
            await passkeys.recover(who, code, "test")

        events = [event(f"learn-solidity/soon-{number}") for number in range(5)]
        outcomes = together(
            site,
            [
                take(who, told(events[0])),
                take(who, told(events[1])),
                enter(),
                *(take(who, told(each)) for each in events[2:]),
            ],
        )
        assert refused(outcomes) == set()
        kept = {each["id"] for each in account.get("/api/progress").json()["events"]}
        assert {each["id"] for each in events} <= kept
    adds_up(site)


@pytest.mark.parametrize("hours", [-24, 24])
def test_an_instance_whose_clock_is_wrong_knows_the_same_sessions(
    site: Site, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """What is valid for how long is decided by the database's clock: aliases, fresh sign-ins, idle sessions."""
    account, code = account_with_code(site)
    guest = site.browser().begin()
    replaced = Browser(site.client, dict(guest.cookies))
    honest, honest_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: honest() + hours * 3600)
    monkeypatch.setattr(time, "time_ns", lambda: honest_ns() + hours * 3_600_000_000_000)
    assert guest.post("/api/recovery", {"code": code}).status_code == 200
    assert replaced.tell(event(STORAGE))["results"][0]["status"] == "accepted"
    assert guest.post("/api/recovery-codes").status_code == 200
    site.sql("UPDATE session SET alias_until = created_at WHERE alias_until IS NOT NULL")
    assert replaced.post("/api/progress", {"events": [event(HELLO)]}).status_code == 401
    site.sql("UPDATE session SET authenticated_at = authenticated_at - 16 * 60000000")
    assert account.post("/api/recovery-codes").json()["code"] == "sign-in-again"


@pytest.mark.parametrize("window", ["all", "day"])
def test_a_learner_who_rises_while_the_board_is_read_stands_on_it_once(site: Site, window: str) -> None:
    """The part around a learner is of one moment, whoever earns points meanwhile; the rank of a small board, too."""
    from edge_api.services.sql_boards import SqlBoards

    me, others = site.account(event(HELLO)), [site.account(event(HELLO)) for _ in range(3)]
    who, rest = (current(site, me.cookies["session"]), [current(site, each.cookies["session"]) for each in others])
    database, take = site.app.state.edge.database, site.app.state.edge.ledger.take
    period = "all" if window == "all" else calendar.utc_day(time.time_ns() // 1000)
    sql_boards = SqlBoards(database)
    rising = [take(each, told(event(STORAGE))) for each in (rest[0], who, rest[1])]
    reading = [sql_boards.around(who.owner.id, "", period, 10) for _ in range(12)]
    mixed = [*reading[:3], rising[0], *reading[3:6], rising[1], *reading[6:9], rising[2], *reading[9:]]
    found = [each for each in together(site, mixed) if isinstance(each, tuple)]
    found.append(site.client.run(lambda: sql_boards.around(who.owner.id, "", period, 10)))
    assert len(found) == 13
    for part, mine in found:
        shown = [row.learner_id for row in part.rows]
        assert sorted(shown) == sorted([who.owner.id, *(each.owner.id for each in rest)])
        assert shown.index(who.owner.id) == mine.before
        assert [row.xp for row in part.rows] == sorted((row.xp for row in part.rows), reverse=True)
    assert [row.xp for row in found[-1][0].rows] == [20, 20, 20, 10]


def test_whoever_waits_for_a_rank_holds_no_connection(site: Site) -> None:
    """Many more learners than connections ask for their rank at once, before there is anything to count it from."""
    from edge_api.services.rank_index import RankIndexes
    from edge_api.services.sql_boards import SqlBoards

    database = site.app.state.edge.database
    browsers = [site.account(event(HELLO)) for _ in range(8)]
    ids = [site.learner_id(browser) for browser in browsers]
    sql_boards = SqlBoards(database, RankIndexes(database), exact_below=1)
    found = together(site, [sql_boards.around(each, "", "all", 3) for each in ids])
    assert sorted(mine.before for _, mine in found) == [*range(8)]


def test_a_question_under_way_at_a_sign_in_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked as the guest who is merged meanwhile is told of the new cookie, not that there is no session."""
    account, code = account_with_code(site)
    guest = site.browser().begin()
    who = current(site, guest.cookies["session"])
    edge = site.app.state.edge

    async def settle(_owner: object) -> None:
        monkeypatch.undo()
        await edge.passkeys.recover(who, code, "test")

    monkeypatch.setattr(edge.ledger, "settle", settle)
    response = guest.get("/api/progress")
    assert (response.status_code, response.json()["code"]) == (409, "session-renewed")
    assert account.delete("/api/account").status_code == 204
    assert guest.get("/api/progress").json()["code"] == "no-session"


@pytest.mark.parametrize(("last", "offset"), [("account", 0), ("guest", 600)])
def test_an_account_goes_on_in_the_time_of_where_it_was_last_at_work(site: Site, last: str, offset: int) -> None:
    """Streaks end by the clock of the device that told of something last, be it the guest's or the account's."""
    account, code = account_with_code(site)
    guest = site.browser().begin()
    acts = [
        (guest, event(STORAGE, at="2026-11-23T20:00:00+10:00")),
        (account, event(STORAGE, at="2026-11-23T10:00:00Z")),
    ]
    for browser, act in acts if last == "account" else reversed(acts):
        browser.tell(act)
    who = current(site, guest.cookies["session"])
    site.client.run(lambda: site.app.state.edge.passkeys.recover(who, code, "test"))
    ((found,),) = site.sql("SELECT utc_offset FROM learner WHERE id = :id", id=site.learner_id(account))
    assert found == offset
