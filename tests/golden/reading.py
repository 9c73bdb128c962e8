"""What the tests of sentences read off a built course."""

from __future__ import annotations

import re

from builder.errors import Problem
from course import Course, Files

SITE = {"site.toml": 'title = "Site"\nbase_url = "https://example.org"\n'}


def built(course: Course, **options: object) -> dict[str, Problem]:
    """Build a course and return its problems by code, without the notice that there is no base_url."""
    return {problem.code: problem for problem in course.build(**options).problems if problem.code != "base-url"}


def urls(course: Course) -> set[str]:
    """Return the addresses of the course's own pages."""
    standing = ("search/", "profile/", "leaderboard/", "tags/")
    found = {path.removesuffix("index.html") for path in course.outputs() if path.endswith("index.html")}
    return {"/" + path for path in found if not path.startswith(standing)}


def children(html: str) -> list[str]:
    """Return the addresses that a page lists below itself, in order."""
    return re.findall(r'<p><a href="([^"]*)">[^<]*</a></p>', html.partition("</h1>")[2])


def kind(html: str) -> str:
    """Return what a page is: home, course, module, lesson."""
    return html.partition('data-kind="')[2].partition('"')[0]


def title(html: str) -> str:
    """Return a page's title."""
    return html.partition("<title>")[2].partition(" · ")[0]


def listed(course: Course, files: Files) -> list[str]:
    """Write files, build, and return what the first page lists."""
    course.write(files)
    course.build()
    return children(course.page("index.html"))
