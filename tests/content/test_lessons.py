"""The sample site keeps what its home page promises: every lesson is whole, every question explains itself."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from content.reading import CONTENT, TRANSLATIONS, Directive, Page, pages

PAGES = pages()
LESSONS = [page for page in PAGES if page.is_lesson]
TRANSLATED = [page for page in PAGES if page.original]
DIRECTIVES = [(page, d) for page in PAGES for d in page.directives]
_CHOICE = re.compile(r"^- \[([ x])\] (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_ASKED = {"quiz", "exercise", "trace"}
_DIRECTIVE_NAMES = {
    "note", "tip", "info", "important", "warning", "caution", "danger", "quiz", "exercise", "trace", "tabs", "tab",
    "details", "figure", "video",
}  # fmt: skip


def _named(name: str) -> list[tuple[Page, Directive]]:
    return [(page, d) for page, d in DIRECTIVES if d.name == name]


def _id(pair: tuple[Page, Directive]) -> str:
    return pair[1].attributes.get("id", f"{pair[0].name}:{pair[1].line}")


def _prose(page: Page) -> str:
    return re.sub(r"^```.*?^```$", "", page.body, flags=re.MULTILINE | re.DOTALL)


def test_the_site_has_three_courses_and_at_least_twenty_five_lessons() -> None:
    courses = [path for path in CONTENT.iterdir() if path.is_dir() and any(path.rglob("*.md"))]
    assert len([path for path in courses if path.name not in TRANSLATIONS]) == 3
    assert len([page for page in LESSONS if not page.original]) >= 25
    assert len(_named("exercise")) >= 12


def test_the_site_file_says_only_what_a_first_site_needs() -> None:
    site = tomllib.loads((CONTENT / "site.toml").read_text(encoding="utf-8"))
    assert set(site) == {"title", "description", "language", "languages", "api_url", "achievements"}
    assert tuple(site["languages"]) == (site["language"], *TRANSLATIONS)


def test_the_whole_content_weighs_less_than_six_megabytes() -> None:
    assert sum(path.stat().st_size for path in CONTENT.rglob("*") if path.is_file()) < 6_000_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_a_title_and_a_description_of_one_sentence(page: Page) -> None:
    assert page.front["title"]
    assert page.front["description"].endswith(".")
    assert len(page.front["description"]) <= 160


@pytest.mark.parametrize("page", LESSONS, ids=lambda page: page.name)
def test_a_lesson_has_its_identity_tags_points_and_a_readable_length(page: Page) -> None:
    assert page.front["id"]
    assert page.front["tags"]
    assert page.front["xp"] in (10, 15, 20)
    assert 450 <= len(re.findall(r"\b\w+\b", _prose(page))) <= 1_500


@pytest.mark.parametrize("language", ["", *TRANSLATIONS])
def test_no_two_lessons_of_a_language_share_an_identity(language: str) -> None:
    ids = Counter(page.front["id"] for page in LESSONS if _language(page) == language)
    assert [key for key, n in ids.items() if n > 1] == []


@pytest.mark.parametrize("language", ["", *TRANSLATIONS])
def test_no_two_quizzes_exercises_or_traces_of_a_language_share_an_id(language: str) -> None:
    ids = Counter(d.attributes["id"] for page, d in DIRECTIVES if d.name in _ASKED and _language(page) == language)
    assert [key for key, n in ids.items() if n > 1] == []


def test_the_spanish_site_begins_with_a_home_a_course_and_at_least_four_lessons() -> None:
    assert {"es/index.md", "es/01-solidity-basics/index.md"} <= {page.name for page in TRANSLATED}
    assert len([page for page in TRANSLATED if page.is_lesson]) >= 4


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_a_translation_asks_and_pays_for_what_its_original_does(page: Page) -> None:
    """A learner's answer is kept by the places of the choices, and counts in every language."""
    (original,) = [one for one in PAGES if one.path == page.original]
    assert [page.front.get(key) for key in ("id", "xp")] == [original.front.get(key) for key in ("id", "xp")]
    assert _asked(page) == _asked(original)


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_a_translation_shows_the_code_of_its_original_but_for_comments(page: Page) -> None:
    (original,) = [one for one in PAGES if one.path == page.original]
    assert [_code(fence.text) for fence in page.fences] == [_code(fence.text) for fence in original.fences]


def _language(page: Page) -> str:
    return page.path.relative_to(CONTENT).parts[0] if page.original else ""


def _asked(page: Page) -> list[tuple[str, dict[str, str], list[str]]]:
    asked = [d for d in page.directives if d.name in _ASKED]
    return [(d.name, d.attributes, [mark for mark, _ in _CHOICE.findall(d.body)]) for d in asked]


def _code(text: str) -> str:
    return re.sub(r"\s*//.*", "", text)


def test_only_directives_of_the_contract_are_used() -> None:
    assert {d.name for _, d in DIRECTIVES} <= _DIRECTIVE_NAMES


