"""Equal work is proved, not believed: a page that lacks a part is found, whichever part it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import corpus, inspection, tools

if TYPE_CHECKING:
    from pathlib import Path

OUTLINE = corpus.course(4)


def _page(tool: tools.Tool, place: int) -> str:
    """Return a page that has all that the inspection asks for."""
    lessons = OUTLINE.lessons
    nav = "".join(f'<a href="{inspection.url(tool, one)}">{one.title}</a>' for one in lessons)
    rels = "".join(
        f'<a rel="{rel}" href="{inspection.url(tool, lessons[other])}">there</a>'
        for rel, other in (("prev", place - 1), ("next", place + 1))
        if 0 <= other < len(lessons)
    )
    contents = "".join(f'<a href="#part-{part}">part</a>' for part in range(8))
    headings = "".join(f'<h2 id="part-{part}">part</h2>' for part in range(8))
    code = "<pre>" + '<span class="k">if</span>' * 20 + "</pre>"
    title = lessons[place].title
    return f"<title>{title}</title><h1>{title}</h1>{nav}{rels}{contents}{headings}{code}{code}<table></table>"


def _site(folder: Path, tool: tools.Tool) -> Path:
    site = folder / tool.site
    for place, lesson in enumerate(OUTLINE.lessons):
        path = site / tool.page(lesson.path)
        path.parent.mkdir(parents=True)
        path.write_text(_page(tool, place), encoding="utf-8")
    (site / "sitemap.xml").write_text("<loc></loc>" * len(OUTLINE.lessons), encoding="utf-8")
    return site


def test_a_site_with_all_parts_passes(tmp_path: Path) -> None:
    tool = tools.coursewright()
    _site(tmp_path, tool)
    assert inspection.inspect(tool, tmp_path, OUTLINE) == []


@pytest.mark.parametrize(
    ("part", "instead", "finding"),
    [
        (f"<title>{OUTLINE.lessons[1].title}", "<title>", "its title"),
        ("h1>", "h4>", "its title as heading"),
        ("sudden-window-4/", "elsewhere/", "the navigation of its module"),
        ("#part-3", "#gone", "a table of contents"),
        ('rel="next"', "", "links to the lessons before and after"),
        ('<span class="k">if</span>', "if", "two highlighted blocks"),
        ("<table>", "<p>", "its table"),
        ("</title>", "</title><a href='other.md'></a>", "URLs in place of .md links"),
        ("</title>", "</title>\n  <p>", "tight HTML"),
    ],
)
def test_a_missing_part_is_named(tmp_path: Path, part: str, instead: str, finding: str) -> None:
    tool = tools.coursewright()
    path = _site(tmp_path, tool) / tool.page(OUTLINE.lessons[1].path)
    text = path.read_text(encoding="utf-8")
    assert part in text
    path.write_text(text.replace(part, instead), encoding="utf-8")
    name = tool.page(OUTLINE.lessons[1].path)
    assert inspection.inspect(tool, tmp_path, OUTLINE) == [f"coursewright: {name} lacks {finding}"]


def test_a_page_that_is_not_there_and_a_short_sitemap_are_named(tmp_path: Path) -> None:
    tool = tools.coursewright()
    site = _site(tmp_path, tool)
    (site / tool.page(OUTLINE.lessons[2].path)).unlink()
    (site / "sitemap.xml").write_text("<loc></loc>", encoding="utf-8")
    assert inspection.inspect(tool, tmp_path, OUTLINE) == [
        "coursewright: sitemap.xml names 1 of 4 lessons",
        "coursewright: events-1/patient-window-3/index.html is not there",
    ]
