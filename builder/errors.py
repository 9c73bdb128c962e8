"""Everything that can go wrong, as values and as one small tree of exceptions.

    CoursewrightError
    ├── UsageError          wrong option, configuration or template, missing prerequisite     exit 2
    │   ├── SettingError    a setting of site.toml, before its place is looked up             exit 2
    │   ├── Mistakes        everything that is wrong with site.toml, each in its place        exit 2
    │   └── TemplateError   a template that does not compile or fails while it renders        exit 2
    ├── DeployRefused       a deploy was refused or failed, nothing visible changed           exit 3
    ├── DeployHalfway       a deploy in place stopped between two releases: mixed, but safe   exit 4
    └── Unhealthy           live, but the monitor's thresholds were crossed                   exit 5

What an author got wrong is not an exception but a ``Problem``: a value that flows with the result it belongs to, is
remembered with it, and is said again by a warm build.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "notice"]
Root = Literal["content", "templates", "assets"]


class Problem(msgspec.Struct, frozen=True, order=True):
    """One finding: what, where, and how to mend it.

    ``path`` is POSIX and relative to ``root``; line and column count from 1, in characters, in the file as stored.
    ``excerpt`` is the ``window`` of the source line, for the caret on the screen; it is not part of the JSON report.
    """

    severity: Severity
    code: str
    message: str
    hint: str = ""
    root: Root = "content"
    path: str | None = None
    line: int | None = None
    column: int | None = None
    excerpt: str = ""


# So many characters of a source line are shown, and at least so many of them after the column that is meant.
SHOWN = 100
_AFTER = 30


def beginning(column: int) -> int:
    """Return how many characters of a line are left out before the part that is shown around a column."""
    return 0 if column <= SHOWN - _AFTER else column - SHOWN // 2


def window(line: str, column: int) -> str:
    """Return the part of a source line that is shown around a column, from 1: a line may have megabytes."""
    return line[beginning(column) : beginning(column) + SHOWN]


class CoursewrightError(Exception):
    """Ends the command with a sentence, a place and a hint; never with a traceback."""

    exit_code = 70

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint


class UsageError(CoursewrightError):
    """Wrong usage or configuration, or something needed is missing; nothing was written."""

    exit_code = 2


class SettingError(UsageError):
    """A setting of site.toml that can't be used; ``way`` are the names and numbers from the top that lead to it.

    ``name`` says that not its value is wrong but what it is called; ``more`` is what else is wrong in its table.
    """

    more: tuple[SettingError, ...] = ()

    def __init__(self, message: str, way: tuple[str | int, ...] = (), *, hint: str = "", name: bool = False) -> None:
        super().__init__(message, place="site.toml", hint=hint)
        self.way = way
        self.name = name


class Mistakes(UsageError):  # noqa: N818 - says what they are
    """What is wrong with site.toml, all of it; ``folder`` is the content's."""

    def __init__(self, problems: tuple[Problem, ...], folder: str = "content") -> None:
        first = problems[0]
        place = f"{folder}/{first.path}" + (f":{first.line}:{first.column or 1}" if first.line else "")
        super().__init__(first.message, place=place, hint=first.hint)
        self.problems = problems
        self.folder = folder


class TemplateError(UsageError):
    """A template does not compile, or fails while it renders; the place is the template's."""


class DeployRefused(CoursewrightError):  # noqa: N818 - the contract's word
    """The deploy did not happen; what the public sees is unchanged."""

    exit_code = 3


class DeployHalfway(CoursewrightError):  # noqa: N818 - the contract's word
    """The deploy stopped between two releases; every page is whole, and the next deploy finishes it."""

    exit_code = 4


class Unhealthy(CoursewrightError):  # noqa: N818 - the contract's word
    """The release is live, but what the monitor sees of it is not well."""

    exit_code = 5


class Superseded(Exception):  # noqa: N818 - no error: a newer edit is on its way
    """A build is given up half-way, because what it is made from has changed meanwhile; the next one says the rest."""
