"""HTML that authors write inside Markdown: what it refers to counts, what a browser does not show does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.errors import Problem
from course import Course, Files, picture


def problems(course: Course) -> list[Problem]:
    """Build a course and return its problems, without the notice that there is no base_url."""
    return [problem for problem in course.build().problems if problem.code != "base-url"]


def body(course: Course) -> str:
    """Return what the first page says below its title."""
    return course.page("index.html").partition("</h1>")[2]


def test_tags_in_capitals_are_tags(tmp_path: Path) -> None:
    """Their links and pictures lead where they should, and what is missing has its place."""
    text = '# A\n\n<A HREF="b.md">b</A> <IMG SRC="cat.png" ALT="x"> and\n<A HREF="gone.md">x</A> [c](gone.md)\n'
    course = Course(tmp_path, {"index.md": text, "b.md": "# B\n", "cat.png": picture()})
    assert [(found.code, found.line, found.column) for found in problems(course)] == [
        ("link-missing", 4, 1),
        ("link-missing", 4, 25),
    ]
    assert '<a href="/b/">b</A>' in body(course)
    assert re.search(r'<img src="/assets/cat\.[0-9a-f]+\.png" alt="x" width="8"', body(course))


@pytest.mark.parametrize(
    "hidden",
    [
        '<!-- <a href="gone.md">x</a> <img src="gone.png"> <h4 id="b">x</h4> -->',
        '<script>\nlet a = \'<a href="gone.md"><img src="gone.png"><h4>\';\n</script>',
        '<style>\n/* <img src="gone.png"> */\n</style>',
        '<textarea>\n<a href="gone.md">\n</textarea>',
    ],
)
def test_what_stands_in_a_comment_or_a_script_is_no_tag(tmp_path: Path, hidden: str) -> None:
    """It is left as it is, nothing is said of it, and what follows is still found in its place."""
    course = Course(tmp_path, {"index.md": f"# A\n\n{hidden}\n\n## B\n\n[x](away.md)\n\n#### C\n"})
    line = 7 + hidden.count("\n")
    assert [(found.code, found.line) for found in problems(course) if found.severity == "warning"] == [
        ("link-missing", line),
        ("heading-skip", line + 2),
    ]
    assert hidden in body(course)


def test_a_picture_of_several_sizes_keeps_them(tmp_path: Path) -> None:
    """An author's own srcset is published, and said where a file of it is missing."""
    text = '# A\n\n<img src="cat.png" srcset="cat.png 1x, big.png 2x, gone.png 3x" alt="x">\n'
    course = Course(tmp_path, {"index.md": text, "cat.png": picture(), "big.png": picture(16, 12)})
    assert [(found.code, found.line, found.column) for found in problems(course)] == [("image-missing", 3, 1)]
    tag = re.search(r"<img[^>]*>", body(course))
    assert tag is not None
    url = r"/assets/{}\.[0-9a-f]+\.png"
    wanted = rf'src="{url.format("cat")}" srcset="{url.format("cat")} 1x, {url.format("big")} 2x, gone\.png 3x" alt="x"'
    assert re.search(wanted, tag[0])


def test_addresses_in_styles_are_references(tmp_path: Path) -> None:
    """In a style sheet of the page's own and in a style attribute; not in a comment, and not other hosts'."""
    sheet = '<style>\n.a{background:url("cat.png")}\n.b{mask:url(#m)}\n.c{background:url(gone.png)}\n</style>\n'
    boxed = '<div style="background:url(\'cat.png\')">x</div>\n<!-- <p style="background:url(away.png)"> -->\n'
    course = Course(tmp_path, {"index.md": f"# A\n\n{sheet}\n{boxed}", "cat.png": picture()})
    assert [(problem.code, problem.line, problem.column) for problem in problems(course)] == [
        ("own-code", 3, 1),
        ("link-missing", 6, 15),
        ("own-code", 9, 6),
    ]
    cat = re.search(r"/assets/cat\.[0-9a-f]+\.png", body(course))
    assert cat is not None
    assert f'.a{{background:url("{cat[0]}")}}\n.b{{mask:url(#m)}}\n.c{{background:url(gone.png)}}' in body(course)
    assert f"style=\"background:url('{cat[0]}')\"" in body(course)
    assert "url(away.png)" in body(course)


def test_a_script_of_a_file_is_named_as_it_is_written(tmp_path: Path) -> None:
    """In its place, although its address is another one by then."""
    course = Course(tmp_path, {"index.md": '# A\n\n<script src="a.js"></script>\n', "a.js": "go()"})
    assert [(problem.message, problem.line, problem.column) for problem in problems(course)] == [
        ('The page brings code of its own: <script src="a.js">', 3, 1)
    ]


def test_a_value_without_quotes_ends_at_a_blank(tmp_path: Path) -> None:
    """As a browser reads it, with quotes and slashes inside."""
    course = Course(
        tmp_path, {"index.md": "# A\n\n<div>\n<a href=part/>p</a>\n<img src={of('/x.png')} alt=y />\n</div>\n"}
    )
    assert [found.message for found in problems(course)] == ["There is no `part/`", "There is no `{of('/x.png')}`"]
    assert '<a href="part/">' in body(course)
    assert 'src="{of(&#x27;/x.png&#x27;)}" alt="y"' in body(course)


