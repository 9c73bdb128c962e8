"""The door from a bare Python, for real: a small project of its own, a small package, pip, and faults on purpose."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.wheels import Index, wheel
from patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
BASE = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())

STUB = """
import sys
import tinydep

def main(argv, api=None):
    if api:
        argv = [*argv, api()("catalog.json", "awards.json", "data")]
    if argv[:1] == ["raise"]:
        raise RuntimeError("broken on purpose")
    if argv[:1] == ["full"]:
        raise OSError(28, "No space left on device", "dist/index.html")
    if argv[:1] == ["interrupt"]:
        raise KeyboardInterrupt
    if argv[:1] == ["exit"]:
        sys.exit(int(argv[1]))
    print(tinydep.VERSION, sys.prefix, *argv, sep="\\n")
    return 0
"""

ENVIRONMENT = """
def read(environ):
    return " ".join(environ["EDGE_" + name] for name in ("CATALOG", "AWARDS", "DATA"))
"""


@pytest.fixture
def index() -> Iterator[Index]:
    """Serve the package on loopback."""
    with Index() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.gate.set()
        server.shutdown()
        thread.join()


class Project:
    """A folder with our build.py, a stub for the builder, and locks that name the small package."""

    def __init__(self, folder: Path, index: Index | None, base: str = BASE) -> None:
        self.folder, self.index, self.base = folder, index, base
        (folder / "builder").mkdir(parents=True)
        (folder / "requirements").mkdir()
        shutil.copy(ROOT / "build.py", folder)
        (folder / "builder" / "__init__.py").touch()
        (folder / "builder" / "cli.py").write_text(STUB)
        self.lock("1.0")

    def lock(self, version: str) -> None:
        """Lock every extra to one version of the package."""
        digest = hashlib.sha256(wheel(version)[1]).hexdigest()
        for extra in ("build", "deploy", "api", "test"):
            text = f"tinydep=={version} \\\n    --hash=sha256:{digest}\n"
            (self.folder / "requirements" / f"{extra}.txt").write_text(text)

    def start(self, *argv: str, python: str = "", **environ: str) -> subprocess.Popen[str]:
        """Start build.py in a group of its own, from somewhere else, without a terminal."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "COURSEWRIGHT_", "PYTHON"))
        }
        links = {"PIP_FIND_LINKS": self.index.url} if self.index else {}
        return subprocess.Popen(
            [python or self.base, str(self.folder / "build.py"), *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=self.folder.parent,
            start_new_session=True,
            env={**kept, **links, "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1", "PYTHONUTF8": "1", **environ},
        )

    def run(self, *argv: str, python: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """Run build.py to its end."""
        process = self.start(*argv, python=python, **environ)
        out, err = process.communicate(timeout=2 * PATIENCE)
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    @property
    def venv(self) -> Path:
        """Its environment."""
        return self.folder / ".venv"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install a project once; the tests take copies of it, since an environment costs seconds."""
    folder = tmp_path_factory.mktemp("installed") / "Kurs über 課 one"
    with Index() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        done = Project(folder, server).run("build", "--strict", PIP_TARGET="/nowhere", PIP_USER="1")
        server.shutdown()
        thread.join()
    assert (done.returncode, done.stdout.splitlines()[:1]) == (0, ["1.0"]), done.stderr
    (folder / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path, index: Index) -> Project:
    """Give a project where nothing was installed yet."""
    return Project(tmp_path / "new course", index)


@pytest.fixture
def ready(tmp_path: Path, index: Index, installed: Path) -> Project:
    """Give a project whose first run is over."""
    project = Project(tmp_path / "ready course", index)
    shutil.copytree(installed / ".venv", project.venv, symlinks=True)
    return project


def sentences(stderr: str) -> list[str]:
    """Return what the door said, and hold it to whole lines of its own."""
    lines = stderr.splitlines()
    assert all(line.startswith("coursewright: ") for line in lines), stderr
    return lines


def test_a_bare_python_installs_says_so_on_stderr_and_runs_the_command(installed: Path) -> None:
    said = (installed / "said.txt").read_text(encoding="utf-8").splitlines()
    assert said[:4] == ["1.0", str(installed / ".venv"), "build", "--strict"]
    assert [line.split()[1] for line in said[4:]] == ["making", "installing"]
    assert (installed / ".venv.lock").stat().st_size == 0


def test_a_later_start_says_and_installs_nothing(ready: Project, index: Index) -> None:
    done = ready.run("check", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["1.0", str(ready.venv), "check", "--json"]
    assert index.downloads == 0


def test_a_changed_lock_is_installed(ready: Project) -> None:
    ready.lock("2.0")
    done = ready.run()
    assert done.stdout.splitlines()[0] == "2.0"
    assert len(sentences(done.stderr)) == 1
    assert ready.run().stderr == ""


def test_a_file_whose_hash_is_not_the_locks_is_refused(ready: Project) -> None:
    lock = ready.folder / "requirements" / "build.txt"
    lock.write_text(re.sub("sha256:.{8}", "sha256:00000000", lock.read_text().replace("1.0", "2.0")))
    done = ready.run()
    assert done.returncode == 2
    assert "hash" in done.stderr.lower()


@pytest.mark.parametrize("last", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_install_heals(ready: Project, index: Index, last: signal.Signals) -> None:
    """The door alone is killed: its pip lives on as an orphan, and the next run waits for that to end."""
    ready.lock("2.0")
    index.gate.clear()
    with ready.start() as first:
        assert index.asked.wait(PATIENCE)
        first.send_signal(last)
        first.wait(PATIENCE)
        second = ready.start()
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        index.gate.set()
        out, err = second.communicate(timeout=2 * PATIENCE)
    assert (second.returncode, out.splitlines()[0]) == (0, "2.0"), err
    assert "making" in err


def test_ctrl_c_during_an_install_is_130_and_heals(project: Project, index: Index) -> None:
    index.gate.clear()
    first = project.start()
    assert index.asked.wait(PATIENCE)
    os.killpg(first.pid, signal.SIGINT)
    _, err = first.communicate(timeout=PATIENCE)
    assert (first.returncode, sentences(err)[-1]) == (130, "coursewright: interrupted")
    index.gate.set()
    assert project.run().stdout.splitlines()[0] == "1.0"


@pytest.mark.parametrize("harm", ["empty", "no interpreter", "no pip", "no stamps"])
def test_a_damaged_environment_heals(ready: Project, harm: str) -> None:
    if harm == "empty":
        shutil.rmtree(ready.venv)
        ready.venv.mkdir()
    elif harm == "no interpreter":
        (ready.venv / "bin" / "python").unlink()
    elif harm == "no pip":
        shutil.rmtree(next(ready.venv.glob("lib/python3*/site-packages/pip")))
        ready.lock("2.0")
    else:
        shutil.rmtree(ready.venv / "door")
    done = ready.run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == str(ready.venv)


def test_two_first_runs_install_once(project: Project, index: Index) -> None:
    index.gate.clear()
    first = project.start()
    assert index.asked.wait(PATIENCE)
    second = project.start()
    assert second.stderr is not None
    assert "waiting" in second.stderr.readline()
    index.gate.set()
    for run in (first, second):
        out, _ = run.communicate(timeout=2 * PATIENCE)
        assert (run.returncode, out.splitlines()[0]) == (0, "1.0")
    assert index.downloads == 1


def test_an_environment_that_cannot_be_entered_ends_in_a_sentence_and_not_in_a_loop(ready: Project) -> None:
    (ready.venv / "pyvenv.cfg").unlink()
    done = ready.run()
    assert (done.returncode, len(sentences(done.stderr))) == (2, 1)


def test_an_environment_that_has_the_locked_versions_is_used_as_it_is(project: Project, installed: Path) -> None:
    theirs = project.folder.parent / "theirs"
    shutil.copytree(installed / ".venv", theirs, symlinks=True)
    done = project.run(python=str(theirs / "bin" / "python"))
    assert done.stdout.splitlines()[:2] == ["1.0", str(theirs)]
    assert not project.venv.exists()
    project.lock("2.0")
    assert project.run(python=str(theirs / "bin" / "python")).stdout.splitlines()[:2] == ["2.0", str(project.venv)]


def test_without_a_network_one_sentence_says_what_to_do_and_what_was_there_stays(
    ready: Project, tmp_path: Path
) -> None:
    offline = {"PIP_FIND_LINKS": str(tmp_path)}
    ready.lock("2.0")
    done = ready.run(**offline)
    assert (done.returncode, done.stdout) == (2, "")
    assert "network" in sentences(done.stderr)[-1]
    ready.lock("1.0")
    assert ready.run(**offline).stdout.splitlines()[0] == "1.0"


def test_a_python_without_venv_is_told_what_to_install(project: Project, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys\nsys.modules['ensurepip'] = None\n")
    done = project.run(PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 2
    assert "python3-venv" in sentences(done.stderr)[0]


def test_a_folder_that_cannot_be_written_is_named(project: Project) -> None:
    (project.folder / ".venv.lock").mkdir()  # root may write anywhere, but not into this
    done = project.run()
    assert done.returncode == 2
    assert f"cannot write in {project.folder}" in sentences(done.stderr)[0]


def test_a_missing_lock_is_named(ready: Project) -> None:
    (ready.folder / "requirements" / "build.txt").unlink()
    done = ready.run()
    assert (done.returncode, sentences(done.stderr)[0].split()[1]) == (2, "requirements/build.txt")


def test_the_commands_exit_code_is_the_doors(ready: Project) -> None:
    assert ready.run("exit", "5").returncode == 5


def test_serve_is_introduced_to_the_edge_and_no_other_command_is(ready: Project) -> None:
    (ready.folder / "edge_api").mkdir()
    (ready.folder / "edge_api" / "app.py").write_text("def create_app(settings):\n    return settings\n")
    (ready.folder / "edge_api" / "environment.py").write_text(ENVIRONMENT)
    assert ready.run("serve", "--open").stdout.splitlines()[2:] == ["serve", "--open", "catalog.json awards.json data"]
    assert ready.run("build", "--json").stdout.splitlines()[2:] == ["build", "--json"]


def test_ctrl_c_during_a_command_is_130_without_a_traceback(ready: Project) -> None:
    done = ready.run("interrupt")
    assert (done.returncode, sentences(done.stderr)) == (130, ["coursewright: interrupted"])


def test_a_link_to_the_door_opens_the_same_door(ready: Project) -> None:
    link = ready.folder.parent / "coursewright.py"
    link.symlink_to(ready.folder / "build.py")
    done = subprocess.run([BASE, str(link), "check"], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["1.0", str(ready.venv), "check"]


def test_our_own_fault_is_one_line_and_a_file_with_the_traceback(ready: Project) -> None:
    done = ready.run("raise")
    assert (done.returncode, done.stdout, len(sentences(done.stderr))) == (70, "", 1)
    report = Path(done.stderr.strip().rpartition(" is in ")[2])
    assert "RuntimeError: broken on purpose" in report.read_text()
    report.unlink()


def test_a_full_disk_is_named_with_its_path(ready: Project) -> None:
    done = ready.run("full")
    assert (done.returncode, sentences(done.stderr)) == (2, ["coursewright: the disk is full: dist/index.html"])


def test_an_old_python_is_told_which_it_needs(project: Project) -> None:
    old = "import runpy, sys; sys.version_info = (3, 6, 0); runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [BASE, "-c", old, str(project.folder / "build.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs Python 3.11" in sentences(done.stderr)[0]


def test_even_python_2_parses_the_door() -> None:
    """No tree node that its grammar lacks, and no letter that it would want an encoding for."""
    source = (ROOT / "build.py").read_text(encoding="utf-8")
    assert source.isascii()
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.Match, ast.YieldFrom)
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, newer), ast.dump(node)
        assert not (isinstance(node, ast.Raise) and node.cause)
        assert not (isinstance(node, ast.arg) and node.annotation)
        assert not (isinstance(node, ast.FunctionDef) and node.returns)
        assert not (isinstance(node, ast.arguments) and node.kwonlyargs)
        assert not (isinstance(node, (ast.List, ast.Tuple)) and any(isinstance(e, ast.Starred) for e in node.elts))


def test_a_later_start_imports_next_to_nothing_before_it_hands_over(ready: Project) -> None:
    """The 30 ms: what the door loads beyond a bare interpreter is named here."""
    code = "import os, sys; old = set(sys.modules); sys.argv = sys.argv[1:]; door = open(sys.argv[0]).read()\n"
    code += "os.execve = lambda *_: sys.exit(' '.join(sorted(set(sys.modules) - old)) or 'nothing')\n"
    code += "exec(compile(door, sys.argv[0], 'exec'), {'__name__': '__main__', '__file__': sys.argv[0]})"
    command = [BASE, "-I", "-c", code, str(ready.folder / "build.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert set(done.stderr.split()) <= {"nothing", "errno", "importlib", "warnings"}, done
