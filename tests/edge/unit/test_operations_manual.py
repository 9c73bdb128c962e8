"""docs/operations.md says what the code does: settings, routes, limits, errors, metrics."""

from __future__ import annotations

import re
from pathlib import Path

from edge_api.endpoints.door import RATES
from edge_api.environment import SETTINGS
from edge_api.metrics import HELP
from edge_api.operations import OPERATIONS
from edge_api.problems import CODES
from edge_api.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
EDGE = TEXT.partition("## The edge API")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading."""
    part = EDGE.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def default(field: str) -> str:
    value = getattr(Settings(), field)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_documented() -> None:
    """Name, default and meaning, in the code's order."""
    said = [[each.name, default(each.field), each.meaning] for each in SETTINGS]
    assert [[cell.strip() for cell in row] for row in rows("Settings")] == said


def test_every_route_is_documented() -> None:
    """Method, path, who may, what for."""
    assert rows("Routes") == [[f"{each.method} {each.path}", each.access, each.meaning] for each in OPERATIONS]


def test_every_limit_is_documented() -> None:
    """Name, burst and pace."""
    assert rows("Limits") == [[each.name, str(each.burst), f"{each.per_minute:g}"] for each in RATES]


def test_every_error_is_documented() -> None:
    """Code, status and title."""
    assert rows("Errors") == [[code, str(status), title] for code, (status, title) in CODES.items()]


def test_every_metric_is_documented() -> None:
    """Name, kind and meaning."""
    assert rows("Probes and numbers") == [[name, kind, meaning] for name, (kind, meaning) in HELP.items()]


def test_every_code_is_used() -> None:
    """A code that nothing raises is a promise that nothing keeps."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "edge_api").rglob("*.py"))
    body = source.replace((ROOT / "edge_api" / "problems.py").read_text(encoding="utf-8").partition("class ")[0], "")
    unused = [code for code in CODES if not re.search(rf'"{code}"', body)]
    assert [code for code in unused if code not in {"not-found", "method-not-allowed"}] == []
