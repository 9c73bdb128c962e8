"""The README's commands are true: each runs, in order, in a fresh copy of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from architecture.source import ROOT, tracked_files

COMMANDS = [
    line
    for block in re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    for line in block.splitlines()
]
TEST = "python3 build.py test"
ADDRESS = "http://localhost:"
PATIENCE = 120  # seconds


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what git keeps, so that the commands may write where they like."""
    folder = tmp_path_factory.mktemp("readme") / "coursewright"
    for path in tracked_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def test_the_second_command_is_what_ci_runs() -> None:
    assert COMMANDS[1] == TEST
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith(f"exec {TEST}")


def test_the_readmes_commands_run(copy: Path) -> None:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command in COMMANDS:
        words = shlex.split(command)
        if command == TEST:
            continue  # this is the command that is running
        if words[2:3] == ["serve"]:
            serves(words, copy, environ)
            continue
        done = subprocess.run(words, cwd=copy, env=environ, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def serves(words: list[str], copy: Path, environ: dict[str, str]) -> None:
    """Start the live server, wait for the address that it prints, and end it as a person does."""
    process = subprocess.Popen(
        words,
        cwd=copy,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    late = threading.Timer(PATIENCE, process.kill)
    late.start()
    with process:
        said = ""
        for line in process.stdout:
            said += line
            if ADDRESS in line:
                break
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    late.cancel()
    assert ADDRESS in said, said
    assert process.returncode in {0, 130}
