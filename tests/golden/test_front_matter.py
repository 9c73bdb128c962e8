"""The contract's sentences on front matter and on the day: what is read, what is wrong, and what is not built."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course import Course
from golden.reading import SITE, built, children, title, urls

# Each key with a value that it cannot hold, in YAML and in TOML.
WRONG = {
    "title": "[1]",
    "description": "[1]",
    "order": '"first"',
    "id": "[1]",
    "slug": '"a/b"',
    "draft": '"perhaps"',
    "date": '"soon"',
    "expires": "7",
    "tags": "7",
    "layout": "[1]",
    "image": "[1]",
    "aliases": "7",
    "minutes": '"long"',
    "xp": "-1",
    "authors": "7",
    "extra": "7",
}


def test_yaml_and_toml_say_the_same(place: Path) -> None:
    """Every key that has a look on the page, in both."""
    course = Course(
        place,
        {
            "a.md": "---\ntitle: T\ntags: [x]\nid: i\norder: 2\nminutes: 3\nxp: 4\nauthors: [N]\nextra: {k: v}\n---\n",
            "b.md": '+++\ntitle = "T"\ntags = ["x"]\nid = "j"\norder = 2\nminutes = 3\nxp = 4\nauthors = ["N"]\n'
            '[extra]\nk = "v"\n+++\nText.',
        },
    )
    assert built(course) == {}
    found = json.loads(course.page("catalog.json"))["courses"][0]["modules"][0]["lessons"]
    shown = [{key: lesson[key] for key in ("title", "xp", "minutes")} for lesson in found]
    assert shown == [{"title": "T", "xp": 4, "minutes": 3}] * 2
    assert children(course.page("tags/x/index.html")) == ["/a/", "/b/"]


@pytest.mark.parametrize("fence", ["---", "+++"])
def test_a_wrong_value_is_an_error_at_its_line(place: Path, fence: str) -> None:
    """Whatever the key is; the page is built without it."""
    sign = ": " if fence == "---" else " = "
    course = Course(
        place,
        {
            **SITE,
            "c/index.md": "# H",
            **{f"c/{key}.md": f"{fence}\n\n{key}{sign}{value}\n{fence}\n# Page" for key, value in WRONG.items()},
        },
    )
    report = course.build()
    found = {
        problem.path: (problem.code, problem.severity, problem.line) for problem in report.problems if problem.path
    }
    assert found == {f"c/{key}.md": ("front-matter", "error", 3) for key in WRONG}
    assert urls(course) == {"/", "/c/", *(f"/c/{key}/" for key in WRONG)}


def test_an_unknown_key_is_a_warning_with_the_nearest_where_a_site_toml_is(place: Path) -> None:
    """Elsewhere it belongs to another tool."""
    course = Course(place, {"index.md": "# H", "a.md": "---\ntitel: A\n---\n# A"})
    assert built(course) == {}
    course.write(SITE)
    (problem,) = built(course).values()
    assert (problem.code, problem.severity, problem.line) == ("front-matter-key", "warning", 2)
    assert "`title`" in (problem.hint or "")


def test_without_a_site_toml_a_wrong_value_is_an_error_where_it_decides_what_is_published(place: Path) -> None:
    """Other tools' values for the rest are no loss: a warning at the same line."""
    course = Course(place, {f"{key}.md": f"---\n{key}: {value}\n---\n# Page" for key, value in WRONG.items()})
    found = {problem.path: (problem.severity, problem.line) for problem in course.build().problems if problem.path}
    deciding = {"slug", "draft", "date", "expires"}
    assert found == {f"{key}.md": ("error" if key in deciding else "warning", 2) for key in WRONG}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("order: .nan", "`order` should be a number, not nan"),
        ("order: .inf", "`order` should be a number, not inf"),
        (f"order: {10**25}", f"`order` should be a number, not {10**25}"),
        (f"order: {'9' * 5000}", f"`order` should be a number, not '{'9' * 39}…"),
        ("expires: 2020-13-45", "`expires` should be a date such as 2026-01-31, not '2020-13-45'"),
        ("createdAt: 2024-24-12", ""),
        ("at: 2024-01-01T25:00:00Z", ""),
    ],
)
def test_one_value_that_is_none_costs_no_other(place: Path, line: str, message: str) -> None:
    """It is named at its own line, if it is ours to read; the title beside it counts."""
    course = Course(place, {"index.md": "# H", "a.md": f"---\ntags: [x, y z]\ntitle: 'T: 1'\n{line}\n---\n# A\n"})
    found = [(problem.message, problem.line) for problem in course.build().problems if problem.path]
    assert found == ([(message, 4)] if message else [])
    assert title(course.page("a/index.html")) == "T: 1"


