"""An attacker's hand: other sites, other hosts, crooked paths, bodies that are too large, too deep or too slow."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from edge.clients import HELLO, Browser, Client, Site, event, running
from edge_api.app import create_app
from edge_api.settings import Secret, Settings
from edge_api.stores.limits import MemoryLimiter


def status(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "https://localhost"},
        {"Referer": "https://evil.example/page"},
        {"Referer": "nonsense"},
        {},
    ],
)
def test_another_site_changes_nothing(site: Site, headers: dict[str, str]) -> None:
    """Fetch Metadata decides; without it Origin or Referer must be ours; with a session, silence is a no."""
    browser = site.browser().begin()
    browser.headers = {}
    for method, path in (("POST", "/api/progress"), ("PUT", "/api/handle"), ("DELETE", "/api/account")):
        body = json.dumps({"events": [event(HELLO)]})
        response = browser.send(method, path, headers=headers, content=body)
        assert status(response) == (403, "cross-site")
    assert site.sql("SELECT * FROM progress_event") == []
    assert browser.learner is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Referer": "http://localhost/learn/"},
    ],
)
def test_our_own_pages_may_write(browser: Browser, headers: dict[str, str]) -> None:
    """By any of the ways in which browsers, new and old, say where a request comes from."""
    browser.begin()
    browser.headers = {}
    assert browser.post("/api/progress", {"events": [event(HELLO)]}, headers=headers).status_code == 200


def test_nothing_changes_on_a_get(site: Site) -> None:
    """Safe methods are safe: no row is written by a walk over every GET."""
    browser = site.account(event(HELLO))
    tables = ("learner", "session", "progress_event", "xp_event", "xp_total", "board_shard", "challenge", "passkey")

    def snapshot() -> list[Any]:
        return [sorted(map(str, site.sql(f"SELECT * FROM {table}"))) for table in tables]

    before = snapshot()
    # A stream has no end to wait for; it reads what the others read.
    for path in site.app.state.openapi["paths"].keys() - {"/api/live"}:
        browser.get(path.replace("{id}", "x"))
    assert snapshot() == before


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/json; charset=utf-16"],
)
def test_only_json_is_read(browser: Browser, kind: str) -> None:
    """What an HTML form can send is refused before it is parsed."""
    browser.begin()
    headers = {"Content-Type": kind} if kind else {}
    response = browser.send("POST", "/api/progress", headers=headers, content=b'{"events": []}')
    assert status(response) == (415, "not-json")


def test_bodies_have_a_size(browser: Browser) -> None:
    """Declared or streamed, too much is refused; without a length too."""
    browser.begin()
    huge = b'{"events": [' + b"1," * 300_000 + b"1]}"
    response = browser.send("POST", "/api/progress", headers={"Content-Type": "application/json"}, content=huge)
    assert status(response) == (413, "too-large")

    async def dribble() -> Any:
        for _ in range(60):
            yield b" " * 10_000

    response = browser.send("POST", "/api/progress", headers={"Content-Type": "application/json"}, content=dribble())
    assert status(response) == (413, "too-large")


@pytest.mark.parametrize("depth", [500, 100_000])
@pytest.mark.parametrize("place", ["[%s]", '{"events": [%s]}', '{"events": [{"id": %s}]}', '{"x": %s, "events": [1]}'])
def test_deep_nesting_breaks_nothing(browser: Browser, place: str, depth: int) -> None:
    """However deep, the answer is a refusal or a rejected event, never a fault."""
    browser.begin()
    body = (place % ("[" * depth + "]" * depth)).encode()
    response = browser.send("POST", "/api/progress", headers={"Content-Type": "application/json"}, content=body)
    assert response.status_code in {200, 400, 422}
    if response.status_code == 200:
        assert {each["status"] for each in response.json()["results"]} == {"rejected"}
    assert browser.learner is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"null", b"[]", b'{"events": {}}', b'"\\ud800"', b"NaN", b'{"events":[1],"events":[2]}x'],
)
def test_broken_json_is_refused(browser: Browser, body: bytes) -> None:
    """400 where it is no JSON, 422 where it is none of ours."""
    browser.begin()
    response = browser.send("POST", "/api/progress", headers={"Content-Type": "application/json"}, content=body)
    assert response.status_code in {400, 422}


def test_a_slow_body_is_cut_off(settings: Settings) -> None:
    """A client that dribbles its body is sent away when its time is up, and holds no connection to the database."""
    hasty = msgspec.structs.replace(settings, body_seconds=0.05)
    with running(create_app(hasty)) as client:
        browser = Browser(client).begin()

        async def dribble() -> Any:
            yield b'{"events": ['
            await asyncio.Event().wait()
            yield b"]}"

        response = browser.send(
            "POST", "/api/progress", headers={"Content-Type": "application/json"}, content=dribble()
        )
        assert status(response) == (408, "slow-body")


def test_nobody_assigns_what_is_not_theirs(site: Site) -> None:
    """Mass assignment: extra fields in any body are as if they were not there."""
    browser, victim = site.browser().begin(), site.browser().begin()
    extra = {"learner_id": site.learner_id(victim), "xp": 10_000, "anonymous": False, "listed": True, "id": "x"}
    browser.put("/api/handle", {"handle": "mallory", **extra})
    browser.put("/api/visibility", {"visible": True, **extra})
    browser.post("/api/session", extra)
    browser.post("/api/progress", {"events": [{**event(HELLO), **extra, "id": event(HELLO)["id"]}], **extra})
    learner = browser.learner
    assert learner is not None
    assert (learner["xp"], learner["anonymous"]) == (10, True)
    assert (victim.learner or {})["xp"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "//api/session",
        "/api//session",
        "/api/session/",
        "/api/./session",
        "/api/../api/session",
        "/api/%2e%2e/session",
        "/api%2Fsession",
        "/api/sess%69on",
        "/api/session;x=1",
        "/api/session%00",
        "/api/session%0d%0aX: 1",
        "/api/courses/%ff",
        "/api/courses/%e6%97%a5",
        "/api/courses/日",
        "/api/session.css",
        "/api/session/style.css",
        "/API/session",
    ],
)
def test_a_resource_has_one_path(site: Site, path: str) -> None:
    """Cache deception and poisoning begin with a second spelling: 400 or 404, never the answer, never a redirect."""
    scope_path = path.encode()
    sent: list[Any] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        from urllib.parse import unquote

        scope = {
            "type": "http",
            "method": "GET",
            "path": unquote(path),
            "raw_path": scope_path,
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "scheme": "http",
            "root_path": "",
        }
        await site.app(scope, receive, send)

    site.client.run(ask)
    assert sent[0]["status"] in {400, 404}
    assert b"learner" not in sent[1]["body"]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80:80", "", "localhost@evil", "[::1"]
)
def test_a_foreign_host_is_not_served(browser: Browser, host: str) -> None:
    """The Host header never enters an answer, and a wrong one gets none."""
    response = browser.get("/api/courses", headers={"Host": host})
    assert status(response) == (400, "bad-host")


def test_forwarded_headers_mean_nothing_from_strangers(site: Site) -> None:
    """Method overrides, rewritten URLs and hosts in headers are not looked at."""
    browser = site.browser().begin()
    response = browser.get(
        "/api/session",
        headers={
            "X-HTTP-Method-Override": "DELETE",
            "X-Original-URL": "/api/account",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        },
    )
    assert response.status_code == 200
    assert "evil" not in response.text + str(response.headers)
    assert browser.learner is not None


def test_an_unknown_token_is_never_adopted(site: Site) -> None:
    """Fixation: a made-up cookie is nobody's session, and beginning one replaces it."""
    browser = site.browser()
    for planted in ("A" * 43, "short", "x" * 5000, "'; DROP TABLE session --", "é" * 43):
        browser.cookies = {"session": planted}
        try:
            assert browser.learner is None
        except UnicodeEncodeError:
            continue
        browser.begin()
        assert browser.cookies["session"] != planted
        assert len(browser.cookies["session"]) == 43


