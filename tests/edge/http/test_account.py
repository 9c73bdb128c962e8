"""What learners decide about themselves."""

from __future__ import annotations

import asyncio

import pytest

from edge.clients import HELLO, PRAGMA, Browser, Site, answer, event


def test_a_handle_is_made_up_until_one_is_chosen(browser: Browser) -> None:
    """A pseudonym by default, another on request, seen at once."""
    browser.begin()
    learner = browser.learner
    assert learner is not None
    assert learner["handle"].count("-") == 2
    response = browser.put("/api/handle", {"handle": "Ada.Lovelace"})
    assert response.json()["learner"]["handle"] == "Ada.Lovelace"
    assert (browser.learner or {})["handle"] == "Ada.Lovelace"


@pytest.mark.parametrize(
    "handle",
    [
        "ab",
        "x" * 25,
        "-ada",
        "ada-",
        "a--b",
        "a b c",
        "ada!",
        "1ada",
        " ada",
        "ada\n",
        "\u0430d\u0430-lovelace",
        "123",
        "a\u202eb1",
        "<b>",
        "ada\0x",
    ],
)
def test_a_bad_handle_is_refused_in_a_sentence(browser: Browser, handle: str) -> None:
    """Length, characters, scripts that look alike, reserved names."""
    browser.begin()
    response = browser.put("/api/handle", {"handle": handle})
    assert (response.status_code, response.json()["code"]) == (422, "bad-handle")
    assert response.json()["detail"].endswith(".")


@pytest.mark.parametrize("handle", ["admin", "Moderator", "support42"])
def test_the_sites_own_names_are_taken(browser: Browser, handle: str) -> None:
    """Nobody speaks for the site."""
    browser.begin()
    assert browser.put("/api/handle", {"handle": handle}).json()["code"] == "handle-taken"


@pytest.mark.parametrize("handle", ["さくら", "Zoë", "дарья_7", "नमस्ते", "o-2"])
def test_handles_of_any_script_are_welcome(browser: Browser, handle: str) -> None:
    """One script each, letters and digits."""
    browser.begin()
    assert browser.put("/api/handle", {"handle": handle}).status_code == 200


def test_two_learners_never_share_a_handle(site: Site) -> None:
    """Not in another case or form, and not when both ask at once."""
    one, two = site.browser().begin(), site.browser().begin()
    assert one.put("/api/handle", {"handle": "Grace"}).status_code == 200
    assert two.put("/api/handle", {"handle": "GRACE"}).json()["code"] == "handle-taken"
    ids = [site.learner_id(browser) for browser in (one, two)]

    async def both() -> list[object]:
        accounts = site.app.state.edge.accounts
        return list(await asyncio.gather(*(accounts.rename(each, "hopper") for each in ids), return_exceptions=True))

    outcomes = site.client.run(both)
    assert sorted(str(getattr(each, "code", each)) for each in outcomes) == ["handle-taken", "hopper"]


def test_export_has_everything_but_secrets(site: Site) -> None:
    """All that is kept, in one document, without tokens or digests."""
    browser = site.account(event(HELLO), answer(PRAGMA, 1))
    response = browser.get("/api/export")
    assert "attachment" in response.headers["content-disposition"]
    everything = response.json()
    assert [each["xp"] for each in everything["events"]] == [10, 5]
    assert [each["item"] for each in everything["awards"]] == [HELLO, PRAGMA]
    assert len(everything["sessions"]) == 1
    (row,) = site.sql("SELECT id FROM session")
    assert row.id not in response.text
    assert browser.cookies["session"] not in response.text


def test_deleting_an_account_leaves_nothing(site: Site) -> None:
    """Rows, boards, totals and cookie go; others stay."""
    browser, other = site.account(event(HELLO)), site.account(event(HELLO))
    learner_id = site.learner_id(browser)
    assert browser.delete("/api/account").status_code == 204
    assert browser.cookies == {}
    for table in ("learner", "session", "progress_event", "xp_event", "xp_total", "learner_day", "earned"):
        column = "id" if table == "learner" else "learner_id"
        assert site.sql(f"SELECT * FROM {table} WHERE {column} = :id", id=learner_id) == []
        assert site.sql(f"SELECT * FROM {table}") != []
    board = other.get("/api/leaderboard").json()
    assert (board["total"], len(board["entries"])) == (1, 1)


def test_what_may_hurt_wants_a_fresh_sign_in(site: Site) -> None:
    """A quarter of an hour after a ceremony, an account asks for the passkey again."""
    browser = site.account(event(HELLO))
    site.sql("UPDATE session SET authenticated_at = authenticated_at - :ago", ago=16 * 60 * 1_000_000)
    for method, path in (("DELETE", "/api/account"), ("GET", "/api/export"), ("POST", "/api/recovery-codes")):
        response = browser.send(method, path)
        assert (response.status_code, response.json()["code"]) == (401, "sign-in-again")
    assert browser.put("/api/visibility", {"visible": True}).status_code == 200


def test_an_anonymous_learner_leaves_without_asking(browser: Browser) -> None:
    """There is no passkey to ask for; the cookie is all they have."""
    browser.begin()
    assert browser.get("/api/export").status_code == 200
    assert browser.delete("/api/account").status_code == 204
    assert browser.learner is None
