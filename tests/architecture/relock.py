"""Which code each step's version stands for: ``python tests/architecture/relock.py`` writes steps.lock anew.

A step's key names its version, not its code, so a step that changes its meaning and keeps its version would recall
yesterday's results. The lock remembers, for each step, its version and a digest of the code behind it: its module and
what that imports from ``builder.text`` and floor 1, as syntax trees without docstrings, so that comments, layout and
the Python in use make no difference.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "steps.lock"
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from architecture.source import Module, modules  # noqa: E402 - a script finds its own folder first

Lock = dict[str, dict[str, int | str]]


def current() -> Lock:
    """Return every step of the builder with its version and its code's digest."""
    known = {module.name: module for module in modules("builder")}
    steps: Lock = {}
    for name in sorted(known):
        if name.startswith("builder.steps."):
            for function in vars(importlib.import_module(name)).values():
                version = getattr(function, "__step_version__", None)
                if version is not None and function.__module__ == name:
                    steps[f"{name}:{function.__name__}"] = {"version": version, "code": digest(name, known)}
    return steps


def digest(name: str, known: dict[str, Module]) -> str:
    """Return the digest of a module's code and of all that it stands on below the steps."""
    reached, waiting = set[str](), [name]
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += [i for i in known[each].imports if i in known and not i.startswith("builder.engine")]
    code = "\n".join(f"{each} {shape(known[each].tree)}" for each in sorted(reached))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def shape(node: object) -> str:
    """Write a syntax tree down in the same words on every Python: empty fields and docstrings are left out."""
    if isinstance(node, list):
        return f"[{','.join(map(shape, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(key, value) for key, value in ast.iter_fields(node) if value not in (None, [])]
    if fields and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
        fields = [(key, value[1:] if key == "body" else value) for key, value in fields]
    return f"{type(node).__name__}({','.join(f'{key}={shape(value)}' for key, value in fields)})"


def main() -> None:
    """Write the lock."""
    LOCK.write_text(json.dumps(current(), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
