"""Trees that were written for other tools: what is theirs is text, what can be understood is, and no alarm is false."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.errors import Problem
from course import Course, codes, differences, picture

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


@pytest.mark.parametrize("fence", ["```{r}", "```{r setup, include=FALSE}", "~~~{Python}"])
def test_a_cell_that_would_run_elsewhere_is_called_what_it_is(tmp_path: Path, fence: str) -> None:
    """Quarto and R Markdown run such a block; it is theirs and not MyST's."""
    course = Course(tmp_path, {"index.md": f"# A\n\n{fence}\nplot(1)\n{fence[:3]}\n"})
    (found,) = problems(course)
    assert (found.severity, found.line, found.column) == ("notice", 3, 4)
    assert "is a cell of Quarto or R Markdown" in found.message


@pytest.mark.parametrize("shown", ["#f0f0f0", "two.md", "part/", "two/#a"])
def test_a_page_is_no_picture(tmp_path: Path, shown: str) -> None:
    """What names a page where a picture should be shows nothing; the place is the picture's, not a link's."""
    text = f"# One\n\n[a](#one) [b](two.md)\n\nA ![color]({shown}).\n"
    course = Course(tmp_path, {"index.md": text, "two.md": "# Two\n", "part/a.md": "# A\n"})
    (found,) = problems(course)
    assert (found.code, found.line, found.column) == ("image-missing", 5, 3)
    assert found.message == f"`{shown}` leads to a page, not to a picture"


def test_a_shortcode_is_named_once_and_an_escaped_one_never(tmp_path: Path) -> None:
    """``{{% x %}}`` is no tag of Liquid as well, and ``{{</* x */>}}`` is how Hugo's own pages show one."""
    course = Course(tmp_path, {"index.md": "# A\n\n{{% info %}}x{{% /info %}}\n\n{{</* shown */>}} {{%/* too */%}}\n"})
    assert [(found.message.split()[0], found.line) for found in problems(course)] == [("`info`", 3)]


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("../second/", "/basics/second/"),
        ("../second", "/basics/second/"),
        ("../second/#end", "/basics/second/#end"),
        ("../../02-other/", "/other/"),
        ("../../other/a/", "/other/a/"),
    ],
)
def test_a_link_may_be_written_as_seen_from_the_pages_own_url(tmp_path: Path, link: str, href: str) -> None:
    """A browser follows it from ``/basics/first/``, as other tools have it; where no file is meant, that page is."""
    course = Course(
        tmp_path,
        {
            "index.md": "# Home\n",
            "01-basics/01-first.md": f"# First\n\n[go]({link}) [gone](../gone/)\n",
            "01-basics/02-second.md": "# Second\n\n## End\n",
            "02-other/a.md": "# A\n",
        },
    )
    (found,) = problems(course)
    assert found.message == "There is no `../gone/`"
    assert f'<a href="{href}">go</a>' in course.page("basics/first/index.html")


def test_a_page_at_the_top_may_link_to_its_neighbours_url(tmp_path: Path) -> None:
    """From ``/first/`` the second page is ``../second/``; what is nobody's URL still leads out of the folder."""
    course = Course(tmp_path, {"first.md": "# A\n\n[b](../second/) [c](../third/)\n", "second.md": "# B\n"})
    (found,) = problems(course)
    assert (found.code, found.message) == ("link-outside", "`../third/` leads out of the content folder")
    assert '<a href="/second/">b</a>' in course.page("first/index.html")


def test_tags_that_differ_in_signs_are_different_tags(tmp_path: Path) -> None:
    """C, C# and C++ have a page each, with who bears them; ``Web dev`` and ``web-dev`` are one."""
    files = {
        "index.md": "# A\n",
        "b.md": "---\ntags: [C++, Web dev]\n---\n# B\n",
        "c.md": "---\ntags: ['C#', web-dev]\n---\n# C\n",
        "d.md": "---\ntags: [C]\n---\n# D\n",
    }
    course = Course(tmp_path, files)
    assert problems(course) == []
    listed = {name: course.page(f"tags/{name}/index.html") for name in ("c", "c-2", "c-3", "web-dev")}
    assert [re.findall("<h1[^>]*>([^<]*)<", page) for page in listed.values()] == [["C"], ["C#"], ["C++"], ["Web dev"]]
    bearers = [re.findall('<p><a href="/([a-z])/"', page) for page in listed.values()]
    assert bearers == [["d"], ["c"], ["b"], ["b", "c"]]
    assert 'href="/tags/c-3/"' in course.page("b/index.html")


def test_braces_at_the_end_of_a_code_span_are_no_role(tmp_path: Path) -> None:
    """In `` `a {b}` and `c {d}` `` nothing stands before a code span; ``{ref}`` before one is MyST's, once."""
    course = Course(
        tmp_path, {"index.md": "# A\n\n`a {b}` or `c {d}`, `/users/{id}`, `x`.\n\nSee {ref}`b`, {ref}`c`.\n"}
    )
    (found,) = problems(course)
    assert (found.message.split()[0], found.line, found.column) == ("`ref`", 5, 5)


