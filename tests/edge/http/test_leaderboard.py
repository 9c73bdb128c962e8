"""Boards: who leads, page by page, and where I stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.clients import ERC20, HELLO, LOCATIONS, PRAGMA, STORAGE, Browser, Site, answer, event
from edge.crowds import crowd, xp

DAY = 86_400 * 1_000_000


def entries(browser: Browser, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get(f"/api/leaderboard{query}").json()["entries"]
    return found


def order(site: Site) -> list[str]:
    """Return the board's order as plain SQL says it, without our queries."""
    rows = site.sql(
        "SELECT l.handle FROM xp_total t JOIN learner l ON l.id = t.learner_id WHERE t.scope = '' AND t.period = 'all' "
        "AND t.listed ORDER BY t.xp DESC, t.reached_at, t.learner_id"
    )
    return [row.handle for row in rows]


def walk(browser: Browser, limit: int) -> list[tuple[int, str]]:
    seen, cursor = [], ""
    while cursor is not None:
        page = browser.get("/api/leaderboard", params={"limit": limit, "cursor": cursor}).json()
        seen += [(entry["rank"], entry["handle"]) for entry in page["entries"]]
        cursor = page["next"]
    return seen


def test_an_empty_board_is_a_board(browser: Browser) -> None:
    """No learner, no next page, and a revision all the same."""
    assert browser.get("/api/leaderboard").json() == {"revision": "r-0", "total": 0, "entries": [], "next": None}


def test_more_points_first_and_first_come_first_among_equals(site: Site) -> None:
    """Ties are broken by when the score was reached; ranks are 1, 2, 3."""
    first, second, third = site.account(event(HELLO)), site.account(event(STORAGE)), site.account(event(ERC20))
    site.sql("UPDATE xp_total SET reached_at = reached_at - 10 WHERE learner_id = :id", id=site.learner_id(second))
    names = [browser.learner["handle"] for browser in (third, second, first) if browser.learner]
    assert [(each["rank"], each["handle"], each["xp"]) for each in entries(first)] == [
        (1, names[0], 15),
        (2, names[1], 10),
        (3, names[2], 10),
    ]


def test_a_replay_does_not_move_anybody(site: Site) -> None:
    """Only a gain of points moves the time at which they were reached."""
    early = site.account(event(HELLO))
    site.sql("UPDATE xp_total SET reached_at = reached_at - 10")
    late = site.account(event(HELLO))
    early.tell(event(HELLO), answer(PRAGMA, 0))
    assert [each["handle"] for each in entries(early)] == [
        browser.learner["handle"] for browser in (early, late) if browser.learner
    ]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_give_everybody_once_in_order(site: Site, limit: int) -> None:
    """Walking by cursor gives each learner once, with the rank that counting gives."""
    crowd(site, 57)
    assert walk(site.browser(), limit) == list(enumerate(order(site), start=1))


def test_whose_score_is_unchanged_is_neither_repeated_nor_skipped(site: Site) -> None:
    """While pages are turned, others rise, arrive and leave."""
    crowd(site, 40)
    browser = site.browser()
    before = order(site)
    page = browser.get("/api/leaderboard?limit=10").json()
    seen = [entry["handle"] for entry in page["entries"]]
    moved = {before[0], before[5], before[30], before[12]}
    site.sql(
        "UPDATE xp_total SET xp = 5000 WHERE learner_id IN (SELECT id FROM learner WHERE handle = :h)", h=before[30]
    )
    site.sql(
        "UPDATE xp_total SET listed = false WHERE learner_id IN (SELECT id FROM learner WHERE handle = :h)", h=before[0]
    )
    site.sql(
        "UPDATE xp_total SET listed = false WHERE learner_id IN (SELECT id FROM learner WHERE handle = :h)",
        h=before[12],
    )
    # The learner on whom the page ended goes too: the cursor is a place, not a person.
    site.sql(
        "UPDATE xp_total SET xp = 6000 WHERE learner_id IN (SELECT id FROM learner WHERE handle = :h)", h=before[9]
    )
    moved.add(before[9])
    while page["next"]:
        page = browser.get("/api/leaderboard", params={"limit": 10, "cursor": page["next"]}).json()
        seen += [entry["handle"] for entry in page["entries"]]
    unmoved = [handle for handle in before if handle not in moved]
    assert [handle for handle in seen if handle not in moved] == unmoved


