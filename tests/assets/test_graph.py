"""Names hash final bytes: a change to one file renames it and what refers to it, and nothing else."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.compiling import compile_file
from builder.asset import BUILD, RELEASE, Bundle
from builder.steps.bundle import link

if TYPE_CHECKING:
    from collections.abc import Callable

SITE: dict[str, str | bytes] = {
    "js/app.js": "import { a } from './core/a.js'; import('./quiz.js'); new Worker(new URL('./w.js', import.meta.url))",
    "js/core/a.js": "import './b.js'; export const a = new URL('../../i/x.png', import.meta.url)",
    "js/core/b.js": "import data from '../d.json' with { type: 'json' }; export default data",
    "js/quiz.js": "import './core/b.js'; console.log(1)",
    "js/w.js": "importScripts('core/b.js')",
    "js/d.json": '{ "a" : 1.0 }',
    "css/site.css": '@import "base.css"; a { background: url(../i/s.svg#m) }',
    "css/base.css": "b { src: url(../f/f.woff2) }",
    "i/s.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="x.png"/></svg>',
    "i/x.png": b"png",
    "f/f.woff2": b"font",
}


def names(made: Bundle) -> dict[str, str]:
    return {output.path: output.name for output in made.outputs}


def test_every_name_carries_the_hash_of_the_published_bytes(bundle: Callable[..., Bundle]) -> None:
    for output in bundle(SITE, RELEASE).outputs:
        data = output.data if output.data is not None else SITE[output.path]
        assert isinstance(data, bytes)
        assert output.digest == hashlib.sha256(data).hexdigest()
        assert output.size == len(data)
        assert re.fullmatch(r"assets/[\w-]+\.([0-9a-f]{12})\.\w+", output.name)
        assert output.name.split(".")[1] == output.digest[:12]


def test_every_name_in_a_published_file_is_a_published_file(bundle: Callable[..., Bundle]) -> None:
    made = bundle(SITE)
    for output in made.outputs:
        for found in re.findall(rb"[\w-]+\.[0-9a-f]{12}\.\w+", output.data or b""):
            assert f"assets/{found.decode()}" in names(made).values()
    assert made.problems == ()


def test_a_changed_leaf_renames_exactly_what_leads_to_it(bundle: Callable[..., Bundle]) -> None:
    before, after = names(bundle(SITE)), names(bundle({**SITE, "js/d.json": '{"a":2}'}))
    assert {path for path in before if before[path] != after[path]} == {
        "js/d.json",
        "js/core/b.js",
        "js/core/a.js",
        "js/app.js",
        "js/quiz.js",
        "js/w.js",
    }


def test_a_change_of_comments_alone_renames_nothing(bundle: Callable[..., Bundle]) -> None:
    changed = {**SITE, "css/base.css": "/* new */ " + str(SITE["css/base.css"])}
    assert names(bundle(changed)) == names(bundle(SITE))


def test_scripts_preload_their_static_imports_and_nothing_lazy(bundle: Callable[..., Bundle]) -> None:
    made = bundle(SITE)
    (app,) = (output for output in made.outputs if output.path == "js/app.js")
    assert app.preload == (names(made)["js/core/a.js"], names(made)["js/core/b.js"])


def test_files_that_call_each_other_are_named_as_a_group(bundle: Callable[..., Bundle]) -> None:
    files = {
        "a.js": "import './b.js'",
        "b.js": "import './a.js'; import './c.js'",
        "c.js": "1",
        "self.js": "import.meta.resolve('./self.js')",
    }
    first = names(bundle(files))
    assert first == names(bundle(files))
    leaf = names(bundle({**files, "c.js": "2"}))
    assert {path for path in first if first[path] != leaf[path]} == {"a.js", "b.js", "c.js"}
    member = names(bundle({**files, "a.js": "import './b.js';x()"}))
    assert {path for path in first if first[path] != member[path]} == {"a.js", "b.js"}


def test_ten_thousand_files_in_a_chain_are_linked(bundle: Callable[..., Bundle]) -> None:
    chain = {f"m{number}.json": "{}" for number in range(3)}
    files = {f"n{number}.svg": f'<svg xmlns="s"><use href="n{number + 1}.svg"/></svg>' for number in range(3000)}
    assert len(bundle({**chain, **files}).outputs) == 3003


def test_equal_bytes_of_one_stem_share_a_file_and_odd_names_become_plain(bundle: Callable[..., Bundle]) -> None:
    made = names(bundle({"a/x.png": b"1", "b/x.png": b"1", "Größe & #1?.PNG": b"2", "LICENSE": b"3", "é.tar.gz": b"4"}))
    assert made["a/x.png"] == made["b/x.png"]
    assert made["Größe & #1?.PNG"].startswith("assets/Groe-1.") or made["Größe & #1?.PNG"].startswith("assets/Gro")
    assert made["LICENSE"].endswith(".bin")
    assert made["é.tar.gz"].startswith("assets/e-tar.")


def test_a_reference_that_leads_nowhere_is_a_problem_with_a_place_and_the_nearest_file(
    bundle: Callable[..., Bundle],
) -> None:
    made = bundle(
        {
            "js/app.js": "x();\nimport './croe.js'; import 'leftpad'",
            "js/core.js": "1",
            "css/a.css": "a { b: url(nope.png) }",
        }
    )
    found = [(one.severity, one.code, one.path, one.line, one.column, one.hint) for one in made.problems]
    assert found == [
        ("warning", "asset-missing", "css/a.css", 1, 8, "Paths are relative to this file."),
        ("error", "module-missing", "js/app.js", 2, 8, "Did you mean “./core.js”?"),
        ("error", "module-missing", "js/app.js", 2, 28, "Add it to assets/package.json: npm install leftpad."),
    ]


KINDS = [".js", ".css", ".svg", ".json", ".png"]


def _content(path: str, targets: list[str], salt: int) -> bytes:
    """Return a file of the kind of ``path`` that refers to ``targets``; the salt is in its final bytes."""
    if path.endswith(".js"):
        forms = ["import './{}'", "import('./{}')", "new URL('./{}', import.meta.url)"]
        lines = [forms[number % 3].format(target) for number, target in enumerate(targets)]
        return ";".join([*lines, f"x({salt})"]).encode()
    if path.endswith(".css"):
        imports = "".join(f'@import "{target}";' for target in targets if target.endswith(".css"))
        urls = "".join(f"a{{b:url({target})}}" for target in targets if not target.endswith(".css"))
        return f"{imports}{urls}c{{d:{salt}}}".encode()
    if path.endswith(".svg"):
        uses = "".join(f'<use href="{target}#x"/>' for target in targets)
        return f'<svg xmlns="s" id="n{salt}">{uses}</svg>'.encode()
    return (f"[{salt}]" if path.endswith(".json") else f"bytes {salt}").encode()


@st.composite
def sites(draw: st.DrawFn) -> tuple[dict[str, list[str]], str]:
    paths = [f"f{number}{draw(st.sampled_from(KINDS))}" for number in range(draw(st.integers(2, 9)))]
    edges = {
        path: []
        if path.endswith((".json", ".png"))
        else draw(st.lists(st.sampled_from(paths), max_size=4, unique=True))
        for path in paths
    }
    return edges, draw(st.sampled_from(paths))


@settings(max_examples=150, deadline=None)
@given(sites())
def test_changing_any_one_file_renames_exactly_the_files_that_lead_to_it(
    site: tuple[dict[str, list[str]], str],
) -> None:
    edges, changed = site

    def build(salt: int) -> Bundle:
        files = {path: _content(path, targets, salt if path == changed else 0) for path, targets in edges.items()}
        return link(tuple(compile_file(path, data, BUILD) for path, data in files.items()))

    leading = {changed}
    while more := {path for path, targets in edges.items() if leading & set(targets)} - leading:
        leading |= more
    before, after = build(0), build(1)
    assert {path for path in edges if names(before)[path] != names(after)[path]} == leading
    for output in after.outputs:
        for found in re.findall(rb"f\d+\.[0-9a-f]{12}\.\w+", output.data or b""):
            assert f"assets/{found.decode()}" in names(after).values()
