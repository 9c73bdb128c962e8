"""Offline: a course is saved with its size in sight, opens whole without a network, and can be taken away."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from e2e.conftest import MakePage
from e2e.gallery import LESSON_URL
from e2e.host import Host
from e2e.test_quiz import EVENTS, quiz_of


def save(page: Page, host: Host) -> None:
    """Save the course from its page."""
    page.goto(host.url + "/course/")
    page.get_by_role("button", name=re.compile(r"Save for offline \([\d.]+")).click()
    expect(page.locator(".saving")).to_contain_text("Saved on this device")


def test_a_saved_course_opens_and_works_without_a_network(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    save(page, gallery)
    gallery.down = True
    page.goto(f"{gallery.url}{LESSON_URL}?from=mail")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Everything")
    quiz = quiz_of(page, "#one")
    quiz.get_by_label("Beta").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.get_by_role("status")).to_contain_text("Right.")
    assert len(page.evaluate(EVENTS)) == 1
    page.goto(gallery.url + "/course/part/three/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Three")


def test_a_saved_course_is_searched_without_a_network(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    save(page, gallery)
    gallery.down = True
    page.goto(gallery.url + "/search/?q=github")
    page.get_by_role("link", name="Blocks").click()
    expect(page).to_have_url(re.compile("/one/#blocks$"))


def test_a_page_that_is_not_there_says_what_is(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    save(page, gallery)
    gallery.down = True
    page.goto(gallery.url + "/es/course/part/one/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="The course").click()
    expect(page).to_have_url(re.compile("/course/$"))


def test_a_saved_course_is_taken_away_again(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    save(page, gallery)
    page.goto(gallery.url + "/profile/")
    page.get_by_role("button", name="Remove The course from this device").click()
    expect(page.get_by_text("No course is saved on this device.")).to_be_visible()


def test_a_save_that_fails_says_so_and_can_be_tried_again(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/course/")
    button = page.get_by_role("button", name=re.compile("Save for offline"))
    expect(button).to_be_visible()
    gallery.down = True
    button.click()
    expect(page.get_by_text("The course could not be saved")).to_be_visible()
    gallery.down = False
    button.click()
    expect(page.locator(".saving")).to_contain_text("Saved on this device")


def test_a_new_version_waits_until_it_is_wanted(gallery_dist: Path, tmp_path: Path, open_page: MakePage) -> None:
    folder = tmp_path / "dist"
    shutil.copytree(gallery_dist, folder)
    with Host(folder) as host:
        page = open_page(host.url + LESSON_URL)
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        page.reload()
        worker = folder / "sw.js"
        worker.write_text(worker.read_text(encoding="utf-8") + "\n// another build\n", encoding="utf-8")
        page.reload()
        expect(page.get_by_text("A new version of this site is ready.")).to_be_visible()
        with page.expect_navigation():
            page.get_by_role("button", name="Load it").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Everything")
        expect(page.get_by_text("A new version of this site is ready.")).to_be_hidden()
