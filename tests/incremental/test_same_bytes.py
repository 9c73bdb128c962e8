"""Same input, same bytes: wherever, whenever and however the build runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course import Course, Files, differences, picture

# More pages than a build does in one process, in several languages, with every kind of block.
MANY: Files = {
    "site.toml": 'title = "Ünïcode"\nbase_url = "https://example.org"\nlanguages = ["en", "de"]\n',
    **{
        f"{folder}/{number:02}-page.md": (
            f"---\ntags: [t{number % 3}, all]\ndate: 2026-01-{number % 28 + 1:02}\n---\n# Page {number}\n\n"
            f"[next]({number + 1:02}-page.md) ![A cat](cat{number % 2}.png) [gone](gone{number}.md)\n\n"
            f"```solidity {{1,3}} linenos\ncontract C{number} {{\n  uint x;\n}}\n```\n\n"
            f"::: quiz [Which?] {{#q{number}}}\n- [x] This\n- [ ] That\n:::\n\n$x_{number}^2$\n"
        )
        for folder in ("a", "b", "de/a")
        for number in range(12)
    },
    **{
        f"{folder}/cat{number}.png": picture(20 + number, colour="red")
        for folder in ("a", "b", "de/a")
        for number in (0, 1)
    },
}


@pytest.fixture
def reference(place: Path) -> Course:
    """Return the course, built in this process, in a folder of its own."""
    course = Course(place / "here", MANY)
    course.build()
    return course


@pytest.mark.parametrize(
    ("jobs", "variables"),
    [
        ("1", {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"}),
        ("2", {"TZ": "America/Los_Angeles", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"}),
        ("2", {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "3"}),
    ],
    ids=["one process", "two processes", "no UTF-8"],
)
def test_two_builds_leave_equal_bytes(reference: Course, jobs: str, variables: dict[str, str]) -> None:
    """Other folder, process, time zone, locale, number of processes, order of hashes: the same files and problems."""
    other = Course(reference.folder.parent / "a longer way" / "é", MANY)
    done = other.run("--jobs", jobs, "--json", **variables)
    assert done.returncode == 0, done.stderr
    assert differences(other.outputs(), reference.outputs()) == []
    said = json.loads(done.stdout)["problems"]
    assert [problem["message"] for problem in said] == [problem.message for problem in reference.build().problems]


def test_a_folder_read_in_another_order_makes_no_difference(reference: Course) -> None:
    """Files written in the opposite order come from the file system in another one."""
    other = Course(reference.folder.parent / "there", dict(reversed(list(MANY.items()))))
    other.build()
    assert differences(other.outputs(), reference.outputs()) == []
