"""What is wrong, in the words of the overlay: a place, a sentence, the line of the source, a hint."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from builder.errors import CoursewrightError, Mistakes, Problem
from builder.io.report import excerpt


class Finding(NamedTuple):
    """One thing that is wrong; what is not known is empty."""

    place: str
    message: str
    excerpt: str = ""
    hint: str = ""


def of_problem(problem: Problem) -> Finding:
    """Return a content problem as a finding."""
    place = f"{problem.root}/{problem.path}" if problem.path else ""
    if place and problem.line:
        place += f":{problem.line}:{problem.column or 1}"
    return Finding(place, problem.message, excerpt(problem), problem.hint)


def of_error(error: Exception, folders: tuple[Path, ...]) -> tuple[Finding, ...]:
    """Return what ended a build as findings; ``folders`` hold the theme, the site's own before the tool's."""
    if isinstance(error, Mistakes):
        return tuple(map(of_problem, error.problems))
    return (_of_error(error, folders),)


def _of_error(error: Exception, folders: tuple[Path, ...]) -> Finding:
    if isinstance(error, CoursewrightError):
        return Finding(error.place, error.message, _line_at(error.place, folders), error.hint)
    if isinstance(error, OSError):
        return Finding(
            str(error.filename or ""), error.strerror or str(error), hint="The page follows when this is mended."
        )
    return Finding(
        "",
        f"Sorry, this is our own fault, not yours: {type(error).__name__}: {error}",
        hint="The next save tries again.",
    )


def as_text(finding: Finding) -> str:
    """Return a finding for the terminal."""
    place = f"{finding.place}: " if finding.place else ""
    lines = (finding.excerpt, f"  = {finding.hint}" if finding.hint else "")
    return "\n".join((f"{place}{finding.message}", *filter(None, lines)))


def _line_at(place: str, folders: tuple[Path, ...]) -> str:
    """Return the source line that a place names, with its number."""
    name, _, number = place.rpartition(":")
    if not number.isdigit():
        return ""
    for path in (Path(name), *(folder.parent / name for folder in folders)):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        return f"  {number:>5} │ {lines[int(number) - 1][:200]}" if 0 < int(number) <= len(lines) else ""
    return ""