@pytest.mark.parametrize("block", ["---\ntitle: [a\n---\n", "+++\ntitle = A\n+++\n", "---\n- a\n- b: [\n---\n"])
def test_a_page_whose_front_matter_cannot_be_read_is_still_a_page(place: Path, block: str) -> None:
    """Its text is there and its first heading is its title."""
    course = Course(place, {"index.md": "# H", "a.md": f"{block}# Heading\n\nThe text.\n"})
    built(course)
    assert title(course.page("a/index.html")) == "Heading"
    assert "<p>The text.</p>" in course.page("a/index.html")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\ntitle: A\ntitle: B\n---\n", [(3, 1, "warning")]),
        ("---\ndraft: false\ntitle: A\ndraft: false\n---\n", [(4, 1, "error")]),
        ("---\nextra:\n  a: 1\n  a: 2\n---\n", [(4, 3, "warning")]),
        ("---\ntags: [a]\nb:\n  - c: 1\n    c: 2\n  - c: 3\n---\n", [(5, 5, "warning")]),
        ('+++\ntitle = "A"\ntitle = "B"\n+++\n', [(3, 12, "error")]),
    ],
)
def test_a_key_that_stands_twice_is_named_where_it_does(
    place: Path, text: str, found: list[tuple[int, int, str]]
) -> None:
    """In YAML the last one counts, in TOML none does."""
    course = Course(place, {"index.md": text})
    problems = [problem for problem in course.build().problems if problem.path]
    assert [(problem.line, problem.column, problem.severity) for problem in problems] == found
    assert {problem.code for problem in problems} == {"front-matter"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: A\n\n# B\n", True),
        ("---\n# comment\nlayout: x\ntags:\n- a\n  b\n", True),
        ("---\ntitle: A\n----\n", True),
        ("+++\ntitle = 1\n\n# B\n", True),
        ("---\n\nText after a line.\n", False),
        ("---\nNote: this is prose.\nTitle: so is this.\n", False),
        ("---\ntitle\n", False),
        ("--- title: A\n", False),
        ("+++\n", False),
    ],
)
def test_front_matter_without_an_end_is_said(place: Path, text: str, said: bool) -> None:  # noqa: FBT001 - a column
    """The page is shown as it is written; one that begins with a thematic break is no such thing."""
    course = Course(place, {"index.md": text})
    found = [(problem.code, problem.severity, problem.line) for problem in course.build().problems if problem.path]
    assert found == ([("front-matter", "error", 1)] if said else [])


DATED = {
    "index.md": "# H\n\n[d](draft.md) [n](new.md) [t](today.md) [e](ends.md) [f](fresh.md)",
    "draft.md": "---\ndraft: true\n---\n# D",
    "new.md": "---\ndate: 2026-02-01\n---\n# N",
    "today.md": "---\ndate: 2026-01-31\n---\n# T",
    "ends.md": "---\nexpires: 2026-01-31\n---\n# E",
    "fresh.md": "---\nexpires: 2026-02-01\n---\n# F",
}


def test_drafts_later_dates_and_what_expires_up_to_the_build_day_are_not_built(place: Path) -> None:
    """The day is SOURCE_DATE_EPOCH; links to what is not built are named as such."""
    course = Course(place, DATED)
    problems = [problem for problem in course.build().problems if problem.code == "link-unpublished"]
    assert urls(course) == {"/", "/today/", "/fresh/"}
    assert [problem.column for problem in problems] == [1, 15, 41]


def test_the_next_day_shows_and_hides_others(place: Path) -> None:
    """A warm build follows the day though no file has changed."""
    course = Course(place, DATED)
    built(course)
    built(course, day=str(1769817600 + 86_400))
    assert urls(course) == {"/", "/today/", "/new/"}


def test_a_draft_index_hides_only_itself(place: Path) -> None:
    """The folder's lessons stay, below a page that is generated."""
    course = Course(place, {"index.md": "# H", "part/index.md": "---\ndraft: true\n---\n# Secret", "part/a.md": "# A"})
    built(course)
    assert urls(course) == {"/", "/part/", "/part/a/"}
    assert "Secret" not in course.page("part/index.html")


def test_drafts_on_request_are_all_built_and_mark_the_manifest(place: Path) -> None:
    """Each page knows that it is hidden from others."""
    course = Course(place, DATED)
    assert built(course, drafts=True) == {}
    assert urls(course) == {"/", "/draft/", "/new/", "/today/", "/ends/", "/fresh/"}
    assert json.loads(course.outputs()["dist.release/manifest.json"])["drafts"] is True
    assert "data-hidden" in course.page("draft/index.html")
    assert "data-hidden" not in course.page("today/index.html")
    built(course)
    assert json.loads(course.outputs()["dist.release/manifest.json"])["drafts"] is False
