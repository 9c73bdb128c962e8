"""The report for people: problems with their place, excerpt and caret, then a line of what was done."""

from __future__ import annotations

import os
import re
import time
import unicodedata
from collections.abc import Mapping
from typing import TextIO

from builder.errors import Problem, beginning
from builder.io.config import Roots
from builder.report import Report

# Notices of one kind beyond this many are counted, not listed.
NOTICES = 5

# What moves a cursor, ends a line, or turns the direction of one.
_MOVING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# What the steps are to people.
_WORDS = {"page.parse": "reading pages", "render.render": "writing pages", "image.render": "rendering pictures"}
# A bar that moves more often than the eye sees only costs time.
_BLINK = 0.1


class Progress:
    """A line on the terminal that says how far a build has come; nothing where there is no terminal."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.shown = 0.0

    def __call__(self, step: str, done: int, count: int) -> None:
        """Show how far a step has come."""
        now = time.monotonic()
        if now - self.shown > _BLINK:
            self.shown = now
            bar = "█" * (24 * done // count)
            self.out.write(f"\r\x1b[K{_WORDS.get(step, step):<20} {bar:░<24} {done:,} of {count:,}")
            self.out.flush()

    def close(self) -> None:
        """Take the line away."""
        if self.shown:
            self.out.write("\r\x1b[K")
            self.out.flush()


def folders_of(roots: Roots) -> dict[str, str]:
    """Return how each root is called from where the author stands, so that a place can be clicked."""
    found = {"content": roots.content, "templates": roots.templates[0], "assets": roots.assets[0]}
    return {name: from_here(str(path)) for name, path in found.items()}


def from_here(path: str) -> str:
    """Return how a path is called from where the author stands."""
    try:
        shown = os.path.relpath(path)
    except ValueError:
        return path  # on another drive
    return path if shown.startswith("..") else shown.replace(os.sep, "/")


def print_report(report: Report, out: TextIO, *, quiet: bool, folders: Mapping[str, str] | None = None) -> None:
    """Write the report to a terminal."""
    listed: dict[str, int] = {}
    for problem in report.problems:
        listed[problem.code] = listed.get(problem.code, 0) + 1
        if problem.severity == "notice" and (quiet or listed[problem.code] > NOTICES):
            continue
        print(show(problem, folders or {}), file=out)
    if quiet:
        return
    for code, count in listed.items():
        if count > NOTICES and all(problem.severity == "notice" for problem in report.problems if problem.code == code):
            print(f"notice {code}: {count - NOTICES} more like these", file=out)
    ran = sum(report.ran.values())
    errors, warnings = report.count("error"), report.count("warning")
    found = f", {_count(errors, 'error')}" if errors else ""
    found += f", {_count(warnings, 'warning')}" if warnings else ""
    done = f"{_count(report.pages, 'page')}, {_count(report.files, 'file')}, {report.bytes / 1e6:.1f} MB"
    work = f"({ran} ran, {sum(report.recalled.values())} recalled)"
    print(f"{done} in {report.seconds:.2f} s {work}{found}", file=out)


def show(problem: Problem, folders: Mapping[str, str] | None = None) -> str:
    """Return a problem as text: severity and code, place, sentence, the source line with a caret, the hint."""
    place = ""
    if problem.path:
        place = _printable(f"{(folders or {}).get(problem.root, problem.root)}/{problem.path}")
        if problem.line:
            place += f":{problem.line}:{problem.column or 1}"
        place += ": "
    text = f"{place}{problem.severity} {problem.code}: {_printable(problem.message)}"
    if problem.excerpt and problem.line:
        text += "\n" + excerpt(problem)
    if problem.hint:
        text += f"\n        = {_printable(problem.hint)}"
    return text


def excerpt(problem: Problem) -> str:
    """Return the source line of a problem with a caret under its column."""
    if not (problem.excerpt and problem.line):
        return ""
    column = problem.column or 1
    line = _printable(problem.excerpt.replace("\t", " "))
    shown = line[: max(0, column - 1 - beginning(column))]
    before = len(shown) if shown.isascii() else sum(map(_cells, shown))
    return f"  {problem.line:>5} │ {line}\n        │ {' ' * before}^"


def _printable(text: str) -> str:
    """Return a text without what would move the cursor or turn the line around: a sign for each such character."""
    return _MOVING.sub("\ufffd", text)


def _cells(char: str) -> int:
    """Return how many cells of a terminal a character takes."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