@pytest.mark.parametrize("folder", ["static", "public"])
@pytest.mark.parametrize("above", ["", "site/"])
def test_what_other_tools_keep_at_their_root_is_found_from_there(tmp_path: Path, folder: str, above: str) -> None:
    """``/logo.svg`` is the file in ``static/`` or ``public/`` beside or above the page, picture or not."""
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><path d="M0 0h9"/></svg>'
    text = "# A\n\n![Logo](/img/logo.svg)\n\n[paper](/paper.pdf) [gone](/gone.pdf)\n\n[out](/../../paper.pdf)\n"
    course = Course(
        tmp_path,
        {
            f"{above}docs/guide/a.md": text,
            f"{above}{folder}/img/logo.svg": drawing,
            f"{above}{folder}/paper.pdf": "%PDF-1.4\n",
        },
    )
    assert [(found.code, found.line) for found in problems(course)] == [("link-missing", 5), ("link-outside", 7)]
    page = course.page(f"{above}docs/guide/a/index.html")
    assert re.search(r'src="/assets/logo\.[0-9a-f]+\.svg"', page)
    assert re.search(r'href="/assets/paper\.[0-9a-f]+\.pdf"', page)


def test_a_file_that_comes_to_their_root_later_is_found_then(tmp_path: Path) -> None:
    """A picture that was missing is shown as soon as it stands in ``static/``, and missing again when it is gone."""
    course = Course(tmp_path, {"a.md": "# A\n\n[paper](/paper.pdf)\n", "b.md": "# B\n"})
    assert codes(course.build()) == ["link-missing"]
    course.write({"static/paper.pdf": "%PDF-1.4\n"})
    assert problems(course) == []
    assert 'href="/assets/paper.' in course.page("a/index.html")
    course.write({"static/paper.pdf": None})
    assert codes(course.build()) == ["link-missing"]


def test_a_path_from_the_site_of_docusaurus_is_followed(tmp_path: Path) -> None:
    """``@site/`` stands for the folder that holds ``docs/`` and ``static/``."""
    text = "# A\n\n[b](@site/docs/b.md#end) [p](@site/static/p.pdf) [gone](@site/static/q.pdf)\n"
    course = Course(tmp_path, {"w/docs/a.md": text, "w/docs/b.md": "# B\n\n## End\n", "w/static/p.pdf": "%PDF\n"})
    (found,) = problems(course)
    assert found.message == "There is no `@site/static/q.pdf`"
    page = course.page("w/docs/a/index.html")
    assert 'href="/w/docs/b/#end"' in page
    assert 'href="/assets/p.' in page


def test_a_wiki_link_names_a_heading_as_it_reads(tmp_path: Path) -> None:
    """``[[Note#A Heading]]`` leads to the heading's id, through one below another too; to a block, to its page."""
    text = "# A\n\n[[Note#A Heading, here]] [[Note#Note#A Heading, here|two]] [[Note#^block|three]] [[Note#|four]]\n"
    course = Course(tmp_path, {"index.md": text, "Note.md": "# Note\n\n## A Heading, here\n\nText ^block\n"})
    assert problems(course) == []
    page = course.page("index.html")
    (line,) = re.findall("<p>(.*A Heading, here.*)</p>", page)
    assert re.findall(r'<a href="(/note/[^"]*)">', line) == [
        "/note/#a-heading-here",
        "/note/#a-heading-here",
        "/note/",
        "/note/",
    ]
    assert 'id="a-heading-here"' in course.page("note/index.html")


def test_a_picture_in_double_brackets_is_shown_wherever_it_lies(tmp_path: Path) -> None:
    """As in Obsidian: the nearest file of that name, with a width or words; what is not there stays text."""
    text = """# A

![[cat one.png]] ![[cat one.png|300]] ![[img/cat one.png|A "cat"|30x20]] `![[cat one.png]]`

![[gone.png]] ![[Other]] ![[Nobody]]
"""
    course = Course(tmp_path, {"a.md": text, "notes/Other.md": "# Other\n", "img/cat one.png": picture()})
    assert problems(course) == []
    page = course.page("a/index.html")
    shown = re.findall("<img [^>]*>", page)
    assert [re.findall(' (alt|width)="([^"]*)"', tag) for tag in shown] == [
        [("alt", "cat one"), ("width", "8")],
        [("alt", "cat one"), ("width", "300")],
        [("alt", "A &quot;cat&quot;"), ("width", "30")],
    ]
    assert all(' src="/assets/' in tag for tag in shown)
    assert '<p>![[gone.png]] <a href="/notes/other/">Other</a> ![[Nobody]]</p>' in page
    assert "<code>![[cat one.png]]</code>" in page


def test_a_picture_in_double_brackets_follows_its_file(tmp_path: Path) -> None:
    """It is shown as soon as its file is there, another when one comes nearer, and text again without any."""
    course = Course(tmp_path, {"a/a.md": "# A\n\n![[cat.png]]\n", "b.md": "# B\n"})
    for change, there in (
        ({}, "![[cat.png]]"),
        ({"img/cat.png": picture()}, "<img "),
        ({"a/cat.png": picture(colour="blue")}, "<img "),
        ({"img/cat.png": None, "a/cat.png": None}, "![[cat.png]]"),
    ):
        course.write(change)
        assert codes(course.build()) == []
        assert there in course.page("a/a/index.html")
        assert differences(course.outputs(), course.clean()[0]) == []


def test_the_statements_of_mdx_are_named_where_they_are_text(tmp_path: Path) -> None:
    """An ``import`` at the head of an .mdx page is shown, and said so once; one in code, or in another page, is not."""
    head = 'import {\n  Tabs,\n} from "x";\nimport y from "y";\n\nexport const a = 1;\n'
    text = head + '\n# A\n\n```js\nimport z from "z";\n```\n'
    course = Course(tmp_path, {"a.mdx": text, "b.md": "# B\n\nWhat they\nimport is taxed.\n", "c.mdx": "# C\n"})
    assert [(found.path, found.code, found.message.split()[0], found.line) for found in problems(course)] == [
        ("a.mdx", "other-syntax", "`import`", 1),
        ("a.mdx", "other-syntax", "`export`", 6),
    ]
