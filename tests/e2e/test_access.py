"""Accessibility: axe finds nothing on any kind of page, in light and dark, on a phone and on a desk."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page, expect

from e2e.conftest import MakePage
from e2e.gallery import LESSON_URL
from e2e.host import Host

KINDS = ["/", "/course/", "/course/part/", LESSON_URL, "/tags/", "/tags/all/", "/search/", "/profile/", "/leaderboard/"]
KINDS += ["/nowhere/", "/offline.html", "/ar/course/part/one/"]


# What may differ between light and dark; all else is looked at once for each width.
COLORS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def violations(page: Page, options: dict[str, list[str]] | None = None) -> list[str]:
    """Return what axe says against a page, one line a place."""
    found = Axe().run(page, options=options)
    return [
        f"{page.url} {each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_light_or_dark(gallery: Host, open_page: MakePage, width: int) -> None:
    page = open_page(width=width, reduced_motion="reduce")
    found = []
    for path in KINDS:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(gallery.url + path, wait_until="networkidle")
        found += violations(page)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += violations(page, COLORS)
    assert not found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(gallery: Host, open_page: MakePage, scheme: str) -> None:
    page = open_page(gallery.url + LESSON_URL, width=360, color_scheme=scheme)
    for quiz, choice in (("#one", "Alpha"), ("#many", "Two")):
        page.locator(quiz).get_by_text(choice, exact=True).first.click()
        page.locator(quiz).get_by_role("button", name="Check").click()
        expect(page.locator(quiz).get_by_role("status")).to_contain_text("Not yet")
    assert not violations(page)
    page.get_by_role("button", name="Outline").click()
    assert not violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reading comfort").click()
    assert not violations(page)
    page.get_by_role("button", name="Keyboard").click()
    assert not violations(page)


def test_the_skip_link_leads_past_the_header(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
