"""Quizzes and traces: checked at once, explained choice by choice, by mouse and keyboard, and remembered."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from e2e.conftest import MakePage
from e2e.gallery import LESSON_URL
from e2e.host import Host

EVENTS = """
() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("coursewright");
  opening.onerror = () => reject(opening.error);
  // Where the page has kept nothing yet there is no database, and this must not be what makes one.
  opening.onupgradeneeded = () => { resolve([]); opening.transaction.abort(); };
  opening.onsuccess = () => {
    const asking = opening.result.transaction("events").objectStore("events").getAll();
    asking.onsuccess = () => { opening.result.close(); resolve(asking.result); };
  };
})
"""


def answered(page: Page, item: str) -> list[object]:
    """Return the choices of each answer kept for an item, in order."""
    found = [event for event in page.evaluate(EVENTS) if event["item"] == item]
    return [event.get("choices", event.get("answer")) for event in sorted(found, key=lambda event: event["at"])]


def quiz_of(page: Page, name: str) -> Locator:
    """Return a quiz, brought into view: only then is its script wanted."""
    quiz = page.locator(name)
    quiz.scroll_into_view_if_needed()
    expect(quiz.get_by_role("button", name="Check")).to_be_visible()
    return quiz


def test_a_wrong_choice_is_explained_and_the_right_one_counts(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz = quiz_of(page, "#one")
    status = quiz.get_by_role("status")
    quiz.get_by_label("Alpha").check()
    quiz.get_by_role("button", name="Check").click()
    expect(status).to_contain_text("Not yet.")
    expect(quiz.locator(".choice").first).to_contain_text("Not this one: Too early.")
    expect(quiz.get_by_text("Just so.")).to_be_hidden()
    quiz.get_by_role("button", name="Try again").click()
    expect(status).to_be_empty()
    quiz.get_by_label("Beta").check()
    quiz.get_by_role("button", name="Check").click()
    expect(status).to_contain_text("Right.")
    expect(quiz.locator(".choice").nth(1)).to_contain_text("Just so.")
    assert answered(page, "course/everything#one") == [[0], [1]]


def test_several_choices_are_right_only_together(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz = quiz_of(page, "#many")
    quiz.get_by_label("Two").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.get_by_role("status")).to_contain_text("some of it is right")
    # Changing the answer takes the verdict away.
    quiz.get_by_label("Four").check()
    expect(quiz.get_by_role("status")).to_be_empty()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.get_by_role("status")).to_contain_text("Right.")
    assert answered(page, "course/everything#many") == [[0], [0, 2]]


def test_without_an_answer_there_is_nothing_to_check(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz_of(page, "#one").get_by_role("button", name="Check").click()
    expect(page.locator("#one").get_by_role("status")).to_have_text("Choose an answer first.")
    quiz_of(page, "#sum").get_by_role("button", name="Check").click()
    expect(page.locator("#sum").get_by_role("status")).to_have_text("Write an answer first.")


def test_a_quiz_is_done_by_keyboard_alone(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz_of(page, "#one").get_by_label("Alpha").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#one").get_by_label("Beta")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
    assert page.url.endswith(LESSON_URL)


def test_a_trace_is_compared_without_regard_to_spacing(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    trace = quiz_of(page, "#sum")
    field = trace.get_by_role("textbox", name="Your answer")
    field.fill("uint256 4")
    field.press("Enter")
    expect(trace.get_by_role("status")).to_contain_text("Not yet.")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("  uint256   3 ")
    trace.get_by_role("button", name="Check").click()
    expect(trace.get_by_role("status")).to_contain_text("Right.")
    assert answered(page, "course/everything#sum") == ["uint256 4", "uint256 3"]


def test_the_last_answer_is_there_when_the_page_is_opened_again(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.locator("#one").get_by_label("Beta").check()
    page.locator("#one").get_by_role("button", name="Check").click()
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
    page.reload()
    page.locator("#one").scroll_into_view_if_needed()
    expect(page.locator("#one").get_by_role("status")).to_contain_text("Right.")
    expect(page.locator("#one").get_by_label("Beta")).to_be_checked()
    expect(page.locator("#one")).to_contain_text("Just so.")


def test_the_hint_is_there_on_demand(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    expect(page.get_by_text("Not the first.")).to_be_hidden()
    page.locator("#one").get_by_text("Hint").click()
    expect(page.get_by_text("Not the first.")).to_be_visible()


def test_points_are_provisional_until_the_server_has_answered(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    page.locator("#one").get_by_label("Beta").check()
    page.locator("#one").get_by_role("button", name="Check").click()
    expect(page.locator("#one").get_by_role("status")).to_contain_text("+5 points, once the server has confirmed")


def test_after_a_right_answer_the_focus_stays_with_it(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz = quiz_of(page, "#one")
    quiz.get_by_label("Beta").check()
    quiz.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    expect(quiz.get_by_role("status")).to_be_focused()
    page.keyboard.press("Tab")
    expect(quiz.get_by_text("Hint")).to_be_focused()


def test_what_is_said_of_a_choice_is_read_out_and_belongs_to_it(gallery: Host, open_page: MakePage) -> None:
    page = open_page(gallery.url + LESSON_URL)
    quiz = quiz_of(page, "#one")
    expect(quiz.locator(".choices")).to_have_attribute("aria-live", "polite")
    quiz.get_by_label("Alpha").check()
    quiz.get_by_role("button", name="Check").click()
    expect(quiz.get_by_role("radio", name="Alpha")).to_have_accessible_description("Not this one: Too early.")
    quiz.get_by_role("button", name="Try again").click()
    expect(quiz.get_by_role("radio", name="Alpha")).to_have_accessible_description("")
