"""What a build says when it is done: one value, shown to people or printed as JSON."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from builder.errors import CoursewrightError, Mistakes, Problem, TemplateError
from builder.manifest import Manifest

SLOWEST = 10

# Where a template or an asset of the theme stands in an error.
_PLACE = re.compile(r"(templates|assets)/(.+?)(?::(\d+)(?::(\d+))?)?")

# What the report says of a budget that is overrun.
BUDGET = ("name", "page", "limit", "actual", "culprit")


class Slow(msgspec.Struct, frozen=True):
    """A page and how long it took."""

    path: str
    ms: float


class Report(msgspec.Struct, frozen=True):
    """The document of ``--json``."""

    build_id: str
    pages: int
    files: int
    bytes: int
    seconds: float
    ran: dict[str, int]
    recalled: dict[str, int]
    problems: tuple[Problem, ...]
    budgets: tuple[dict[str, Any], ...] = ()
    slowest: tuple[Slow, ...] = ()
    version: int = 1

    @staticmethod
    def of(
        work: Any, release: Manifest, problems: list[Problem], overrun: tuple[Any, ...], pages: int, seconds: float
    ) -> Report:
        """Return the report of a build."""
        slowest = sorted(work.slow, reverse=True)[:SLOWEST]
        return Report(
            build_id=release.build_id,
            pages=pages,
            files=len(release.files),
            bytes=sum(file.size for file in release.files.values()),
            seconds=round(seconds, 3),
            ran=dict(sorted(work.ran.items())),
            recalled=dict(sorted(work.recalled.items())),
            problems=tuple(problems),
            budgets=tuple({name: getattr(one, name) for name in BUDGET} for one in overrun),
            slowest=tuple(Slow(path, round(ms, 2)) for ms, path in slowest),
        )

    def again(self, seconds: float) -> Report:
        """Return the report of a build that had nothing to do after this one."""
        recalled = {
            name: self.ran.get(name, 0) + self.recalled.get(name, 0) for name in sorted({*self.ran, *self.recalled})
        }
        return msgspec.structs.replace(self, seconds=round(seconds, 3), ran={}, recalled=recalled, slowest=())

    def count(self, severity: str) -> int:
        """Return how many problems of a severity there are."""
        return sum(problem.severity == severity for problem in self.problems)


def of_error(error: CoursewrightError, seconds: float = 0.0) -> Report:
    """Return the report of a build that could not be done: what stood in its way."""
    problems = error.problems if isinstance(error, Mistakes) else (_problem(error),)
    return Report("", 0, 0, 0, round(seconds, 3), {}, {}, problems)


def _problem(error: CoursewrightError) -> Problem:
    code = "template" if isinstance(error, TemplateError) else "usage"
    found = _PLACE.fullmatch(error.place)
    if not found:
        message = f"{error.place}: {error.message}" if error.place else error.message
        return Problem("error", code, message, error.hint)
    root, path, line, column = found.groups()
    where = (int(line), int(column or 1)) if line else (None, None)
    return Problem("error", code, error.message, error.hint, root, path, *where)  # type: ignore[arg-type]  # the pattern has the names of roots only


def to_json(report: Report) -> bytes:
    """Return the document of ``--json``."""
    document = msgspec.to_builtins(report)
    for problem in document["problems"]:
        del problem["excerpt"]
    return msgspec.json.encode(document)
