"""Kept answers as clients see them: what the layers say, what is shared, what passes by, what a change does."""

from __future__ import annotations

import re
import time

import pytest

from edge.clients import ERC20, HELLO, STORAGE, Browser, Site, answer, event
from edge_api.endpoints.leaderboard import _fresh

LOOKUPS = re.compile(r'edge_cache_computations_total{route="([^"]+)"} (\d+)')


def computed(browser: Browser) -> dict[str, int]:
    return {route: int(count) for route, count in LOOKUPS.findall(browser.get("/metrics").text)}


def memory(browser: Browser, path: str, **more: str) -> str:
    """Return what the layer next to us says."""
    said: str = browser.get(path, headers=more).headers["cache-status"].split(", ")[-1]
    return said


def test_a_second_answer_is_the_first_one(site: Site) -> None:
    """Same bytes, same tag, an age, and a layer that says so."""
    browser = site.browser()
    first, second = browser.get("/api/courses"), browser.get("/api/courses")
    assert first.headers["cache-status"].endswith("edge-memory; fwd=miss; stored")
    assert "age" not in first.headers
    assert re.fullmatch("edge-memory; hit; ttl=(59|60)", second.headers["cache-status"])
    assert second.headers["age"] == "0"
    assert first.content == second.content
    for name in ("etag", "cache-control", "content-type", "vary", "content-length"):
        assert first.headers[name] == second.headers[name]
    assert computed(browser) == {"/api/courses": 1}


def test_spellings_of_one_request_share_one_answer(site: Site) -> None:
    """Order, defaults, what nobody asked for, codings, cookies: all the same to the handler, and one computation."""
    site.account(event(HELLO))
    browser = site.browser()
    bodies = {
        browser.get(f"/api/leaderboard{query}", headers=headers).content
        for query, headers in (
            ("", {}),
            ("?limit=50", {}),
            ("?limit=050", {}),
            ("?window=all&limit=50&course=", {}),
            ("?course=&window=all&utm_source=mail", {}),
            ("", {"Accept-Encoding": "br;q=0.1, gzip"}),
            ("", {"Accept-Encoding": "identity;q=0"}),
            ("", {"Accept": "text/html", "User-Agent": "another", "Cookie": "session=x"}),
            ("", {"Cache-Control": "no-cache", "Pragma": "no-cache"}),
        )
    }
    assert len(bodies) == 1
    assert computed(browser) == {"/api/leaderboard": 1}


def test_a_head_and_a_get_share_one_answer(site: Site) -> None:
    """A HEAD is answered from what a GET would be."""
    browser = site.browser()
    head, get = browser.send("HEAD", "/api/courses"), browser.get("/api/courses")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-length"] == get.headers["content-length"]
    assert computed(browser) == {"/api/courses": 1}


def test_who_has_it_is_told_so_from_what_is_kept(site: Site) -> None:
    """304 with the same word on caching, and no computation."""
    browser = site.browser()
    first = browser.get("/api/courses")
    second = browser.get("/api/courses", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, second.content) == (304, b"")
    assert second.headers["cache-groups"] == '"courses", "all"'
    assert computed(browser) == {"/api/courses": 1}
    assert 'layer="http",outcome="hit",route="/api/courses"} 1' in browser.get("/metrics").text


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"Content-Length": "2"}])
def test_what_no_kept_answer_may_depend_on_passes_by(site: Site, headers: dict[str, str]) -> None:
    """Credentials or a body: answered alone, kept by nobody, and the same bytes as everybody's."""
    browser = site.browser()
    content = {"content": b"{}"} if "Content-Length" in headers else {"headers": headers}
    alone = browser.send("GET", "/api/courses", **content)
    assert alone.headers["cache-status"] == "edge-memory; fwd=bypass"
    assert "fwd=miss" in memory(browser, "/api/courses")
    assert alone.content == browser.get("/api/courses").content


def test_personal_answers_never_come_near(site: Site) -> None:
    """No word of a cache, no group."""
    browser = site.account(event(HELLO))
    for path in ("/api/session", "/api/progress", "/api/leaderboard/around-me", "/api/achievements"):
        headers = browser.get(path).headers
        assert headers["cache-control"] == "private, no-store"
        assert not headers.keys() & {"cache-status", "cache-groups", "age"}


