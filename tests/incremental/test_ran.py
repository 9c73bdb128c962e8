"""What runs after one edit is what must, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course import Course, Files, codes, differences, picture, stamp
from incremental.edits import START

PARSE, RENDER, LAYOUT = "page.parse", "render.render", "layout.lay_out"

COURSE: Files = {
    "site.toml": START["site.toml"],
    "index.md": "# Home\n\n[One](one/a.md#place), [gone](gone.md)\n",
    "one/index.md": "# One\n",
    "one/a.md": "# A\n\n## Place\n\n![A cat](cat.png)\n",
    "one/b.md": "# B\n\nWords.\n",
    "one/cat.png": picture(),
    "two/index.md": "# Two\n",
    "two/c.md": "# C\n\n![A cat](../one/cat.png)\n",
    "two/d.md": "# D\n\n```python file=../one/code.py\n```\n",
    "one/code.py": "print(1)\n",
    "/templates/tag.html": "<!doctype html><title>{{ page.title }}</title>",
    "/templates/lesson.html": "<!doctype html><title>{{ page.title }}</title>{{ content }}",
}


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, built once."""
    made = Course(place, COURSE)
    made.build()
    return made


def ran(course: Course, **options: object) -> dict[str, int]:
    """Build, hold the output to a clean build's, and return how often each step of a page ran."""
    report = course.build(**options)
    outputs, problems = course.clean(**options)
    assert differences(course.outputs(), outputs) == []
    assert report.problems == problems
    return {step: report.ran[step] for step in (PARSE, LAYOUT, RENDER) if step in report.ran}


def test_nothing_runs_when_nothing_changed(course: Course) -> None:
    report = course.build()
    assert report.ran == {}
    assert report.recalled[PARSE] == report.recalled[RENDER] == 7


def test_an_edit_of_the_body_parses_and_renders_its_page_alone(course: Course) -> None:
    course.write({"one/b.md": "# B\n\nOther words.\n"})
    assert ran(course) == {PARSE: 1, RENDER: 1}


def test_an_edit_that_leaves_the_page_equal_renders_nothing(course: Course) -> None:
    course.write({"one/b.md": "# B #\n\n\nWords.\n"})
    assert ran(course) == {PARSE: 1}


def test_a_new_title_renders_what_shows_it(course: Course) -> None:
    """Its own page, its module's two others that list it, and the home page that lists the course's lessons do."""
    course.write({"one/b.md": "# Beta\n\nWords.\n"})
    done = ran(course)
    assert (done[PARSE], done[LAYOUT]) == (1, 1)
    assert done[RENDER] == 3, "A page of the other course was rendered, or one that shows the title was not"


def test_a_longer_read_renders_what_shows_its_time_and_lays_out_nothing(course: Course) -> None:
    """A lesson that gets a paragraph may take a minute more; the site's structure is the same."""
    course.write({"one/b.md": "# B\n\n" + "Words. " * 2000})
    assert ran(course) == {PARSE: 1, RENDER: 3}
    course.write({"one/b.md": "# B\n\n" + "Words. " * 2001})
    assert ran(course) == {PARSE: 1, RENDER: 1}


PAGES = {path: f"# {path}\n" for path in ("index.md", "a/index.md", "a/b.md", "c/index.md", "c/d.md")}
LANGUAGES = {"site.toml": 'languages = ["en", "es"]\n', **PAGES, **{f"es/{path}": text for path, text in PAGES.items()}}


@pytest.mark.parametrize(
    ("files", "under"), [(LANGUAGES, "es/"), (PAGES, "")], ids=["a course", "a module of the only course"]
)
def test_a_longer_page_at_the_top_is_shown_wherever_its_language_leads_to_it(
    place: Path, files: Files, under: str
) -> None:
    """What the home of a language leads to may stand on every page of that language, as it does in the theme's bar."""
    shown = "{% for entry in site.top[page.language] %}{{ entry.minutes }} {% endfor %}"
    lesson = f"<!doctype html><title>{{{{ page.title }}}}</title>{shown}{{{{ content }}}}"
    course = Course(place, {**files, "/templates/lesson.html": lesson})
    course.build()
    course.write({f"{under}a/index.md": PAGES["a/index.md"] + "\nWords." * 2000})
    assert LAYOUT not in ran(course)
    assert "10 1 " in course.page(f"{under}c/d/index.html")


def test_another_picture_renders_the_pages_that_show_it(course: Course) -> None:
    course.write({"one/cat.png": picture(colour="blue")})
    assert ran(course) == {RENDER: 2}


def test_an_included_file_parses_the_pages_that_show_it(course: Course) -> None:
    course.write({"one/code.py": "print(2)\n"})
    assert ran(course) == {PARSE: 1, RENDER: 1}


def test_a_template_renders_the_pages_that_use_it(course: Course) -> None:
    course.write({"/templates/tag.html": "<!doctype html><title>{{ page.title }}!</title>"})
    assert ran(course) == {}
    course.write({"/templates/lesson.html": "<!doctype html><title>{{ page.title }}!</title>{{ content }}"})
    assert ran(course) == {RENDER: 4}


def test_another_order_parses_nothing(course: Course) -> None:
    course.write({"one/SUMMARY.md": "- [B](b.md)\n- [A](a.md)\n"})
    assert ran(course).get(PARSE) == 1, "SUMMARY.md itself"


def test_a_new_place_to_link_to_renders_nothing_but_its_page(course: Course) -> None:
    course.write({"one/a.md": "# A\n\n## Elsewhere\n\n![A cat](cat.png)\n"})
    assert ran(course) == {PARSE: 1, RENDER: 1}
    assert codes(course.build()) == ["anchor-missing", "link-missing"]


def test_a_file_that_was_touched_is_read_and_nothing_runs(course: Course) -> None:
    for path in course.site.rglob("*"):
        if path.is_file():
            stamp(path)
    assert course.build().ran == {}


def test_what_was_seen_before_is_recalled_when_a_branch_comes_back(course: Course) -> None:
    course.write({"one/b.md": "# B\n\nOn the branch.\n", "two/c.md": None})
    course.build()
    course.write({"one/b.md": COURSE["one/b.md"], "two/c.md": COURSE["two/c.md"]})
    assert PARSE not in ran(course)


def test_a_warm_build_says_what_the_cold_one_said(course: Course) -> None:
    cold = course.build(use_cache=False, out=course.folder / "other").problems
    assert course.build().problems == cold
    course.write({"one/b.md": "# B\n\nOther words.\n"})
    assert course.build().problems == cold
    course.write({"one/b.md": "# B\n\nOther words.\n\n[gone](gone.md)\n"})
    assert len(course.build().problems) == len(cold) + 1


def test_a_deleted_output_folder_is_made_anew(course: Course) -> None:
    """Whoever removes dist/ wants it again; the pages need no second parse."""
    before = course.outputs()
    shutil.rmtree(course.out)
    report = course.build()
    assert PARSE not in report.ran
    assert differences(course.outputs(), before) == []


def test_verify_mends_what_was_altered_by_hand_and_removes_what_is_gone(course: Course) -> None:
    (course.out / "one" / "b" / "index.html").write_text("altered")
    (course.out / "404.html").unlink()
    course.write({"two/d.md": None})
    course.build(verify=True)
    assert differences(course.outputs(), course.clean()[0]) == []


def test_check_writes_nothing_but_the_cache(place: Path) -> None:
    course = Course(place, COURSE)
    said = codes(course.build(write=False))
    assert said == ["link-missing"]
    assert sorted(path.name for path in place.iterdir()) == ["cache", "site"]
    assert codes(course.build(write=False)) == said
