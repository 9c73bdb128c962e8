"""What learners see of the API when it is away, slow, in trouble or talks nonsense: a sentence, a way on, no loss."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from e2e.conftest import MakePage, at_rest, soon
from e2e.gallery import LESSON_URL
from e2e.host import Host

ENTRIES = [
    {"rank": rank, "handle": handle, "xp": 100 - rank, "level": 2, "lessons": 1, "achievements": 0}
    for rank, handle in ((1, "quiet-heron"), (2, "bold-otter"))
]
BOARD = {"revision": "r-1", "total": 2, "entries": ENTRIES, "next": None}
TROUBLE = {
    "away": None,
    "an error": {"status": 500, "body": '{"code": "broken"}'},
    "a page instead of data": {"status": 200, "body": "<!doctype html><title>Welcome to the hotel</title>"},
    "another shape": {"status": 200, "body": '{"entries": 1, "learner": 2}'},
    "an empty shape": {"status": 200, "body": "{}"},
    "nothing": {"status": 204, "body": ""},
}


@pytest.fixture(scope="module")
def site(gallery_dist: Path) -> Iterator[Host]:
    """Give the gallery; the tests themselves are its API."""
    with Host(gallery_dist) as host:
        yield host


def answer(page: Page, path: str, told: dict[str, object] | None) -> None:
    """Let the API answer one path so, or not at all."""

    def reply(route: Route) -> None:
        if told is None:
            route.abort()
        else:
            route.fulfill(content_type="application/json", **told)  # type: ignore[arg-type]  # Playwright's own names

    page.unroute(path)
    page.route(path, reply)


def good(page: Page, path: str, body: object) -> None:
    """Let the API answer one path well."""
    answer(page, path, {"status": 200, "body": json.dumps(body)})


LEADERBOARD = re.compile(r"/api/leaderboard")


@pytest.mark.parametrize("name", TROUBLE)
def test_a_board_that_can_not_be_loaded_says_so_and_is_asked_for_again(
    site: Host, open_page: MakePage, name: str
) -> None:
    page = open_page()
    answer(page, "**/api/leaderboard?*", TROUBLE[name])
    page.goto(site.url + "/leaderboard/")
    expect(page.locator("tbody")).to_contain_text("You are offline." if name == "away" else "could not be loaded")
    good(page, "**/api/leaderboard?*", BOARD)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("row").filter(has_text="bold-otter")).to_contain_text("98")
    # From now on there is a copy, and it says how old it is.
    answer(page, "**/api/leaderboard?*", TROUBLE[name])
    page.reload()
    expect(page.get_by_text(re.compile("This is from .*; the newest could not be loaded."))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="bold-otter")).to_contain_text("98")


def test_a_slow_board_holds_its_place(site: Host, open_page: MakePage) -> None:
    page = open_page()
    waiting: list[Route] = []
    page.route("**/api/leaderboard?*", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    page.goto(site.url + "/leaderboard/")
    expect(page.get_by_text("Loading …")).to_be_visible()
    expect(page.locator("tr.ghost")).to_have_count(8)
    soon(page, "the board is asked for", lambda: waiting)
    before = page.locator("footer").bounding_box()
    waiting[0].fulfill(content_type="application/json", body=json.dumps(BOARD))
    expect(page.get_by_role("row").filter(has_text="quiet-heron")).to_be_visible()
    assert page.locator("footer").bounding_box() == before


def test_an_answer_that_never_comes_is_given_up(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.add_init_script("AbortSignal.timeout = ((real) => () => real.call(AbortSignal, 200))(AbortSignal.timeout)")
    page.route("**/api/leaderboard?*", lambda _: None)
    page.goto(site.url + "/leaderboard/")
    expect(page.locator("tbody")).to_contain_text("could not be loaded")


def test_a_long_board_is_read_on_page_by_page(site: Host, open_page: MakePage) -> None:
    page = open_page()
    good(page, "**/api/leaderboard?*", {**BOARD, "next": "c-1"})
    page.goto(site.url + "/leaderboard/")
    more = {"rank": 3, "handle": "calm-newt", "xp": 1, "level": 1, "lessons": 0, "achievements": 0}
    answer(page, "**/api/leaderboard?*cursor=c-1", None)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("This could not be loaded.")).to_be_visible()
    good(page, "**/api/leaderboard?*cursor=c-1", {**BOARD, "entries": [more]})
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_without_a_stream_the_board_is_looked_at_again_from_time_to_time(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.clock.install()
    # The page's own listener hears the same event, in the same moment.
    page.add_init_script(
        "window.EventSource = class extends EventSource { constructor(url) { super(url);"
        " this.addEventListener('error', () => (window.refused = this.readyState === EventSource.CLOSED)) } }"
    )
    good(page, "**/api/leaderboard?*", BOARD)
    page.goto(site.url + "/leaderboard/")
    expect(page.locator("tbody tr")).to_have_count(2)
    soon(page, "the stream is refused", lambda: page.evaluate("window.refused"))
    good(page, "**/api/leaderboard?*", {**BOARD, "entries": ENTRIES[:1]})
    page.clock.run_for(16_000)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_with_a_stream_the_board_follows_it_and_one_tab_listens_for_all(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.context.add_init_script(
        "window.EventSource = class extends EventTarget { constructor() { super(); window.stream = this } close() {} }"
    )
    good(page, "**/api/leaderboard?*", BOARD)
    page.goto(site.url + "/leaderboard/")
    expect(page.locator("tbody tr")).to_have_count(2)
    soon(page, "the first tab listens to the stream", lambda: page.evaluate("window.stream !== undefined"))
    other = page.context.new_page()
    good(other, "**/api/leaderboard?*", BOARD)
    other.goto(site.url + "/leaderboard/")
    expect(other.locator("tbody tr")).to_have_count(2)
    # It asks for the lock once it listens to the other tabs.
    waits = "navigator.locks.query().then(({ pending }) => pending.some(({ name }) => name.startsWith('live')))"
    soon(other, "the second tab waits for the first to leave", lambda: other.evaluate(waits))
    assert other.evaluate("window.stream === undefined"), "The second tab listens to the first"
    for tab in (page, other):
        good(tab, "**/api/leaderboard?*", {**BOARD, "entries": ENTRIES[:1]})
    page.evaluate(
        "window.stream.dispatchEvent(new MessageEvent('leaderboard', { data: JSON.stringify({ courses: [''] }) }))"
    )
    for tab in (page, other):
        expect(tab.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize("name", TROUBLE)
def test_the_account_says_that_it_can_not_be_loaded_and_is_asked_for_again(
    site: Host, open_page: MakePage, name: str
) -> None:
    page = open_page()
    answer(page, "**/api/session", TROUBLE[name])
    answer(page, "**/api/achievements", TROUBLE[name])
    page.goto(site.url + "/profile/")
    place = page.locator(".account")
    expect(place).to_contain_text("You are offline." if name == "away" else "This could not be loaded.")
    said, button = (place.locator(each).bounding_box() for each in (".notice", "button"))
    assert said
    assert button
    assert said["y"] + said["height"] <= button["y"], "What went wrong stands above the way to try it again"
    expect(page.locator(".achievements")).to_contain_text("offline" if name == "away" else "could not be loaded")
    expect(page.locator(".standing")).to_contain_text("The first lesson waits")
    good(page, "**/api/session", {"learner": None})
    place.get_by_role("button", name="Try again").click()
    expect(place.get_by_role("button", name="Sign in with a passkey")).to_be_visible()


def test_a_session_that_was_renewed_meanwhile_is_asked_again_with_the_new_cookie(
    site: Host, open_page: MakePage
) -> None:
    page = open_page()
    good(page, "**/api/session", {"learner": None})
    page.route(
        "**/api/session",
        lambda route: route.fulfill(status=409, content_type="application/json", body='{"code": "session-renewed"}'),
        times=1,
    )
    page.goto(site.url + "/profile/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_visible()


def test_a_board_says_how_many_are_on_it_and_when_its_ranks_are_estimates(site: Host, open_page: MakePage) -> None:
    page = open_page()
    good(page, "**/api/leaderboard?*", {**BOARD, "total": 1200, "approximate": True})
    page.goto(site.url + "/leaderboard/")
    expect(page.get_by_role("status")).to_have_text(
        "1,200 learners · The ranks are estimates until they have been counted anew."
    )


def test_words_that_did_not_come_are_asked_for_again(site: Host, open_page: MakePage) -> None:
    """The network went away between the page and its words, and came back."""
    # A worker would ask for itself, past what is said here.
    page = open_page(service_workers="block")
    page.route("**/assets/en.*.json", lambda route: route.abort())
    page.add_init_script(
        """
        Object.defineProperty(navigator, 'onLine', { get: () => window.reached === true });
        const listen = window.addEventListener;
        window.addEventListener = (name, call, how) => {
          listen(name, call, how);
          // What waits for the network waits for it once.
          if (name === 'online' && how?.once) window.waits = true;
        };
        """
    )
    good(page, "**/api/leaderboard?*", BOARD)
    page.goto(site.url + "/leaderboard/")
    soon(page, "the board waits for the network", lambda: page.evaluate("window.waits"))
    page.unroute("**/assets/en.*.json")
    page.evaluate("window.reached = true; dispatchEvent(new Event('online'))")
    expect(page.get_by_role("row").filter(has_text="bold-otter")).to_be_visible()


def test_a_page_whose_script_can_not_be_loaded_is_as_without_scripts(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.route("**/assets/main.*.js", lambda route: route.abort())
    page.goto(site.url + "/leaderboard/")
    expect(page.get_by_text("it needs JavaScript and a connection")).to_be_visible()
    assert page.locator(".scripted:visible").count() == 0


def test_achievements_that_can_not_be_loaded_are_asked_for_again(site: Host, open_page: MakePage) -> None:
    page = open_page()
    good(page, "**/api/session", {"learner": None})
    answer(page, "**/api/achievements", None)
    page.goto(site.url + "/profile/")
    place = page.locator(".achievements")
    expect(place).to_contain_text("You are offline.")
    answer(page, "**/api/achievements", TROUBLE["an error"])
    place.get_by_role("button", name="Try again").press("Enter")
    expect(place).to_contain_text("This could not be loaded.")
    expect(place.get_by_role("button", name="Try again")).to_be_focused()
    good(page, "**/api/achievements", [{"id": "first", "title": "First step", "earned_at": "2026-01-01T00:00:00Z"}])
    page.keyboard.press("Enter")
    expect(place).to_contain_text("First step")
    expect(place).to_be_focused()


def test_from_an_empty_board_a_link_leads_to_where_one_signs_in(site: Host, open_page: MakePage) -> None:
    page = open_page()
    good(page, "**/api/leaderboard?*", {**BOARD, "total": 0, "entries": []})
    page.goto(site.url + "/leaderboard/")
    page.locator("tbody").get_by_role("link", name="Your progress").click()
    expect(page).to_have_url(site.url + "/profile/")


def test_nothing_that_has_the_focus_lies_under_a_note(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + "/course/part/two/", width=360, height=640)
    at_rest(page)
    (script,) = (site.folder / "assets").glob("toast.*.js")
    page.evaluate("async (url) => (await import(url)).toast('A new version is ready.')", f"/assets/{script.name}")
    note = page.locator(".toast")
    top = "(note) => note.getBoundingClientRect().top"
    expect(page.locator("body")).not_to_have_css("margin-bottom", "0px")
    for link in page.locator("footer a").all():
        link.focus()
        box = link.bounding_box()
        assert box
        assert box["y"] + box["height"] <= note.evaluate(top)
    note.get_by_role("button", name="Close").click()
    expect(page.locator("body")).to_have_css("margin-bottom", "0px")


def test_notes_stand_above_each_other_where_something_waits_for_them(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL, width=360)
    (script,) = (site.folder / "assets").glob("toast.*.js")
    show = "async ([url, text]) => (await import(url)).toast(text)"
    for text in ("The first thing.", "The second thing."):
        page.evaluate(show, [f"/assets/{script.name}", text])
    notes = page.locator(".toast")
    expect(notes).to_have_count(2)
    above, below = (notes.nth(place).bounding_box() for place in (0, 1))
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    # What waits for changes is one region, so that each is read out once; and closing one loses nobody's place.
    expect(page.get_by_role("status").filter(has_text="The second thing.")).to_have_attribute("aria-atomic", "false")
    notes.nth(0).get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