def test_around_me_shows_both_sides_and_my_own_rank(site: Site) -> None:
    """The page has the learner in the middle, with the ranks that the board has."""
    crowd(site, 60)
    browser = site.account(event(HELLO), event(STORAGE), event(ERC20), answer(PRAGMA, 1), answer(LOCATIONS, 0, 2))
    mine = browser.learner
    assert mine is not None
    board = walk(browser, 100)
    around = browser.get("/api/leaderboard/around-me?limit=11").json()
    rank = next(rank for rank, handle in board if handle == mine["handle"])
    assert around["me"]["rank"] == rank
    assert around["me"]["listed"] is True
    shown = [(entry["rank"], entry["handle"]) for entry in around["entries"]]
    assert len(shown) == 11
    assert shown == board[rank - 6 : rank + 5]
    assert around["next"] is not None


def test_an_unlisted_learner_sees_their_rank_alone(site: Site) -> None:
    """Anonymous or unwilling, one knows where one would stand; nobody else does."""
    crowd(site, 20)
    guest = site.browser().begin()
    guest.tell(event(HELLO), event(STORAGE), event(ERC20))
    around = guest.get("/api/leaderboard/around-me?limit=5").json()
    assert around["me"]["listed"] is False
    assert around["me"]["xp"] == 35
    better = sum(1 for number in range(20) if xp(number) > 35)
    assert around["me"]["rank"] == better + 1
    assert around["me"]["handle"] not in {entry["handle"] for entry in around["entries"]}
    assert around["total"] == 20


def test_around_me_without_points_is_the_top(site: Site) -> None:
    """Whoever has not begun sees who leads."""
    crowd(site, 5)
    around = site.browser().begin().get("/api/leaderboard/around-me").json()
    assert around["me"] is None
    assert len(around["entries"]) == 5


def test_boards_by_course_and_window(site: Site) -> None:
    """Each course and window has its own sums."""
    browser = site.account(event(HELLO), event("日本語/はじめに"))
    assert [each["xp"] for each in entries(browser)] == [20]
    for window in ("all", "week", "day"):
        assert [each["xp"] for each in entries(browser, f"?window={window}&course=learn-solidity")] == [10]
        assert [each["lessons"] for each in entries(browser, f"?window={window}&course=日本語")] == [1]


def test_a_window_counts_what_was_received_in_it(site: Site) -> None:
    """Yesterday's points are not today's, whatever the client's clock claims."""
    browser = site.account(event(HELLO, at="2020-01-01T00:00:00Z"))
    assert [each["xp"] for each in entries(browser, "?window=day")] == [10]
    site.sql("UPDATE xp_total SET period = '2026-01-01' WHERE period LIKE '____-__-__'")
    assert entries(browser, "?window=day") == []
    assert [each["xp"] for each in entries(browser, "?window=all")] == [10]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "bad-parameter"),
        ("limit=101", "bad-parameter"),
        ("limit=ten", "bad-parameter"),
        ("limit=1&limit=2", "bad-parameter"),
        ("limit=" + "9" * 400, "bad-parameter"),
        ("window=year", "bad-parameter"),
        ("cursor=abc", "bad-cursor"),
        ("cursor=é", "bad-parameter"),
        ("cursor=" + "A" * 80, "bad-cursor"),
        ("course=nothing", "unknown-course"),
        ("course=%00", "bad-parameter"),
    ],
)
def test_wrong_parameters_are_refused(browser: Browser, query: str, code: str) -> None:
    """Each in a problem of its own."""
    assert browser.get(f"/api/leaderboard?{query}").json()["code"] == code


def test_unknown_parameters_change_nothing(site: Site) -> None:
    """utm_source and its friends are served as if they were not there."""
    browser = site.account(event(HELLO))
    assert browser.get("/api/leaderboard?utm_source=x&_=1").json() == browser.get("/api/leaderboard").json()


