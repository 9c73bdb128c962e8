"""What every answer has in common: explicit caching, one form of error, the shapes of the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from edge.clients import COUNTER, ERC20, HELLO, LOCATIONS, OVERFLOW, PRAGMA, Browser, Site, answer, event
from edge_api.endpoints.probes import Health
from edge_api.operations import OPERATIONS
from edge_api.problems import CODES
from patience import until

CONTRACT = Path(__file__).parents[2] / "contract"


def fits(name: str, value: Any) -> None:
    schema = json.loads((CONTRACT / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


def test_every_body_fits_the_contract(site: Site) -> None:
    """What the edge really answers validates against tests/contract/."""
    browser = site.browser()
    fits("session", browser.get("/api/session").json())
    fits("session", browser.post("/api/session").json())
    site.enrol(browser)
    batch = {
        "events": [
            event(HELLO),
            answer(PRAGMA, 1),
            answer(LOCATIONS, 0),
            event(OVERFLOW, "quiz.answered", answer="it reverts"),
            event(COUNTER, "exercise.passed"),
            event("learn-solidity/unknown"),
            event(ERC20, "quiz.answered", choices=[]),
        ]
    }
    fits("progress-request", batch)
    fits("progress-response", browser.post("/api/progress", batch).json())
    fits("progress-response", browser.post("/api/progress", {"events": [1, {"id": 2}, *batch["events"]]}).json())
    fits("progress-list", browser.get("/api/progress").json())
    fits("progress-list", browser.get("/api/progress?limit=2").json())
    fits("achievements", browser.get("/api/achievements").json())
    fits("leaderboard", browser.get("/api/leaderboard?limit=1").json())
    fits("around-me", browser.get("/api/leaderboard/around-me").json())
    fits("sessions", browser.get("/api/sessions").json())
    fits("passkeys", browser.get("/api/passkeys").json())
    fits("problem", browser.get("/api/nothing").json())
    assert (
        browser.get("/api/courses/learn-solidity").json()
        == json.loads((CONTRACT / "examples" / "catalog.json").read_text(encoding="utf-8"))["courses"][0]
    )
    listed = browser.get("/api/courses").json()["courses"]
    assert [(each["id"], each["lessons"], each["xp"]) for each in listed] == [
        ("learn-solidity", 3, 70),
        ("日本語", 1, 10),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_every_answer_says_how_it_may_be_kept(site: Site, method: str) -> None:
    """A walk over all routes with every method: Cache-Control is there, and nobody's answer is public by accident."""
    browser = site.account(event(HELLO))
    for operation in OPERATIONS:
        if operation.path == "/api/live":
            continue  # a stream has no end: tests/edge/faults/test_live.py listens to it
        path = re.sub(r"{id}", "none", operation.path)
        public = operation.access == "public" and method in {"GET", "HEAD"}
        session = dict(browser.cookies)
        response = browser.send(method, path)
        kept = response.headers["cache-control"]
        if public and response.status_code == 200:
            assert kept.startswith("public, max-age="), path
            assert "set-cookie" not in response.headers
        else:
            assert "no-store" in kept, (method, path)
        if response.status_code >= 400 and method != "HEAD":
            assert response.headers["content-type"] == "application/problem+json"
            fits("problem", response.json())
            assert response.json()["code"] in CODES
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-request-id"]
        if path == "/api/session" and method == "DELETE":
            browser.cookies = session


def test_public_answers_do_not_depend_on_who_asks(site: Site) -> None:
    """Cookie and Authorization never reach a public handler; the bytes are the same for everybody."""
    browser = site.account(event(HELLO))
    stranger = site.browser()
    for path in ("/api/courses", "/api/courses/learn-solidity", "/api/leaderboard", "/api/openapi.json"):
        mine = browser.get(path, headers={"Authorization": "Bearer x"})
        theirs = stranger.get(path)
        assert mine.content == theirs.content
        assert mine.headers["etag"] == theirs.headers["etag"]
        assert mine.headers.get("vary") == "Accept-Encoding"


