"""What authors may write, how the house is built, how it is started: each document is true."""

from __future__ import annotations

import argparse
import ast
import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec

from architecture.source import ROOT, modules
from benchmarks.__main__ import BENCHMARKS
from builder import cli
from builder.image import ImageSettings
from builder.io import config
from builder.model import Site
from builder.stages.fonts import ThemeSettings
from builder.stages.offline import OfflineSettings
from builder.text.budget import DEFAULTS as BUDGETS
from builder.text.directives import NAMES
from builder.text.fields import FIELDS, SYNONYMS
from builder.text.markdown import ENGINES
from builder.text.view import Security
from edge_api.schemas.awards import Rule

AUTHORING = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")

# What the tables of site.toml hold; those of `extra` are the author's own, those of achievements stand apart.
TABLES = {
    "assets": {"base_url"},
    "budgets": set(BUDGETS),
    "images": set(ImageSettings.__struct_fields__),
    "markdown": {"engine", "extensions"},
    "offline": set(OfflineSettings.__struct_fields__),
    "security": set(Security.__struct_fields__),
    "theme": set(ThemeSettings.__struct_fields__),
}
OWN = {"extra", "achievements"}


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
    accepted = set(config.Settings.__struct_fields__)
    plain = accepted - TABLES.keys()
    assert set(names("Settings")) == plain | {f"{table}.{key}" for table, keys in TABLES.items() for key in keys}
    assert accepted >= TABLES.keys() | OWN


def test_every_setting_of_a_site_is_read() -> None:
    source = "\n".join(module.path.read_text(encoding="utf-8") for module in modules("builder"))
    ways = ('values.get("{}"', 'table(values, "{}"')
    keys = config.Settings.__struct_fields__
    assert not {key for key in keys if not any(way.format(key) in source for way in ways)}


def test_the_defaults_of_settings_are_the_codes() -> None:
    said = {row[0].strip("`| "): row[2] for row in rows("Settings")}
    for key, value in msgspec.to_builtins(ImageSettings()).items():
        if isinstance(value, bool):
            assert f"({str(value).lower()})" in said[f"images.{key}"], key
        elif isinstance(value, int):
            assert f"{value:,}" in said[f"images.{key}"], key
        else:
            assert all(str(each) in said[f"images.{key}"] + str(rows("Settings")) for each in value), key
    assert f"`{Site().language}`" in said["language"]
    assert all(f"`{engine}`" in said["markdown.engine"] for engine in ENGINES)


def test_the_settings_shown_are_accepted() -> None:
    for block in re.findall(r"```toml\n(.*?)```", AUTHORING, re.DOTALL):
        assert tomllib.loads(block).keys() <= set(config.Settings.__struct_fields__)


def test_every_rule_of_achievements_is_documented() -> None:
    table = AUTHORING.split("| `type` |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    said = {cells[1].strip(" `"): set(re.findall(r"`(\w+)`", cells[2])) for cells in (row.split("|") for row in table)}
    rules = {str(rule.__struct_config__.tag): set(rule.__struct_fields__) for rule in get_args(Rule)}
    assert said == rules


def test_every_block_is_documented() -> None:
    assert not {name for name in NAMES if f"`{name}`" not in section("Blocks")}


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


def test_every_decision_has_a_number_of_its_own_a_context_a_decision_and_a_consequence() -> None:
    found = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert len({path.name[:4] for path in found}) == len(found)
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert re.findall(r"^\*\*(Context|Decision|Consequence)\.\*\*", text, re.MULTILINE) == [
            "Context", "Decision", "Consequence",
        ], path.name  # fmt: skip


def test_the_readme_names_every_benchmark_and_every_option_of_a_build() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not {each.name for each in BENCHMARKS if f"bench {each.name}`" not in readme}
    commands = next(each for each in cli._parser("build")._actions if isinstance(each, argparse._SubParsersAction))
    options = {option for action in commands.choices["build"]._actions for option in action.option_strings}
    assert not {option for option in options - {"-h", "--help"} if f"`{option}" not in readme}
