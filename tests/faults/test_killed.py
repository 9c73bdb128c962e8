"""Killed at any moment: no page names a file that is not there, and the next build is right."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builder.io import write
from course import Course, Files, differences, picture

COURSE: Files = {
    "site.toml": 'title = "A course"\nbase_url = "https://example.org"\n',
    "index.md": "# Home\n\n![A cat](cat.png)\n",
    **{f"m/{number:02}-page.md": f"# Page {number}\n\n![A cat](cat{number % 5}.png)\n" for number in range(12)},
    **{f"m/cat{number}.png": picture(20 + number) for number in range(5)},
    "cat.png": picture(40),
}
CHANGED: Files = {
    "m/11-page.md": None,
    "new/index.md": "# New\n\n![A cat](../m/cat1.png)\n",
    **{f"m/{number:02}-page.md": f"# Page {number}!\n\n![A cat](cat{number % 5}.png)\n" for number in range(8)},
    **{f"m/cat{number}.png": picture(20 + number, colour="blue") for number in range(5)},
}
_NAMED = re.compile(r'(?:src|href)="/(assets/[^"]+)"')


def missing(out: Path) -> list[str]:
    """Return the files that some page names and that are not there."""
    return [
        f"{page.relative_to(out)}: {name}"
        for page in out.rglob("*.html")
        for name in _NAMED.findall(page.read_text())
        if not (out / name).is_file()
    ]


@pytest.fixture
def course(place: Path) -> Course:
    """Return the course, built once and changed."""
    made = Course(place, COURSE)
    made.build()
    made.write(CHANGED)
    return made


class Cut(BaseException):
    """Stands for the end of the process: nothing catches it, and nothing is cleaned up after it."""


def commit_until(course: Course, count: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Build, but end at the nth change of the file system during the commit; tell whether there were so many."""
    left = count

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if started:
                left -= 1
                if left < 0:
                    raise Cut
            return real(*arguments, **options)

        return call

    started = False
    with monkeypatch.context() as patch:
        commit = write.Folder.commit

        def begin(*arguments: Any, **options: Any) -> bytes:
            nonlocal started
            started = True
            return commit(*arguments, **options)

        patch.setattr(write.Folder, "commit", begin)
        patch.setattr(write.Folder, "release", lambda folder: folder._lock and folder._lock.close())
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        try:
            course.build()
        except Cut:
            return True
    return False


def test_a_commit_that_ends_anywhere_is_finished_by_the_next_build(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every n: the nth step of the commit is the last; pages are whole, and the next build equals a clean one."""
    original = {path: (course.content / path).read_bytes() for path in COURSE if (course.content / path).exists()}
    # Every third step: two of three are the same kind of move.
    for count in range(0, 200, 3):
        if not commit_until(course, count, monkeypatch):
            break
        assert missing(course.out) == []
        # Half of the time the sources go back before the next build: what was half-done must not be taken for done.
        if count % 2 == 1:
            course.write({**original, "m/11-page.md": COURSE["m/11-page.md"]})
        course.build()
        assert differences(course.outputs(), course.clean()[0]) == []
        assert missing(course.out) == []
        course.write({**COURSE, "new/index.md": None} if (course.content / "new/index.md").exists() else COURSE)
        course.build()
        course.write(CHANGED)
    else:
        pytest.fail("the commit does not end")
    assert count > 20


def test_a_build_that_is_killed_is_built_again(course: Course) -> None:
    """SIGKILL at moments all over the build."""
    for tenths in range(0, 14, 2):
        course.write({"index.md": f"# Home {tenths}\n\n![A cat](cat.png)\n"})
        build = course.start("--quiet")
        time.sleep(tenths / 10)
        build.kill()
        build.communicate()
        assert missing(course.out) == []
    course.build()
    assert differences(course.outputs(), course.clean()[0]) == []


def test_a_journal_cut_short_is_no_journal(course: Course) -> None:
    """After a power cut the journal may be empty: everything is made again, and what is no longer wanted goes."""
    course.build()
    (course.out / "m" / "page" / "index.html").unlink(missing_ok=True)
    journal = course.out.with_name("dist.release") / "journal.json"
    journal.write_text(json.dumps({"moves": [["a", "index.html"]], "deletes": []})[:20])
    (course.out / "index.html").write_text("half")
    course.write({"m/10-page.md": None})
    course.build()
    assert differences(course.outputs(), course.clean()[0]) == []


def test_a_journal_that_can_never_be_finished_is_given_up(course: Course) -> None:
    """A name that the file system refuses stands in the way of one build, and of no later one."""
    beside = course.folder / "dist.release"
    (beside / "staging").mkdir()
    (beside / "staging" / "page").write_bytes(b"x")
    (beside / "journal.json").write_text(json.dumps({"moves": [["page", "x" * 300]], "deletes": []}))
    course.build()
    assert differences(course.outputs(), course.clean()[0]) == []
