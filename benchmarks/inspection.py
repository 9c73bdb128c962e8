"""Proves on a sample of pages that a tool did the work that all must do, and that an edit has arrived.

A tool that is fast because it leaves something out must not count as fast. Each check returns findings as sentences;
none means equal work.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from benchmarks.tools import BASE_URL, Tool

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.corpus import Course, Lesson

# Each block of the course has more than 30 highlighted tokens with every tool; fewer means that one was left plain.
LEAST_SPANS = 12
_INDENTED = re.compile(r"\n[ \t]+<")


class Page(HTMLParser):
    """What a page has: its links resolved, title, headings, tables, and the highlighted spans of each block."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.neighbours: set[str] = set()
        self.title = ""
        self.heading = ""
        self.headings: set[str] = set()
        self.spans: list[int] = []
        self.tables = 0
        self._url = url
        self._pre = False
        self._in_title = False
        self._in_heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count what the checks ask for."""
        named = dict(attrs)
        if tag == "a" and named.get("href"):
            target = unquote(urljoin(self._url, named["href"]))
            self.links.add(target)
            self.neighbours |= {target} if named.get("rel") in {"prev", "next"} else set()
        elif tag in {"h2", "h3"} and named.get("id"):
            self.headings.add(str(named["id"]))
        elif tag == "pre":
            self._pre = True
            self.spans.append(0)
        elif tag == "span" and self._pre and named.get("class"):
            self.spans[-1] += 1
        elif tag == "table":
            self.tables += 1
        elif tag == "title":
            self._in_title = True
        elif tag == "h1":
            self._in_heading = True

    def handle_endtag(self, tag: str) -> None:
        """Leave a block of code, the title or the heading."""
        self._pre = self._pre and tag != "pre"
        self._in_title = self._in_title and tag != "title"
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data: str) -> None:
        """Collect the title and the heading."""
        if self._in_title:
            self.title += data
        elif self._in_heading:
            self.heading += data


def inspect(tool: Tool, folder: Path, outline: Course) -> list[str]:
    """Return what the tool's site lacks, looking at the sitemap and at a dozen lessons, among them modules' ends."""
    lessons = outline.lessons
    findings = _sitemap(tool, folder / tool.site, len(lessons))
    step = max(1, len(lessons) // 9)
    ends = {0, len(lessons) - 1, *(place for place in (19, 20) if place < len(lessons))}
    for place in sorted({*ends, *range(0, len(lessons), step)}):
        findings.extend(_lesson(tool, folder / tool.site, outline, lessons[place]))
    return findings


def shows(tool: Tool, folder: Path, lessons: list[Lesson], token: str) -> bool:
    """Tell whether the pages of all these lessons have the token."""
    return all(token in _read(folder / tool.site, tool.page(one.path)) for one in lessons)


def url(tool: Tool, lesson: Lesson) -> str:
    """Return the lesson's address on the site."""
    return BASE_URL + tool.page(lesson.path).removesuffix("index.html")


def _lesson(tool: Tool, site: Path, outline: Course, lesson: Lesson) -> list[str]:
    name = tool.page(lesson.path)
    text = _read(site, name)
    if not text:
        return [f"{tool.name}: {name} is not there"]
    page = Page(url(tool, lesson), text)
    module = next(one for one in outline.modules if lesson in one.lessons)
    nav = {url(tool, one) for one in module.lessons if one != lesson}
    contents = {f"{url(tool, lesson)}#{heading}" for heading in page.headings}
    outside_code = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    checks = (
        (lesson.title in page.title, "its title"),
        (lesson.title in page.heading, "its title as heading"),
        (nav <= page.links, "the navigation of its module"),
        (len(page.headings) == 8 and contents <= page.links, "a table of contents"),  # noqa: PLR2004 - corpus.SECTIONS
        (_neighbours(tool, outline, lesson) <= page.neighbours, "links to the lessons before and after"),
        (len(page.spans) == 2 and min(page.spans) >= LEAST_SPANS, "two highlighted blocks"),  # noqa: PLR2004 - per lesson
        (page.tables == 1, "its table"),
        (not any(urlsplit(link).path.endswith(".md") for link in page.links), "URLs in place of .md links"),
        (not _INDENTED.search(outside_code), "tight HTML"),
    )
    return [f"{tool.name}: {name} lacks {what}" for fine, what in checks if not fine]


def _neighbours(tool: Tool, outline: Course, lesson: Lesson) -> set[str]:
    """Return the lessons before and after in the same module; between modules some tools put the module's own page."""
    module = next(one for one in outline.modules if lesson in one.lessons)
    place = module.lessons.index(lesson)
    beside = (*module.lessons[max(place - 1, 0) : place], *module.lessons[place + 1 : place + 2])
    return {url(tool, one) for one in beside}


def _sitemap(tool: Tool, site: Path, least: int) -> list[str]:
    found = _read(site, "sitemap.xml").count("<loc>")
    return [] if found >= least else [f"{tool.name}: sitemap.xml names {found} of {least} lessons"]


def _read(site: Path, name: str) -> str:
    path = site / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""
