"""Progress and points: told once, counted once, whatever the network does."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from edge.clients import (
    COUNTER,
    ERC20,
    HELLO,
    LOCATIONS,
    OVERFLOW,
    PRAGMA,
    STORAGE,
    Browser,
    Site,
    answer,
    event,
    running,
    wait_until,
)
from edge_api.app import create_app
from edge_api.settings import Settings


def statuses(told: dict[str, object]) -> list[tuple[str, str, int]]:
    results = told["results"]
    assert isinstance(results, list)
    return [(each["status"], each["code"], each["xp"]) for each in results]


def test_points_come_from_the_awards_and_never_from_the_client(browser: Browser) -> None:
    """Fields that a client adds are ignored; the awards decide."""
    browser.begin()
    told = browser.tell({**event(HELLO), "xp": 9999, "points": 9999, "learner_id": "somebody", "status": "accepted"})
    assert statuses(told) == [("accepted", "read", 10)]
    assert (told["xp"], told["level"]) == (10, 1)


def test_every_kind_of_item_is_judged_by_its_own_rule(browser: Browser) -> None:
    """Lessons are read, quizzes have exactly the right choices, traces the right words, exercises wait."""
    browser.begin()
    told = browser.tell(
        event(HELLO),
        answer(PRAGMA, 0),
        answer(PRAGMA, 1),
        answer(LOCATIONS, 2, 0),
        answer(LOCATIONS, 0),
        event(OVERFLOW, "quiz.answered", answer="  it   reverts "),
        event(COUNTER, "exercise.passed"),
        event(HELLO, "quiz.answered", choices=[0]),
    )
    assert statuses(told) == [
        ("accepted", "read", 10),
        ("accepted", "wrong", 0),
        ("accepted", "right", 5),
        ("accepted", "right", 5),
        ("accepted", "wrong", 0),
        ("accepted", "right", 5),
        ("pending", "exercise", 0),
        ("rejected", "kind-mismatch", 0),
    ]
    assert told["xp"] == 25


def test_a_batch_that_is_sent_again_gets_its_first_answers(browser: Browser) -> None:
    """A lost answer costs nothing: the same batch is answered as before, and says so in a header."""
    browser.begin()
    batch = {"events": [event(HELLO), answer(PRAGMA, 1), event("learn-solidity/not-yet")]}
    first = browser.post("/api/progress", batch)
    again = browser.post("/api/progress", batch)
    assert [each["xp"] for each in first.json()["results"]] == [each["xp"] for each in again.json()["results"]]
    assert {each["status"] for each in again.json()["results"]} == {"replayed"}
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.json()["xp"] == first.json()["xp"] == 15


@pytest.mark.parametrize("change", [{"item": ERC20}, {"at": "2026-11-20T10:00:00Z"}, {"type": "exercise.passed"}])
def test_one_id_with_another_body_is_a_conflict(browser: Browser, change: dict[str, str]) -> None:
    """An event id stands for one act for ever."""
    browser.begin()
    first = event(HELLO)
    browser.tell(first)
    assert statuses(browser.tell({**first, **change})) == [("rejected", "conflict", 0)]
    assert statuses(browser.tell({**first, "at": "2026-11-23T11:00:00+01:00"})) == [("replayed", "read", 10)]


def test_ids_are_the_same_in_any_case_and_within_a_batch(browser: Browser) -> None:
    """Two spellings of a UUID are one id, also side by side."""
    browser.begin()
    first = event(HELLO)
    told = browser.tell(first, {**first, "id": first["id"].upper()}, {**first, "item": ERC20})
    assert [each[0] for each in statuses(told)] == ["accepted", "replayed", "rejected"]
    assert [each["id"] for each in told["results"]] == [first["id"], first["id"].upper(), first["id"]]


BAD: list[object] = [
    17,
    None,
    [],
    {},
    {"id": 5},
    {"id": "not-a-uuid", "type": "lesson.read", "item": HELLO, "at": "2026-11-23T10:00:00Z"},
    event(HELLO, "lesson.unread"),
    event("no-course"),
    event(HELLO, at="yesterday"),
    event(HELLO, at="2026-11-23T10:00:00"),
    event(HELLO, at="2026-13-23T10:00:00Z"),
    event(HELLO, at="2026-11-23T10:00:00+23:00"),
    answer(PRAGMA, -1),
    event(PRAGMA, "quiz.answered", choices=["1"]),
    event(PRAGMA, "quiz.answered", choices=[1] * 101),
    event("learn-solidity/" + "x" * 600),
    event("learn-solidity/\0"),
]


def test_one_bad_event_never_fails_its_batch(browser: Browser) -> None:
    """Whatever stands in an event's place, its neighbours are recorded."""
    browser.begin()
    response = browser.post("/api/progress", {"events": [event(HELLO), *BAD, event(ERC20)]})
    assert response.status_code == 200
    first, *between, last = response.json()["results"]
    assert (first["status"], last["status"]) == ("accepted", "accepted")
    assert {(each["status"], each["code"]) for each in between} == {("rejected", "invalid")}
    assert [each["id"] for each in between][:6] == [None, None, None, None, None, "not-a-uuid"]
    assert response.json()["xp"] == 25


