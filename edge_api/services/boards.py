"""Boards as learners see them: pages by cursor, and the part around oneself.

A cursor holds the last place of a page (points, when reached, whose). The next page begins right after that place,
whoever stands there by then, so a learner whose score is unchanged is neither repeated nor skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api.problems import Refused
from edge_api.schemas.board import AroundMe, Board, Entry, Me, Window
from edge_api.services import calendar, scoring
from edge_api.stores import boards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_api.keys import Sealer
    from edge_api.services.scoring import Book
    from edge_api.stores.boards import Place, Row
    from edge_api.stores.database import Connection, Database


class Boards:
    """Reads boards; nothing here writes."""

    def __init__(self, database: Database, sealer: Sealer, book: Callable[[], Book]) -> None:
        self._database = database
        self._sealer = sealer
        self._book = book

    async def page(self, course: str, window: Window, cursor: str, limit: int) -> Board:
        """Return a page of a board."""
        async with self._database.read() as connection:
            # A cursor stays in its window: a page of yesterday is followed by a page of yesterday.
            start, period = self._opened(course, window, cursor)
            period = period or await self._period(connection, window)
            total, revision = await boards.state(connection, course, period)
            if start is None:
                before, rows = 0, await boards.top(connection, course, period, limit + 1)
            else:
                rows = await boards.below(connection, course, period, start, limit + 1)
                before = await boards.better(connection, course, period, _place(rows[0])) if rows else 0
        following = self._next(course, window, period, rows, limit)
        return Board(f"r-{revision}", total, self._entries(rows[:limit], before), following)

    async def around(self, learner_id: str, course: str, window: Window, limit: int) -> AroundMe:
        """Return the part of a board around a learner, and their own line, listed or not."""
        async with self._database.read() as connection:
            period = await self._period(connection, window)
            total, revision = await boards.state(connection, course, period)
            mine = await boards.mine(connection, course, period, learner_id)
            if mine is None:
                rows = await boards.top(connection, course, period, limit + 1)
                following = self._next(course, window, period, rows, limit)
                return AroundMe(f"r-{revision}", total, self._entries(rows[:limit], 0), following, None)
            place = _place(mine)
            better = await boards.better(connection, course, period, place)
            above = await boards.above(connection, course, period, place, limit)
            below = await boards.below(connection, course, period, place, limit + 1)
            listed = await boards.listed(connection, learner_id)
        before, after = _halves(limit - listed, len(above), len(below))
        rows = [*above[len(above) - before :], *([mine] if listed else []), *below[:after]]
        entries = self._entries(rows, better - before)
        line = self._entries([mine], better)[0]
        me = Me(line.rank, line.handle, line.xp, line.level, line.lessons, line.achievements, listed)
        following = self._next(course, window, period, [*rows, *below[after:]], len(rows))
        return AroundMe(f"r-{revision}", total, entries, following, me)

    async def _period(self, connection: Connection, window: Window) -> str:
        """Return the name of a window's present period, by the database's clock."""
        if window == "all":
            return "all"
        now = await self._database.now(connection)
        return calendar.utc_week(now) if window == "week" else calendar.utc_day(now)

    def _opened(self, course: str, window: Window, cursor: str) -> tuple[Place | None, str]:
        if not cursor:
            return None, ""
        xp, reached_at, learner_id, period = self._sealer.open(f"board:{course}:{window}", cursor)
        return boards.Place(int(xp), int(reached_at), str(learner_id)), str(period)

    def _next(self, course: str, window: Window, period: str, rows: Sequence[Row], limit: int) -> str | None:
        if len(rows) <= limit or limit == 0:
            return None
        last = rows[limit - 1]
        return self._sealer.seal(f"board:{course}:{window}", (last.xp, last.reached_at, last.learner_id, period))

    def _entries(self, rows: Sequence[Row], before: int) -> tuple[Entry, ...]:
        step = self._book().awards.levels.step
        return tuple(
            Entry(before + position, row.handle, row.xp, scoring.level(row.all_xp, step), row.lessons, row.achievements)
            for position, row in enumerate(rows, start=1)
        )


def known_course(course: str, courses: frozenset[str]) -> str:
    """Return the course, or refuse one that the site does not have."""
    if course and course not in courses:
        raise Refused("unknown-course", "GET /api/courses lists them.")
    return course


def _halves(room: int, above: int, below: int) -> tuple[int, int]:
    """Return how many lines to show on each side: as equal as can be, and all of the room near an end."""
    after = min(below, room - min(above, room // 2))
    return min(above, room - after), after


def _place(row: Row) -> Place:
    return boards.Place(row.xp, row.reached_at, row.learner_id)
