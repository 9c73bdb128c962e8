"""/api/leaderboard: pages of a board for everybody, and the part around oneself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from edge_api import groups
from edge_api.endpoints import door, queries
from edge_api.endpoints.answers import personal, public
from edge_api.endpoints.keeping import Plan
from edge_api.services.boards import known_course

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from edge_api.schemas.board import Window

WINDOWS = ("all", "week", "day")
MOST, USUAL = 100, 50
# A board may be two seconds old in caches on the way; whoever leaves it is gone that soon.
_FRESH_SECONDS = 2
_DAY = 86_400


async def page(request: Request) -> Response:
    """Return a page of a board."""
    course, window, limit = _asked(request)
    board = await door.edge(request).boards.page(course, window, queries.cursor(request), limit)
    return public(request, board, f"public, max-age={_fresh(window, time.time())}, must-revalidate")


def kept(request: Request) -> Plan:
    """Say what a page depends on; wrong parameters are refused here, before anything is looked up."""
    course, window, limit = _asked(request)
    query = (("course", course), ("cursor", queries.cursor(request)), ("limit", str(limit)), ("window", window))
    return Plan(query, (groups.board(course, window),), missing_seconds=_FRESH_SECONDS)


async def around_me(request: Request) -> Response:
    """Return the part of a board around the learner."""
    course, window, limit = _asked(request)
    owner = door.current(request).owner
    return personal(await door.edge(request).boards.around(owner.id, course, window, limit))


def _fresh(window: Window, now: float) -> int:
    """Return for how many seconds a page is fresh: no longer than its window lasts."""
    return _FRESH_SECONDS if window == "all" else min(_FRESH_SECONDS, int(_DAY - now % _DAY))


def _asked(request: Request) -> tuple[str, Window, int]:
    course = known_course(queries.word(request, "course"), door.edge(request).documents.courses)
    window = cast("Window", queries.choice(request, "window", WINDOWS))
    return course, window, queries.count(request, "limit", USUAL, MOST)
