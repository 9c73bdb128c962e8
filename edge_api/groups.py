"""Groups: what cached answers have in common, so that one change makes all of them old (RFC 9875).

    all                     every answer
    courses                 what the catalogue says
    board/week/solidity     the board of a course and a window; the board of everything is board/week/

A route names its answers' groups as a function of the request, a transaction names the groups that it changed. Names
are printable ASCII of at most 32 characters, the length that every cache must bear: longer ones end in a digest.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYTHING = "all"
COURSES = "courses"
LONGEST = 32
_DIGITS = 12


def board(scope: str, window: str) -> str:
    """Return the group of a board's pages."""
    return _short(f"board/{window}/{quote(scope, safe='')}")


def boards(touched: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the groups of boards that are given by scope and period."""
    return frozenset(board(scope, window_of(period)) for scope, period in touched)


def window_of(period: str) -> str:
    """Return the window to which a period belongs: pages of yesterday's board count as those of a day."""
    if period == "all":
        return "all"
    return "week" if "W" in period else "day"


def _short(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST - _DIGITS - 1] + "~" + hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
