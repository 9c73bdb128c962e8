"""The pure rooms behind a plan, where a case is easier to see alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builder.manifest import Encoding, File, Manifest
from builder.steps.release import retention
from builder.steps.release.identity import given_up, ids, lost
from builder.steps.release.item import items, uncarried
from builder.steps.release.record import Record, Release, begun, committed, find, previous, swept
from builder.steps.release.references import named

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CARRIED = frozenset({"cache-control", "content-type", "content-encoding"})


def history(*days_ago: float) -> Record:
    releases = tuple(
        Release(f"r{n}", (NOW - timedelta(days=days)).isoformat(), "me", 1, 1, "") for n, days in enumerate(days_ago)
    )
    return Record("in-place", live=releases[-1].id, releases=releases)


def test_the_last_five_stay_however_old_and_all_of_the_last_week() -> None:
    assert retention.kept(history(90, 80, 70, 60, 50, 40), "new", NOW, None) == {"r2", "r3", "r4", "r5", "new"}
    assert retention.kept(history(6, 5, 4, 3, 2, 1, 0.5), "new", NOW, None) >= {f"r{n}" for n in range(7)}


def test_a_release_that_was_live_until_yesterday_stays_however_old_it_is() -> None:
    record = history(300, 1, 0.9, 0.8, 0.7, 0.6, 0.5)
    assert "r0" in retention.kept(record, "new", NOW, None)


def test_a_number_is_taken_at_its_word_and_the_new_release_always_stays() -> None:
    assert retention.kept(history(3, 2, 1), "new", NOW, 1) == {"new"}
    assert retention.kept(history(3, 2, 1), "r0", NOW, 2) == {"r0", "r2"}


def test_the_record_goes_from_settled_to_begun_to_committed_to_swept() -> None:
    record = history(2, 1)
    new = Release("new", NOW.isoformat(), "me", 1, 1, "")
    intent = begun(record, new)
    assert (intent.intent, intent.live, intent.releases[-1].cut) == (("r1", "new"), "r1", True)
    again = begun(intent, Release("newer", NOW.isoformat(), "me", 1, 1, ""))
    assert again.intent == ("r1", "new", "newer")
    done = committed(intent, new, frozenset({"r1", "new"}), {}, swept=False)
    assert (done.live, done.intent, [one.id for one in done.releases]) == ("new", (), ["r1", "new"])
    assert not done.releases[-1].cut
    assert swept(done).swept


def test_rollback_means_the_release_before_or_the_live_one_while_a_deploy_is_half_done() -> None:
    record = history(3, 2, 1)
    before = previous(record)
    assert before is not None
    assert before.id == "r1"
    half = previous(begun(record, Release("new", "", "", 1, 1, "")))
    assert half is not None
    assert half.id == "r2"
    assert previous(history(1)) is None


def test_a_release_is_found_by_the_beginning_of_its_id_if_only_one_has_it() -> None:
    record = history(2, 1)
    assert find(record, "r") is None
    assert find(record, "r1") == record.releases[1]


def test_only_what_carries_progress_may_not_be_lost() -> None:
    live = {"courses": [{"id": "a", "modules": [{"id": "m", "lessons": [{"id": "one", "quizzes": [{"id": "q"}]}]}]}]}
    assert ids(live, None) == {"a/one", "a/q"}
    renamed = {"courses": [{"id": "a", "modules": [{"id": "other", "lessons": [{"id": "one"}]}]}]}
    assert lost(ids(live, None), ids(renamed, None), frozenset()) == ("a/q",)
    assert lost(ids(live, None), ids(renamed, None), given_up({"retired": ["a/q"]}, None)) == ()
    assert lost(ids(None, None), ids(renamed, None), frozenset()) == ()


def test_a_lesson_that_is_retired_or_has_moved_takes_its_quizzes_with_it() -> None:
    live: dict[str, Any] = {"items": {"a/one": {}, "a/one#q": {}, "a/two": {}, "a/two#q": {}, "a/three": {}}}
    new = {
        "items": {"a/two-b": {}, "a/two-b#q": {}},
        "aliases": {"a/two": "a/two-b", "a/two#q": "a/two-b#q"},
        "retired": ["a/one"],
    }
    assert lost(ids({}, live), ids({}, new), given_up({}, new)) == ("a/three",)


def test_what_is_too_large_for_the_cdn_to_compress_is_stored_compressed() -> None:
    packed = {"br": Encoding("assets/solc.1.wasm.br", "d2", 3_000_000)}
    big = File("d1", 25_000_000, "application/wasm", {}, "asset", 1, packed)
    manifest = Manifest("id", 0, drafts=False, files={"assets/solc.1.wasm": big})
    edge = items(manifest, "edge", CARRIED)
    assert edge["assets/solc.1.wasm"].source == "assets/solc.1.wasm.br"
    assert edge["assets/solc.1.wasm"].headers["content-encoding"] == "br"
    rewrite = items(manifest, "rewrite", CARRIED)
    assert (rewrite["assets/solc.1.wasm"].digest, rewrite["assets/solc.1.wasm.br"].digest) == ("d1", "d2")
    assert "content-encoding" not in items(manifest, "static", CARRIED)["assets/solc.1.wasm.br"].headers


def test_a_header_of_the_build_wins_and_one_the_target_cant_carry_is_named() -> None:
    file = File("d", 1, "text/html", {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}, "page", 2)
    manifest = Manifest("id", 0, drafts=False, files={"index.html": file})
    item = items(manifest, "edge", CARRIED)["index.html"]
    assert item.headers == {"cache-control": "no-store", "content-type": "text/html; charset=utf-8"}
    assert uncarried(manifest, CARRIED) == ("x-frame-options",)


@pytest.mark.parametrize(
    ("html", "files", "pages"),
    [
        ('<img src="/a.png" srcset="b.png 1x, ../c.png 2x">', {"a.png", "l/b.png", "c.png"}, set()),
        ("<a href='../m/'>m</a><a href=\"/x.pdf\">x</a>", {"x.pdf"}, {"m/index.html"}),
        ('<a href="https://other.example/">o</a><a href="#here">h</a>', set(), {"l/index.html"}),
        ('<link href="/assets/a.css?x=1"><a href="/api/session">s</a>', {"assets/a.css"}, set()),
        ('<a href="/caf%C3%A9/">c</a><img src="data:image/png;base64,AA">', set(), {"café/index.html"}),
    ],
)
def test_what_a_page_names(html: str, files: set[str], pages: set[str]) -> None:
    found = named("l/index.html", html)
    assert (set(found.files), set(found.pages)) == (files, pages)