@pytest.mark.parametrize("pair", _named("quiz"), ids=_id)
def test_a_quiz_has_a_right_and_a_wrong_choice_and_feedback_for_each(pair: tuple[Page, Directive]) -> None:
    body = pair[1].body
    assert {mark for mark, _ in _CHOICE.findall(body)} == {"x", " "}
    for choice in re.split(r"^- \[[ x]\] ", body, flags=re.MULTILINE)[1:]:
        assert re.search(r"^ {2}> \S", choice, re.MULTILINE), f"no feedback for: {choice.splitlines()[0]}"


@pytest.mark.parametrize("pair", _named("exercise"), ids=_id)
def test_an_exercise_names_a_starter_a_solution_and_tests_that_exist(pair: tuple[Page, Directive]) -> None:
    page, exercise = pair
    folder = page.path.parent
    files = {key: folder / exercise.attributes[key] for key in ("file", "solution", "tests")}
    assert all(path.is_file() for path in files.values())
    # The tests import the learner's file by its name; the solution takes its place under the same name.
    assert files["file"].name == files["solution"].name
    assert f'import "./{files["file"].name}";' in files["tests"].read_text(encoding="utf-8")
    assert int(exercise.attributes["xp"]) > 0
    assert exercise.body.strip()


@pytest.mark.parametrize("pair", _named("exercise"), ids=_id)
def test_every_test_of_an_exercise_states_a_sentence(pair: tuple[Page, Directive]) -> None:
    page, exercise = pair
    source = (page.path.parent / exercise.attributes["tests"]).read_text(encoding="utf-8")
    names = re.findall(r"function (test_\w+)\(\)", source)
    assert names
    for body in re.split(r"function test_\w+\(\)", source)[1:]:
        sentences = re.findall(r'"([^"]+)"', body.split("\n    }\n")[0])
        assert any(" " in sentence for sentence in sentences)


def test_no_file_of_an_exercise_is_left_over() -> None:
    named = {
        page.path.parent / d.attributes[key] for page, d in _named("exercise") for key in ("file", "solution", "tests")
    }
    assert {path for path in CONTENT.rglob("*.sol") if path not in named} == set()


@pytest.mark.parametrize("pair", _named("trace"), ids=_id)
def test_a_trace_shows_one_program_and_has_an_answer(pair: tuple[Page, Directive]) -> None:
    assert pair[1].attributes["answer"]
    assert pair[1].body.count("```solidity") == 1
    assert "function run()" in pair[1].body


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_page_and_its_fragment_to_a_heading(page: Page) -> None:
    for target in _LINK.findall(_prose(page)):
        assert not target.startswith("http"), "the lessons stand on their own"
        name, _, fragment = unquote(target).partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.is_file(), target
        if fragment:
            assert fragment in _fragments(path.read_text(encoding="utf-8")), target


def _fragments(source: str) -> set[str]:
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} (.+)$", source, re.MULTILINE):
        explicit = re.search(r"\{#([\w-]+)\}\s*$", heading)
        plain = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        found.add(explicit[1] if explicit else plain)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_picture_exists_and_is_described(page: Page) -> None:
    for alt, target in _IMAGE.findall(_prose(page)):
        assert (page.path.parent / target).is_file(), target
        assert len(alt) > 30, f"{target} deserves a description"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_from_a_file_names_lines_that_exist(page: Page) -> None:
    for fence in page.fences:
        named = re.search(r"file=(\S+) lines=(\d+)-(\d+)", fence.info)
        if named:
            lines = (page.path.parent / named[1]).read_text(encoding="utf-8").splitlines()
            shown = lines[int(named[2]) - 1 : int(named[3])]
            assert len(shown) == int(named[3]) - int(named[2]) + 1
            assert shown[0].strip()
            assert shown[-1].strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_marked_lines_of_a_block_exist(page: Page) -> None:
    for fence in page.fences:
        marks = re.search(r"\{([\d,\s-]+)\}", fence.info)
        if marks:
            assert max(map(int, re.findall(r"\d+", marks[1]))) <= fence.text.count("\n") + 1, fence.info


def test_every_picture_is_used() -> None:
    used = {(page.path.parent / target).resolve() for page in PAGES for _, target in _IMAGE.findall(page.body)}
    pictures = {path for path in CONTENT.rglob("*") if path.suffix in {".svg", ".png", ".jpg"}}
    assert pictures - used == set()


def test_a_drawing_names_itself_and_brings_nothing_active() -> None:
    drawings = sorted(CONTENT.rglob("*.svg"))
    assert len(drawings) >= 10
    for path in drawings:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert {"title", "desc"} <= names
        assert not names & {"script", "foreignObject", "image", "a", "animate", "set"}
        assert "prefers-color-scheme" in path.read_text(encoding="utf-8")


def test_three_pictures_at_least_are_large_enough_to_be_scaled_down() -> None:
    widths = []
    for path in CONTENT.rglob("*"):
        if path.suffix in {".png", ".jpg"}:
            with Image.open(path) as picture:
                widths.append(picture.width)
    assert len([width for width in widths if width >= 1_600]) >= 3
