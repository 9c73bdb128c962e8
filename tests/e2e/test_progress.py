"""Progress: kept on the device first, sent to the real API when it can be, and never lost in between."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import MakePage, at_rest, soon
from e2e.gallery import LESSON_URL
from e2e.host import Host
from e2e.learner import answer_one, read
from e2e.test_quiz import EVENTS
from servers import Browser as Chromium

TWO = "/course/part/two/"
THREE = "/course/part/three/"


# What the server says of an act that it counts: "replayed" where an answer before this one was lost on its way.
CONFIRMED = (["accepted"], ["replayed"])

PLACES = """
() => new Promise((resolve) => {
  const opening = indexedDB.open("coursewright");
  // Where the page has kept nothing yet there is no database, and this must not be what makes one.
  opening.onupgradeneeded = () => { resolve([]); opening.transaction.abort(); };
  opening.onsuccess = () => {
    const asking = opening.result.transaction("things").objectStore("things").getAllKeys();
    asking.onsuccess = () => {
      opening.result.close();
      resolve(asking.result.filter((name) => name.startsWith("place:")));
    };
  };
})
"""


def statuses(page: Page) -> list[str | None]:
    """Return what the server has said of each event that is kept."""
    return [event.get("status") for event in page.evaluate(EVENTS)]


def test_a_right_answer_is_confirmed_by_the_server(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL)
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    assert statuses(page) == ["accepted"]
    page.goto(site.url + "/profile/")
    expect(page.locator(".standing")).to_contain_text("Everything is sent.")
    expect(page.locator(".figure").nth(1)).to_contain_text("5")


def test_an_answer_is_kept_though_the_page_is_gone_before_it_hears_so(site: Host, open_page: MakePage) -> None:
    site.broken.add("/api/progress")
    page = open_page(site.url + LESSON_URL)
    other = page.context.new_page()
    other.goto(site.url + TWO)
    page.locator("#many").get_by_text("Two", exact=True).click()
    # The page is busy from the moment it has asked for the write, and is closed meanwhile.
    page.evaluate(
        """() => void setTimeout(async () => {
          document.querySelector("#many .actions .main").click();
          for (let turn = 0; turn < 50; turn += 1) await undefined;
          for (const until = performance.now() + 3000; performance.now() < until; );
        })"""
    )
    other.wait_for_timeout(500)
    page.close()
    soon(other, "the answer is kept", lambda: len(other.evaluate(EVENTS)) == 1)


def test_a_lesson_is_read_at_its_end_and_marked_in_every_list(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + THREE)
    read(page)
    outline = page.get_by_role("navigation", name="Course outline")
    expect(outline.get_by_role("link", name="Three (read)")).to_be_attached()
    page.goto(site.url + "/course/")
    expect(page.locator(".contents li[data-item='course/three']")).to_have_attribute("data-state", "done")
    expect(page.locator(".far")).to_have_text("1 of 5 pages")


def test_every_page_of_a_course_can_be_finished(site: Host, open_page: MakePage) -> None:
    """A module's own page counts as well, and so it has an end to come to."""
    page = open_page(site.url + "/course/")
    paths = page.locator(".contents li[data-item]").evaluate_all(
        "(all) => all.map((entry) => new URL(entry.querySelector('a').href).pathname)"
    )
    assert "/course/part/" in paths
    for path in paths:
        page.goto(site.url + path)
        expect(page.locator("main .finish")).to_have_count(1)
    page.goto(site.url + "/course/part/")
    page.clock.install()
    page.reload()
    page.locator(".finish").scroll_into_view_if_needed()
    page.clock.run_for(10_000)
    expect(page.locator(".finish")).to_contain_text("Finished.")


def test_who_jumps_to_the_end_and_leaves_has_not_read_it(site: Host, open_page: MakePage) -> None:
    page = open_page()
    # The clock stands still but for what the test lets pass, however long the machine takes.
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    page.goto(site.url + THREE)
    page.clock.run_for(3_000)
    soon(page, "the lesson is watched", lambda: page.evaluate(PLACES))
    page.locator(".pager").scroll_into_view_if_needed()
    page.clock.run_for(2_500)
    page.goto(site.url + TWO)
    assert page.evaluate(EVENTS) == []


