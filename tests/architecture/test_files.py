"""Files stay readable in one sitting and speak of the project alone."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from architecture.source import ROOT, tracked_files

# 300 lines are a smell and 400 the end, but for these, each with its reason.
MOST_LINES = 400
LONGER = {
    "build.py": "the door is one file that needs no other (docs/decisions/0001)",
}

# Words that belong to one machine, put together here so that this file does not contain them.
MACHINE = ("/" + "work/", "/" + "root/", ".." + "/shared", "/" + "opt/wheels", "/" + "opt/pypi")
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npmmirror" + ".com",
    "registry." + "yarnpkg",
    "deb." + "debian.org",
)

PYTHON = [path for path in tracked_files() if path.suffix == ".py"]


def relative(path: Path) -> str:
    """Return a path as the project says it."""
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_longer_than_a_sitting() -> None:
    lengths = {relative(path): len(path.read_bytes().splitlines()) for path in PYTHON}
    too_long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES and path not in LONGER}
    assert not too_long, "look for a second noun in these, or give a reason in LONGER"
    assert not [path for path in LONGER if lengths.get(path, 0) <= MOST_LINES], "these need no exemption any more"


@pytest.mark.parametrize("word", [*MACHINE, *HOSTS])
def test_no_file_names_a_machine_or_a_registry(word: str) -> None:
    data = word.encode()
    assert not [relative(path) for path in tracked_files() if data in path.read_bytes()]


def test_every_exemption_has_a_reason() -> None:
    bare = re.compile(r"#\s*(noqa(?!: [A-Z0-9, ]+ - \S)|type: ignore(?!\[[a-z-, ]+\]  # \S))")
    found = [
        f"{relative(path)}:{number}"
        for path in PYTHON
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line) and path != Path(__file__)
    ]
    assert not found, "write `# noqa: CODE - reason` or `# type: ignore[code]  # reason`"


def test_each_extra_has_a_lock_of_what_it_names() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {f"{extra}.txt" for extra in extras} == {path.name for path in (ROOT / "requirements").glob("*.txt")}
    for extra, wanted in extras.items():
        lock = (ROOT / "requirements" / f"{extra}.txt").read_text(encoding="utf-8")
        for requirement in wanted:
            name = re.split(r"[\[<>=!~; ]", requirement)[0].lower()
            assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE), f"{name} is not in requirements/{extra}.txt"


@pytest.mark.parametrize("extra", ["build", "deploy", "api", "test"])
def test_a_lock_has_all_that_its_packages_need_here(extra: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    lock = (ROOT / "requirements" / f"{extra}.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    needed, seen, waiting = set[str](), set[str](), [Requirement(each) for each in extras[extra]]
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        needed.add(canonicalize_name(wanted.name))
        for line in metadata.requires(wanted.name) or []:
            each = Requirement(line)
            if not each.marker or any(each.marker.evaluate({"extra": name}) for name in wanted.extras or {""}):
                waiting.append(each)
    assert not needed - locked, "run requirements/relock.py"


def test_the_locks_agree_with_each_other() -> None:
    pins: dict[str, set[str]] = {}
    for path in (ROOT / "requirements").glob("*.txt"):
        found: dict[str, set[str]] = {}
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found.setdefault(name, set()).add(version)
        for name, versions in found.items():
            assert pins.setdefault(name, versions) == versions, (
                f"{name} differs in {path.name}: run requirements/relock.py"
            )


def test_playwright_lives_for_one_file() -> None:
    started = re.compile(r"scope=\"(session|package)\"(?:(?!@pytest).)*?with sync_" + r"playwright\(\)", re.DOTALL)
    found = [relative(path) for path in PYTHON if started.search(path.read_text(encoding="utf-8"))]
    assert not found, "its loop would be open under other tests' loops: docs/decisions/0141"
