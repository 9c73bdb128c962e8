"""docs/authoring.md is true: what authors may write, what it means, and what they are told when it is wrong."""

from __future__ import annotations

import argparse
import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from architecture.source import ROOT, modules
from benchmarks.__main__ import BENCHMARKS
from builder import cli
from builder.errors import Severity
from builder.image import ImageSettings
from builder.io import config
from builder.model import Site
from builder.stages.offline import OfflineSettings
from builder.text.directives import NAMES
from builder.text.fields import FIELDS, SYNONYMS
from builder.text.markdown import ENGINES
from builder.text.urls import PAGE_SUFFIXES
from course import Course, quick_folder
from edge_api.schemas.awards import Rule

AUTHORING = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")

# What the tables of site.toml hold; those of `extra` are the author's own, those of achievements stand apart.
TABLES = {
    "assets": {"base_url"},
    "images": set(ImageSettings.__struct_fields__),
    "markdown": {"engine", "extensions"},
    "offline": set(OfflineSettings.__struct_fields__),
}
OWN = {"extra", "achievements"}

CODE = re.compile(r"[a-z]+(-[a-z]+)*")
SEVERITIES = set(get_args(Severity))

place = pytest.fixture(quick_folder, name="place")


def section(heading: str) -> str:
    """Return what stands between a heading and the next of any level."""
    return re.split(r"^#{2,3} ", AUTHORING.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading."""
    lines = section(heading).split("| --- |", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(heading: str) -> list[str]:
    """Return the first cells of a table, without their quotes."""
    return [row[0].strip("`| ") for row in rows(heading)]


def test_every_field_of_front_matter_is_documented() -> None:
    assert sorted(names("Front matter")) == sorted(FIELDS)
    assert not {word for word in SYNONYMS if f"`{word}`" not in section("Front matter")}


def test_every_setting_of_a_site_is_documented() -> None:
    accepted = set(config._KEYS) - unread()
    plain = accepted - TABLES.keys()
    assert set(names("Settings")) == plain | {f"{table}.{key}" for table, keys in TABLES.items() for key in keys}
    assert accepted >= TABLES.keys() | OWN


def unread() -> set[str]:
    """Return the tables of site.toml that no module reads yet: they are accepted, and promise nothing."""
    source = "\n".join(module.path.read_text(encoding="utf-8") for module in modules("builder"))
    return {table for table in config._TABLES if f'values.get("{table}"' not in source}


def test_the_defaults_of_settings_are_the_codes() -> None:
    said = {row[0].strip("`| "): row[2] for row in rows("Settings")}
    for key, value in msgspec.to_builtins(ImageSettings()).items():
        if isinstance(value, int):
            assert f"{value:,}" in said[f"images.{key}"], key
        else:
            assert all(str(each) in said[f"images.{key}"] + str(rows("Settings")) for each in value), key
    assert f"`{Site().language}`" in said["language"]
    assert all(f"`{engine}`" in said["markdown.engine"] for engine in ENGINES)


def test_the_settings_shown_are_accepted() -> None:
    for block in re.findall(r"```toml\n(.*?)```", AUTHORING, re.DOTALL):
        assert tomllib.loads(block).keys() <= config._KEYS.keys()


def test_every_rule_of_achievements_is_documented() -> None:
    table = AUTHORING.split("| `type` |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    said = {cells[1].strip(" `"): set(re.findall(r"`(\w+)`", cells[2])) for cells in (row.split("|") for row in table)}
    rules = {str(rule.__struct_config__.tag): set(rule.__struct_fields__) for rule in get_args(Rule)}
    assert said == rules


def test_every_block_is_documented() -> None:
    assert not {name for name in NAMES if f"`{name}`" not in section("Blocks")}


def test_every_problem_is_documented_with_its_severity() -> None:
    said = {row[0].strip("`| "): set(row[1].split(", ")) for row in rows("Problems")}
    found: dict[str, set[str]] = {}
    for module in modules("builder"):
        if not module.name.startswith(("builder.io.deploy", "builder.steps.release", "builder.io.serve")):
            for code, severity in problems(module.tree):
                found.setdefault(code, set()).update({severity} - {""})
    assert said.keys() == found.keys()
    assert not {code for code, severities in found.items() if not severities <= said[code] <= SEVERITIES}


def problems(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Return the codes of problems in a module's source, each with its severity where that stands beside it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "code":
            yield from ((code, "") for code in texts(node.value) if CODE.fullmatch(code))
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"Finding", "_problem"} and node.args:
            yield from ((code, "") for code in texts(node.args[0]) if CODE.fullmatch(code))
        for first, second in zip(node.args, node.args[1:], strict=False):
            for severity, other in ((first, second), (second, first)):
                said, codes = texts(severity), [code for code in texts(other) if CODE.fullmatch(code)]
                if SEVERITIES.issuperset(said) and said and not SEVERITIES.intersection(codes):
                    yield from zip(codes, said if len(said) == len(codes) else said * len(codes), strict=False)


def texts(node: ast.expr) -> list[str]:
    """Return the text that an expression is, or the two that it chooses from."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_address_is_what_the_table_says(place: Path) -> None:
    """All examples in one course: each file's words are on the page at its address."""
    wanted: dict[str, str] = {}
    for row in rows("Addresses"):
        files, urls = (re.findall(r"`([^`]+)`", cell) for cell in row[:2])
        wanted |= dict(zip(files, urls, strict=True))
    assert len(rows("Addresses")) == 15
    course = Course(place, {path: f"Words of file {number}.\n" for number, path in enumerate(wanted)})
    course.build()
    found = {
        path: "/" + name.removesuffix("index.html")
        for number, path in enumerate(wanted)
        for name, data in course.outputs().items()
        if name.endswith("index.html") and f"<p>Words of file {number}.</p>" in data.decode()
    }
    assert found == wanted
    assert {Path(path).suffix for path in wanted} <= set(PAGE_SUFFIXES)


def test_the_architecture_names_what_there_is() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path, name in re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|md|lock)|(?:\w+/)+)(?::(\w+))?`", text):
        assert (ROOT / path).exists() or (ROOT / "docs" / path).exists(), path
        if name:
            assert name in defined(ROOT / path), f"{path}:{name}"


def defined(path: Path) -> set[str]:
    """Return the names that stand at the top of a module."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def test_the_readme_names_every_benchmark_and_every_option_of_a_build() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not {each.name for each in BENCHMARKS if f"bench {each.name}`" not in readme}
    commands = next(each for each in cli._parser("build")._actions if isinstance(each, argparse._SubParsersAction))
    options = {option for action in commands.choices["build"]._actions for option in action.option_strings}
    assert not {option for option in options - {"-h", "--help"} if f"`{option}" not in readme}
