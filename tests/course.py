"""A course that is written as a dictionary, put on disk and built with a small theme, here or in a process of its own.

    course = Course(tmp_path, {"index.md": "# Home", "a.md": "# A", "cat.png": picture()})
    report = course.build()                     the report; course.outputs() has every file of dist and dist.release
    course.write({"a.md": "# A, again"})        None as a text deletes the file

Every file written gets a time stamp of its own, well in the past, so that a build trusts it at once.
"""

from __future__ import annotations

import atexit
import io
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from builder.errors import Problem
from builder.io import config
from builder.io.config import HOME, Request
from builder.pipeline import build
from builder.report import Report
from theme import write_theme

# 2026-01-31, for builds that must not depend on the day on which the tests run.
DAY = "1769817600"
# What a process of its own runs: the command line, with the theme that stands in its first argument.
MAIN = """
import pathlib, sys
from builder.io import config
config.HOME = pathlib.Path(sys.argv[1])
from builder.cli import main
sys.exit(main(sys.argv[2:]))
"""
_STAMPS = itertools.count(1_600_000_000_000_000_007, 1_000_000_000)

Files = Mapping[str, str | bytes | None]


def picture(width: int = 8, height: int = 6, colour: str = "red", form: str = "PNG") -> bytes:
    """Return a small picture of one colour."""
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(data, form)
    return data.getvalue()


def write_files(folder: Path, files: Files, *, stamped: bool = True) -> None:
    """Write files under a folder, or delete those that are None; a parent that is a file gives way to a folder."""
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        if stamped:
            stamp(path)


def stamp(path: Path) -> None:
    """Give a file a time of its own, long ago."""
    moment = next(_STAMPS)
    os.utime(path, ns=(moment, moment))


class Course:
    """A course in a folder of its own: ``site/`` with content/ and the like, ``dist/``, what is beside, ``cache/``."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.content = self.site / "content"
        self.out = folder / "dist"
        self.cache = folder / "cache"
        self.said: list[str] = []
        self.content.mkdir(parents=True)
        self.write(files)

    def write(self, files: Files, *, stamped: bool = True) -> None:
        """Write content; a name that begins with ``/`` is relative to the site, as in ``/templates/lesson.html``."""
        for name, text in files.items():
            root = self.site if name.startswith("/") else self.content
            write_files(root, {name.lstrip("/"): text}, stamped=stamped)

    def request(self, **options: Any) -> Request:
        """Return what a build of this course asks for."""
        return Request(**{"site": self.site, "out": self.out, "cache": self.cache, "jobs": 1, **options})

    def build(self, **options: Any) -> Report:
        """Build in this process, on the last day of January 2026."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", options.pop("day", DAY))
            patch.setattr(config, "HOME", home())
            return build(self.request(**options), self.said.append)

    def words(self, *more: str) -> list[str]:
        """Return the command line of a build in a process of its own."""
        places = ["--site", str(self.site), "--out", str(self.out), "--cache", str(self.cache)]
        return [sys.executable, "-c", MAIN, str(home()), "build", *places, *more]

    def start(self, *more: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a build in a process of its own."""
        return subprocess.Popen(
            self.words(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), **options
        )

    def explain(self, path: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Ask a process of its own why a file or page was made."""
        words = self.words(*more)
        at = words.index("build")
        return subprocess.run(
            [*words[:at], "explain", path, *words[at + 1 :]],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            timeout=120,
        )

    def run(self, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Build in a process of its own and wait for it."""
        return subprocess.run(
            self.words(*more), capture_output=True, text=True, check=False, env=environment(**variables), timeout=120
        )

    def outputs(self) -> dict[str, bytes]:
        """Return what a build leaves for others: every file of dist/, the manifest and the awards."""
        found = tree(self.out)
        for name in ("manifest.json", "awards.json"):
            found[f"dist.release/{name}"] = (self.out.with_name("dist.release") / name).read_bytes()
        return found

    def page(self, path: str) -> str:
        """Return an output file as text."""
        return (self.out / path).read_text(encoding="utf-8")

    def clean(self, **options: Any) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
        """Return what a build of the same sources leaves that remembers nothing, and its problems."""
        fresh = self.folder / "clean"
        shutil.rmtree(fresh, ignore_errors=True)
        report = self.build(out=fresh / "dist", cache=fresh / "cache", **options)
        found = tree(fresh / "dist")
        for name in ("manifest.json", "awards.json"):
            found[f"dist.release/{name}"] = (fresh / "dist.release" / name).read_bytes()
        return found, report.problems


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a build in a process of its own."""
    return {**os.environ, "PYTHONPATH": str(HOME), "SOURCE_DATE_EPOCH": DAY, **variables}


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def differences(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> list[str]:
    """Return the names under which two trees differ; an empty list is shorter to read than two trees."""
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))


def codes(report: Report) -> list[str]:
    """Return the codes of a report's problems, without the notice that there is no base_url."""
    return [problem.code for problem in report.problems if problem.code != "base-url"]


@cache
def home() -> Path:
    """Return a folder with the small theme, made once for the run."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    Path(folder.name).chmod(0o755)  # a test builds as another user
    write_theme(Path(folder.name))
    for path in Path(folder.name).rglob("*"):
        stamp(path)
    return Path(folder.name)


def quick_folder() -> Iterator[Path]:
    """Give an empty folder, in memory where the system has such a place: these tests write many small files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
