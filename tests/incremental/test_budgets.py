"""Budgets: what a release may weigh, who overran it, and what that does to the build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.errors import UsageError
from course import Course, Files, codes, differences

SITE = 'title = "Site"\nbase_url = "https://site.example"\n'

COURSE: Files = {
    "site.toml": SITE,
    "index.md": "# Home\n",
    "one/index.md": "# One\n",
    "one/long.md": "# Long\n\n"
    + "".join(f"{number * 7919 % 10007:x}{number * 104729 % 1000003:x} " for number in range(8000)),
}


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, not built yet."""
    return Course(place, COURSE)


def test_a_default_that_is_overrun_is_a_warning_that_names_the_page(course: Course) -> None:
    report = course.build(release=True)
    (found,) = [problem for problem in report.problems if problem.code == "budget"]
    assert (found.severity, found.path) == ("warning", "one/long.md")
    (row,) = report.budgets
    assert (row["name"], row["page"], row["limit"]) == ("html", "one/long/index.html", 15 * 1024)
    assert row["actual"] > row["limit"]
    assert course.build(release=True).budgets == report.budgets


def test_a_limit_of_the_site_fails_the_release(course: Course) -> None:
    course.write({"site.toml": SITE + '[budgets]\nhtml = "1 KB"\n'})
    done = course.run("--release", "--json")
    assert done.returncode == 1
    rows = json.loads(done.stdout)["budgets"]
    assert {"name": "html", "page": "one/long/index.html", "limit": 1024}.items() <= rows[-1].items() or any(
        row["page"] == "one/long/index.html" for row in rows
    )
    assert all(row.keys() == {"name", "page", "limit", "actual", "culprit"} for row in rows)
    assert course.run().returncode == 0, "Only a release is held to it"


def test_the_heaviest_part_is_to_blame(course: Course) -> None:
    course.write(
        {
            "site.toml": SITE + "[budgets]\ncss = 100\n",
            "/templates/home.html": '<!doctype html><link rel="stylesheet" href="{{ site.assets["css/site.css"] }}">',
            "/assets/css/site.css": "".join(
                f".c{number}{{color:#{number * 7919 % 4096:03x}}}" for number in range(400)
            ),
        }
    )
    report = course.build(release=True)
    assert report.count("error") == 1
    (row,) = [row for row in report.budgets if row["name"] == "css"]
    assert row["culprit"].startswith("assets/site.")


def test_a_lighter_page_is_forgiven_and_the_others_are_not_read_again(course: Course) -> None:
    course.build(release=True)
    course.write({"one/long.md": "# Short\n"})
    assert codes(course.build(release=True)) == []


@pytest.mark.parametrize("line", ['html = "much"', "fonts = 3", "js = true"])
def test_a_budget_that_is_none_is_said(course: Course, line: str) -> None:
    course.write({"site.toml": f"{SITE}[budgets]\n{line}\n"})
    with pytest.raises(UsageError, match="budgets"):
        course.build()


def test_the_analysis_stands_beside_the_site(course: Course) -> None:
    course.write({"/assets/js/a.js": 'import "./b.js";\n', "/assets/js/b.js": "export const b = 1;\n"})
    course.build(release=True)
    analysis = course.out.with_name("dist.release") / "analysis.html"
    assert not analysis.exists()
    before = course.outputs()
    course.write({"one/long.md": "# Short\n"})
    course.build(release=True, analyze=True)
    text = analysis.read_text(encoding="utf-8")
    assert "<td>js/a.js<td>js/b.js" in text
    assert "<td>changed<td>one/long/index.html" in text
    assert "<script" not in text
    course.write({"one/long.md": COURSE["one/long.md"]})
    course.build(release=True, analyze=True)
    assert differences(course.outputs(), before) == [], "It changes nothing of the site"
    course.build(release=True, analyze=True)
    assert "<h2>Since the last build</h2><p>Nothing." in analysis.read_text(encoding="utf-8")