def test_the_course_goes_on_where_one_left_off(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + "/course/")
    expect(page.get_by_role("link", name="Start the course")).to_be_visible()
    page.goto(site.url + TWO)
    soon(page, "the place is kept", lambda: page.evaluate(PLACES))
    page.goto(site.url + "/course/")
    page.get_by_role("link", name="Continue: Two").click()
    expect(page).to_have_url(site.url + TWO)


def test_the_course_and_ones_own_page_agree_on_where_to_go_on(site: Host, open_page: MakePage) -> None:
    """Whoever has finished a lesson in the middle goes on after it, and not at the first that was left out."""
    page = open_page(site.url + THREE)
    soon(page, "the place is kept", lambda: page.evaluate(PLACES))
    (script,) = (site.folder / "assets").glob("progress.*.js")
    page.evaluate(
        """async (progress) => {
          const { item } = document.documentElement.dataset;
          await (await import(progress)).record({ type: "lesson.read", item, xp: 0 });
        }""",
        f"/assets/{script.name}",
    )
    page.goto(site.url + "/course/")
    expect(page.get_by_role("link", name="Continue: Two")).to_be_visible()
    page.goto(site.url + "/profile/")
    expect(page.get_by_role("link", name="Continue: Two")).to_be_visible()


def test_what_is_done_offline_is_sent_when_the_network_is_back(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL)
    at_rest(page)
    page.context.set_offline(True)
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_contain_text("once the server has confirmed")
    assert statuses(page) == [None]
    page.context.set_offline(False)
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    assert statuses(page) in CONFIRMED


class Wakeup:
    """The browser's side of Background Sync: wakes the worker of a site as when the network is back."""

    def __init__(self, page: Page, site: Host) -> None:
        self._origin = site.url
        self._session = page.context.new_cdp_session(page)
        self._found: list[str] = []
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._session.send("ServiceWorker.enable")

    def _note(self, event: dict[str, list[dict[str, str]]]) -> None:
        self._found += [each["registrationId"] for each in event["registrations"] if self._origin in each["scopeURL"]]

    def sync(self) -> None:
        """Let the worker send what waits."""
        words = {"origin": self._origin, "registrationId": self._found[-1], "tag": "progress", "lastChance": False}
        self._session.send("ServiceWorker.dispatchSyncEvent", words)


def act_offline(page: Page, site: Host) -> Wakeup:
    """Answer a question while the site is away, and leave."""
    page.goto(site.url + LESSON_URL)
    at_rest(page)
    wakeup = Wakeup(page, site)
    site.down = True
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_contain_text("once the server has confirmed")
    soon(page, "the answer is kept", lambda: statuses(page) == [None])
    page.goto("about:blank")
    site.down = False
    return wakeup


def test_the_worker_sends_what_waits_when_no_page_is_open(site: Host, open_page: MakePage) -> None:
    page = open_page()
    wakeup = act_offline(page, site)
    wakeup.sync()
    history = site.url + "/api/progress"
    # The browser may have woken the worker before it was told to.
    soon(page, "the server knows it", lambda: page.context.request.get(history).json().get("events"))
    told = page.context.request.get(history).json()
    # The worker has its answer only a moment after the server knows; a file without scripts sees what it keeps.
    page.goto(site.url + "/catalog.json")
    soon(page, "the worker keeps the server's answer", lambda: statuses(page) in CONFIRMED)
    assert [(event["item"], event["xp"]) for event in told["events"]] == [("course/everything#one", 5)]
    site.seen.clear()
    page.goto(site.url + LESSON_URL)
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    assert "/api/progress" not in site.seen, "Nothing is left to send"


def test_the_worker_forgets_nothing_that_was_not_answered_for(site: Host, open_page: MakePage) -> None:
    page = open_page()
    site.broken.add("/api/progress")
    wakeup = act_offline(page, site)
    wakeup.sync()
    soon(page, "the worker asks", lambda: "/api/progress" in site.seen)
    page.goto(site.url + "/offline.html")
    assert statuses(page) == [None]
    site.broken.clear()
    page.goto(site.url + LESSON_URL)
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    # The page before this one may have been asking just then, and left before it was answered.
    assert statuses(page) in CONFIRMED


NONSENSE = {
    "an error": {"status": 500, "body": '{"code": "oops"}'},
    "a page instead of data": {"status": 200, "body": "<!doctype html><title>Welcome to the hotel</title>"},
    "another shape": {"status": 200, "body": '{"results": [], "xp": 5, "level": 1}'},
    "results of others": {
        "status": 200,
        "body": '{"results": [{"id": "x", "status": "accepted", "code": "right", "xp": 5}], "xp": 5, "level": 1}',
    },
    "nothing": {"status": 204, "body": ""},
}


