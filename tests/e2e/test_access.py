"""Accessibility: axe finds nothing on any kind of page, in light and dark, on a phone and on a desk."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page, expect

from e2e.conftest import MakePage, at_rest
from e2e.gallery import LESSON_URL
from e2e.host import Host

KINDS = ["/", "/course/", "/course/part/", LESSON_URL, "/tags/", "/tags/all/", "/search/", "/profile/", "/leaderboard/"]
KINDS += ["/nowhere/", "/offline.html", "/ar/course/part/one/", "/es/tags/all/"]


# What may differ between light and dark, and between a phone and a desk; all else is looked at once.
COLORS = ["color-contrast", "link-in-text-block"]
PLACES = [*COLORS, "target-size", "scrollable-region-focusable", "meta-viewport"]
# Pages that are filled by a script: what it makes is to be there before they are looked at.
FILLED = {"/search/": ".found", "/profile/": ".standing .notice", "/leaderboard/": "td.empty p"}


def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """Return what axe says against a page, one line a place."""
    options = {"resultTypes": ["violations"], **({"runOnly": only} if only else {})}
    found = Axe().run(page, options=options)
    return [
        f"{page.url} {each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


def in_both_lights(page: Page, only: list[str] | None = None) -> list[str]:
    """Return what axe says against a page in light and in dark."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = violations(page, only)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + violations(page, COLORS)


def test_axe_finds_nothing_in_light_or_dark_on_a_phone_or_a_desk(gallery: Host, open_page: MakePage) -> None:
    page = open_page(width=360, reduced_motion="reduce")
    found = []
    for path in KINDS:
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(gallery.url + path)
        if path in FILLED:
            page.locator(FILLED[path]).first.wait_for(state="attached")
        found += in_both_lights(page)
        page.set_viewport_size({"width": 1280, "height": 800})
        found += in_both_lights(page, PLACES)
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


# What WCAG 1.4.12 lets readers set, without what is to come near being waited for.
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
article > * { content-visibility: visible !important }
"""
# What is wider than the window, or cut off in a box that does not scroll; code, tables and formulas scroll in theirs.
CUT = """
() => [...document.querySelectorAll("body *")].filter((element) => {
  if (!element.checkVisibility({ visibilityProperty: true })) return false;
  if (element.closest("pre, .table, math, svg, .unseen")) return false;
  const cuts = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
  if (cuts && element.scrollWidth > element.clientWidth + 1) return true;
  const { left, right } = element.getBoundingClientRect();
  return right > innerWidth + 1 || left < -1;
}).map((element) => element.outerHTML.slice(0, 80))
"""


def test_nothing_is_cut_off_at_four_times_the_size_however_far_apart_the_letters(
    gallery: Host, open_page: MakePage
) -> None:
    """A window of 320 pixels is one of 1280 at 400 %."""
    page = open_page(width=320, height=256, bypass_csp=True, reduced_motion="reduce")
    for path in KINDS:
        page.goto(gallery.url + path)
        if path in FILLED:
            page.locator(FILLED[path]).first.wait_for(state="attached")
        page.evaluate("document.querySelector('.brand span').textContent = 'A site with quite a long name of its own'")
        assert page.evaluate(CUT) == [], path
        page.add_style_tag(content=SPACED)
        assert page.evaluate(CUT) == [], path


def test_nothing_is_cut_off_on_a_phone_whose_owner_has_doubled_the_text(gallery: Host, open_page: MakePage) -> None:
    page = open_page(width=360, reduced_motion="reduce")
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for path in KINDS:
        page.goto(gallery.url + path)
        if path in FILLED:
            page.locator(FILLED[path]).first.wait_for(state="attached")
        # A board of four columns is read in a box that scrolls; the page around it does not.
        within = [cut for cut in page.evaluate(CUT) if "/leaderboard/" not in path]
        assert within == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("name", ["Outline", "Reading comfort", "Keyboard"])
def test_what_is_open_goes_when_the_keyboard_walks_on_behind_it(gallery: Host, open_page: MakePage, name: str) -> None:
    page = open_page(gallery.url + LESSON_URL, width=360)
    at_rest(page)
    if name == "Keyboard":
        page.keyboard.press("?")
    else:
        page.get_by_role("button", name=name).press("Enter")
    expect(page.locator(":popover-open")).to_have_count(1)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('body *') && !document.activeElement.closest('[popover]')"):
            break
    expect(page.locator(":popover-open")).to_have_count(0)


def test_what_is_chosen_is_told_in_the_systems_own_colours(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, forced_colors="active")
    page.get_by_role("button", name="Reading comfort").click()
    ground = "(element) => getComputedStyle(element).backgroundColor"
    for chosen, other in (
        (".menu label:has(:checked)", ".menu label:not(:has(:checked))"),
        (".tab-title:has(:checked)", ".tab-title:not(:has(:checked))"),
        (".outline [aria-current]", ".outline li > a:not([aria-current])"),
    ):
        assert page.locator(chosen).first.evaluate(ground) != page.locator(other).first.evaluate(ground), chosen
    highlight = page.locator(".menu label:has(:checked)").first.evaluate(ground)
    page.goto(gallery.url + "/leaderboard/")
    for segment in page.locator(".segments label:has(:checked)").all():
        assert segment.evaluate(ground) == highlight


def test_lines_that_came_and_went_are_told_by_signs_as_well_as_by_colours(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    sign = "(line) => getComputedStyle(line, '::after').content.slice(0, 3)"
    assert page.locator(".added").first.evaluate(sign) == '"+"'
    assert page.locator(".removed").first.evaluate(sign) == '"\N{MINUS SIGN}"'


def test_the_skip_link_leads_past_the_header(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('theme:main').contains(document.activeElement)")


TITLES = ["Everything", "Blocks", "Code", "Questions", "A smaller heading", "Smaller still"]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_heading_is_called_by_its_words_alone(gallery: Host, open_page: MakePage, *, scripts: bool) -> None:
    """As the browser tells screen readers, which read the names of headings one after the other."""
    page = open_page(gallery.url + LESSON_URL, java_script_enabled=scripts)
    told = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    headings = [node for node in told if node.get("role", {}).get("value") == "heading"]
    assert [node["name"]["value"] for node in headings] == TITLES
    inside = {child for node in headings for child in node["childIds"]}
    assert not [node for node in told if node["nodeId"] in inside and node["role"]["value"] == "link"]


def test_a_heading_s_link_follows_it_by_keyboard_and_is_seen_then(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, width=360)
    link = page.get_by_role("link", name="Link to this section").first
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    expect(link).to_have_css("opacity", "1")
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#blocks$"))
