"""Passkeys as rows: how many there may be, and whose each is. The ceremonies themselves are tested in a browser."""

from __future__ import annotations

import secrets
from types import SimpleNamespace

import pytest
from webauthn.helpers import base64url_to_bytes

from edge.clients import Browser, Site
from edge.store.test_races import current
from edge_api.problems import Refused
from edge_api.services import ceremony
from edge_api.services.passkeys import Done

PLACE = ceremony.Site("localhost", "http://localhost")


def register(site: Site, browser: Browser, credential: bytes, monkeypatch: pytest.MonkeyPatch) -> Done:
    """Register a passkey with this credential id, as if a browser's answer had been verified."""
    who, service = current(site, browser.cookies["session"]), site.app.state.edge.passkeys
    options = site.client.run(lambda: service.registration_options(who, PLACE))
    challenge = base64url_to_bytes(str(options).partition('"challenge": "')[2].partition('"')[0])
    verified = SimpleNamespace(credential_id=credential, credential_public_key=b"key", sign_count=0)
    monkeypatch.setattr(ceremony, "challenge_of", lambda _credential: challenge)
    monkeypatch.setattr(ceremony, "verified_registration", lambda *_: verified)
    done: Done = site.client.run(lambda: service.register(who, PLACE, b"{}", "A key"))
    browser.cookies["session"] = done.issued.token
    return done


def test_an_account_has_at_most_twenty_passkeys(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one brings recovery codes, and only that one."""
    browser = site.browser().begin()
    made = [register(site, browser, secrets.token_bytes(16), monkeypatch) for _ in range(20)]
    assert [len(each.codes) for each in made] == [8, *[0] * 19]
    with pytest.raises(Refused) as refused:
        register(site, browser, secrets.token_bytes(16), monkeypatch)
    assert refused.value.code == "too-many-passkeys"


def test_a_passkey_belongs_to_one_account(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who registers it for another learner is refused, and stays who they were."""
    first, second = site.browser().begin(), site.browser().begin()
    register(site, first, b"the same passkey", monkeypatch)
    with pytest.raises(Refused) as refused:
        register(site, second, b"the same passkey", monkeypatch)
    assert refused.value.code == "passkey-known"
    assert (second.learner or {})["anonymous"]


def test_a_challenge_is_used_up_by_the_first_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right or wrong: the same answer sent again is refused."""
    browser = site.browser().begin()
    register(site, browser, b"a passkey", monkeypatch)
    who, service = current(site, browser.cookies["session"]), site.app.state.edge.passkeys
    with pytest.raises(Refused) as refused:
        site.client.run(lambda: service.register(who, PLACE, b"{}", "Again"))
    assert refused.value.code == "passkey-refused"
