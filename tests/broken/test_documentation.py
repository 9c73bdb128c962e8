"""The tables in docs/authoring.md are what the builder does: its problem codes, its URLs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from builder.io.config import HOME
from builder.manifest import decode
from course import Course

AUTHORING = (HOME / "docs" / "authoring.md").read_text(encoding="utf-8")

# Where in a call the code stands.
PLACES = {"Problem": 1, "_at_line": 1, "_problem": 0, "add": 0, "_later": 0, "Finding": 0}
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
# Problems of the commands that come after the build have pages of their own.
ELSEWHERE = ("builder/io/deploy", "builder/io/serve", "builder/steps/release")


def section(title: str) -> list[list[str]]:
    """Return the rows of a section's table, their cells without backticks."""
    text = AUTHORING.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in row] for row in rows[2:]]


def texts(node: ast.expr) -> Iterator[str]:
    """Return the texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def codes_of(path: Path) -> Iterator[str]:
    """Return the codes that a module gives to problems."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "code" for to in node.targets):
            yield from texts(node.value)
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in PLACES and len(node.args) > PLACES[name]:
                yield from texts(node.args[PLACES[name]])


def test_every_problem_is_documented_and_every_documented_problem_exists() -> None:
    """A code has a row in the table, in the order of the alphabet; a row has a code in the source."""
    sources = sorted((HOME / "builder").rglob("*.py"))
    found = {
        code
        for path in sources
        if not path.relative_to(HOME).as_posix().startswith(ELSEWHERE)
        for code in codes_of(path)
        if CODE.fullmatch(code)
    }
    documented = [row[0] for row in section("Problems")]
    assert documented == sorted(documented)
    assert sorted(found) == documented


def test_the_urls_in_the_table_are_those_of_a_build(place: Path) -> None:
    """Fifteen files, each at the URL that stands beside it."""
    rows = section("URLs")
    assert len(rows) == 15
    course = Course(place, {file: "# Page\n" for file, _ in rows})
    course.build()
    built = decode((course.folder / "dist.release" / "manifest.json").read_bytes()).files
    from urllib.parse import unquote

    for file, url in rows:
        assert unquote(url).lstrip("/") + "index.html" in built, file
        assert f'<link rel="canonical" href="{url}">' in course.page(unquote(url).lstrip("/") + "index.html")
