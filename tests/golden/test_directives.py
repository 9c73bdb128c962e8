"""The contract's sentences on directives: how they begin and end, and what readers get of each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from course import Course, Files, picture
from golden.reading import SITE, built

ADMONITIONS = ("note", "tip", "info", "important", "warning", "caution", "danger")


def shown(place: Path, markdown: str, **files: Any) -> str:
    """Build a page and return what stands below its heading, without the space between tags."""
    course = Course(place, {"a.md": f"# A\n\n{markdown}\n", **files.get("files", {})})
    assert built(course) == {}
    below = course.page("a/index.html").partition("</h1>")[2].partition("</body>")[0]
    return re.sub(r"\s*\n\s*", "", below)


@pytest.mark.parametrize("colons", [3, 4, 7])
@pytest.mark.parametrize("line", ["note [A title]", "note A title", " note   [A title]  "])
def test_three_or_more_colons_a_name_and_a_title_open_a_block(place: Path, colons: int, line: str) -> None:
    """A title in brackets and one without mean the same."""
    page = shown(place, f"{':' * colons}{line} {{#x}}\nText.\n{':' * colons}\n\nAfter.")
    assert page.startswith('<aside class="note note" id="x"><p class="note-title">A title</p><p>Text.</p></aside>')
    assert "<p>After.</p>" in page


@pytest.mark.parametrize("name", ADMONITIONS)
def test_each_admonition_is_an_aside_of_its_name(place: Path, name: str) -> None:
    """Without a title it has the name's own word."""
    page = shown(place, f"::: {name}\nText.\n:::")
    assert f'<aside class="note {name}"><p class="note-title">' in page
    assert '<p class="note-title"></p>' not in page


def test_a_line_of_as_many_colons_closes_the_innermost_open_block(place: Path) -> None:
    """Blocks of equal and of different length stand inside each other."""
    text = "::: note [1]\n::: tip [2]\nTwo.\n:::\nOne.\n:::\n\n:::: note [3]\n::: tip [4]\nFour.\n:::\n::::"
    page = shown(place, text)
    assert re.sub(r"<p class[^>]*>(\d)</p>", r"\1:", page).startswith(
        '<aside class="note note">1:<aside class="note tip">2:<p>Two.</p></aside><p>One.</p></aside>'
        '<aside class="note note">3:<aside class="note tip">4:<p>Four.</p></aside></aside>'
    )


@pytest.mark.parametrize(
    "code",
    ["```\n::: note\nText.\n:::\n```", "~~~~ text\n::: note\n:::\n~~~~", "    ::: note\n    :::", "`` ::: note ``"],
)
def test_a_directive_is_inert_inside_code(place: Path, code: str) -> None:
    """Fenced, indented or in a line."""
    page = shown(place, code)
    assert "<aside" not in page
    assert "::: note" in page


def test_an_unknown_name_is_a_plain_block(place: Path) -> None:
    """A warning only with a site.toml."""
    course = Course(place, {"a.md": "# A\n\n::: columns [T] {#i}\nText.\n:::\n"})
    assert built(course) == {}
    assert '<div class="columns" id="i"><p class="note-title">T</p>' in course.page("a/index.html")
    course.write(SITE)
    assert [problem.severity for problem in built(course).values()] == ["warning"]


def test_footnotes_and_reference_links_work_across_directives(place: Path) -> None:
    """The page is parsed once: what a block names may be defined in another, or below."""
    page = shown(
        place,
        "One.[^n]\n\n::: note\nTwo[^n] and [there][r].\n\n[s]: /a.md\n:::\n\n::: tip\n[back][s]\n:::\n\n"
        "[r]: https://x.test\n\n[^n]: The note.",
    )
    assert '<a href="https://x.test">there</a>' in page
    assert '<a href="/a/">back</a>' in page
    assert page.count("data-footnote-ref>") == 2
    assert page.count("The note.") == 1


QUIZ = """::: quiz [Storage] {{#q xp=7}}
Where?

> Hint: it costs most.

- [ ] in memory
  > Memory is short.
- [{second}] in storage
  > It stays.
- [x] in both
:::"""


@pytest.mark.parametrize(("second", "kind", "answers"), [(" ", "radio", [2]), ("x", "checkbox", [1, 2])])
def test_one_right_choice_is_a_radio_and_more_are_checkboxes(
    place: Path, second: str, kind: str, answers: list[int]
) -> None:
    """What is right stands in the awards alone and in the answer that is folded away."""
    course = Course(place, {**SITE, "c/a.md": "# A\n\n" + QUIZ.format(second=second)})
    assert built(course) == {}
    page = course.page("c/a/index.html")
    assert page.count(f'<input type="{kind}" name="q"') == 3
    assert 'data-xp="7"' in page
    awards = json.loads(course.outputs()["dist.release/awards.json"])["items"]
    assert awards["c/a#q"] == {"kind": "quiz", "course": "c", "xp": 7, "answers": answers}
    assert "answers" not in course.page("catalog.json")
    assert page.partition("<fieldset")[2].partition("</fieldset>")[0].count("right") == 0


def test_a_quote_under_a_choice_is_its_feedback_and_one_that_begins_hint_is_the_hint(place: Path) -> None:
    """Neither is part of the question or of the choice."""
    page = shown(place, QUIZ.format(second=" "))
    assert '<details class="hint"><summary>Hint</summary><div>It costs most.</div></details>' in page
    assert '<div class="feedback">Memory is short.</div>' in page
    assert '<div class="question" id="q-question"><p>Where?</p></div>' in page
    assert "<span>in memory</span>" in page


