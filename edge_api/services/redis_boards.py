"""Boards from Redis: places in one round trip, and lines in one statement; from SQL while Redis does not have them.

SQL has the last word on each line that is shown: who is not listed there is not shown, whatever Redis says, and a
place that differs is written to Redis again. A page is asked of both at once. Where they name the same places, the
lines are SQL's, and Redis has counted who stands before them; where they differ, somebody moves at the moment, and SQL
is asked again, for the lines of those whom Redis has named. While the outbox holds a change, of any instance, that
Redis may not have seen, boards are read from SQL.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from edge_api.services.boards import Mine, Part, halves
from edge_api.stores import lines, rankings
from edge_api.stores.redis import RedisDown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from edge_api.services.sql_boards import SqlBoards
    from edge_api.services.standings import Standings
    from edge_api.stores.database import Database
    from edge_api.stores.lines import Place, Row
    from edge_api.stores.redis import Redis

T = TypeVar("T")
U = TypeVar("U")

# Whoever asks first for a board that is not there waits so long for it; a small one is made in a tenth of that.
_PATIENCE_SECONDS = 0.05


class Record(Protocol):
    """Knows whether the outbox holds changes that Redis may not have seen."""

    @property
    def distrust(self) -> str:
        """Why not to believe what Redis has; empty where it can be believed."""


class RedisBoards:
    """Reads boards from Redis, or else from SQL."""

    def __init__(
        self, database: Database, redis: Redis, standings: Standings, sql_boards: SqlBoards, record: Record
    ) -> None:
        self._database = database
        self._redis = redis
        self._standings = standings
        self._sql_boards = sql_boards
        self._record = record

    async def page(self, scope: str, period: str, start: Place | None, limit: int) -> Part:
        """Return what follows a place, or the top."""

        async def read() -> Part:
            words = (scope, period, start, limit + 1)
            found, known = await _both(rankings.page(self._redis, *words), self._lines(*words))
            more = len(found.places) > limit
            if found.places == [row.place for row in known.rows]:
                return Part(known.revision, found.total, found.before, known.rows[:limit], more)
            return await self._part(scope, period, found.places[:limit], found.before, total=found.total, more=more)

        return await self._from_redis(scope, period, read) or await self._sql_boards.page(scope, period, start, limit)

    async def around(self, learner_id: str, scope: str, period: str, limit: int) -> tuple[Part, Mine | None]:
        """Return the part around a learner and their own line; the top, where they have none."""

        async def read() -> tuple[Part, Mine | None] | None:
            found = await rankings.around(self._redis, scope, period, learner_id, limit)
            if found is None:
                return await self._unlisted(learner_id, scope, period, limit)
            rank, near = found
            at = rank - near.before
            above, me, below = near.places[:at], near.places[at], near.places[at + 1 :]
            before, after = halves(limit - 1, len(above), len(below))
            shown, more = [*above[at - before :], me, *below[:after]], len(below) > after
            part = await self._part(scope, period, shown, rank - before, total=near.total, more=more)
            mine = next((row for row in part.rows if row.learner_id == learner_id), None)
            return None if mine is None else (part, Mine(mine, rank, listed=True))

        found = await self._from_redis(scope, period, read)
        return found or await self._sql_boards.around(learner_id, scope, period, limit)

    async def _unlisted(self, learner_id: str, scope: str, period: str, limit: int) -> tuple[Part, Mine | None] | None:
        async with self._database.read() as connection:
            own = await lines.own(connection, scope, period, learner_id)
        if own is None:
            return await self.page(scope, period, None, limit), None
        if own.listed:
            # Redis is about to be told, or has lost them.
            self._standings.doubt(learner_id)
            return None
        found = await rankings.around(self._redis, scope, period, learner_id, limit, own.row.place)
        if found is None:
            return None
        rank, near = found
        at = rank - near.before
        above, below = near.places[:at], near.places[at:]
        before, after = halves(limit, len(above), len(below))
        shown, more = [*above[at - before :], *below[:after]], len(below) > after
        part = await self._part(scope, period, shown, rank - before, total=near.total, more=more)
        return part, Mine(own.row, rank, listed=False)

    async def _from_redis(self, scope: str, period: str, read: Callable[[], Awaitable[T]]) -> T | None:
        if self._record.distrust or not self._standings.current(scope, period):
            return None
        try:
            try:
                return await read()
            except rankings.NotBuilt:
                if not await self._standings.make(scope, period, _PATIENCE_SECONDS):
                    return None
                return await read()
        except (rankings.NotBuilt, RedisDown, OverflowError):
            return None

    async def _lines(self, scope: str, period: str, start: Place | None, limit: int) -> lines.Lines:
        async with self._database.read() as connection:
            return await lines.page(connection, scope, period, start, limit)

    async def _part(
        self, scope: str, period: str, places: Sequence[Place], before: int, *, total: int, more: bool
    ) -> Part:
        async with self._database.read() as connection:
            known, revision = await lines.named(connection, scope, period, [each.learner_id for each in places])
        rows: list[Row] = []
        for place in places:
            row = known.get(place.learner_id)
            if row is not None and (row.xp, row.reached_at) == (place.xp, place.reached_at):
                rows.append(row)
                continue
            self._standings.doubt(place.learner_id)
            if row is not None:
                rows.append(msgspec.structs.replace(row, xp=place.xp, reached_at=place.reached_at))
        return Part(revision, total, before, rows, more)


async def _both(redis: Awaitable[T], sql: Awaitable[U]) -> tuple[T, U]:
    """Wait for both answers: a question given up for the other's failure would cost its connection."""
    found, known = await asyncio.gather(redis, sql, return_exceptions=True)
    if isinstance(found, BaseException):
        raise found
    if isinstance(known, BaseException):
        raise known
    return found, known
