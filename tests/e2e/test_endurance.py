"""What time brings: a week away, a wiped or full device, a worker that is killed, a release under open tabs."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from built import ROOT, build
from course import write_files
from e2e.conftest import MakePage, soon
from e2e.gallery import FILES, LESSON_URL
from e2e.host import Host
from e2e.learner import answer_one
from e2e.test_quiz import EVENTS

TWO = "/course/part/two/"


def save(page: Page, host: Host) -> None:
    """Save the course from its page."""
    page.goto(host.url + "/course/")
    page.get_by_role("button", name=re.compile(r"Save for offline \([\d.]+")).click()
    expect(page.locator(".saving")).to_contain_text("Saved on this device")


def check(page: Page, *labels: str) -> None:
    """Answer the gallery's second question."""
    quiz = page.locator("#many")
    quiz.scroll_into_view_if_needed()
    button = quiz.get_by_role("button", name=re.compile("^(Check|Try again)$"))
    expect(button).to_be_visible()
    if button.inner_text() == "Try again":
        button.click()
    for label in labels:
        quiz.get_by_label(label, exact=True).first.check()
    button.click()


def until(page: Page, count: int) -> None:
    """Wait until so many acts are kept: what is said is said before the disk is done."""
    soon(page, f"{count} acts are kept", lambda: len(page.evaluate(EVENTS)) == count)


def test_a_week_without_a_network_loses_neither_an_act_nor_a_day(site: Host, open_page: MakePage) -> None:
    page = open_page()
    save(page, site)
    site.down = True
    today = datetime.now(UTC).replace(hour=12)
    for ago in range(6, -1, -1):
        page.clock.set_fixed_time(today - timedelta(days=ago))
        page.goto(f"{site.url}{LESSON_URL}?day={ago}")
        check(page, "Two", "Three" if ago else "Four")
        expect(page.locator("#many").get_by_role("status")).not_to_be_empty()
        until(page, 7 - ago)
    site.down = False
    with page.expect_response(lambda answer: answer.url.endswith("/api/progress") and answer.ok):
        page.reload()
    told = page.context.request.get(site.url + "/api/progress").json()
    assert [event["code"] for event in told["events"]] == ["wrong"] * 6 + ["right"]
    assert told["streak"] == 7
    assert told["xp"] == 7


def test_what_a_wiped_device_has_lost_comes_back_from_its_session(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL)
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    page.goto(site.url + "/offline.html")
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    kinds = "indexeddb,cache_storage,service_workers,local_storage"
    session.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": kinds})
    page.goto(site.url + LESSON_URL)
    check(page, "Two", "Three")
    until(page, 2)
    assert {event["item"] for event in page.evaluate(EVENTS)} == {"course/everything#one", "course/everything#many"}
    page.goto(site.url + "/profile/")
    expect(page.locator(".figure").nth(1)).to_contain_text("5")


def test_a_page_whose_storage_is_wiped_under_it_goes_on(site: Host, open_page: MakePage) -> None:
    page = open_page(site.url + LESSON_URL)
    check(page, "Two", "Three")
    until(page, 1)
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "all"})
    answer_one(page)
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right. +5 points")
    # What is done from then on is kept again; what was under way to the server may come back, too.
    kept = "course/everything#one"
    soon(page, "it is kept again", lambda: kept in {event["item"] for event in page.evaluate(EVENTS)})
    page.reload()
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
    expect(page.locator(".toast")).to_have_count(0)


def test_a_full_device_says_so_and_sends_what_it_can_not_keep(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('There is no room.', 'QuotaExceededError') }"
    )
    page.goto(site.url + LESSON_URL)
    answer_one(page)
    expect(page.get_by_text("no room left on this device")).to_be_visible()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Right. +5 points")
    told = page.context.request.get(site.url + "/api/progress").json()
    assert [event["item"] for event in told["events"]] == ["course/everything#one"]