def test_what_is_not_there_is_remembered_shortly(site: Site) -> None:
    """A 404 is made once; each asker gets a problem with an id of their own. Wrong parameters are not looked up."""
    browser = site.browser()
    first, second = browser.get("/api/courses/none"), browser.get("/api/courses/none")
    assert (first.status_code, second.status_code) == (404, 404)
    assert first.json()["request_id"] != second.json()["request_id"]
    assert first.headers["cache-control"] == second.headers["cache-control"] == "no-store"
    assert second.headers["cache-status"].startswith("edge-memory; hit")
    for query in ("?limit=0", "?window=year", "?course=none", "?cursor=é", "?limit=1&limit=2"):
        assert browser.get(f"/api/leaderboard{query}").status_code >= 400
    assert computed(browser) == {"/api/courses/{id}": 1}


def test_a_change_is_seen_at_once_where_it_was_made(site: Site) -> None:
    """Points, names, levels, wishes and leaving: the very next page shows them, on every board that they touch."""
    other = site.account(event(ERC20))
    browser = site.account(event(HELLO))

    def board(query: str = "") -> list[tuple[str, int]]:
        page = other.get(f"/api/leaderboard{query}").json()
        return [(entry["handle"], entry["xp"]) for entry in page["entries"]]

    assert [xp for _, xp in board()] == [15, 10]
    browser.tell(event(STORAGE))
    assert [xp for _, xp in board()] == [20, 15]
    for query in ("", "?window=day", "?window=week", "?course=learn-solidity"):
        board(query)
    assert browser.put("/api/handle", {"handle": "Another-Name"}).status_code == 200
    for query in ("", "?window=day", "?window=week", "?course=learn-solidity"):
        assert board(query)[0][0] == "Another-Name", query
    browser.put("/api/visibility", {"visible": False})
    assert [xp for _, xp in board()] == [15]
    assert other.delete("/api/account").status_code == 204
    assert board() == []


def test_a_level_is_one_on_every_board(site: Site) -> None:
    """Points of one course raise the level that the board of another shows."""
    browser = site.account(event("日本語/はじめに"))
    assert len(site.browser().get("/api/leaderboard?course=日本語").json()["entries"]) == 1
    browser.tell(event(HELLO), event(STORAGE), event(ERC20), answer("learn-solidity/basics/hello#pragma", 1))
    (mine,) = site.browser().get("/api/leaderboard").json()["entries"]
    (there,) = site.browser().get("/api/leaderboard?course=日本語").json()["entries"]
    assert (there["level"], there["achievements"]) == (mine["level"], mine["achievements"])
    assert mine["achievements"] > 1


def test_a_change_names_what_it_made_old(site: Site) -> None:
    """The answer to a change has the groups that pages name (RFC 9875)."""
    browser = site.account()
    page = browser.get("/api/leaderboard?course=learn-solidity&window=week").headers["cache-groups"]
    told = browser.post("/api/progress", {"events": [event(HELLO)]}).headers["cache-group-invalidation"]
    assert page == '"board/week/learn-solidity", "all"'
    assert set(re.findall('"([^"]+)"', told)) == {
        f"board/{window}/{course}" for window in ("all", "week", "day") for course in ("", "learn-solidity")
    }
    assert "cache-group-invalidation" not in browser.post("/api/session").headers
    assert "cache-group-invalidation" not in browser.post("/api/progress", {"events": [event(HELLO)]}).headers


def test_other_documents_give_other_answers(site: Site) -> None:
    """A new release of the site is another key: nothing of the old one is served when it has been read."""
    browser = site.browser()
    before = browser.get("/api/courses").json()
    path = site.settings.catalog
    path.write_text(path.read_text(encoding="utf-8").replace("Learn Solidity", "Learn Other"), encoding="utf-8")
    site.app.state.edge.documents.refresh()
    assert browser.get("/api/courses").json() != before


def test_a_page_is_fresh_no_longer_than_its_window() -> None:
    """At midnight, UTC, another day begins."""
    midnight = 86_400 * 20_000.0
    assert _fresh("all", midnight - 0.5) == 2
    assert [_fresh("day", midnight - left) for left in (10.0, 2.0, 1.9, 0.5)] == [2, 2, 1, 0]
    assert _fresh("week", midnight) == 2
    assert _fresh("day", time.time()) <= 2
