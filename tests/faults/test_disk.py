"""A full disk, files that vanish or may not be read: a sentence with a path, and nothing lost."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.manifest import decode
from course import Course, Files, codes, differences, environment, picture

COURSE: Files = {
    "index.md": "# Home\n\n[A](a.md)\n",
    "a.md": "# A\n\n![A cat](cat.png)\n",
    "b/c.md": "# C\n",
    "cat.png": picture(),
}


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, built once."""
    made = Course(place, COURSE)
    made.build()
    return made


@pytest.mark.parametrize("limit", [200, 2_000, 20_000])
def test_a_full_disk_is_said_with_the_path_and_nothing_is_lost(course: Course, limit: int) -> None:
    """No file may grow beyond the limit, as if the disk were full there; the site stays as it was."""
    before = course.outputs()
    course.write({"a.md": "# A\n\n" + "Many words. " * 20_000})
    done = subprocess.run(
        course.words(),
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert str(course.folder) in done.stderr
    assert differences(course.outputs(), before) == []
    course.build()
    assert differences(course.outputs(), course.clean()[0]) == []


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_disk_that_is_full_when_folders_are_made_leaves_the_release(
    course: Course, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """A folder takes room, too: all that are missing are made before anything moves, and none of them stays."""
    before, folders = course.outputs(), {path for path in course.out.rglob("*") if path.is_dir()}
    course.write({"a.md": "# A, changed\n", **{f"n/{number}/page.md": f"# {number}\n" for number in range(5)}})
    room, mkdir = [count], os.mkdir

    def full(path: Any, *more: Any, **options: Any) -> None:
        if str(path).startswith(f"{course.out}/"):
            room[0] -= 1
            if room[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        mkdir(path, *more, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", full)
        with pytest.raises(OSError, match="No space left"):
            course.build()
    assert differences(course.outputs(), before) == []
    assert {path for path in course.out.rglob("*") if path.is_dir()} == folders
    course.build()
    assert differences(course.outputs(), course.clean()[0]) == []


def test_a_file_that_vanishes_between_the_look_and_the_read(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page is missed and said to be missing, the others are there; the next build is as if it had never been."""
    from builder.io import scan

    course.write({"b/c.md": "# C, changed\n", "b/d.md": "# D\n"})
    course.write({"a.md": "# A\n\n![A cat](cat.png) ![Other](b/dog.png)\n"})
    course.write({"b/dog.png": picture(colour="blue")})
    read = scan.Tree.read

    def vanish(tree: scan.Tree, path: str, most: int = -1) -> bytes:
        if path in ("b/d.md", "b/dog.png"):
            (course.content / path).unlink(missing_ok=True)
        return read(tree, path, most)

    with monkeypatch.context() as patch:
        patch.setattr(scan.Tree, "read", vanish)
        report = course.build()
    assert {problem.path for problem in report.problems if problem.code == "unreadable"} == {"b/d.md", "b/dog.png"}
    assert "C, changed" in course.page("b/c/index.html")
    report = course.build()
    outputs, problems = course.clean()
    assert differences(course.outputs(), outputs) == []
    assert report.problems == problems


@pytest.mark.parametrize("later", [None, b"another film"])
def test_a_file_that_is_handed_out_may_change_while_the_build_goes_on(
    course: Course, monkeypatch: pytest.MonkeyPatch, later: bytes | None
) -> None:
    """What the manifest says of it is true of what lies there; the next build knows what came after."""
    from builder.stages import staging

    course.write({"a.md": "# A\n\n[film](film.mp4)\n", "film.mp4": b"a film"})
    changes = [{"film.mp4": later}]
    stage = staging.stage

    def change(*given: Any) -> dict[str, str]:
        if changes:
            course.write(changes.pop(), stamped=False)
        return stage(*given)

    with monkeypatch.context() as patch:
        patch.setattr(staging, "stage", change)
        course.build()
    for name, file in decode((course.folder / "dist.release" / "manifest.json").read_bytes()).files.items():
        assert hashlib.sha256((course.out / name).read_bytes()).hexdigest() == file.digest
    report = course.build()
    outputs, problems = course.clean()
    assert differences(course.outputs(), outputs) == []
    assert report.problems == problems


@pytest.fixture
def nobody(course: Course) -> Iterator[Path]:
    """Give a folder to write in, as a user whom permissions hold: root is held by none."""
    folder = course.folder / "mine"
    folder.mkdir()
    course.folder.chmod(0o755)
    if os.geteuid():
        yield folder
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    yield folder
    os.seteuid(0)


def test_what_may_not_be_read_is_an_error_until_it_may(course: Course, nobody: Path) -> None:
    """A page and a folder without permission are named; with it, they are back, though no time stamp has changed."""
    options = {"out": nobody / "dist", "cache": nobody / "cache"}
    hidden = (course.content / "a.md", course.content / "b")
    for path in hidden:
        _chmod(path, 0)
    cold, warm = course.build(**options), course.build(**options)
    found = {(problem.path, problem.code, problem.severity) for problem in cold.problems}
    assert {("a.md", "unreadable", "error"), ("b", "unreadable", "error")} <= found
    assert warm.problems == cold.problems
    for path, mode in zip(hidden, (0o644, 0o755), strict=True):
        _chmod(path, mode)
    assert codes(course.build(**options)) == []
    assert (nobody / "dist" / "a" / "index.html").exists()


def _chmod(path: Path, mode: int) -> None:
    """Change permissions as the file's owner."""
    before = os.geteuid()
    os.seteuid(os.getuid())
    path.chmod(mode)
    os.seteuid(before)


def test_an_output_folder_that_is_a_file_is_said(course: Course) -> None:
    (course.folder / "file").write_text("mine")
    done = course.run("--out", str(course.folder / "file"))
    assert done.returncode == 2
    assert "is a file" in done.stderr
    assert (course.folder / "file").read_text() == "mine"
