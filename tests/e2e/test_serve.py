"""The live server in a real browser: what an author sees after a save."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from course import Files, write_files
from served import Served, serving
from servers import Browser

LONG = "\n\n".join(f"Paragraph {number} of a lesson that is longer than the window." for number in range(80))
FORM = '<form><input id="answer" name="answer"></form>\n<details id="more"><summary>More</summary>Inside</details>'
LESSON = f"# First\n\nThe old sentence.\n\n{LONG}\n\n{FORM}\n\n{LONG}\n"
SITE: Files = {
    "content/site.toml": 'title = "Course"\n',
    "content/index.md": "# Home\n\nWelcome.\n",
    "content/course/index.md": "# Course\n\nAbout it.\n",
    "content/course/01-first.md": LESSON,
    "content/course/02-second.md": "# Second\n\nAnother lesson.\n",
    "assets/css/site.css": "body { background-color: rgb(255, 255, 255); }\n",
}
OVERLAY = "coursewright-overlay"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path, args=list(chromium.flags))
        yield browser.new_context(viewport={"width": 900, "height": 600}).new_page()
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, SITE, "--no-api") as server:
        yield server


def opened(page: Page, served: Served, path: str) -> None:
    """Show a page, connected, and mark its document so that a reload would be seen."""
    with page.expect_request("**/-/live?*"):
        page.goto(served.url + path, wait_until="load")
    page.evaluate("document.marked = true")


def unloaded(page: Page) -> bool:
    """Tell whether the document is still the one that was opened."""
    return bool(page.evaluate("document.marked === true"))


def test_a_save_changes_the_text_and_keeps_scroll_form_details_and_focus(page: Page, served: Served) -> None:
    opened(page, served, "/course/first/")
    page.locator("#answer").press_sequentially("half-typed ans")
    page.locator("summary", has_text="More").click()
    page.locator("#answer").focus()
    scrolled = page.evaluate("document.querySelector('#answer').getBoundingClientRect().top")
    served.write({"content/course/01-first.md": LESSON.replace("The old sentence.", "The new one.\n\nAnd one more.")})
    expect(page.locator("main")).to_contain_text("The new one.")
    assert unloaded(page)
    assert page.locator("#answer").input_value() == "half-typed ans"
    assert page.evaluate("document.querySelector('#more').open")
    assert page.evaluate("document.activeElement.id") == "answer"
    assert page.evaluate("scrollY") > 0
    assert abs(page.evaluate("document.querySelector('#answer').getBoundingClientRect().top") - scrolled) <= 2
    page.locator("#answer").press_sequentially("wer")
    assert page.locator("#answer").input_value() == "half-typed answer"


def test_what_the_pages_own_scripts_have_made_of_it_stays(page: Page, served: Served) -> None:
    opened(page, served, "/course/first/")
    page.evaluate(
        """() => {
          const first = document.querySelector("main p");
          first.classList.add("read");
          first.insertAdjacentHTML("afterend", "<output>From a script</output>");
          document.body.dataset.mood = "calm";
        }"""
    )
    served.write({"content/course/01-first.md": LESSON.replace("Paragraph 40", "Forty")})
    expect(page.locator("main")).to_contain_text("Forty")
    assert page.locator("main output").inner_text() == "From a script"
    assert page.evaluate("document.body.dataset.mood") == "calm"
    assert page.locator("main p.read").count() == 1


def test_styles_are_swapped_without_a_reload(page: Page, served: Served) -> None:
    opened(page, served, "/course/first/")
    page.locator("#answer").fill("kept")
    served.write({"assets/css/site.css": "body { background-color: rgb(1, 2, 3); }\n"})
    expect(page.locator("body")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(page.locator("link[rel=stylesheet]")).to_have_count(1)
    assert unloaded(page)
    assert page.locator("#answer").input_value() == "kept"


def test_a_changed_template_shows_in_the_open_page(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    theme = Path(__file__).resolve().parents[2] / "templates" / "lesson.html"
    text = theme.read_text(encoding="utf-8")
    served.write({"templates/lesson.html": text.replace("{{ content }}", "<p>From the template</p>{{ content }}")})
    expect(page.locator("main")).to_contain_text("From the template")
    assert unloaded(page)


def test_a_broken_template_is_shown_over_the_page_until_it_is_mended(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    served.write({"templates/lesson.html": '{% extends "base.html" %}\n{% block main %}\n{{ page.nonsense }}\n'})
    overlay = page.locator(OVERLAY)
    expect(overlay).to_contain_text("templates/lesson.html:")
    served.write(
        {"templates/lesson.html": '{% extends "base.html" %}\n{% block main %}\n{{ nonsense() }}\n{% endblock %}'}
    )
    expect(overlay).to_contain_text("templates/lesson.html:3")
    expect(overlay).to_contain_text("{{ nonsense() }}")
    served.write({"templates/lesson.html": '{% extends "base.html" %}{% block main %}<p>Mended</p>{% endblock %}'})
    expect(overlay).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Mended")


def test_broken_front_matter_is_shown_with_its_line_and_goes_when_it_is_mended(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    served.write({"content/course/02-second.md": "---\ntitle: Second\norder: [\n---\n\n# Second\n"})
    overlay = page.locator(OVERLAY)
    expect(overlay).to_contain_text("content/course/02-second.md:")
    expect(overlay).to_contain_text("The front matter cannot be read")
    expect(overlay).to_contain_text("4 │ ---")
    served.write({"content/course/02-second.md": "# Second\n\nMended.\n"})
    expect(overlay).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Mended.")


def test_broken_settings_are_shown_and_the_server_goes_on(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    served.write({"content/site.toml": "titel = 'Course'\n"})
    expect(page.locator(OVERLAY)).to_contain_text("site.toml:1")
    expect(page.locator(OVERLAY)).to_contain_text("Did you mean `title`?")
    served.write({"content/site.toml": "title = 'Renamed'\n"})
    expect(page.locator(OVERLAY)).to_have_count(0)
    expect(page.locator("header")).to_contain_text("Renamed")


def test_a_deleted_content_folder_is_shown_and_its_return_is_noticed(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    shutil.move(served.site / "content", served.site / "elsewhere")
    expect(page.locator(OVERLAY)).to_contain_text("There is no folder")
    shutil.move(served.site / "elsewhere", served.site / "content")
    expect(page.locator(OVERLAY)).to_have_count(0)
    served.write({"content/course/02-second.md": "# Second\n\nWatched again.\n"})
    expect(page.locator("main")).to_contain_text("Watched again.")


def test_a_server_that_starts_on_a_broken_site_shows_why_and_then_the_site(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path, {**SITE, "templates/home.html": "{% nonsense %}"}, "--no-api") as served:
        page.goto(served.url + "/")
        expect(page.locator(OVERLAY)).to_contain_text("templates/home.html:1")
        served.write({"templates/home.html": None})
        expect(page.locator("main")).to_contain_text("Welcome.")
        expect(page.locator(OVERLAY)).to_have_count(0)


def test_the_overlay_can_be_closed(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    served.write({"content/course/01-first.md": "---\norder: [\n---\n"})
    page.locator(OVERLAY).get_by_role("button", name="Close").click()
    expect(page.locator(OVERLAY)).to_have_count(0)


def test_a_renamed_page_says_where_it_is_now_and_a_new_one_appears(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    old = served.site / "content" / "course" / "02-second.md"
    old.rename(old.with_name("03-third.md"))
    expect(page.locator(OVERLAY)).to_contain_text("not in the site any more")
    expect(page.locator(OVERLAY)).to_contain_text("/course/third/")
    page.goto(served.url + "/course/fourth/")
    assert served.get("/course/fourth/")[0] == 404
    served.write({"content/course/04-fourth.md": "# Fourth\n\nHere.\n"})
    expect(page.locator("main")).to_contain_text("Here.")


def test_every_open_page_follows_and_one_that_was_left_catches_up_when_it_is_shown_again(
    page: Page, served: Served
) -> None:
    opened(page, served, "/course/second/")
    other = page.context.new_page()
    opened(other, served, "/course/second/")
    served.write({"content/course/02-second.md": "# Second\n\nFor both.\n"})
    expect(page.locator("main")).to_contain_text("For both.")
    expect(other.locator("main")).to_contain_text("For both.")
    other.goto("about:blank")
    served.write({"content/course/02-second.md": "# Second\n\nWhile it was away.\n"})
    expect(page.locator("main")).to_contain_text("While it was away.")
    other.go_back()
    expect(other.locator("main")).to_contain_text("While it was away.")
    other.close()


def test_a_page_that_is_shown_and_did_not_change_is_left_alone(page: Page, served: Served) -> None:
    opened(page, served, "/course/second/")
    page.evaluate("document.addEventListener('coursewright:update', () => (document.updated = true))")
    served.write({"content/course/01-first.md": LESSON + "\nOne more.\n"})
    served.until(r"01-first\.md: 1 page ")
    served.write({"content/course/02-second.md": "# Second\n\nIts own change.\n"})
    expect(page.locator("main")).to_contain_text("Its own change.")
    assert unloaded(page)


def test_drafts_are_shown_with_a_badge(page: Page, served: Served) -> None:
    served.write({"content/course/03-draft.md": "---\ndraft: true\n---\n# Draft\n\nNot yet.\n"})
    served.until(r"03-draft\.md")
    page.goto(served.url + "/course/draft/")
    expect(page.locator(".badge").first).to_contain_text("draft", ignore_case=True)


def test_a_checkout_of_hundreds_of_files_is_one_build(page: Page, tmp_path: Path) -> None:
    lessons = {f"content/course/{number:03}-lesson.md": f"# Lesson {number}\n\nOld.\n" for number in range(1, 301)}

    def git(*words: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    # Both branches are there before anybody watches: files that are written one by one may well be several bursts.
    write_files(tmp_path, {**SITE, **lessons, ".gitignore": ".cache\n"}, stamped=False)
    git("init", "-q", "-b", "old")
    git("add", "-A")
    git("commit", "-q", "-m", "old")
    git("checkout", "-q", "-b", "new")
    write_files(tmp_path, {name: text.replace("Old.", "New.") for name, text in lessons.items()}, stamped=False)
    git("commit", "-q", "-a", "-m", "new")
    with serving(tmp_path, {}, "--no-api") as served:
        opened(page, served, "/course/001-lesson/")
        expect(page.locator("main")).to_contain_text("New.")
        before = len(served.said)
        git("checkout", "-q", "old")
        served.until(r": 300 pages in")
        expect(page.locator("main")).to_contain_text("Old.")
        assert len([line for line in served.said[before:] if " in " in line and " ms" in line]) == 1