def test_finishing_twice_earns_once(browser: Browser) -> None:
    """A new event for a finished item is accepted and earns nothing."""
    browser.begin()
    browser.tell(event(HELLO), answer(PRAGMA, 1))
    told = browser.tell(event(HELLO), answer(PRAGMA, 1))
    assert statuses(told) == [("accepted", "already-earned", 0)] * 2
    assert told["xp"] == 15


def test_reviews_on_a_later_day_earn_a_little_up_to_the_cap(site: Site) -> None:
    """The one repeatable act has a daily cap, which no batch gets around."""
    browser = site.browser().begin()
    awards = json.loads(site.settings.awards.read_text())
    awards["reviews"]["per_day"] = 1
    site.settings.awards.write_text(json.dumps(awards))
    site.app.state.edge.documents.refresh()
    browser.tell(answer(PRAGMA, 1), answer(LOCATIONS, 0, 2))
    assert statuses(browser.tell(answer(PRAGMA, 1))) == [("accepted", "already-earned", 0)]
    site.sql("UPDATE xp_event SET at = at - 86400000000")
    told = browser.tell(answer(PRAGMA, 1), answer(PRAGMA, 1), answer(LOCATIONS, 0, 2))
    assert statuses(told) == [
        ("accepted", "review", 1),
        ("accepted", "already-earned", 0),
        ("accepted", "already-earned", 0),
    ]
    assert told["xp"] == 11


def test_an_unknown_item_waits_until_the_course_knows_it(site: Site) -> None:
    """A page may be a release ahead of the edge: its events are kept, and judged when the awards arrive."""
    browser = site.browser().begin()
    early = event("learn-solidity/tomorrow")
    assert statuses(browser.tell(early)) == [("pending", "unknown-item", 0)]
    awards = json.loads(site.settings.awards.read_text())
    awards["items"]["learn-solidity/tomorrow"] = {"kind": "lesson", "course": "learn-solidity", "xp": 40}
    site.settings.awards.write_text(json.dumps(awards))
    site.app.state.edge.documents.refresh()
    progress = browser.get("/api/progress").json()
    assert progress["xp"] == 40
    assert [(each["status"], each["xp"]) for each in progress["events"]] == [("accepted", 40)]
    assert statuses(browser.tell(early)) == [("replayed", "read", 40)]
    assert statuses(browser.tell(event("learn-solidity/tomorrow"))) == [("accepted", "already-earned", 0)]


