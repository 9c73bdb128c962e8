"""Budgets: how heavy a page may be, what of it is too heavy, and whose fault that is.

Sizes are those that travel: brotli where a file has it. The defaults come from lessons that open in a second on a
phone; what goes over a default is a warning, what goes over a limit that site.toml sets is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from builder.errors import Problem, SettingError, Severity
from builder.text.settings import unknown

KB = 1024

DEFAULTS = {
    "html": 15 * KB,
    "css": 12 * KB,
    "js": 15 * KB,
    "images": 1536 * KB,
    "precache_bytes": 256 * KB,
    "precache_files": 40,
}

_WHAT = {
    "html": ("The page's HTML is", "Make two lessons of it, or show long listings from files."),
    "css": (
        "The page's style sheets are",
        "Style sheets of the theme's are smaller than this: look at what was added.",
    ),
    "js": ("The scripts that the page starts with are", "Bring in with import() what is not needed at once."),
    "images": ("The page's pictures are", "Make them smaller, or show fewer."),
    "precache_bytes": ("What is kept on a first visit is", "It is what the home page and the offline page name."),
    "precache_files": ("What is kept on a first visit is", "It is what the home page and the offline page name."),
}

_UNITS = {"": 1, "b": 1, "kb": KB, "mb": KB * KB}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


class Budget(msgspec.Struct, frozen=True):
    """One limit; ``held`` where the site has set it."""

    name: str
    limit: int
    held: bool = False


class Overrun(msgspec.Struct, frozen=True):
    """A budget that is overrun: on which page, by how much, by what most of all; on how many more pages."""

    name: str
    page: str
    limit: int
    actual: int
    culprit: str
    held: bool = False
    more: int = 0


def budgets_of(given: Mapping[str, Any]) -> dict[str, Budget]:
    """Return the budgets, the site's over the defaults; raise ``SettingError`` where one can't be read."""
    found = {name: Budget(name, limit) for name, limit in DEFAULTS.items()}
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if name not in DEFAULTS:
            raise unknown(("budgets", name), DEFAULTS)
        found[name] = Budget(name, _bytes(name, value), held=True)
    return found


def _bytes(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not match or match[2].lower() not in _UNITS:
        hint = 'Write bytes, or such as "15 KB".'
        raise SettingError(f"`budgets.{name}` is no size", ("budgets", name), hint=hint)
    return int(float(match[1]) * _UNITS[match[2].lower()])


def overrun(budget: Budget, page: str, parts: Mapping[str, int], more: int = 0) -> Overrun | None:
    """Return by how much these parts of a page are over a budget, or nothing; the heaviest part is to blame."""
    actual = len(parts) if budget.name.endswith("_files") else sum(parts.values())
    if actual <= budget.limit:
        return None
    culprit = max(parts, key=lambda name: (parts[name], name), default=page)
    return Overrun(budget.name, page, budget.limit, actual, culprit, budget.held, more)


def as_problem(found: Overrun, source: str) -> Problem:
    """Return an overrun as a problem of the page's source; ``source`` is empty for a page that was generated."""
    what, hint = _WHAT[found.name]
    size = str if found.name.endswith("_files") else _shown
    unit = " files" if found.name.endswith("_files") else ""
    text = f"{what} {size(found.actual)}{unit}, over the budget of {size(found.limit)}{unit}"
    if found.more:
        text += f", and on {found.more} more pages"
    blame = f" The heaviest: {found.culprit}." if found.culprit != found.page else ""
    severity: Severity = "error" if found.held else "warning"
    place = "" if source else f" ({found.page})"
    return Problem(severity, "budget", f"{text}{place}", hint + blame, "content", source or None)


def _shown(size: int) -> str:
    return f"{size / KB:.1f} KB"
