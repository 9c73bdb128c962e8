"""Every problem of a page stands where its cause does, however Markdown and HTML are mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from course import Course

FRONT = "---\ntitle: Page\n---\n"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        pytest.param('[a](https://x.test)\n\n<a href="gone">x</a> and [a](/)\n', "link-missing", 6, 1, id="raw"),
        pytest.param(
            '[a](https://x.test) <a href="https://x.test">a</a>\n\n[b](gone)\n',
            "link-missing",
            6,
            1,
            id="same tag twice",
        ),
        pytest.param("Text[^1] [b](gone)\n\n[^1]: A [note](https://x.test).\n", "link-missing", 4, 10, id="footnotes"),
        pytest.param(
            "::: tip [see](x)\nText\n:::\n\n[b](gone)\n", "link-missing", 8, 1, id="link in a directive's title"
        ),
        pytest.param('`<a href="gone">`\n\n<a href="gone">x</a>\n', "link-missing", 6, 1, id="tag in code before"),
        pytest.param('    <a href="gone">\n\n<a href="gone">x</a>\n', "link-missing", 6, 1, id="tag in a block before"),
        pytest.param(
            '- text\n\n  <a class="x"\n     href="gone">x</a>\n', "link-missing", 6, 3, id="tag over two lines"
        ),
        pytest.param("héé 語 [b](gone)\n", "link-missing", 4, 7, id="characters, not bytes"),
        pytest.param("## A\n\n<h2>B</h2>\n\n#### C\n", "heading-skip", 8, 1, id="raw heading before"),
        pytest.param(
            "Show code.py:\n\n```python file=code.py\n```\n", "code-file", 6, 16, id="file that prose names before"
        ),
        pytest.param(
            'the id here\n\n<p id="here"></p>\n\n<p id="x"></p>\n\n## C {#here}\n', "id-duplicate", 10, 7, id="id"
        ),
    ],
)
def test_a_problem_stands_at_its_cause(tmp_path: Path, text: str, code: str, line: int, column: int) -> None:
    """Line and column are those of the tag or heading that is wrong, front matter included."""
    course = Course(tmp_path, {"index.md": FRONT + text})
    found = [(problem.line, problem.column) for problem in course.build().problems if problem.code == code]
    assert found == [(line, column)]


def test_two_problems_of_one_tag_have_one_place(tmp_path: Path) -> None:
    """An image of another host without alternative text is reported twice, in one place."""
    course = Course(tmp_path, {"index.md": '# A\n\n<a href="https://x.test"><img src="https://x.test/a.png"></a>\n'})
    found = [(problem.code, problem.line, problem.column) for problem in course.build().problems if problem.path]
    assert found == [("image-alt", 3, 26), ("remote-resource", 3, 26)]


def test_a_tag_that_names_two_missing_files_has_its_place_twice(tmp_path: Path) -> None:
    """A video and its poster are missed where the tag stands, and those of an equal tag below where that one stands."""
    tag = '<video src="a.mp4" poster="a.png"></video>\n\n'
    course = Course(tmp_path, {"index.md": f"# A\n\n{tag}`{tag.strip()}`\n\n{tag}"})
    found = sorted((problem.message, problem.line) for problem in course.build().problems if problem.path)
    missing = ["There is no `a.mp4`", "There is no `a.png`"]
    assert found == [(message, line) for message in missing for line in (3, 7)]
