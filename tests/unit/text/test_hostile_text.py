"""Whatever stands in a page, it is a page within seconds: time grows with its length, not with the square of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from builder.model import PageSettings
from builder.steps.page import parse

# Quadratic work on so much text takes a minute; linear work takes well under a second.
LENGTH = 200_000
# Not a bar for speed, which benchmarks hold: only a run that would never end is ended here.
SECONDS = 30


def many(text: str) -> str:
    return text * (LENGTH // len(text))


HTML = "<div>\n"
PAGES = {
    "quotes": many("> ") + "x",
    "nested lists": "\n".join("  " * depth + "- x" for depth in range(90)),
    "deep list": "\n".join(" " * depth + "- x" for depth in range(600)),
    "emphasis": many("*a "),
    "brackets": many("["),
    "unclosed links": many("[a]("),
    "one line": many("word "),
    "long table": "|a|b|\n|-|-|\n" + many("|a|b|\n"),
    "broken tags": HTML + many("<a "),
    "lesser signs": HTML + many("<"),
    "unclosed double quotes": HTML + many('<a "'),
    "unclosed attribute": HTML + many('<a b="'),
    "unclosed comments": HTML + many("<!--"),
    "open headings": HTML + many("<h1>x") + "</h1>",
    "open code and wiki links": HTML + "[[x]]" + many("<code>"),
    "open paragraphs": HTML + many("<p>"),
    "open elements": HTML + many("<div>"),
    "open elements and stray ends": HTML + many("<i>") + many("</b>"),
    "open formulas": HTML + many('<span data-math-style="a">'),
    "ids without end": HTML + many("<a id"),
    "directives never closed": many("::: note\n"),
    "directives among comments": many("<!-- a -->\n::: a\n:::\n"),
    "unclosed pre and a directive": ":::\n" + many("<pre>"),
    "bad formulas": many("$\\bad$ "),
    "skipped headings": many("# a\n### b\n"),
    "one id again and again": many("## a {#x}\n"),
    "missing places": "".join(f"# head{number}\n[x](#hea{number}x)\n" for number in range(LENGTH // 80)),
    "images without words": many("![](a.png)\n"),
    "raw images without words": many('<img src="a.png">\n\n'),
    "footnotes": many("[^1]\n") + "\n[^1]: a\n",
    "references": many("[a1] ") + "\n\n[a1]: b\n",
    "quiz with blanks": "::: quiz {#q}\n- [x] a\n  > `" + many(" ") + "x`\n:::\n",
    "quizzes": "".join(f"::: quiz {{#q{number}}}\n- [x] a\n:::\n" for number in range(LENGTH // 40)),
    "styles, each another": "".join(f'<i style="width:{number}px">x</i> ' for number in range(LENGTH // 4)),
    "ids, each of them twice": "".join(f'<i id="x{number}"></i>\n' * 2 for number in range(LENGTH // 4)),
    "words that look like elements": "".join(f"List<T{number}> " for number in range(LENGTH // 20)),
    "unclosed strings": "```python\n" + '"""' * 15_000 + "\n```\n",
    "endless marks": "```py {1-9999999,1-99999999}\nx\n```\n",
    "front matter of brackets": "---\na: " + "[" * 60_000 + "\n---\n",
    "front matter of dashes": "---\na: " + "- " * 30_000 + "\n---\n",
    "front matter without end": "---\n" + many("a: b\n"),
    "big numbers": "---\norder: " + "9" * 5000 + "\nxp: " + "9" * 5000 + "\n---\n",
    "scripts": many("<script>\n"),
    "autolinks": many("www."),
    "NUL": many("\0"),
    "marks upon marks": "a" + many("\u0301"),
    "directions": many("\u202e\u2066"),
    "summary": many("[a](  "),
}


@pytest.fixture
def watched() -> Iterator[None]:
    """End a test that would not end by itself."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_text_is_a_page(name: str) -> None:
    """It is parsed; its text and its references interleave."""
    _, links, body = parse("page.md", PAGES[name].encode(), (), PageSettings())
    assert len(body.pieces) == len(links.refs) + 1


@pytest.mark.usefixtures("watched")
def test_a_hostile_summary_is_an_order() -> None:
    """Blanks without end in a SUMMARY.md cost no more than their length."""
    text = "- [a](" + " " * LENGTH + "\n# " + " " * LENGTH + "x\n"
    outline, _, _ = parse("SUMMARY.md", text.encode(), (), PageSettings())
    assert outline.summary == ()
