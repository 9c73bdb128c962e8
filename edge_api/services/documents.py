"""The catalogue and the awards of the live build, read again when their files change.

A file that is missing is an empty course; one that can't be read keeps the last good one and says so in the log and
in /healthz: a learner's evening is not lost over a half-copied file.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import msgspec

from edge_api.schemas.awards import Awards
from edge_api.schemas.catalog import Catalog, Course, CourseLine
from edge_api.services import scoring

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("edge.documents")

Stamp = tuple[int, int, int]


class Documents:
    """What the builder wrote, as values."""

    def __init__(self, catalog: Path, awards: Path) -> None:
        self._paths = {"catalog": catalog, "awards": awards}
        self._stamps: dict[str, Stamp | None] = {"catalog": None, "awards": None}
        self.problems: dict[str, str] = {}
        self.catalog = Catalog(1, ())
        self.book = scoring.book(Awards(), "none")
        self.courses: frozenset[str] = frozenset()
        # What answers are made from, on every instance the same word; other documents give other answers.
        self.digest = ""
        self._digests = dict.fromkeys(self._paths, "none")
        self.refresh()

    def refresh(self) -> bool:
        """Read what has changed on disk; tell whether anything did."""
        changed = [self._refresh(name) for name in self._paths]
        return any(changed)

    def course(self, course_id: str) -> Course | None:
        """Return one course of the catalogue."""
        return next((course for course in self.catalog.courses if course.id == course_id), None)

    def lines(self) -> tuple[CourseLine, ...]:
        """Return the courses in short."""
        return tuple(_line(course) for course in self.catalog.courses)

    def _refresh(self, name: str) -> bool:
        path = self._paths[name]
        try:
            found = path.stat()
        except FileNotFoundError:
            self.problems[name] = f"{path} is missing: build the site first, or set EDGE_{name.upper()}."
            return False
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == self._stamps[name]:
            return False
        try:
            data = path.read_bytes()
            self._take(name, data)
        except (OSError, msgspec.MsgspecError) as error:
            self.problems[name] = f"{path} can't be read: {error}"
            log.warning("document refused", extra={"document": name, "reason": str(error)})
            return False
        self._stamps[name] = stamp
        self.problems.pop(name, None)
        self.courses = frozenset(course.id for course in self.catalog.courses) | self.book.lessons.keys()
        self._digests[name] = hashlib.sha256(data).hexdigest()[:16]
        self.digest = "-".join(self._digests.values())
        log.info("document read", extra={"document": name})
        return True

    def _take(self, name: str, data: bytes) -> None:
        if name == "catalog":
            self.catalog = msgspec.json.decode(data, type=Catalog)
        else:
            digest = hashlib.sha256(data).hexdigest()
            self.book = scoring.book(msgspec.json.decode(data, type=Awards), digest)


def _line(course: Course) -> CourseLine:
    lessons = [lesson for module in course.modules for lesson in module.lessons]
    xp = sum(
        lesson.xp + sum(quiz.xp for quiz in lesson.quizzes) + sum(each.xp for each in lesson.exercises)
        for lesson in lessons
    )
    said = (course.description, course.lang, course.original)
    return CourseLine(course.id, course.url, course.title, len(lessons), xp, *said)
