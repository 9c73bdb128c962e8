"""Search: while one types, by keyboard alone, in parts of identifiers, offline once loaded."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import MakePage
from e2e.host import Host


def hits(page: Page) -> list[str]:
    """Return what was found, by headings."""
    return page.locator(".hits a").all_inner_texts()


def search(page: Page, query: str) -> None:
    """Type a query and wait for what is said of it."""
    page.get_by_role("searchbox").fill(query)
    expect(page).to_have_url(re.compile(r"q="))
    expect(page.locator(".found")).not_to_be_empty()


def test_results_come_while_one_types_and_lead_to_the_section(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/search/")
    page.get_by_role("searchbox").type("github")
    expect(page.locator(".found")).to_have_text("1 result")
    page.get_by_role("link", name="Blocks").click()
    expect(page).to_have_url(re.compile("/course/part/one/#blocks$"))


def test_search_is_used_by_keyboard_alone(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/course/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("counter")
    expect(page.locator(".hits a")).not_to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/one/#code$"))


@pytest.mark.parametrize(
    "query", ["transferFrom", "transferfrom", "msg.sender", "ERC20", "supply", "mappings", "allowence", "uint2"]
)
def test_identifiers_beginnings_and_slips_are_found(gallery: Host, open_page: MakePage, query: str) -> None:
    page = open_page(gallery.url + "/search/")
    search(page, query)
    expect(page.locator(".hits a").first).to_be_visible()


def test_what_is_in_a_title_comes_first(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/search/?q=reentrancy")
    expect(page.locator(".hits a").first).to_have_text("Reentrancy")


def test_answers_and_solutions_are_not_found(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/search/")
    search(page, "Just so")
    expect(page.locator(".found")).to_contain_text("Nothing found")
    search(page, "not the first")
    assert hits(page)


def test_each_language_finds_its_own(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/ar/search/")
    search(page, "أولا")
    expect(page.locator(".hits a").first).to_have_text("أولًا")
    page.goto(gallery.url + "/es/search/?q=todo")
    expect(page.locator(".hits a").first).to_have_text("Todo")
    page.goto(gallery.url + "/es/search/?q=github")
    expect(page.locator(".found")).to_contain_text("Nada para")


def test_a_build_without_an_index_says_so(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    page.route("**/search/index.json", lambda route: route.fulfill(status=404))
    page.goto(gallery.url + "/search/?q=one")
    expect(page.get_by_text("This build has no search index")).to_be_visible()


def test_a_search_that_was_linked_to_is_run(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/search/?q=smaller")
    expect(page.get_by_role("searchbox")).to_have_value("smaller")
    expect(page.locator(".hits a").first).to_have_text("A smaller heading")
