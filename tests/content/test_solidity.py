"""Every contract on the sample site compiles, every solution passes, every starter fails, every trace is true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from content.reading import CONTENT, Directive, Page, fences_in, pages

HERE = Path(__file__).parent
# A fence that declares something at the top level is a whole file; all others are fragments, shown for one idea.
WHOLE = re.compile(r"^(pragma|contract|abstract contract|library|interface) ", re.MULTILINE)
REFUSED = "// does not compile"


def exercise_sources(page: Page, exercise: Directive, given: str) -> dict[str, str]:
    """Return the files of a run: the tests, and the starter or the solution under the learner's file name."""
    folder = page.path.parent
    name = Path(exercise.attributes["file"]).name
    tests = folder / exercise.attributes["tests"]
    return {name: (folder / exercise.attributes[given]).read_text(), tests.name: tests.read_text()}


def whole_fences() -> dict[str, str]:
    """Every fence that is a whole file, by page and line."""
    return {
        f"{page.name}:{fence.line}": fence.text
        for page in pages()
        for fence in page.fences
        if fence.language == "solidity" and "file=" not in fence.info and WHOLE.search(fence.text)
    }


def exercises() -> dict[str, tuple[Page, Directive]]:
    """Every exercise by its id, and the language of a translation."""
    return {_key(page, d): (page, d) for page in pages() for d in page.directives if d.name == "exercise"}


def traces() -> dict[str, Directive]:
    """Every trace by its id, and the language of a translation."""
    return {_key(page, d): d for page in pages() for d in page.directives if d.name == "trace"}


def _key(page: Page, asked: Directive) -> str:
    folder = page.path.relative_to(CONTENT).parts[0]
    return f"{folder} {asked.attributes['id']}" if page.original else asked.attributes["id"]


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    """Ask the compiler and the machine about all of it, once."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not (npm and node):
        pytest.fail("The content's Solidity is proved with Node and npm, and they are not on the PATH.")
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = HERE / "node_modules" / ".installed-lock"
    if not stamp.is_file() or stamp.read_bytes() != lock:
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=600)
        stamp.write_bytes(lock)
    jobs: dict[str, list[dict[str, Any]]] = {"compile": [], "tests": [], "runs": []}
    jobs["compile"] += [{"id": key, "sources": {key: text}} for key, text in whole_fences().items()]
    jobs["compile"] += [
        {"id": path.relative_to(CONTENT).as_posix(), "sources": {path.name: path.read_text()}}
        for path in sorted(CONTENT.rglob("*.sol"))
        if not path.name.endswith("Test.sol")
    ]
    for key, (page, exercise) in exercises().items():
        target = Path(exercise.attributes["tests"]).name
        jobs["tests"] += [
            {"id": f"{key} {given}", "sources": exercise_sources(page, exercise, given), "target": target}
            for given in ("file", "solution")
        ]
    jobs["runs"] += [{"id": key, "sources": {"T.sol": fences_in(d.body)[0]}} for key, d in traces().items()]
    done = subprocess.run(
        [node, "solidity.mjs"],
        cwd=HERE,
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("key", whole_fences())
def test_a_whole_contract_in_a_lesson_compiles_without_a_warning(results: dict[str, Any], key: str) -> None:
    said = results["compile"][key]
    if REFUSED in whole_fences()[key]:
        assert said["errors"], "the lesson says that this does not compile, and it does"
    else:
        assert said["errors"] + said["warnings"] == []


@pytest.mark.parametrize("key", exercises())
def test_the_solution_compiles_without_a_warning_and_passes_every_test(results: dict[str, Any], key: str) -> None:
    page, exercise = exercises()[key]
    solution = (page.path.parent / exercise.attributes["solution"]).relative_to(CONTENT).as_posix()
    assert results["compile"][solution]["warnings"] == []
    run = results["tests"][f"{key} solution"]
    assert run["errors"] == []
    assert [t for t in run["tests"] if not t["passed"]] == []
    assert len(run["tests"]) >= 2


@pytest.mark.parametrize("key", exercises())
def test_the_starter_compiles_and_fails_with_sentences_for_the_learner(results: dict[str, Any], key: str) -> None:
    run = results["tests"][f"{key} file"]
    assert run["errors"] == []
    failed = [t for t in run["tests"] if not t["passed"]]
    assert failed, "the starter passes: there is nothing to do"
    assert all(" " in t["message"] for t in failed)


@pytest.mark.parametrize("key", traces())
def test_a_trace_gives_the_answer_that_the_machine_gives(results: dict[str, Any], key: str) -> None:
    run = results["runs"][key]
    assert run["errors"] == []
    assert run["answer"] == traces()[key].attributes["answer"]
