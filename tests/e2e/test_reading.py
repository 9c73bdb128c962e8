"""Reading: with nothing but HTML and CSS first, then with what scripts add."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, expect

from e2e.conftest import MakePage, soon
from e2e.gallery import LESSON_URL
from e2e.host import Host
from patience import until
from servers import Browser as Chromium

PAGES = ["/", "/course/", "/course/part/", LESSON_URL, "/tags/", "/tags/all/", "/search/", "/profile/", "/leaderboard/"]
PAGES += ["/nowhere/", "/offline.html", "/es/", "/ar/", "/ar/course/part/one/", "/ar/search/"]


def test_without_scripts_a_lesson_its_answers_and_its_outline_are_there(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Everything")
    quiz = page.locator("#one")
    expect(quiz.get_by_text("Just so.")).to_be_hidden()
    quiz.get_by_text("Answer", exact=True).click()
    expect(quiz.get_by_text("Just so.")).to_be_visible()
    page.locator("#sum").get_by_text("Answer", exact=True).click()
    expect(page.locator("#sum code").last).to_have_text("uint256 3")
    page.get_by_role("navigation", name="Course outline").get_by_role("link", name="Two").click()
    expect(page).to_have_url(re.compile("/two/$"))


def test_without_scripts_nothing_is_shown_that_needs_one(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/search/", java_script_enabled=False)
    assert page.locator(".scripted:visible").count() == 0
    expect(page.get_by_text("Searching needs JavaScript")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="The course")).to_be_visible()


def test_on_a_phone_the_outline_is_a_drawer_that_needs_no_script(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, width=360, java_script_enabled=False)
    outline = page.get_by_role("navigation", name="Course outline")
    expect(outline).to_be_hidden()
    page.get_by_role("button", name="Outline").click()
    expect(outline).to_be_visible()
    page.keyboard.press("Escape")
    expect(outline).to_be_hidden()
    # Whoever has neither that key nor sees what lies beside it has a button.
    page.get_by_role("button", name="Outline").click()
    outline.get_by_role("button", name="Close").click()
    expect(outline).to_be_hidden()
    expect(page.get_by_role("button", name="Outline")).to_be_focused()


def test_tabs_need_no_script(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, java_script_enabled=False)
    expect(page.get_by_text("First panel.")).to_be_visible()
    expect(page.get_by_text("Second panel.")).to_be_hidden()
    page.get_by_text("Two", exact=True).and_(page.locator("label")).click()
    expect(page.get_by_text("Second panel.")).to_be_visible()
    expect(page.get_by_text("First panel.")).to_be_hidden()


def test_no_page_is_wider_than_the_screen(gallery: Host, open_page: MakePage) -> None:
    page = open_page()
    for path in PAGES:
        page.goto(gallery.url + path)
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_chosen_colours_are_there_before_the_first_paint(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/", color_scheme="light")
    page.get_by_role("button", name="Reading comfort").click()
    page.get_by_role("radio", name="Dark").check(force=True)
    # The script in the head alone decides: whatever comes later is not let through.
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


def test_text_size_is_remembered(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.get_by_role("button", name="Reading comfort").click()
    page.get_by_role("radio", name="Larger").check(force=True)
    page.goto(gallery.url + "/course/part/two/")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before * 1.2


def test_keys_turn_pages_and_search_and_say_what_they_do(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    # An address is there before its page hears keys.
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("/three/$|/two/$"), wait_until="load")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("/one/$"), wait_until="load")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/search/$"))


def test_keys_can_be_switched_off_and_leave_fields_alone(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.locator("#sum input").press("ArrowRight")
    page.locator("#sum input").type("t?/")
    expect(page.locator("#sum input")).to_have_value("t?/")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single keys work").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/one/$"))


def test_in_right_to_left_pages_the_arrows_follow_the_eye(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/ar/course/part/one/")
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("/ar/course/part/two/$"))


def test_each_page_speaks_its_language(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + "/es/course/part/one/")
    assert page.locator("html").get_attribute("lang") == "es"
    expect(page.get_by_role("button", name="Comprobar")).to_be_visible()
    switcher = page.get_by_role("navigation", name="Idiomas")
    expect(switcher.get_by_role("link", name="Español")).to_have_attribute("aria-current", "true")
    switcher.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(gallery.url + "/ar/course/part/one/")
    assert page.locator("html").get_attribute("lang") == "ar"
    expect(page.locator(".worth")).to_have_text("3 نقاط")
    expect(page.get_by_role("button", name="تحقّق")).to_be_visible()


def test_code_is_copied_without_numbers_and_without_what_was_taken_out(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, permissions=["clipboard-read", "clipboard-write"])
    pasted = "navigator.clipboard.readText()"
    for place, text in enumerate(("contract Counter {\n    uint256 public count;\n}\n", " uint256 a;\n")):
        block = page.locator("pre").nth(place)
        block.scroll_into_view_if_needed()
        block.locator("xpath=..").get_by_role("button", name="Copy").click()
        soon(page, "it is in the clipboard", lambda text=text: page.evaluate(pasted) == text)  # type: ignore[misc]  # bound at once


def test_the_table_of_contents_shows_where_one_is(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL, width=1500)
    toc = page.get_by_role("navigation", name="On this page")
    page.locator("#questions").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('questions').scrollIntoView({behavior: 'instant'})")
    expect(toc.get_by_role("link", name="Questions")).to_have_attribute("aria-current", "true")


def test_on_paper_everything_folded_is_open_and_nothing_is_a_button(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_text("Second panel.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Course outline")).to_be_hidden()
    expect(page.locator(".bar")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for path in (LESSON_URL, "/course/", "/profile/", "/leaderboard/"):
        page.goto(gallery.url + path, wait_until="networkidle")
        assert page.locator("main :is(button, a.button, select):visible").all_inner_texts() == [], path


LONG = """
() => {
  const figure = document.querySelector(".exercise figure.code");
  figure.querySelector("pre > code").textContent = "a line of code\\n".repeat(60);
  document.querySelector("main").replaceChildren(figure.closest(".exercise"));
}
"""


def test_on_paper_a_long_file_of_an_exercise_leaves_no_page_empty(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.evaluate(LONG)
    # Sixty lines and the short rest of the exercise are more than a page of A4, and less than two.
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == 2


def test_links_that_are_pointed_at_are_fetched_ahead_and_nothing_is_rendered_ahead(
    gallery: Host, open_page: MakePage
) -> None:
    page = open_page(gallery.url + LESSON_URL)
    rules = json.loads(page.locator("script[type=speculationrules]").inner_text())
    assert list(rules) == ["prefetch"]
    assert not [path for path in gallery.seen if path.startswith("/course/part/three/")]
    page.locator(".pager a[rel=next]").hover()
    soon(page, "the next page is fetched", lambda: "/course/part/three/" in gallery.seen)
    assert page.locator(".pager a[rel=next]").count() == 1, "It is still this page"


# How a page that is shown again came back: as it was kept, or anew and why.
TELL_RETURN = """addEventListener("pageshow", ({ persisted }) => {
  const [{ type, notRestoredReasons }] = performance.getEntriesByType("navigation");
  if (persisted) fetch("/returned/kept");
  else if (type === "back_forward") fetch("/returned/" + encodeURIComponent(JSON.stringify(notRestoredReasons)));
})"""


def went_back(browser: Browser, gallery: Host, path: str) -> str:
    """Open a page for the first time, leave it, go back to it, and return how it came."""
    page = browser.new_page()
    # The page tells the host itself: Playwright loses sight of one that comes back as it was kept.
    page.add_init_script(TELL_RETURN)
    page.goto(gallery.url + path, wait_until="networkidle")
    # A worker that claims its pages drops those that are kept: a first visit is over once it has.
    until(
        "the worker has claimed its page",
        lambda: page.evaluate("navigator.serviceWorker.controller !== null"),
        page.wait_for_timeout,
    )
    gallery.seen.clear()
    page.goto(gallery.url + "/offline.html")
    page.evaluate("setTimeout(() => history.back())")
    until("the page is shown again", lambda: any(asked.startswith("/returned/") for asked in gallery.seen))
    return next(unquote(asked) for asked in gallery.seen if asked.startswith("/returned/"))


def test_going_back_finds_the_page_as_it_was_left(chromium: Chromium, browser: Browser, gallery: Host) -> None:
    """Playwright switches the cache off that this is about; a browser without that switch is another browser."""
    assert browser.is_connected()
    started = browser.browser_type.launch(
        executable_path=chromium.path, args=list(chromium.flags), ignore_default_args=["--disable-back-forward-cache"]
    )
    for path in (LESSON_URL, "/leaderboard/", "/profile/", "/search/"):
        # A busy browser may give up keeping a page for reasons of its own; ours would be there every time.
        returns: list[str] = []
        while "/returned/kept" not in returns and len(returns) < 3:
            returns.append(went_back(started, gallery, path))
        assert "/returned/kept" in returns, returns
    started.close()


def test_an_app_is_installed_on_a_click_and_not_by_a_banner(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    session = page.context.new_cdp_session(page)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}, "Playwright's profiles are private windows"
    page.get_by_role("button", name="Reading comfort").click()
    button = page.get_by_role("button", name="Install as an app")
    expect(button).to_be_hidden()
    page.evaluate(
        """() => {
          const event = new Event("beforeinstallprompt", { cancelable: true });
          event.prompt = () => (window.asked = event.defaultPrevented);
          dispatchEvent(event);
        }"""
    )
    button.click()
    expect(button).to_be_hidden()
    assert page.evaluate("window.asked")


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_pages_glide_into_each_other_unless_one_asks_for_no_motion(
    gallery: Host, open_page: MakePage, motion: str, *, moves: bool
) -> None:
    page = open_page(reduced_motion=motion)
    page.add_init_script("addEventListener('pagereveal', ({ viewTransition }) => (window.glides = !!viewTransition))")

    def glides() -> bool:
        page.goto(gallery.url + LESSON_URL)
        page.locator(".pager a[rel=next]").click()
        page.wait_for_url(re.compile("/two/$|/three/$"))
        # Not wait_for_function, whose own eval the page's policy may refuse.
        soon(page, "the page is revealed", lambda: page.evaluate("window.glides !== undefined"))
        return bool(page.evaluate("window.glides"))

    if moves:
        # Chromium gives a transition up whose next page takes four seconds, as it may on a busy machine.
        soon(page, "the pages glide", glides)
    else:
        assert not glides()
