"""Ruff (all of it) and mypy (strict) have nothing to say about the project."""

from __future__ import annotations

import subprocess
import sys

import pytest

from architecture.source import ROOT

PYTHON = [
    name
    for name in ("build.py", "builder", "edge_api", "benchmarks", "requirements", "tests")
    if (ROOT / name).exists()
]


@pytest.mark.parametrize(
    "words",
    [["ruff", "check", "--output-format", "concise", "."], ["mypy", *PYTHON]],
    ids=lambda words: words[0],
)
def test_nothing_is_left_to_say(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
