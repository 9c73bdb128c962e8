"""Scripts are made small without a change of meaning, and every file they name is found."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from builder.asset import BUILD, DRAFT, RELEASE, Compiled
from builder.steps.script import compile_script
from builder.text import javascript

PACKAGES = Path(__file__).parent / "packages"

# Valid sources that the quick minifier breaks, each with what must still stand in the result.
TRAPS = {
    "nested template with an address": (
        "const u = `${a ? `http://${h}` : ''} // keep`; g();",
        "`http://${h}`:''} // keep`",
    ),
    "nested template with a comment sign": (
        "html`…${items.map(i => html`<li>${i}  // note</li>`)}…`",
        "html`<li>${i}  // note</li>`",
    ),
    "regex of quotes": ("const f = x => /['\"`]/.test(x); const g = 'a  // b';", "/['\"`]/.test(x);const g='a  // b'"),
    "template in a template": ("const s = `${a}${b ? ` // ${c}` : ''}`;", "` // ${c}`"),
    "spaces in a nested template": ("x = `${`${x}  y`}`", "`${x}  y`"),
    "comment in a nested template": ("y = `${c ? `/* ${x} */` : ''}`", "`/* ${x} */`"),
    "regex after an arrow": ("f = x => /a  b/", "/a  b/"),
    "regex after await": ("async () => { await /a  b/ }", "/a  b/"),
    "regex after yield": ("function* g() { yield /a  b/ }", "/a  b/"),
    "regex after typeof": ("typeof /a  b/", "/a  b/"),
    "regex after void": ("void /a  b/", "/a  b/"),
    "regex after case": ("switch (a) { case /a  b/: x() }", "/a  b/"),
    "fields without semicolons": ("class A {\n  #current = null\n  #queue = []\n}", "#current=null\n#queue=[]"),
    "leading space in a nested template": ("z = `${x ? ` as keys` : ``}`", "` as keys`"),
    "comment kept in a nested template": ("w = `nested ${1 + 1} /* keep */`", " /* keep */"),
    "braces and backticks in strings": ("v = `a${ \"}\" }b${ '`' }c // d`;", "c // d`"),
}

FINE = [
    "const x = a?.b ?? c; d ??= e ** 2; class P { #p; static #q = 1; static { q() } has(o) { return #p in o } }",
    "let x = 1 // c\nlet y = x\n++y\nlet z = /* \n */ 4",
    "a = b +  +c; d = e - -f; 1 .toString(); a / /re/; x = a ? .5 : 1",
    "if (a) { b() }\n(c)()",
    "do x(); while (0)\ny()",
    "export default async function () {}\nexport * as n from './n.js'",
    "label: for await (const x of y) { continue label }",
    "var a = 'a\\\nb', re = /[/]  [\\]]/g, big = 10n, tag = String.raw`\\u00zz  x`",
    "#!/usr/bin/env node\nrun()",
]


def text(compiled: Compiled) -> str:
    """Return the compiled script with every reference as it was written."""
    out = [compiled.pieces[0].decode()]
    for reference, piece in zip(compiled.references, compiled.pieces[1:], strict=True):
        out.extend([reference.text, piece.decode()])
    return "".join(out)


@pytest.mark.parametrize("name", TRAPS)
def test_a_source_that_the_quick_minifier_breaks_keeps_its_meaning_and_is_still_made_small(name: str) -> None:
    source, kept = TRAPS[name]
    compiled = compile_script("a.js", source.encode(), BUILD)
    assert kept in text(compiled)
    assert len(text(compiled)) <= len(source)
    assert compiled.problems == ()
    shape = javascript.shape(source.encode(), javascript.parse(source.encode()))
    assert javascript.shape(text(compiled).encode(), javascript.parse(text(compiled).encode())) == shape


@pytest.mark.parametrize("source", FINE)
def test_modern_syntax_is_minified_to_the_same_tokens(source: str) -> None:
    small = text(compile_script("a.js", source.encode(), BUILD)).encode()
    assert javascript.shape(small, javascript.parse(small)) == javascript.shape(
        source.encode(),
        javascript.parse(source.encode()),
    )


def test_a_line_break_that_ends_a_statement_is_part_of_the_shape() -> None:
    returns, adds = b"function f() { return\nx }", b"function f() { return x }"
    assert javascript.shape(returns, javascript.parse(returns)) != javascript.shape(adds, javascript.parse(adds))


def test_a_script_that_cannot_be_read_ships_as_it_is_and_says_where() -> None:
    source = "let a = 1;\nlet = = 3;\n"
    compiled = compile_script("js/a.js", source.encode(), RELEASE)
    assert text(compiled) == source
    assert [(found.code, found.severity, found.line) for found in compiled.problems] == [("script-syntax", "notice", 2)]


def test_every_way_to_name_a_file_is_found_with_its_place() -> None:
    source = (
        "import { a } from './core/a.js';\n"
        'export * from "../b.js";\n'
        "import data from './d.json' with { type: 'json' };\n"
        "const lazy = () => import('./q.js');\n"
        "const worker = new Worker(new URL('./w.js', import.meta.url), { type: 'module' });\n"
        "const shared = new SharedWorker(new URL(`./s.js`, import.meta.url));\n"
        "const wasm = new URL('../wasm/solc.wasm?v=1#x', import.meta.url);\n"
        "const near = import.meta.resolve('./n.js');\n"
        "import 'htmx.org';\n"
        "const other = new URL('./x.js', location.href), computed = import(name);\n"
    )
    compiled = compile_script("js/app.js", source.encode(), BUILD)
    assert [(one.kind, one.target, one.tail, one.line) for one in compiled.references] == [
        ("static", "js/core/a.js", "", 1),
        ("static", "b.js", "", 2),
        ("static", "js/d.json", "", 3),
        ("dynamic", "js/q.js", "", 4),
        ("worker", "js/w.js", "", 5),
        ("worker", "js/s.js", "", 6),
        ("url", "wasm/solc.wasm", "?v=1#x", 7),
        ("url", "js/n.js", "", 8),
        ("static", "npm:htmx.org", "", 9),
    ]


def test_an_import_from_another_host_stays_and_is_noticed() -> None:
    compiled = compile_script("a.js", b"import 'https://example.org/x.js'", BUILD)
    assert text(compiled) == "import'https://example.org/x.js'"
    assert [(found.severity, found.code, found.column) for found in compiled.problems] == [
        ("notice", "remote-resource", 8)
    ]


def test_licences_travel_with_the_script_and_other_comments_do_not() -> None:
    source = "/* talk */\n/*! one */\n// @license two\nrun() // SPDX is not this\n/* @preserve three */"
    assert text(compile_script("a.js", source.encode(), BUILD)) == (
        "/*! one */\n/*! @license two */\n/*! @preserve three */\nrun()"
    )


@pytest.mark.parametrize(
    ("source", "quiet"),
    [
        ("a();console.log(1);b()", "a();;b()"),
        ("console.debug(x.y, `t ${z}`)\n[1].map(f)", None),
        ("if (a) console.log(a); else console.debug(b)", "if(a);else;"),
        ("x && console.log(x)", "x&&(void 0)"),
        ("f = () => console.log('hi')", "f=()=>(void 0)"),
        ("console.log(i++, g())", "void[i++,g()];"),
        ("window.console.log(1); globalThis.console.debug(2)", ";;"),
        ("console.error(1); console.warn(2)", "console.error(1);console.warn(2)"),
        ("function f(console) { console.log(1) }", "function f(console){console.log(1)}"),
        ("import console from './c.js'; console.log(1)", None),
        ("console.log(console.log(1))", "void[(void 0)];"),
        ("let a = b\nconsole.log(1);\n[c].map(d)", "let a=b;[c].map(d)"),
    ],
)
def test_a_release_neither_logs_nor_skips_what_an_argument_does(source: str, quiet: str | None) -> None:
    result = text(compile_script("a.js", source.encode(), RELEASE))
    if quiet is not None:
        assert result == quiet
    elif "import" in source:
        assert "console.log" in result
    else:
        assert "console" not in result
    assert "console" in text(compile_script("a.js", source.encode(), BUILD))


def test_serving_keeps_the_source_and_maps_each_line_to_the_file_on_disk() -> None:
    source = "// why\nimport './b.js';\nconsole.log(1)\n//# sourceMappingURL=old.js.map\n"
    shown = text(compile_script("js/a.js", source.encode(), DRAFT))
    assert shown.startswith("// why\nimport './b.js';\nconsole.log(1)\n")
    assert "old.js.map" not in shown
    embedded = json.loads(base64.b64decode(shown.rsplit("base64,", 1)[1]))
    assert embedded["sources"] == ["js/a.js"]
    assert embedded["mappings"].count(";") == 4


def test_a_compiled_script_survives_the_cache() -> None:
    compiled = compile_script("a.js", b"import './b.js'; import 'https://x.org/'", BUILD)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(compiled), type=Compiled) == compiled


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the published packages of the lock file."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, folder / name)
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, check=True, capture_output=True)
    return folder / "node_modules"


def test_published_packages_mean_the_same_after_minifying(packages: Path, tmp_path: Path) -> None:
    """The judge is a compiler of its own: what it makes of the source and of our result must be the same bytes."""
    files = [
        path
        for name in ("htmx.org", "alpinejs", "lodash-es", "@codemirror")
        for path in (packages / name).rglob("*.js")
    ]
    files = [path for path in files if ".min." not in path.name]
    before, after = tmp_path / "before", tmp_path / "after"
    grown = []
    for number, path in enumerate(sorted(files)):
        name = f"{number}-{path.name}"
        source = path.read_bytes()
        compiled = compile_script(name, source, BUILD)
        assert [found.code for found in compiled.problems if found.code != "remote-resource"] == [], path
        small = text(compiled).encode()
        grown.extend([path] if len(small) > len(source) else [])
        for folder, data in ((before, source), (after, small)):
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
    assert len(files) > 600
    assert grown == []
    (native,) = packages.glob("@esbuild/*/bin/esbuild")
    for folder in (before, after):
        names = sorted(path.name for path in folder.iterdir())
        out = folder.with_suffix(".out")
        command = [
            str(native),
            *names,
            f"--outdir={out}",
            "--minify-whitespace",
            "--legal-comments=none",
            "--log-level=error",
        ]
        subprocess.run(command, cwd=folder, check=True)
    for path in sorted(before.with_suffix(".out").iterdir()):
        assert path.read_bytes() == (after.with_suffix(".out") / path.name).read_bytes(), path.name