def test_only_accounts_appear(site: Site) -> None:
    """Children and sybils have no passkey and are on no board."""
    guest = site.browser().begin()
    guest.tell(event(HELLO))
    assert entries(guest) == []
    site.enrol(guest)
    assert len(entries(guest)) == 1
    assert guest.get("/api/leaderboard").json()["total"] == 1


def test_opting_out_leaves_every_board_at_once(site: Site) -> None:
    """One wish, all boards and their totals, and back again."""
    browser, other = site.account(event(HELLO)), site.account(event(ERC20))
    revision = browser.get("/api/leaderboard").json()["revision"]
    assert browser.put("/api/visibility", {"visible": False}).json()["learner"]["visible"] is False
    for query in ("", "?window=day", "?window=week", "?course=learn-solidity"):
        board = other.get(f"/api/leaderboard{query}").json()
        assert (len(board["entries"]), board["total"]) == (1, 1)
        assert board["revision"] != revision
    browser.tell(event(STORAGE))
    assert len(entries(other)) == 1
    browser.put("/api/visibility", {"visible": True})
    assert [(each["rank"], each["xp"]) for each in entries(other)] == [(1, 20), (2, 15)]


def test_the_inactive_leave_and_return(site: Site) -> None:
    """Who has not learnt for 30 days is not shown, and is as soon as they learn again."""
    browser, other = site.account(event(HELLO)), site.account(event(ERC20))
    site.sql(
        "UPDATE learner SET last_active_at = last_active_at - :ago WHERE id = :id",
        ago=31 * DAY,
        id=site.learner_id(browser),
    )
    assert site.client.run(lambda: site.app.state.edge.accounts.unlist_inactive(10)) == 1
    assert [each["xp"] for each in entries(other)] == [15]
    browser.tell(answer(PRAGMA, 0))
    assert [each["xp"] for each in entries(other)] == [15, 10]
    assert other.get("/api/leaderboard").json()["total"] == 2


@pytest.mark.parametrize("query", ["?limit={}", "/around-me?limit={}"])
def test_a_page_of_any_size_costs_the_same_number_of_queries(site: Site, query: str) -> None:
    """Pages of 1, 10 and 100: no query per line."""
    crowd(site, 150)
    browser = site.account(event(HELLO))
    browser.get("/api/leaderboard" + query.format(2))
    counts = set()
    for limit in (1, 10, 100):
        response = browser.get("/api/leaderboard" + query.format(limit))
        assert len(response.json()["entries"]) == limit
        counts.add(response.headers["server-timing"].split('"')[1])
    assert len(counts) == 1, counts


def test_a_cursor_shows_nothing_and_fits_its_board_only(site: Site) -> None:
    """It holds a learner's id and a place, and neither can be read or moved to another board."""
    crowd(site, 5)
    browser = site.browser()
    cursor = browser.get("/api/leaderboard?limit=2").json()["next"]
    assert cursor == browser.get("/api/leaderboard?limit=2").json()["next"]
    assert "l0" not in cursor
    assert browser.get(f"/api/leaderboard?window=week&cursor={cursor}").json()["code"] == "bad-cursor"
    flipped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert browser.get(f"/api/leaderboard?cursor={flipped}").json()["code"] == "bad-cursor"


def test_boards_of_long_past_windows_are_dropped(site: Site) -> None:
    """The sweeper deletes what nobody can ask for any more and keeps the ledger."""
    from edge_api.services import sweeper

    browser = site.account(event(HELLO))
    past = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    for table in ("xp_total", "board_shard"):
        site.sql(f"UPDATE {table} SET period = :past WHERE period LIKE '____-__-__'", past=past)
    edge, metrics = site.app.state.edge, site.app.state.metrics
    site.client.run(lambda: sweeper.turn(edge, metrics, 0))
    assert site.sql("SELECT 1 FROM xp_total WHERE period = :past", past=past) == []
    assert [each["xp"] for each in entries(browser)] == [10]