def test_what_waits_is_settled_without_the_learner(site: Site) -> None:
    """The sweeper judges what waited, so that boards are right before the learner comes back."""
    browser = site.account(event("learn-solidity/tomorrow"), event(HELLO))
    awards = json.loads(site.settings.awards.read_text())
    awards["items"]["learn-solidity/tomorrow"] = {"kind": "lesson", "course": "learn-solidity", "xp": 40}
    site.settings.awards.write_text(json.dumps(awards))
    site.app.state.edge.documents.refresh()
    assert site.client.run(lambda: site.app.state.edge.ledger.settle_some(10)) == 1
    (entry,) = browser.get("/api/leaderboard").json()["entries"]
    assert (entry["xp"], entry["lessons"]) == (50, 2)


def test_an_instance_does_its_chores_by_itself(settings: Settings) -> None:
    """Nobody asks: new awards are read, what waited for them is settled, and the board shows it."""
    app = create_app(settings)
    with running(app) as client:
        browser = Site(app, client, settings).account(event("learn-solidity/tomorrow"))
        awards = json.loads(settings.awards.read_text())
        awards["items"]["learn-solidity/tomorrow"] = {"kind": "lesson", "course": "learn-solidity", "xp": 40}
        settings.awards.write_text(json.dumps(awards))
        wait_until(lambda: [each["xp"] for each in browser.get("/api/leaderboard").json()["entries"]] == [40])


def test_unknown_items_have_an_end(site: Site) -> None:
    """A thousand unknown items wait for a learner, not more."""
    browser = site.browser().begin()
    for start in (0, 500):
        browser.tell(*(event(f"learn-solidity/unknown-{number}") for number in range(start, start + 500)))
    assert statuses(browser.tell(event("learn-solidity/one-more"))) == [("rejected", "too-many-pending", 0)]
    assert statuses(browser.tell(event(HELLO))) == [("accepted", "read", 10)]


def test_a_renamed_lesson_earns_once_under_all_its_names(site: Site) -> None:
    """An alias carries progress over a rename, in both directions."""
    browser = site.browser().begin()
    assert statuses(browser.tell(event("learn-solidity/basics/first-contract"))) == [("accepted", "read", 10)]
    assert statuses(browser.tell(event(HELLO))) == [("accepted", "already-earned", 0)]
    awards = json.loads(site.settings.awards.read_text())
    awards["items"]["learn-solidity/new-name"] = awards["items"].pop(HELLO)
    awards["aliases"][HELLO] = "learn-solidity/new-name"
    site.settings.awards.write_text(json.dumps(awards))
    site.app.state.edge.documents.refresh()
    for name in (HELLO, "learn-solidity/new-name", "learn-solidity/basics/first-contract"):
        assert statuses(browser.tell(event(name))) == [("accepted", "already-earned", 0)]


def test_a_retired_item_is_told_so(browser: Browser) -> None:
    """An id that was given up earns nothing and does not wait."""
    browser.begin()
    assert statuses(browser.tell(event("learn-solidity/basics/mist"))) == [("rejected", "retired", 0)]


def test_history_comes_in_pages_in_order_of_receipt(browser: Browser) -> None:
    """Pages by cursor give every event once, in order."""
    browser.begin()
    events = [event(f"learn-solidity/unknown-{number}") for number in range(7)]
    for each in events:
        browser.tell(each)
    seen, cursor = [], "0"
    while cursor is not None:
        page = browser.get(f"/api/progress?limit=3&cursor={cursor}").json()
        seen += [each["id"] for each in page["events"]]
        cursor = page["next"]
    assert seen == [each["id"] for each in events]


def test_achievements_are_earned_once_and_told_in_order(browser: Browser) -> None:
    """Rules of the awards decide; each achievement is there from the batch that earned it."""
    browser.begin()
    assert browser.get("/api/achievements").json() == []
    browser.tell(event(HELLO))
    assert [each["id"] for each in browser.get("/api/achievements").json()] == ["first-step"]
    browser.tell(event(STORAGE), event(ERC20))
    browser.tell(event(STORAGE))
    found = [each["id"] for each in browser.get("/api/achievements").json()]
    assert sorted(found) == ["basics", "first-step", "graduate", "hundred"]


