"""Style sheets are made small without a change of meaning; imports are inlined, addresses found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from builder.asset import BUILD, DRAFT, Bundle, Compiled
from builder.steps.style import compile_style
from builder.text import stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

# Valid sheets that the quick minifier changes.
TRAPS = [
    "@layer a { .b :hover { color: red } }",
    "@container (width > 400px) { .b :hover { color: red } }",
    "@scope (.a) to (.c :hover) { .b :hover { color: red } }",
    "@starting-style { .b :hover { color: red } }",
    ".a { .b :first-child { color: red } }",
    ".a { & .b :hover { color: red } }",
    ".a { :is(h1) :where(a) { color: red } }",
    ".a { @media print { .b :hover { color: red } } }",
    ".card { p :hover { color: red } }",
    "@layer base { article :where(h1, h2) { margin: 0 } }",
    '.a { background: url("a b.png") }',
]

FINE = [
    "a { b: c } /* x */ .a > .b , .c + .d ~ .e { width : calc( 1px + (2px - 3px) * 4 ) ! important }",
    "@media ( min-width : 30em ) and ( width <= 60em ) { a:has( > img ) { color: rgb( 0 0 0 / 50% ) } }",
    ".a { &:hover { color: red } & > .b { color: blue } .c & { color: green } }",
    ":root { --empty: ; --x: { a: b }; --y: calc( 1px + 2px ); --z:  spaced   out }",
    "@font-face { font-family: \"A  B\"; src: url(a.woff2) format('woff2'); unicode-range: U+26, U+0-7F, U+4?? }",
    "@supports (display: grid) and (not (display: inline-grid)) { a { color: red } }",
    "@keyframes k { from { top: 0 } 50.5% { top: 1px } to { top: 2px } }",
    "@property --p { syntax: '<length>'; inherits: false; initial-value: 0px }",
    "a[href ^= 'x' i]:not( .b , .c )::before { content: '  \\201C  ' ; }",
    ".grid { grid-template: 'a  b' 1fr 'c  d' 2fr / auto 1fr }",
    "@page :first { margin: 1in; @top-left { content: 'x' } }",
]


def text(compiled: Compiled) -> str:
    """Return the compiled body with every reference as it was written."""
    out = [compiled.pieces[0].decode()]
    for reference, piece in zip(compiled.references, compiled.pieces[1:], strict=True):
        out.extend([reference.text, piece.decode()])
    return "".join(out)


def meaning(css: str) -> object:
    return stylesheet.meaning(stylesheet.tokens(css))


@pytest.mark.parametrize("source", [*TRAPS, *FINE])
def test_a_sheet_is_minified_to_the_same_meaning(source: str) -> None:
    compiled = compile_style("a.css", source.encode(), BUILD)
    assert meaning(text(compiled)) == meaning(source)
    assert len(text(compiled)) < len(source)
    assert compiled.problems == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (".b :hover { color: red }", ".b:hover { color: red }"),
        ("@layer a { .b :hover { color: red } }", "@layer a { .b:hover { color: red } }"),
        (".a { p :hover { color: red } }", ".a { p:hover { color: red } }"),
        ("@scope (p :hover) { a { color: red } }", "@scope (p:hover) { a { color: red } }"),
        ("a { width: calc(1px + 2px) }", "a { width: calc(1px+2px) }"),
        ("a { content: 'a  b' }", "a { content: 'a b' }"),
        ("a { b: url('a b.png') }", "a { b: url('ab.png') }"),
        ("a { b: c d }", "a { b: cd }"),
        ("a .b {}", "a.b {}"),
        ("a [b] {}", "a[b] {}"),
        ("a * {}", "a* {}"),
        ("a { & .b {} }", "a { &.b {} }"),
        ("a { b: c !important }", "a { b: c }"),
        ("@media a { b {} }", "@supports a { b {} }"),
        ("a { b: c; d: e }", "a { b: c } a { d: e }"),
    ],
)
def test_sheets_that_style_differently_differ_in_meaning(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Return a page of a real browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


RULES = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  const tell = (rule) => rule.cssRules
    ? [rule.constructor.name, rule.selectorText || rule.conditionText || rule.name || '', rule.style?.cssText || '',
       [...rule.cssRules].map(tell)]
    : rule.cssText;
  return JSON.stringify([...sheet.cssRules].map(tell));
}"""


def test_the_browser_reads_the_same_rules_from_the_source_and_from_the_result(page: Page) -> None:
    for source in [*TRAPS, *FINE]:
        small = text(compile_style("a.css", source.encode(), BUILD))
        # The text of a custom property is kept by the browser as written; its tokens are what counts.
        squashed = [page.evaluate(RULES, css).replace(": ", ":") for css in (source, small)]
        if "--x:" not in source:
            assert squashed[0] == squashed[1]
        assert squashed[1] != "[]"


