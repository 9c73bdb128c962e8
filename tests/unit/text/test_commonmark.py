"""A page says what its Markdown says: the examples of CommonMark, and of what GitHub adds to it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from unit.text.rendering import page_html, reading

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "commonmark"
EXAMPLES = 652
_EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)

# The examples that a page changes on purpose, and why.
NESTED = "GitHub's dialect makes strong text within strong text no stronger"
LINKED = "GitHub's dialect makes links of bare addresses"
CHANGED = {
    98: "two fences at the head of a page are front matter, and it is empty",
    144: "a code's language is a word; a sign is none",
    **dict.fromkeys([389, 417, 425, 426, 427, 464, 465, 466, 468], NESTED),
    **dict.fromkeys([602, 608, 611, 612], LINKED),
}


@pytest.fixture(scope="module")
def specification() -> list[tuple[str, str]]:
    """Return CommonMark's examples, Markdown and HTML, in their order; the package is fetched once for its lock."""
    stamp = CACHE / "installed-lock.json"
    lock = HERE / "packages" / "package-lock.json"
    if not stamp.is_file() or stamp.read_bytes() != lock.read_bytes():
        CACHE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "packages" / name, CACHE / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=CACHE, check=True, capture_output=True, timeout=300)
        shutil.copy(lock, stamp)
    text = (CACHE / "node_modules" / "commonmark-spec" / "spec.txt").read_text("utf-8").replace("→", "\t")
    return [(example[1], example[2]) for example in _EXAMPLE.finditer(text)]


def test_every_commonmark_example_is_read_as_specified(specification: list[tuple[str, str]]) -> None:
    """All but the few that are changed on purpose; what a course page adds (ids, colours, frames) is looked past."""
    assert len(specification) == EXAMPLES
    wrong = {
        number: (source, html, page_html(source))
        for number, (source, html) in enumerate(specification, 1)
        if number not in CHANGED and reading(page_html(source)) != reading(html)
    }
    assert not wrong


def test_an_example_changed_on_purpose_is_changed(specification: list[tuple[str, str]]) -> None:
    """So no example stays on the list after its reason is gone."""
    same = [n for n in CHANGED if reading(page_html(specification[n - 1][0])) == reading(specification[n - 1][1])]
    assert not same


GITHUB = {
    "a table with aligned columns": (
        "| a | b | c |\n|:--|:-:|--:|\n| 1 | *2* | `3` |",
        (
            '<table><thead><tr><th align="left">a</th><th align="center">b</th><th align="right">c</th></tr></thead>'
            '<tbody><tr><td align="left">1</td><td align="center"><em>2</em></td><td align="right"><code>3</code></td>'
            "</tr></tbody></table>"
        ),
    ),
    "a table's cell with an escaped bar": (
        "| a |\n|---|\n| x \\| y |\n| `p \\| q` |",
        (
            "<table><thead><tr><th>a</th></tr></thead>"
            "<tbody><tr><td>x | y</td></tr><tr><td><code>p | q</code></td></tr></tbody></table>"
        ),
    ),
    "a row that is too short and one that is too long": (
        "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |",
        (
            "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
            "<tbody><tr><td>1</td><td></td></tr><tr><td>1</td><td>2</td></tr></tbody></table>"
        ),
    ),
    "a table without rows": ("| a |\n|---|", "<table><thead><tr><th>a</th></tr></thead></table>"),
    "a table that a blank line ends": (
        "| a |\n|---|\n| 1 |\n\nafter",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table><p>after</p>",
    ),
    "no table where the columns do not agree": ("| a | b |\n|---|\n| 1 |", "<p>| a | b |\n|---|\n| 1 |</p>"),
    "a list of tasks": (
        "- [ ] open\n- [x] done\n  - [X] within",
        (
            '<ul><li><input type="checkbox"> open</li><li><input type="checkbox" checked> done'
            '<ul><li><input type="checkbox" checked> within</li></ul></li></ul>'
        ),
    ),
    "no task without its blank": ("- [] no\n- [x]no", "<ul><li>[] no</li><li>[x]no</li></ul>"),
    "struck text": ("~~gone~~ and ~gone~", "<p><del>gone</del> and <del>gone</del></p>"),
    "no struck text across paragraphs": ("a ~~b\n\nc~~ d", "<p>a ~~b</p><p>c~~ d</p>"),
    "no struck text by three signs": ("a ~~~b~~~ c", "<p>a ~~~b~~~ c</p>"),
    "an address without its full stop": (
        "See www.example.org/a?b=c. Or https://example.org/(x)).",
        (
            '<p>See <a href="http://www.example.org/a?b=c">www.example.org/a?b=c</a>. '
            'Or <a href="https://example.org/(x)">https://example.org/(x)</a>).</p>'
        ),
    ),
    "an address that ends in an entity": (
        "www.example.org/?q=a&hl;",
        '<p><a href="http://www.example.org/?q=a">www.example.org/?q=a</a>&amp;hl;</p>',
    ),
    "an address before a lesser sign": (
        "www.example.org/he<lp",
        '<p><a href="http://www.example.org/he">www.example.org/he</a>&lt;lp</p>',
    ),
    "an address of mail": (
        "Write a.b-c_d@e.f.",
        '<p>Write <a href="mailto:a.b-c_d@e.f">a.b-c_d@e.f</a>.</p>',
    ),
    "no address in code": ("`www.example.org`", "<p><code>www.example.org</code></p>"),
}


@pytest.mark.parametrize("name", GITHUB)
def test_what_github_adds_is_read_as_there(name: str) -> None:
    source, html = GITHUB[name]
    assert reading(page_html(source)) == reading(html)


EMPTY = {
    "an icon": ('a <i class="x"/> b', '<p>a <i class="x"/></i> b</p>'),
    "an anchor": ('<a id="x"/>\n\n# b', '<a id="x"/></a>\n'),
    "an address without quotes": (
        "a <a href=https://x.org/>b</a> c",
        "<p>a <a href=https://x.org/>b</a> c</p>",
    ),
    "a drawing": ("<div><svg><path/><g/></svg></div>", "<div><svg><path/><g/></svg></div>"),
    "a component": ("<x-y/>\n\nz", "<x-y/></x-y>\n<p>z</p>"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_element_that_its_author_wrote_as_empty_ends_where_it_begins(name: str) -> None:
    """A browser would have it reach over the rest of the page."""
    source, begins = EMPTY[name]
    assert page_html(source).startswith(begins)
