"""The project's source as the architecture tests see it: modules, what they import, and what they call."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What git ignores, and git itself: made by commands, not written by people.
NOT_OURS = (
    {".git", ".venv", ".cache", "dist", "dist.release", "node_modules", "__pycache__"}
    | {f".{tool}_cache" for tool in ("pytest", "mypy", "ruff")}
    | {".hypothesis"}
)


@dataclass(frozen=True)
class Module:
    """One Python file under its dotted name."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The dotted names that it imports, of modules or of names in them, wherever in the file."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    package = self.name.split(".") if self.path.name == "__init__.py" else self.name.split(".")[:-1]
                    base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
                found.update([base, *(f"{base}.{alias.name}" for alias in node.names)])
        return frozenset(found)


def modules(package: str) -> Iterator[Module]:
    """Return the modules of a package that lies in the project's root."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path)


def tracked_files() -> Iterator[Path]:
    """Return the files that people write and git keeps."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS)
        yield from (Path(folder, name) for name in sorted(names) if name not in {".git", ".venv.lock"})
