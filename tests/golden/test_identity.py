"""The contract's sentences on identity: under which names progress is kept, and what carries it over a rename."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from course import Course
from golden.reading import SITE, built

QUIZ = "\n\n::: quiz {#q}\n- [x] a\n- [ ] b\n:::\n"


def awards(course: Course) -> dict[str, Any]:
    """Build a course and return what the edge learns of it."""
    built(course)
    found: dict[str, Any] = json.loads(course.outputs()["dist.release/awards.json"])
    return found


def test_a_lessons_identity_is_its_id_else_its_url_inside_the_course(place: Path) -> None:
    """The course's own id goes before; what is asked on the page is named after it."""
    course = Course(place, {**SITE, "c/01-m/02-a.md": "# A" + QUIZ, "c/01-m/b.md": "---\nid: bee\n---\n# B"})
    assert set(awards(course)["items"]) == {"c/m/a", "c/m/a#q", "c/bee"}


def test_without_a_site_toml_the_course_is_named_course(place: Path) -> None:
    """An item needs a course before its slash."""
    assert set(awards(Course(place, {"part/a.md": "# A"}))["items"]) == {"course/part/a"}


def test_aliases_carry_progress_over_a_rename(place: Path) -> None:
    """Of the lesson and of what it asks; from beside the page, the root or another course, with an id or without."""
    course = Course(
        place,
        {
            **SITE,
            "c/m/new.md": "---\naliases: [old, /c/older/]\n---\n# A" + QUIZ,
            "c/b.md": "---\nid: bee\naliases: [b2]\n---\n# B",
            "d/e.md": "---\naliases: [/c/e/]\n---\n# E",
        },
    )
    assert awards(course)["aliases"] == {
        "c/m/old": "c/m/new",
        "c/m/old#q": "c/m/new#q",
        "c/older": "c/m/new",
        "c/older#q": "c/m/new#q",
        "c/b2": "c/bee",
        "c/e": "d/e",
    }


def test_an_alias_never_stands_for_what_is_there(place: Path) -> None:
    """A page whose id is another's former address keeps its own progress."""
    course = Course(place, {**SITE, "c/a.md": "---\naliases: [old]\n---\n# A", "c/b.md": "---\nid: old\n---\n# B"})
    found = awards(course)
    assert "c/old" in found["items"]
    assert found["aliases"] == {}


def test_ids_that_are_given_up_stand_in_retired_toml(place: Path) -> None:
    """They are handed to the edge in order."""
    course = Course(place, {**SITE, "c/a.md": "# A", "retired.toml": 'ids = ["c/old#q", "c/gone"]\n'})
    assert awards(course)["retired"] == ["c/gone", "c/old#q"]


@pytest.mark.parametrize(("text", "line"), [('\nids = ["a"', 2), ("ids = 7", 1), ("ids = [1]", 1)])
def test_a_retired_toml_that_is_wrong_is_said_by_each_build(place: Path, text: str, line: int) -> None:
    """Also by one in which only a word has changed."""
    course = Course(place, {**SITE, "c/a.md": "# A", "retired.toml": text})
    cold = course.build().problems
    assert [(problem.code, problem.line) for problem in cold if problem.path] == [("retired", line)]
    course.write({"c/a.md": "# A\n\nMore."})
    assert course.build().problems == cold


def test_an_alias_redirects_old_addresses_with_their_fragment(place: Path) -> None:
    """In _redirects, where hosts keep the fragment, and by a page whose script hands it on."""
    course = Course(place, {**SITE, "c/a.md": "---\naliases: [old, /x/y.html, /c/older/#part]\n---\n# A"})
    built(course)
    assert course.page("_redirects").splitlines() == [
        "/c/old/ /c/a/ 301",
        "/c/older/ /c/a/ 301",
        "/x/y.html /c/a/ 301",
    ]
    for path in ("c/old/index.html", "c/older/index.html", "x/y.html"):
        assert 'content="0; url=/c/a/"' in course.page(path)
        assert "location.hash" in course.page(path)