def test_a_trace_needs_an_answer(place: Path) -> None:
    """With one it asks for text; without one it is an error."""
    course = Course(place, {**SITE, "c/a.md": '# A\n\n::: trace {#t answer="it reverts"}\nWhat?\n:::\n'})
    assert built(course) == {}
    items = json.loads(course.outputs()["dist.release/awards.json"])["items"]
    assert items["c/a#t"]["answer"] == "it reverts"
    assert '<input type="text"' in course.page("c/a/index.html")
    course.write({"c/a.md": "# A\n\n::: trace {#t}\nWhat?\n:::\n"})
    assert built(course)["quiz-no-answer"].severity == "error"


FILES: Files = {"e/E.sol": "contract E {}", "e/T.sol": "contract T {}", "e/s/E.sol": "contract Solved {}"}


def test_an_exercise_shows_its_files(place: Path) -> None:
    """The starter is open, tests and solution are folded away; a missing file is an error, and the page is built."""
    line = "::: exercise [Do it] {#e xp=30 file=e/E.sol tests=e/T.sol solution=e/s/E.sol}\nFinish it.\n:::"
    page = re.sub(r"<span[^>]*>|</span>", "", shown(place, line, files=FILES))
    assert "contract E {}" in page.partition("<details")[0]
    assert '<details class="tests">' in page
    assert "contract Solved {}" in page.partition('<details class="solution">')[2]
    course = Course(place / "again", {**FILES, "e/T.sol": "x", "a.md": f"# A\n\n{line.replace('T.sol', 'U.sol')}"})
    assert built(course)["exercise-files"].severity == "error"
    assert "Finish it." in course.page("a/index.html")


@pytest.mark.parametrize("name", ["quiz", "trace answer=1", "exercise"])
def test_what_is_asked_needs_an_id_of_its_own(place: Path, name: str) -> None:
    """An error otherwise, as progress has no name to be kept under."""
    word, _, values = name.partition(" ")
    course = Course(place, {"a.md": f"# A\n\n::: {word} {{{values}}}\n- [x] a\n:::\n"})
    assert built(course)["directive-id"].severity == "error"


def test_tabs_details_figure_and_video_need_no_script(place: Path) -> None:
    """Radio buttons, details, figure with a caption, and a video whose files are published."""
    page = shown(
        place,
        "::::: tabs\n:::: tab [One]\n1\n::::\n:::: tab [Two]\n2\n::::\n:::::\n\n::: details [More]\nHid.\n:::\n\n"
        "::: figure [Words]\n![c](cat.png)\n:::\n\n::: video [Film] {src=film.mp4 poster=cat.png}\n:::",
        files={"cat.png": picture(), "film.mp4": b"film"},
    )
    assert len(re.findall(r'<section class="tab"><label[^>]*><input type="radio" name="tabs-\d+"', page)) == 2
    assert page.count(" checked>") == 1
    assert "<details><summary>More</summary><p>Hid.</p></details>" in page
    assert re.search(r"<figure><p><img [^>]*></p><figcaption>Words</figcaption></figure>", page)
    film = re.search(r"<video controls [^>]*>", page)
    assert film is not None
    assert re.search(r'src="/assets/film\.[0-9a-f]{8,}\.mp4"', film[0])
    assert re.search(r'poster="/assets/cat\.[0-9a-f]{8,}\.\w+"', film[0])


def test_the_last_paragraph_of_a_figure_is_its_caption(place: Path) -> None:
    """Unless it holds the picture, or there is a title."""
    page = shown(
        place,
        "::: figure\n![c](cat.png)\n\nA cat, *seen*.\n:::\n\n::: figure\n![c](cat.png)\n:::\n\n"
        "::: figure [T]\n![c](cat.png)\n\nMore.\n:::",
        files={"cat.png": picture()},
    )
    first, second, third = re.findall(r"<figure>(.*?)</figure>", page, re.DOTALL)
    assert re.fullmatch(r"<p><img [^>]*></p>\s*<figcaption>A cat, <em>seen</em>.</figcaption>", first)
    assert "figcaption" not in second
    assert third.endswith("<p>More.</p><figcaption>T</figcaption>")


def test_a_block_that_is_not_closed_is_an_error_at_its_line(place: Path) -> None:
    """Its content is shown."""
    course = Course(place, {"a.md": "# A\n\n::: note\nText.\n"})
    problem = built(course)["directive-unclosed"]
    assert (problem.severity, problem.line) == ("error", 3)
    assert "Text." in course.page("a/index.html")


@pytest.mark.parametrize(
    ("title", "html"),
    [
        ("What `msg.sender` *is*", "What <code>msg.sender</code> <em>is</em>"),
        ("a_name and 2 < 3 & more", "a_name and 2 &lt; 3 &amp; more"),
        ("See [there](https://example.org)", "See there"),
        ("* not a list", "* not a list"),
        ("<b>bold</b> *x*", "&lt;b&gt;bold&lt;/b&gt; <em>x</em>"),
    ],
)
def test_a_title_is_a_line_of_markdown_without_links(place: Path, title: str, html: str) -> None:
    """Code and emphasis are what an author expects of a title; HTML and links in one are words."""
    course = Course(place, {"index.md": f"# A\n\n::: note [{title}]\nText.\n:::\n"})
    course.build()
    assert f'<p class="note-title">{html}</p>' in course.page("index.html")


def test_the_catalogues_titles_are_words_alone(place: Path) -> None:
    """What lists show of a question has no marks."""
    course = Course(place, {"one.md": "# A\n\n::: quiz [The `owner`] {#one}\nWho?\n\n- [x] Me\n- [ ] You\n:::\n"})
    course.build()
    assert '"The owner"' in (course.out / "catalog.json").read_text(encoding="utf-8")