def test_the_parts_of_a_drawing_stay_beside_each_other(tmp_path: Path) -> None:
    """Inside a drawing a slash ends an element, and is kept."""
    text = '# A\n\n<svg><use href="#a"/><use href="b.svg"/><image href="cat.png"/><path d="M0 0"/></svg>\n'
    files: Files = {"index.md": text, "b.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>', "cat.png": picture()}
    course = Course(tmp_path, files)
    assert problems(course) == []
    drawn = body(course).partition("<svg")[2].partition("</svg>")[0]
    assert re.sub(r' (href|d)="[^"]*"', "", drawn) == "><use/><use/><image/><path/>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<Box>\n\nText.\n</Box>\n", "<Box>\n<p>Text.\n</p></Box>\n"),
        ("<div>\n\nText.\n</div>\n", "<div>\n<p>Text.</p>\n</div>\n"),
        ("<Tree>\n<Tree.File />\n</Tree>\n", "<Tree>\n<Tree.File /></Tree.File>\n</Tree>\n"),
        ("<Tree>\n<Tree.Box>\n</Tree>\n", "<Tree>\n<Tree.Box>\n</tree.box></Tree>\n"),
    ],
)
def test_elements_of_other_tools_end_where_they_end(tmp_path: Path, written: str, shown: str) -> None:
    """Whatever they are called, no browser takes what follows for a part of them."""
    course = Course(tmp_path, {"index.md": f"# A\n\n{written}\n## After\n"})
    assert problems(course) == []
    assert body(course).lstrip().startswith(shown)


@pytest.mark.parametrize(
    "opened",
    [
        '<iframe\n  src="/b/"\n  loading="lazy"\n',
        '<iframe src="/b/">\n',
        "<p>\n<textarea>\n</p>\n",
        "<div>\n<title>\n</div>\n",
        '<div title="5" inches">\n\nIt\'s wide.\n\n</div>\n',
    ],
)
def test_a_tag_that_does_not_end_hides_nothing(tmp_path: Path, opened: str) -> None:
    """Of what follows, everything is read."""
    course = Course(tmp_path, {"index.md": f"# A\n\n{opened}\n> Quoted.\n\n## After\n", "b.md": "# B\n"})
    problems(course)
    after = re.search(r"<(iframe|textarea|title)\b[^<>]*>(?!</\1>)", body(course))
    assert after is None
    assert "<blockquote>\n<p>Quoted.</p>\n</blockquote>" in body(course)
    assert body(course).count("<div") == body(course).count("</div>")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("A List<String>, and a map<K> of List<String>.", ["<String>", "<K>"]),
        ("Run `git clone <url>` with <your-name>.", ["<your-name>"]),
        ("<div>\na vector<int>\n</div>", ["<int>"]),
        ("<my-counter>3</my-counter> <Card>x</Card> <Toc /> <x-y a=1> <b>bold <br> <P>", []),
        ("<svg><path></path><g/></svg> <center>x</center> <https://x.test> <a@x.test>", []),
        ("See <!-- List<String> --> <script>a<b>c</script> `List<T>` \\<name> &lt;name>", []),
    ],
)
def test_a_word_that_browsers_do_not_show_is_named(tmp_path: Path, text: str, tags: list[str]) -> None:
    """Once, where it first stands; elements that somebody made, and what HTML knows, are none of it."""
    course = Course(tmp_path, {"index.md": f"# A\n\n{text}\n"})
    found = [problem for problem in problems(course) if problem.code == "element-unknown"]
    assert [problem.message.split("`")[1] for problem in found] == tags
    whole = f"\n\n\n{text}".split("\n")
    assert all(
        whole[problem.line or 0].startswith(tag, (problem.column or 0) - 1)
        for problem, tag in zip(found, tags, strict=True)
    )


def test_types_in_an_expression_of_mdx_are_no_words(tmp_path: Path) -> None:
    """What stands between braces is another tool's code."""
    text = "# A\n\n<Table\n  rows={[{ type: 'Array<Message>' }]}\n/>\n"
    assert problems(Course(tmp_path, {"index.mdx": text})) == []


def test_the_styles_of_a_formula_are_not_the_authors(tmp_path: Path) -> None:
    """A formula in lines is aligned by style attributes that we write; one that an author writes is named."""
    formula = "$$\\begin{align} a &= b \\\\ c &= d \\end{align}$$\n\n"
    own = '<math style="color:red"><mi>x</mi></math>\n'
    course = Course(tmp_path, {"index.md": f"# A\n\n{formula}", "b.md": f"# B\n\n{formula}{own}"})
    found = [(problem.code, problem.path, problem.line) for problem in course.build().problems if problem.path]
    assert "style=" in course.page("index.html").partition("<math")[2].partition("</math>")[0]
    assert found == [("own-code", "b.md", 5)]
