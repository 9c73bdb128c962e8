"""Sessions: anonymous first, the same everywhere, gone when told."""

from __future__ import annotations

import asyncio

from edge.clients import HELLO, Browser, Site, event, running
from edge_api.app import create_app

DAY = 86_400 * 1_000_000


def test_nobody_is_a_fine_answer(browser: Browser) -> None:
    """Without a session the edge says so, with 200 and no cookie."""
    response = browser.get("/api/session")
    assert (response.status_code, response.json()) == (200, {"learner": None})
    assert "set-cookie" not in response.headers


def test_a_session_begins_anonymous_and_is_kept(browser: Browser) -> None:
    """The first POST makes a learner, the next ones find them."""
    first = browser.post("/api/session")
    again = browser.post("/api/session")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["learner"]["anonymous"] is True
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Domain" not in cookie


def test_the_secret_is_not_in_the_database(site: Site) -> None:
    """Whoever reads the database can't become anybody."""
    browser = site.browser().begin()
    (row,) = site.sql("SELECT * FROM session")
    assert browser.cookies["session"] not in [str(value) for value in row]
    assert len(row.id) == 64


def test_personal_routes_want_a_session(browser: Browser) -> None:
    """Without one they answer 401 with a problem."""
    for path in ("/api/progress", "/api/achievements", "/api/leaderboard/around-me", "/api/sessions", "/api/export"):
        response = browser.get(path)
        assert (response.status_code, response.json()["code"]) == (401, "no-session")
        assert response.headers["content-type"] == "application/problem+json"


def test_a_session_is_the_same_on_every_instance(site: Site) -> None:
    """Another instance on the same database knows the cookie, and knows when it has ended."""
    browser = site.browser().begin()
    with running(create_app(site.settings)) as other:
        elsewhere = Browser(other, browser.cookies)
        assert elsewhere.learner == browser.learner
        browser.delete("/api/session")
        assert Browser(other, elsewhere.cookies).learner is None


def test_signing_out_ends_the_session_and_its_cookie(browser: Browser) -> None:
    """After DELETE the old cookie is worth nothing, and the browser is told to forget."""
    browser.begin()
    old = dict(browser.cookies)
    response = browser.delete("/api/session")
    assert response.status_code == 204
    assert response.headers["clear-site-data"] == '"cache"'
    assert 'session=""' in response.headers["set-cookie"]
    assert Browser(browser.client, old).learner is None


def test_devices_are_listed_and_ended_one_by_one_or_all(site: Site) -> None:
    """A learner sees their sessions by public names and ends any of them."""
    phone = site.account()
    laptop = site.browser().begin()
    site.sql(
        "UPDATE session SET learner_id = :id WHERE learner_id = :other",
        id=site.learner_id(phone),
        other=site.learner_id(laptop),
    )
    listed = phone.get("/api/sessions").json()["sessions"]
    assert sorted(each["current"] for each in listed) == [False, True]
    other = next(each["id"] for each in listed if not each["current"])
    assert phone.delete(f"/api/sessions/{other}").status_code == 204
    assert laptop.learner is None
    assert phone.delete(f"/api/sessions/{other}").status_code == 404
    assert phone.delete("/api/sessions").status_code == 204
    assert phone.learner is None


def test_nobody_ends_anothers_session(site: Site) -> None:
    """A public name of a session is no key to it."""
    victim, attacker = site.browser().begin(), site.browser().begin()
    name = victim.get("/api/sessions").json()["sessions"][0]["id"]
    assert attacker.delete(f"/api/sessions/{name}").status_code == 404
    assert victim.learner is not None


def test_ending_all_also_ends_what_a_row_brought_back(site: Site) -> None:
    """sessions_valid_after holds even if an old row returns, from a backup or a cache."""
    browser = site.browser().begin()
    (row,) = site.sql("SELECT * FROM session")
    browser.delete("/api/sessions")
    columns = ", ".join(row._fields)
    names = ", ".join(f":{field}" for field in row._fields)
    site.sql(f"INSERT INTO session ({columns}) VALUES ({names})", **row._asdict())
    assert browser.learner is None


def test_sessions_end_when_idle_and_in_the_end_anyway(site: Site) -> None:
    """Idle and absolute limits are those of the module's table, for anonymous learners and accounts."""
    for account, idle, life in ((False, 400, 5 * 365), (True, 60, 180)):
        browser = site.account() if account else site.browser().begin()
        learner_id = site.learner_id(browser)
        update = "UPDATE session SET last_seen_at = last_seen_at - :ago WHERE learner_id = :id"
        site.sql(update, ago=(idle - 1) * DAY, id=learner_id)
        assert browser.learner is not None
        site.sql(update, ago=(idle + 1) * DAY, id=learner_id)
        assert browser.learner is None
        column = "authenticated_at" if account else "created_at"
        site.sql(
            f"UPDATE session SET last_seen_at = last_seen_at + :ago, {column} = {column} - :life "
            "WHERE learner_id = :id",
            ago=(idle + 1) * DAY,
            life=(life + 1) * DAY,
            id=learner_id,
        )
        assert browser.learner is None


def test_use_prolongs_a_session_and_its_cookie(site: Site) -> None:
    """A visit after more than a day sends the cookie again, with its whole life before it."""
    browser = site.browser().begin()
    assert "set-cookie" not in browser.get("/api/session").headers
    site.sql("UPDATE session SET last_seen_at = last_seen_at - :ago", ago=2 * DAY)
    response = browser.get("/api/session")
    assert "Max-Age=34560000" in response.headers["set-cookie"]
    assert "set-cookie" not in browser.get("/api/session").headers


def test_parallel_first_visits_each_get_a_working_session(site: Site) -> None:
    """Twenty at once: twenty learners, twenty handles, none lost."""

    async def begin() -> list[str]:
        async def one() -> str:
            return str((await site.app.state.edge.sessions.begin("test"))[1].handle)

        return list(await asyncio.gather(*(one() for _ in range(20))))

    assert len(set(site.client.run(begin))) == 20


def test_the_sweeper_forgets_who_can_never_come_back(site: Site) -> None:
    """An anonymous learner without a session is deleted after the idle time, an account never."""
    guest, account = site.browser().begin(), site.account(event(HELLO))
    guest.tell(event(HELLO))
    site.sql("UPDATE learner SET last_active_at = last_active_at - :ago", ago=500 * DAY)
    site.sql("UPDATE session SET last_seen_at = last_seen_at - :ago", ago=500 * DAY)
    edge, metrics = site.app.state.edge, site.app.state.metrics
    from edge_api.services import sweeper

    site.client.run(lambda: sweeper.turn(edge, metrics, 0))
    assert guest.learner is None
    assert account.learner is None
    assert [row.anonymous for row in site.sql("SELECT anonymous FROM learner")] == [False]
    assert site.sql("SELECT * FROM session") == []
    assert len(site.sql("SELECT * FROM xp_event")) == 1
