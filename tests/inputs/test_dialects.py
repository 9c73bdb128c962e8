"""Trees that were written for other tools: what is theirs is text, what can be understood is, and no alarm is false."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import Problem
from course import Course, codes

CONFIGURED = {"site.toml": 'title = "Site"\n'}


def problems(course: Course) -> list[Problem]:
    """Build a course and return its problems, without the notice that there is no base_url."""
    return [problem for problem in course.build().problems if problem.code != "base-url"]


@pytest.mark.parametrize("written", ["{#two}", "{ #two }", '{: #two .cls data-x="1" }', "{#two .cls}"])
def test_a_heading_id_is_taken_and_not_shown(tmp_path: Path, written: str) -> None:
    """An id at a heading's end, in any tool's spelling, is where links lead, and no reader sees it."""
    course = Course(tmp_path, {"index.md": f"# One\n\n[there](#two)\n\n## *Second* {written}\n"})
    assert problems(course) == []
    page = course.page("index.html")
    assert 'id="two"' in page
    assert "{" not in page.partition("<h2")[2].partition("</h2>")[0]


@pytest.mark.parametrize("line", ["::: package.module.Name", "::: command", ":::snippet-of-another-tool"])
def test_a_line_that_needs_no_end_elsewhere_is_text(tmp_path: Path, line: str) -> None:
    """Where no site.toml is, an unknown name after colons that nothing closes is shown as written."""
    course = Course(tmp_path, {"index.md": f"# One\n\n{line}\n    options:\n\nAfter it.\n\n## Heading\n"})
    assert problems(course) == []
    assert line in course.page("index.html")
    assert "<p>After it.</p>" in course.page("index.html")


def test_a_formatter_may_indent_the_line_that_closes(tmp_path: Path) -> None:
    """Along with the list above it; it closes what it closed before. In code it is code."""
    listed = "::: note\n\nDo this:\n\n- one\n- two\n  :::\n\nAfter.\n"
    code = "::: tip\n\n- one\n\n  ```text\n  :::\n    deeper\n  ```\n\n:::\n"
    course = Course(tmp_path, {"index.md": f"# One\n\n{listed}\n{code}"})
    assert problems(course) == []
    page = course.page("index.html")
    assert "<li>two</li>\n</ul>\n</aside>\n<p>After.</p>" in page
    assert ":::\n  deeper\n" in page


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("code/", "`code/` is a folder without a page", "Link to a file in it, or write an index.md there."),
        (
            "../part/code",
            "`../part/code` is a folder without a page",
            "Link to a file in it, or write an index.md there.",
        ),
        (
            ".hidden/a.txt",
            "There is no `.hidden/a.txt`",
            "What is hidden is not content, nor are node_modules and dist.",
        ),
        ("dist/a.js", "There is no `dist/a.js`", "What is hidden is not content, nor are node_modules and dist."),
        ("gone/", "There is no `gone/`", ""),
    ],
)
def test_what_is_there_and_no_page_is_not_said_to_be_missing(
    tmp_path: Path, target: str, message: str, hint: str
) -> None:
    """A folder of files has no page to lead to, and what is hidden is passed over."""
    files = {"part/index.md": f"# A\n\n[x]({target})\n", "part/code/more/a.js": "1", "part/.hidden/a.txt": "2"}
    found = problems(Course(tmp_path, {**files, "part/dist/a.js": "3"}))
    assert [(problem.code, problem.message, problem.hint) for problem in found] == [("link-missing", message, hint)]


def test_an_unknown_directive_is_still_closed_where_a_site_is_ours(tmp_path: Path) -> None:
    """With a site.toml the author of an open, unknown directive hears of it."""
    course = Course(tmp_path, {"index.md": "# One\n\n::: nothing\n\nText.\n", **CONFIGURED})
    assert codes(course.build()) == ["directive-unclosed", "directive-unknown"]


def test_file_is_a_title_where_code_stands(tmp_path: Path) -> None:
    """``file=`` above code that stands there is another tool's title; above nothing it is a file that is missing."""
    course = Course(tmp_path, {"index.md": '# One\n\n```js file="/app/a.js"\nlet a\n```\n\n```js file=b.js\n```\n'})
    assert [(problem.code, problem.line) for problem in problems(course)] == [("code-file", 7)]


def test_tags_may_be_tables(tmp_path: Path) -> None:
    """Tags with a label each are their labels."""
    course = Course(
        tmp_path, {"index.md": "# One\n", "a.md": "---\ntags:\n- label: Greeting\n  permalink: /x\n---\n# A\n"}
    )
    assert problems(course) == []
    assert "tags/greeting/index.html" in course.outputs()


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("second", "/basics/second/"),
        ("./second/#end", "/basics/second/#end"),
        ("../Other_Part/", "/other-part/"),
        ("/basics/Second", "/basics/second/"),
        ("/other-part/", "/other-part/"),
        ("/basics/second.html", "/basics/second/"),
        ("../tags/", "/tags/"),
    ],
)
def test_a_link_may_name_a_page_by_its_url(tmp_path: Path, link: str, href: str) -> None:
    """Links as other tools write them, to a URL and not to a file, lead to the page that has it."""
    course = Course(
        tmp_path,
        {
            "index.md": "# Home\n",
            "01-basics/01-first.md": f"---\ntags: [x]\n---\n# First\n\n[go]({link})\n",
            "01-basics/02-second.md": "# Second\n\n## End\n",
            "02-Other_Part/a.md": "# A\n",
        },
    )
    assert problems(course) == []
    assert f'href="{href}"' in course.page("basics/first/index.html")


def test_a_missing_base_path_is_guessed(tmp_path: Path) -> None:
    """A link from the root of a host where the tree has a folder names the page in its hint."""
    course = Course(tmp_path, {"index.md": "# Home\n", "a/b.md": "# B\n\n[c](/docs/a/c)\n", "a/c.md": "# C\n"})
    (found,) = problems(course)
    assert found.hint == "Did you mean `c.md`? Links from the root lack a base path such as /docs/."


def test_a_heading_leaves_an_id_to_the_html_that_has_it(tmp_path: Path) -> None:
    """An id in HTML before or after a heading of that name is the only one on the page; one in code takes nothing."""
    text = '# A\n\n<a id="install"></a>\n\n## Install\n\n## Use\n\n```html\n<p id="use">\n```\n\n[i](#install)\n'
    course = Course(tmp_path, {"index.md": text})
    assert problems(course) == []
    page = course.page("index.html")
    assert page.count('id="install"') == 1
    assert '<h2 id="install-1">' in page
    assert '<h2 id="use">' in page


def test_a_table_of_the_authors_own_keeps_its_frame(tmp_path: Path) -> None:
    """A Markdown table gets a frame to scroll in, an HTML table with attributes beside it none at all."""
    text = '# A\n\n<div class="x">\n<table border="1"><tr><td>1</td></tr></table>\n<p>in</p>\n</div>\n\n|a|\n|-|\n|b|\n'
    course = Course(tmp_path, {"index.md": text})
    page = course.page("index.html") if course.build() else ""
    assert "</table>\n<p>in</p>\n</div>" in page
    assert page.count('<div class="table"') == 1
    assert page.count("</table></div>") == 1


def test_a_missing_place_of_the_page_itself_is_found_by_its_name_too(tmp_path: Path) -> None:
    """A link from a page to a place of the same page, by the page's own name, is checked like any other."""
    course = Course(tmp_path, {"index.md": "# A\n\n[here](index.md#a) [gone](index.md#nowhere)\n"})
    assert [(problem.code, problem.column) for problem in problems(course)] == [("anchor-missing", 20)]