@pytest.mark.parametrize("name", NONSENSE)
def test_no_answer_makes_the_page_forget(site: Host, open_page: MakePage, name: str) -> None:
    page = open_page()
    # The worker would ask the API itself, past what is said here.
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    page.route("**/api/progress", lambda route: route.fulfill(content_type="application/json", **NONSENSE[name]))
    page.goto(site.url + LESSON_URL)
    with page.expect_response("**/api/progress"):
        answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_contain_text("once the server has confirmed")
    assert statuses(page) == [None]
    page.unroute("**/api/progress")
    page.reload()
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    assert statuses(page) == ["accepted"]


def test_two_tabs_know_what_the_other_has_done(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL)
    other = page.context.new_page()
    other.goto(site.url + "/profile/")
    expect(other.locator(".figure").nth(1)).to_contain_text("0")
    answer_one(page)
    expect(other.locator(".figure").nth(1)).to_contain_text("5")


def test_progress_goes_to_a_file_and_back_without_doubles(site: Host, open_page: MakePage, tmp_path: Path) -> None:
    page = open_page(site.url + LESSON_URL)
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    page.goto(site.url + "/profile/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export to a file").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert [event["item"] for event in json.loads(file.read_text())["events"]] == ["course/everything#one"]
    other = open_page(site.url + "/profile/")
    for said in ("1 new act imported.", "0 new acts imported."):
        with other.expect_file_chooser() as chooser:
            # By keyboard: what comes in above while the pointer is down moves the button away from under it.
            other.get_by_role("button", name="Import from a file").press("Enter")
        chooser.value.set_files(file)
        expect(other.get_by_text(said)).to_be_visible()
    expect(other.locator(".figure").nth(1)).to_contain_text("5")


def test_a_file_that_is_none_is_refused_kindly(site: Host, open_page: MakePage, tmp_path: Path) -> None:
    (tmp_path / "cat.json").write_text('{"events": [{"id": 1}]}')
    page = open_page(site.url + "/profile/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import from a file").press("Enter")
    chooser.value.set_files(tmp_path / "cat.json")
    expect(page.get_by_text("This file holds no progress that could be read.")).to_be_visible()
    assert page.evaluate(EVENTS) == []


def test_where_nothing_can_be_kept_the_page_says_so_and_goes_on(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page.goto(site.url + LESSON_URL)
    answer_one(page)
    expect(page.get_by_text("does not let the page keep anything")).to_be_visible()
    # It is sent all the same.
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")


def test_without_an_api_points_are_counted_here(gallery_dist: Path, open_page: MakePage) -> None:
    with Host(gallery_dist) as host:
        page = open_page()
        page.add_init_script(
            "new MutationObserver(() => delete document.documentElement?.dataset.api)"
            ".observe(document, {childList: true, subtree: true})"
        )
        page.goto(host.url + LESSON_URL)
        answer_one(page)
        expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")


def test_on_a_host_without_tls_progress_is_kept_all_the_same(
    gallery: Host, browser: Browser, chromium: Chromium
) -> None:
    """Browsers give scripts less there: no locks, no worker, no ready-made names for acts."""
    flags = [*chromium.flags, "--host-resolver-rules=MAP plain.test 127.0.0.1"]
    plain = browser.browser_type.launch(executable_path=chromium.path, args=flags)
    page = plain.new_page()
    page.goto(gallery.url.replace("localhost", "plain.test") + LESSON_URL)
    assert not page.evaluate("isSecureContext")
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
    (event,) = page.evaluate(EVENTS)
    assert uuid.UUID(event["id"])
    plain.close()


def test_where_cookies_are_refused_the_page_says_so_once_and_throws_nothing(
    site: Host, browser: Browser, chromium: Chromium, tmp_path: Path
) -> None:
    """With the cookies go the database, the worker and every session."""
    (tmp_path / "Default").mkdir()
    refused = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(refused), encoding="utf-8")
    kind = browser.browser_type
    with kind.launch_persistent_context(tmp_path, executable_path=chromium.path, args=list(chromium.flags)) as context:
        page = context.new_page()
        thrown: list[str] = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(site.url + LESSON_URL)
        answer_one(page)
        expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
        expect(page.get_by_text("does not let the page keep anything")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        assert not thrown
