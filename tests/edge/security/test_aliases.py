"""A cookie that has just been replaced: good for what was under way, and for nothing that it could not do before."""

from __future__ import annotations

import pytest

from edge.clients import HELLO, STORAGE, Browser, Site, event


def signed_in(site: Site) -> tuple[Browser, Browser]:
    """Return a browser that has just signed in to an account by a recovery code, and whoever knew its cookie before."""
    account = site.account(event(HELLO))
    code = account.post("/api/recovery-codes").json()["recovery_codes"][0]
    victim = site.browser().begin()
    planted = Browser(site.client, dict(victim.cookies))
    assert victim.post("/api/recovery", {"code": code}).status_code == 200
    return victim, planted


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/session", None),
        ("POST", "/api/session", None),
        ("DELETE", "/api/session", None),
        ("GET", "/api/sessions", None),
        ("DELETE", "/api/sessions", None),
        ("PUT", "/api/handle", {"handle": "mallory"}),
        ("PUT", "/api/visibility", {"visible": False}),
        ("GET", "/api/leaderboard/around-me", None),
        ("GET", "/api/achievements", None),
        ("DELETE", "/api/account", None),
        ("POST", "/api/passkeys/sign-in/options", None),
    ],
)
def test_a_planted_cookie_learns_and_changes_nothing_of_the_account(
    site: Site, method: str, path: str, body: dict[str, object] | None
) -> None:
    """After a sign-in to another learner the old cookie may add progress; it reads, renames, hides and ends nothing."""
    victim, planted = signed_in(site)
    before = victim.learner
    response = planted.send(method, path, **({} if body is None else {"json": body}))
    assert (response.status_code, response.json()["code"]) == (409, "session-renewed")
    assert before is not None
    assert before["handle"] not in response.text
    assert victim.learner == before


def test_what_was_under_way_at_a_sign_in_still_arrives(site: Site) -> None:
    """Progress that a page sent with the cookie of a moment ago joins the account."""
    victim, planted = signed_in(site)
    assert planted.tell(event(STORAGE))["results"][0]["status"] == "accepted"
    assert (victim.learner or {})["xp"] == 20


def test_signing_out_with_the_cookie_of_a_moment_ago_signs_out(site: Site) -> None:
    """Whoever pressed the button is signed out, although the cookie changed while the request was under way."""
    browser = site.browser().begin()
    old = Browser(site.client, dict(browser.cookies))
    learner_id = site.learner_id(browser)
    renewed = site.browser().begin()
    site.sql("UPDATE session SET learner_id = :id", id=learner_id)
    site.sql(
        "UPDATE session SET replaced_by = (SELECT id FROM session WHERE created_at = "
        "(SELECT max(created_at) FROM session)), alias_until = created_at + 30000000 "
        "WHERE created_at = (SELECT min(created_at) FROM session)"
    )
    assert renewed.learner == old.learner is not None
    assert old.delete("/api/session").status_code == 204
    assert renewed.learner is None
