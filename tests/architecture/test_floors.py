"""The ground plan holds: rooms import lower floors only, steps are pure, and the two halves never meet."""

from __future__ import annotations

import ast

import pytest

from architecture.source import Module, modules

# The longest name that fits decides; what is not listed is a noun of floor 1, which may use the engine and its like.
BUILDER = {
    "builder": 0,
    "builder.engine": 0,
    "builder.errors": 1,
    "builder.manifest": 1,
    "builder.model": 1,
    "builder.text": 2,
    "builder.steps": 3,
    "builder.io": 4,
    "builder.stages": 5,
    "builder.pipeline": 6,
    "builder.explain": 7,
    "builder.known": 6,
    "builder.live": 7,
    "builder.cli": 8,
}
EDGE = {
    "edge_api": 0,
    "edge_api.keys": 1,
    "edge_api.schemas": 1,
    "edge_api.problems": 1,
    "edge_api.settings": 1,
    "edge_api.environment": 1,
    "edge_api.data_folder": 1,
    "edge_api.stores": 2,
    "edge_api.services": 3,
    "edge_api.endpoints": 4,
    "edge_api.middleware": 4,
    "edge_api.operations": 5,
    "edge_api.app": 5,
    "edge_api.supervisor": 6,
    "edge_api.cache_admin": 5,
    "edge_api.server": 6,
    "edge_api.main": 6,
    "edge_api.__main__": 7,
}
FLOORS = BUILDER | EDGE

PURE = ("builder.steps", "builder.text", "builder.model", "builder.manifest", "builder.errors")

# What touches the disk, the network, the clock, chance or the environment, by module and by method.
AMBIENT_MODULES = {"os", "shutil", "tempfile", "socket", "subprocess", "time", "random", "secrets", "glob", "threading"}
AMBIENT_CALLS = {"read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob", "mkdir", "unlink", "touch"}
AMBIENT_CALLS |= {"is_file", "is_dir", "exists", "now", "utcnow", "today"}

# An endpoint speaks HTTP, a store speaks Redis or SQL, and neither knows the other's words.
STRANGERS = {
    "edge_api.endpoints": {"redis", "sqlalchemy", "psycopg", "aiosqlite"},
    "edge_api.stores": {"starlette", "uvicorn"},
    "edge_api.services": {"sqlalchemy", "psycopg", "aiosqlite"},
}

ALL = [*modules("builder"), *modules("edge_api")]


def floor(name: str) -> int:
    """Return the floor on which a module stands."""
    known = [room for room in FLOORS if name == room or name.startswith(f"{room}.")]
    room = max(known, key=len)
    return 1 if room in {"builder", "edge_api"} and name != room else FLOORS[room]


def is_in(name: str, room: str) -> bool:
    """Say whether a module is a room or lies in it."""
    return name == room or name.startswith(f"{room}.")


def ours(module: Module) -> set[str]:
    """Return the modules of the project that a module imports."""
    names = {each.name for each in ALL}
    return {name for name in module.imports if name in names and name != module.name and not is_in(module.name, name)}


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_a_room_imports_lower_floors_only(module: Module) -> None:
    upwards = {name for name in ours(module) if floor(name) > floor(module.name)}
    assert not upwards, f"{module.name} (floor {floor(module.name)}) imports {sorted(upwards)} from above"


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_builder_and_edge_never_import_each_other(module: Module) -> None:
    other = "edge_api" if is_in(module.name, "builder") else "builder"
    assert not {name for name in module.imports if is_in(name, other)}


@pytest.mark.parametrize("module", [m for m in ALL if m.name.startswith("builder.steps.")], ids=lambda m: m.name)
def test_steps_do_not_know_their_siblings(module: Module) -> None:
    mine = ".".join(module.name.split(".")[:3])
    siblings = {name for name in ours(module) if name.startswith("builder.steps.") and not is_in(name, mine)}
    assert not siblings, f"{module.name} imports {sorted(siblings)}: what steps share lies in builder/text/"


@pytest.mark.parametrize("module", [m for m in ALL if is_in(m.name, "builder.engine")], ids=lambda m: m.name)
def test_the_engine_knows_nothing_of_courses(module: Module) -> None:
    assert all(is_in(name, "builder.engine") for name in ours(module) - {"builder"})


@pytest.mark.parametrize("module", [m for m in ALL if m.name.startswith(PURE)], ids=lambda m: m.name)
def test_values_steps_and_text_touch_nothing_ambient(module: Module) -> None:
    imported = {name for name in module.imports if name.split(".")[0] in AMBIENT_MODULES}
    assert not imported, f"{module.name} imports {sorted(imported)}; that belongs to builder/io/"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            opened = isinstance(node.func, ast.Name) and node.func.id in {"open", "input"}
            assert called not in AMBIENT_CALLS, f"{module.name}:{node.lineno} calls .{called}()"
            assert not opened, f"{module.name}:{node.lineno} opens a file or asks a person"


@pytest.mark.parametrize("module", [m for m in ALL if is_in(m.name, "edge_api")], ids=lambda m: m.name)
def test_endpoints_know_no_database_and_stores_no_http(module: Module) -> None:
    for room, strangers in STRANGERS.items():
        if is_in(module.name, room):
            assert not {name for name in module.imports if name.split(".")[0] in strangers}
