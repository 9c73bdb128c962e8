"""What the server shows: the files of the last build that came to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from builder.io.serve.finding import Finding
from builder.manifest import File


class Shown(NamedTuple):
    """One state of the site: where its files lie, what they are, which were made just now, what is wrong with it."""

    folder: Path
    base: str
    files: dict[str, File]
    changed: tuple[str, ...]
    errors: tuple[Finding, ...]
    seconds: float
    moved: tuple[tuple[str, str], ...] = ()  # URLs of pages that were renamed just now, old and new


class Viewers(NamedTuple):
    """Those who look while a build goes on: at which pages, how to show them a part of it, if they still wait."""

    pages: frozenset[str]
    show: Callable[[Shown], None]
    patient: Callable[[], bool]