def test_a_worker_that_is_killed_while_it_saves_is_asked_again(site: Host, open_page: MakePage) -> None:
    page = open_page()
    page.clock.install()
    page.goto(site.url + "/course/")
    button = page.get_by_role("button", name=re.compile(r"Save for offline"))
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.clock.run_for(3_000)
    expect(button).to_be_visible()
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    # A worker that is started late enough for the kill to be before its last word: the site holds its answers back.
    site.hold = True
    button.click()
    expect(page.locator(".saving progress")).to_be_visible()
    session.send("ServiceWorker.stopAllWorkers")
    site.hold = False
    page.clock.run_for(31_000)
    expect(page.locator(".saving")).to_contain_text(re.compile("Saved on this device|could not be saved"))
    if button.is_visible():
        button.click()
        expect(page.locator(".saving")).to_contain_text("Saved on this device")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give two releases of the gallery; the second brings the first one's assets along, as a deploy does."""
    folder = tmp_path_factory.mktemp("releases")
    write_files(folder / "site" / "content", FILES)
    first = build(folder / "site", folder / "dist")
    shutil.copytree(first, folder / "first")
    lesson = FILES["course/part/one.md"].replace("# Everything", "# Everything anew").replace("Just so.", "Quite so.")
    write_files(folder / "site" / "content", {**FILES, "course/part/one.md": lesson})
    style = (ROOT / "assets/css/quiz.css").read_text(encoding="utf-8")
    script = (ROOT / "assets/js/quiz.js").read_text(encoding="utf-8")
    copy = (ROOT / "assets/js/copy.js").read_text(encoding="utf-8")
    write_files(
        folder / "site",
        {
            "assets/css/quiz.css": f"{style}\n.quiz {{ outline: 0 }}\n",
            "assets/js/quiz.js": script.replace('say("check")', 'say("check") + "!"'),
            "assets/js/copy.js": copy.replace("2000", "2001"),
        },
    )
    second = build(folder / "site", folder / "dist")
    for asset in (folder / "first" / "assets").iterdir():
        if not (second / "assets" / asset.name).exists():
            shutil.copy2(asset, second / "assets")
    return folder / "first", second


LOADED = "performance.getEntriesByType('resource').map(({name}) => new URL(name).pathname.slice(8))"


def own(folder: Path) -> set[str]:
    """Return the assets that a release itself brings: all that its pages and scripts name."""
    texts = [file.read_text(encoding="utf-8") for file in folder.rglob("*.html")]
    names = {file.name for file in (folder / "assets").iterdir()}
    found: set[str] = set()
    while texts:
        new = {name for text in texts for name in re.findall(r"[\w.-]+\.[0-9a-f]{12}\.\w+", text)} & names - found
        found |= new
        texts = [
            (folder / "assets" / name).read_text(encoding="utf-8") for name in new if name.endswith((".js", ".css"))
        ]
    return found


def renewed(tab: Page) -> None:
    """Wait until a lesson is that of the second release: where the host is slow, the worker shows what it has kept."""

    def is_new() -> bool:
        if tab.get_by_role("heading", level=1).inner_text().startswith("Everything anew"):
            return True
        tab.reload()
        return False

    soon(tab, "the second release is shown", is_new)


def test_a_release_under_two_open_tabs_mixes_nothing(releases: tuple[Path, Path], open_page: MakePage) -> None:
    first, second = releases
    old, new = own(first) - own(second), own(second) - own(first)
    assert old
    assert new
    with Host(first) as host:
        page = open_page(host.url + LESSON_URL)
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        other = page.context.new_page()
        other.goto(host.url + TWO)
        host.folder = second
        # The open page goes on as it was: what it has not loaded yet is its own release's.
        page.locator("#one").scroll_into_view_if_needed()
        expect(page.locator("#one").get_by_role("button", name="Check", exact=True)).to_be_visible()
        # A page that is opened now is whole, and of the new release.
        other.goto(host.url + LESSON_URL)
        renewed(other)
        other.locator("#one").scroll_into_view_if_needed()
        expect(other.locator("#one").get_by_role("button", name="Check!", exact=True)).to_be_visible()
        assert not set(page.evaluate(LOADED)) & new
        assert not set(other.evaluate(LOADED)) & old
        # Both are told; the one who wants it gets it, the other stays until it is wanted there.
        page.bring_to_front()
        for tab in (page, other):
            tab.evaluate("async () => { await (await navigator.serviceWorker.getRegistration()).update() }")
            expect(tab.get_by_text("A new version of this site is ready.")).to_be_visible()
        with page.expect_navigation():
            page.get_by_role("button", name="Load it").click()
        renewed(page)
        page.locator("#one").scroll_into_view_if_needed()
        expect(page.locator("#one").get_by_role("button", name="Check!", exact=True)).to_be_visible()
        assert not set(page.evaluate(LOADED)) & old
        with other.expect_navigation():
            other.get_by_role("button", name="Load it").click()
        renewed(other)
