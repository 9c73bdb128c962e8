"""The door's own reading of the locks agrees with pip's."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker

import build

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = sorted(set(build.EVERYTHING))


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_marker_of_a_lock_means_what_pip_takes_it_for(extra: str) -> None:
    lock = (ROOT / "requirements" / f"{extra}.txt").read_text(encoding="utf-8")
    for marker in re.findall(r"^[^ ].*; (.*?) *\\$", lock, re.MULTILINE):
        assert build.applies(marker) == Marker(marker).evaluate(), marker


@pytest.mark.parametrize(
    ("marker", "meant"),
    [
        ("", True),
        (f"sys_platform == '{sys.platform}'", True),
        (f"sys_platform != '{sys.platform}'", False),
        ("python_full_version < '3.11.0'", False),
        ("python_version >= '3.11' and implementation_name == 'none'", False),
        ("(implementation_name == 'none' and python_version >= '3.11') or python_version >= '3.9'", True),
    ],
)
def test_a_marker_is_evaluated(marker: str, meant: bool) -> None:  # noqa: FBT001 - a column of the table
    assert build.applies(marker) is meant


def test_a_pin_is_written_as_its_folder_is() -> None:
    lock = b"# who made it\nTypes.PyYAML==6.0.12 \\\n    --hash=sha256:0\nnever==1 ; sys_platform == 'none' \\\n"
    assert build.pins(lock) == ["types-pyyaml-6.0.12"]


def test_every_command_of_the_contract_asks_for_what_it_needs() -> None:
    assert build.EXTRAS["serve"] == ("build", "api")
    assert build.EXTRAS["deploy"] == ("build", "deploy")
    assert build.EXTRAS["api"] == ("api",)
    assert set(build.EXTRAS["test"]) == {"build", "deploy", "api", "test"}