def day(ago: int, hour: int = 12) -> str:
    moment = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) - timedelta(days=ago)
    return moment.isoformat().replace("+00:00", "Z")


def test_a_week_offline_keeps_its_streak(browser: Browser) -> None:
    """Events that come late count for the days on which they happened."""
    browser.begin()
    browser.tell(*(event(f"learn-solidity/day-{ago}", at=day(ago)) for ago in range(6, 0, -1)))
    assert browser.get("/api/progress").json()["streak"] == 6
    browser.tell(event(HELLO, at=day(0, 0)))
    assert browser.get("/api/progress").json()["streak"] == 7
    assert "three-days" in {each["id"] for each in browser.get("/api/achievements").json()}


def test_a_long_offline_queue_may_come_in_several_batches(browser: Browser) -> None:
    """The oldest batch does not move the frontier past the newer ones."""
    browser.begin()
    for ago in range(6, 0, -1):
        browser.tell(event(f"learn-solidity/day-{ago}", at=day(ago)))
    assert browser.get("/api/progress").json()["streak"] == 6


def test_nobody_invents_a_past(browser: Browser) -> None:
    """A claimed day before what the device had already told counts for the last day it told of."""
    browser.begin()
    browser.tell(event(HELLO, at=day(0, 0)))
    browser.tell(*(event(f"learn-solidity/day-{ago}", at=day(ago)) for ago in range(6, 0, -1)))
    assert browser.get("/api/progress").json()["streak"] == 1


def test_nobody_learns_tomorrow(browser: Browser) -> None:
    """A clock that runs ahead counts for today."""
    browser.begin()
    browser.tell(event(HELLO, at=day(-300)), event(ERC20, at=day(-301)))
    assert browser.get("/api/progress").json()["streak"] == 1


def test_two_devices_of_one_learner_keep_both_their_weeks(site: Site) -> None:
    """Each device has a frontier of its own: what one told late does not shorten what the other tells."""
    phone, laptop = site.account(), site.browser().begin()
    site.sql(
        "UPDATE session SET learner_id = :id, authenticated_at = created_at WHERE learner_id = :other",
        id=site.learner_id(phone),
        other=site.learner_id(laptop),
    )
    phone.tell(event(HELLO, at=day(0, 0)), event(ERC20, at=day(0, 0)))
    laptop.tell(*(event(f"learn-solidity/day-{ago}", at=day(ago)) for ago in (3, 2, 1)))
    assert phone.get("/api/progress").json()["streak"] == 4


def test_a_batch_has_between_one_and_five_hundred_events(browser: Browser) -> None:
    """The envelope is checked as a whole."""
    browser.begin()
    for events in ([], [event(HELLO)] * 501, "all of them", None):
        response = browser.post("/api/progress", {"events": events})
        assert (response.status_code, response.json()["code"]) == (422, "bad-body")
    assert browser.post("/api/progress", [1]).status_code == 422


def test_five_hundred_events_are_one_batch(browser: Browser) -> None:
    """A long flight is told at once."""
    browser.begin()
    told = browser.tell(*(event(HELLO) | {"id": str(uuid.uuid4())} for _ in range(500)))
    assert told["xp"] == 10
    assert len(told["results"]) == 500


def test_half_a_letter_fails_no_batch(browser: Browser) -> None:
    """A browser can send half of an emoji in an answer; its event is judged like any other, and fails none."""
    browser.begin()
    half = json.dumps({**event(OVERFLOW, "quiz.answered"), "answer": "2\ud83d"})
    lost = json.dumps({**event(HELLO), "id": "\udc00"})
    body = '{"events": [' + ", ".join([half, lost, json.dumps(event(HELLO))]) + "]}"
    response = browser.send("POST", "/api/progress", headers={"Content-Type": "application/json"}, content=body)
    assert response.status_code == 200, response.text
    results = response.json()["results"]
    assert [each["status"] for each in results] == ["accepted", "rejected", "accepted"]
    assert response.json()["xp"] == 10
    assert len(browser.get("/api/progress").json()["events"]) == 2
