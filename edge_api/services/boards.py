"""Boards as learners see them: pages by cursor, and the part around oneself.

A cursor holds the last place of a page (points, when reached, whose). The next page begins right after that place,
whoever stands there by then, so a learner whose score is unchanged is neither repeated nor skipped. Where the lines
come from, SQL or Redis, is a source's business; both give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from edge_api.problems import Refused
from edge_api.schemas.board import AroundMe, Board, Entry, Me, Window
from edge_api.services import calendar, scoring
from edge_api.stores.lines import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_api.keys import Sealer
    from edge_api.services.clock import Clock
    from edge_api.services.scoring import Book
    from edge_api.stores.lines import Row


class Part(msgspec.Struct, frozen=True):
    """Lines of a board that follow each other."""

    revision: int
    total: int
    before: int
    """How many stand before the first line."""
    rows: list[Row]
    more: bool
    approximate: bool = False


class Mine(msgspec.Struct, frozen=True):
    """A learner's own line, and how many stand before it."""

    row: Row
    before: int
    listed: bool


class Source(Protocol):
    """Reads boards."""

    async def page(self, scope: str, period: str, start: Place | None, limit: int, /) -> Part:
        """Return what follows a place, or the top."""

    async def around(self, learner_id: str, scope: str, period: str, limit: int, /) -> tuple[Part, Mine | None]:
        """Return the part around a learner and their own line; the top, where they have none."""


class Boards:
    """Shows boards; nothing here writes."""

    def __init__(self, source: Source, clock: Clock, sealer: Sealer, book: Callable[[], Book]) -> None:
        self._source = source
        self._clock = clock
        self._sealer = sealer
        self._book = book

    async def page(self, course: str, window: Window, cursor: str, limit: int) -> Board:
        """Return a page of a board."""
        # A cursor stays in its window: a page of yesterday is followed by a page of yesterday.
        start, period = self._opened(course, window, cursor)
        period = period or await self._period(window)
        part = await self._source.page(course, period, start, limit)
        return Board(
            revision=f"r-{part.revision}",
            total=part.total,
            entries=self._entries(part.rows, part.before),
            next=self._next(course, window, period, part),
            approximate=part.approximate or msgspec.UNSET,
        )

    async def around(self, learner_id: str, course: str, window: Window, limit: int) -> AroundMe:
        """Return the part of a board around a learner, and their own line, listed or not."""
        period = await self._period(window)
        part, mine = await self._source.around(learner_id, course, period, limit)
        return AroundMe(
            revision=f"r-{part.revision}",
            total=part.total,
            entries=self._entries(part.rows, part.before),
            next=self._next(course, window, period, part),
            me=None if mine is None else self._me(mine),
            approximate=part.approximate or msgspec.UNSET,
        )

    async def _period(self, window: Window) -> str:
        """Return the name of a window's present period, by the database's clock."""
        if window == "all":
            return "all"
        now = await self._clock.now()
        return calendar.utc_week(now) if window == "week" else calendar.utc_day(now)

    def _opened(self, course: str, window: Window, cursor: str) -> tuple[Place | None, str]:
        if not cursor:
            return None, ""
        xp, reached_at, learner_id, period = self._sealer.open(f"board:{course}:{window}", cursor)
        return Place(int(xp), int(reached_at), str(learner_id)), str(period)

    def _next(self, course: str, window: Window, period: str, part: Part) -> str | None:
        if not part.more or not part.rows:
            return None
        last = part.rows[-1]
        return self._sealer.seal(f"board:{course}:{window}", (last.xp, last.reached_at, last.learner_id, period))

    def _entries(self, rows: Sequence[Row], before: int) -> tuple[Entry, ...]:
        step = self._book().awards.levels.step
        return tuple(
            Entry(before + position, row.handle, row.xp, scoring.level(row.all_xp, step), row.lessons, row.achievements)
            for position, row in enumerate(rows, start=1)
        )

    def _me(self, mine: Mine) -> Me:
        (line,) = self._entries([mine.row], mine.before)
        return Me(line.rank, line.handle, line.xp, line.level, line.lessons, line.achievements, mine.listed)


def known_course(course: str, courses: frozenset[str]) -> str:
    """Return the course, or refuse one that the site does not have."""
    if course and course not in courses:
        raise Refused("unknown-course", "GET /api/courses lists them.")
    return course


def halves(room: int, above: int, below: int) -> tuple[int, int]:
    """Return how many lines to show on each side: as equal as can be, and all of the room near an end."""
    after = min(below, room - min(above, room // 2))
    return min(above, room - after), after