def test_a_broken_sheet_ships_as_it_is_and_says_where() -> None:
    source = "a{}\nb { background: url(data:image/svg+xml,<svg xmlns='x'>) }"
    compiled = compile_style("css/a.css", source.encode(), BUILD)
    assert text(compiled) == source
    assert [(found.code, found.severity, found.line, found.column) for found in compiled.problems] == [
        ("style-syntax", "warning", 2, 17),
    ]


def test_addresses_are_found_where_they_are_addresses_and_nowhere_else() -> None:
    source = (
        "@namespace svg url(http://www.w3.org/2000/svg);\n"
        "a { background: url(../i/a.png) , url( 'b c.png' ), URL(\"d.svg#e\"); content: 'f.png';\n"
        "    background: image-set('g.png' 1x, url(h.png) type('image/png') 2x);\n"
        "    cursor: url(data:image/png;base64,xx), url(#local), url(/elsewhere/i.png), src('j.png') }\n"
    )
    compiled = compile_style("css/a.css", source.encode(), BUILD)
    assert [(one.target, one.tail, one.line) for one in compiled.references] == [
        ("i/a.png", "", 2),
        ("css/b c.png", "", 2),
        ("css/d.svg", "#e", 2),
        ("css/g.png", "", 3),
        ("css/h.png", "", 3),
        ("css/j.png", "", 4),
    ]


def test_licences_travel_with_the_sheet() -> None:
    source = "/* talk */ /*! one */ a { b: c } /* @license two */"
    assert text(compile_style("a.css", source.encode(), BUILD)) == "/*! one *//*! @license two */a{b:c}"


def published(made: Bundle, path: str) -> str:
    return next((output.data or b"").decode() for output in made.outputs if output.path == path)


def test_imports_are_inlined_inside_their_conditions(bundle: Callable[..., Bundle]) -> None:
    made = bundle(
        {
            "css/site.css": (
                '@charset "utf-8"; @layer reset, base;\n'
                '@import "base.css" layer(base);\n'
                "@import url('print.css') supports(display: grid) print;\n"
                '@import "parts/plain.css";\n'
                "a { b: c }"
            ),
            "css/base.css": ".b { background: url(../i/x.png) }",
            "css/print.css": ".p {}",
            "css/parts/plain.css": "@import '../deep.css' screen and (width > 1px); .q { r: s }",
            "css/deep.css": ".deep { t: u",
            "i/x.png": b"x",
        },
    )
    image = next(output.name for output in made.outputs if output.path == "i/x.png").removeprefix("assets/")
    assert published(made, "css/site.css") == (
        f"@layer reset,base;@layer base{{.b{{background:url({image})}}}}"
        "@media print{@supports (display: grid){.p{}}}"
        "@media screen and (width>1px){.deep{t:u}}.q{r:s}a{b:c}"
    )


def test_an_import_of_another_host_stays_first_or_keeps_all_imports(bundle: Callable[..., Bundle]) -> None:
    files = {"b.css": "b { c: d }"}
    leading = bundle({**files, "a.css": '@import "https://x.org/y.css" print; @import "b.css";'})
    assert published(leading, "a.css") == '@import"https://x.org/y.css" print;b{c:d}'
    trailing = bundle({**files, "a.css": '@import "b.css" layer(x); @import "https://x.org/y.css";'})
    name = next(output.name for output in trailing.outputs if output.path == "b.css").removeprefix("assets/")
    assert published(trailing, "a.css") == f'@import"{name}" layer(x);@import"https://x.org/y.css";'


@pytest.mark.parametrize(
    ("css", "closing"),
    [
        ("a { b: c }", ""),
        ("@media print { a { b: c }", "}"),
        ("@media print { a { b: c", "}}"),
        ("a { b: '}' /* } */; c: \\} url(x}y) }", ""),
        ("a { b: url(", None),
        ("a { b: (c }", None),
        ("a { b: c } /* open", None),
        ("a { b: 'open", None),
    ],
)
def test_what_the_end_of_file_closes_is_closed_before_another_sheet_follows(css: str, closing: str | None) -> None:
    assert stylesheet.closers(css) == closing


def test_a_cycle_of_imports_ends_where_it_closes(bundle: Callable[..., Bundle]) -> None:
    made = bundle({"a.css": '@import "b.css"; .a {}', "b.css": '@import "a.css"; .b {}'})
    assert published(made, "a.css") == ".b{}.a{}"
    assert published(made, "b.css") == ".a{}.b{}"


def test_serving_keeps_the_source_as_written(bundle: Callable[..., Bundle]) -> None:
    assert published(bundle({"a.css": "/* why */\na {  b: c }\n"}, DRAFT), "a.css") == "/* why */\na {  b: c }\n"


def test_a_compiled_sheet_survives_the_cache() -> None:
    compiled = compile_style("a.css", b"@import 'x.css' layer; a{b:url(y.png)}", BUILD)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(compiled), type=Compiled) == compiled