def test_who_has_the_answer_is_told_so(browser: Browser) -> None:
    """ETag and If-None-Match, by weak comparison, in lists, and with a star."""
    first = browser.get("/api/courses")
    etag = first.headers["etag"]
    for header in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        response = browser.get("/api/courses", headers={"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert response.headers["cache-control"] == first.headers["cache-control"]
    assert browser.get("/api/courses", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_head_is_a_get_without_its_body(browser: Browser) -> None:
    """Same status, same headers."""
    head, get = browser.send("HEAD", "/api/leaderboard"), browser.get("/api/leaderboard")
    assert head.status_code == 200
    assert head.headers["etag"] == get.headers["etag"]


def test_a_wrong_method_names_the_right_ones(browser: Browser) -> None:
    """405 with Allow."""
    response = browser.send("PATCH", "/api/session")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, HEAD, POST")


def test_a_request_id_comes_back(browser: Browser) -> None:
    """A proxy's id is kept where it is a decent one, and made otherwise."""
    assert (
        browser.get("/api/session", headers={"X-Request-Id": "abcdef-123456"}).headers["x-request-id"]
        == "abcdef-123456"
    )
    made = browser.get("/api/session", headers={"X-Request-Id": "a b\tc"}).headers["x-request-id"]
    assert re.fullmatch(r"[a-z2-7]{26}", made)
    problem = browser.get("/api/nothing", headers={"X-Request-Id": "abcdef-123456"}).json()
    assert problem["request_id"] == "abcdef-123456"


def test_a_body_that_is_no_json_is_refused_as_such(browser: Browser) -> None:
    """Cut short, not UTF-8, or nothing at all."""
    browser.begin()
    json_body = {"Content-Type": "application/json"}
    for body in (b'{"handle": "ada', b'{"handle": "\xff"}', b""):
        response = browser.send("PUT", "/api/handle", content=body, headers=json_body)
        assert (response.status_code, response.json()["code"]) == (400, "bad-json"), body[:20]


def test_what_only_accounts_have_is_refused_to_anonymous_learners(browser: Browser) -> None:
    """They are told what to do; an account whose ceremony is long ago is asked for it again."""
    browser.begin()
    for method, path in (("GET", "/api/passkeys"), ("POST", "/api/recovery-codes")):
        response = browser.send(method, path)
        assert (response.status_code, response.json()["code"]) == (409, "needs-passkey")


def test_the_unexpected_is_a_problem_too(site: Site) -> None:
    """A fault of ours is 500 in the one format, without a word of what broke."""
    site.app.state.edge.documents.catalog = None
    response = site.browser().get("/api/courses")
    assert (response.status_code, response.json()["code"]) == (500, "broken")
    assert "Traceback" not in response.text
    assert "NoneType" not in response.text


def test_probes_say_what_is_so(site: Site) -> None:
    """Alive, ready, healthy, measured."""
    browser = site.browser()
    browser.get("/api/leaderboard")
    assert browser.get("/livez").text == "alive\n"
    assert browser.get("/readyz").json() == {"ready": True, "reasons": [], "degraded": []}
    detail = browser.get("/healthz").json()
    assert detail["database"]["state"] == "ok"
    assert detail["documents"] == "ok"
    metrics = browser.get("/metrics").text
    line = (
        'http_server_request_duration_seconds_count{http_request_method="GET",'
        'http_response_status_code="200",http_route="/api/leaderboard"} 1'
    )
    assert line in metrics
    assert 'edge_dependency_up{dep="database"} 1' in metrics


def test_numbers_have_all_their_digits(site: Site) -> None:
    """A counter of millions shows each step: who takes its rate sees no stairs."""
    browser = site.browser()
    site.app.state.metrics.add("edge_swept_total", 1_234_567_890, kind="boards")
    site.app.state.metrics.set("edge_event_loop_lag_seconds", 0.0123456789)
    told = browser.get("/metrics").text
    assert 'edge_swept_total{kind="boards"} 1234567890\n' in told
    assert "edge_event_loop_lag_seconds 0.0123456789\n" in told


def test_waiting_for_a_connection_is_seen(site: Site) -> None:
    """How long taking one took, who waits, and who waited in vain."""
    browser = site.browser().begin()
    # The instance's own chores take connections, too: for a moment one of them may be who waits.
    until("nobody waits", lambda: "db_client_connection_pending_requests 0\n" in browser.get("/metrics").text)
    told = browser.get("/metrics").text
    assert "db_client_connection_timeouts_total 0\n" in told
    count = re.search(r"^db_client_connection_wait_time_seconds_count (\d+)$", told, re.MULTILINE)
    assert count is not None
    assert int(count[1]) > 0


def test_metrics_know_no_free_words(site: Site) -> None:
    """Paths, methods and ids that a client makes up never become labels."""
    browser = site.browser()
    for path in ("/api/x1", "/api/x2", "/api/courses/zzz"):
        browser.get(path)
    browser.send("BREW", "/api/session")
    metrics = browser.get("/metrics").text
    assert "x1" not in metrics
    assert "zzz" not in metrics
    assert "BREW" not in metrics


def test_draining_turns_new_work_away(site: Site) -> None:
    """503 with Retry-After and X-Drain, so that a proxy asks elsewhere; readyz says why; livez lives."""
    browser = site.browser()
    site.app.state.lifecycle.drain()
    response = browser.get("/api/courses")
    assert (response.status_code, response.json()["code"]) == (503, "draining")
    assert response.headers["x-drain"] == "1"
    assert response.headers["connection"] == "close"
    assert int(response.headers["retry-after"]) >= 1
    assert browser.get("/readyz").json() == {"ready": False, "reasons": ["draining"], "degraded": []}
    assert browser.get("/livez").status_code == 200


def test_an_older_schema_is_not_ready(site: Site) -> None:
    """Ready means that the schema has what this release needs."""
    site.sql("ALTER TABLE passkey RENAME COLUMN label TO label_of_old")
    try:
        site.app.state.health = Health(patience=60)
        response = site.browser().get("/readyz")
        assert response.status_code == 503
        assert response.json()["reasons"] == ["the schema lacks passkey.label"]
    finally:
        site.sql("ALTER TABLE passkey RENAME COLUMN label_of_old TO label")


def test_server_timing_counts_queries(site: Site) -> None:
    """How many statements a request took is there for whoever looks."""
    browser = site.browser().begin()
    assert re.search(
        r'db;dur=\S+;desc="[1-9]\d*q \d+ again", total;dur=', browser.get("/api/progress").headers["server-timing"]
    )