def test_an_alias_is_dead_after_its_moment(site: Site) -> None:
    """A replaced session answers for half a minute and never again."""
    browser = site.account(event(HELLO))
    site.sql("UPDATE session SET replaced_by = 'new', alias_until = created_at + 30000000, authenticated_at = NULL")
    assert browser.get("/api/progress").status_code == 200
    assert status(browser.get("/api/passkeys")) == (409, "session-renewed")
    site.sql("UPDATE session SET alias_until = created_at - 1")
    assert status(browser.get("/api/progress")) == (401, "no-session")


def test_logs_hold_no_secret(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The life of a session is in the log by its public name; tokens, digests, handles and bodies are not."""
    with caplog.at_level(logging.DEBUG):
        browser = site.browser().begin()
        browser.tell(event(HELLO))
        browser.put("/api/handle", {"handle": "zanzibar"})
        token = browser.cookies["session"]
        browser.delete("/api/session")
    (row,) = site.sql("SELECT handle FROM learner")
    # Statements and parameters are the driver's own debug words, which nobody turns on in public.
    lines = [str(vars(record)) for record in caplog.records if record.name.startswith(("edge", "uvicorn"))]
    assert any("session began" in line for line in lines)
    assert any("session ended" in line for line in lines)
    assert not any(secret in line for line in lines for secret in (token, row.handle, "zanzibar", HELLO))


@contextmanager
def limited(settings: Settings) -> Iterator[Client]:
    """Run an edge that limits rates, whose clock stands still: no bucket fills while a busy machine is slow."""
    app = create_app(msgspec.structs.replace(settings, rate_limits=True))
    with running(app) as client:
        app.state.edge = msgspec.structs.replace(app.state.edge, limiter=MemoryLimiter(clock=lambda: 0.0))
        yield client


def test_rates_are_limited_per_session_and_per_address(settings: Settings) -> None:
    """Writes end with 429 and a time to come back; another session and another address go on."""
    with limited(settings) as client:
        noisy, calm = Browser(client).begin(), Browser(client).begin()
        codes = [noisy.post("/api/progress", {"events": [1]}).status_code for _ in range(61)]
        assert codes == [200] * 60 + [429]
        last = noisy.post("/api/progress", {"events": [1]})
        assert last.json()["code"] == "slow-down"
        assert int(last.headers["retry-after"]) >= 1
        assert calm.post("/api/progress", {"events": [1]}).status_code == 200
        strangers = [Browser(client).post("/api/session").status_code for _ in range(119)]
        assert strangers == [201] * 118 + [429]


def test_guessing_recovery_codes_is_slow(settings: Settings) -> None:
    """Five guesses, then one in twelve seconds; 80 bits would outlast the universe anyway."""
    with limited(settings) as client:
        codes = [
            Browser(client, {}, {"Origin": "http://localhost"}).post("/api/recovery", {"code": "0" * 16})
            for _ in range(6)
        ]
        assert [each.status_code for each in codes] == [401] * 5 + [429]


def test_public_reads_are_not_limited_by_address(settings: Settings) -> None:
    """A school behind one address reads as much as it likes."""
    with limited(settings) as client:
        assert {client.get("/api/courses").status_code for _ in range(300)} == {200}


@pytest.mark.parametrize(
    ("proxies", "header", "seen"),
    [
        ((), "6.6.6.6", "127.0.0.1"),
        (("127.0.0.0/8",), "6.6.6.6", "6.6.6.6"),
        (("127.0.0.0/8",), "1.1.1.1, 6.6.6.6", "6.6.6.6"),
        (("127.0.0.0/8", "10.0.0.0/8"), "1.1.1.1, 6.6.6.6, 10.0.0.1", "6.6.6.6"),
        (("127.0.0.0/8",), "2001:db8::1", "2001:db8::/64"),
        (("127.0.0.0/8",), "", "127.0.0.1"),
        (("127.0.0.0/8",), "nonsense", "nonsense"),
    ],
)
def test_the_clients_address_comes_from_configured_proxies_only(
    settings: Settings, proxies: tuple[str, ...], header: str, seen: str
) -> None:
    """The nearest hop that is no proxy of ours; a client's own words about itself are nothing."""
    from starlette.requests import Request

    from edge_api.endpoints import door

    app = create_app(msgspec.structs.replace(settings, proxies=proxies))
    with running(app):
        headers = [(b"x-forwarded-for", header.encode())] if header else []
        request = Request({"type": "http", "app": app, "headers": headers, "client": ("127.0.0.1", 1)})
        assert door.address(request) == seen


def test_over_tls_the_cookie_is_bound_to_its_host(settings: Settings) -> None:
    """With an https origin the cookie is __Host- and Secure, and only that origin is ours."""
    public = msgspec.structs.replace(settings, origin="https://learn.example", secret_key=Secret("x" * 32))
    with running(create_app(public), "https://learn.example") as client:
        browser = Browser(client, {}, {"Origin": "https://learn.example"})
        cookie = browser.post("/api/session").headers["set-cookie"]
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert browser.learner is not None
        assert status(browser.get("/api/courses", headers={"Host": "localhost"})) == (400, "bad-host")
        assert browser.post("/api/session", headers={"Origin": "http://learn.example"}).status_code == 403
        assert browser.get("/livez", headers={"Host": "10.0.0.1"}).status_code == 200
        planted = Browser(client, {"session": browser.cookies["__Host-session"]}, browser.headers)
        assert planted.learner is None
