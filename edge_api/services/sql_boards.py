"""Boards from SQL: the only source without Redis, and the one that is asked while Redis does not have a board.

Counting who stands before a place walks the SQL index, on average half of it. So ranks of a large board are counted
from a rank index (``edge_api.services.rank_index``); where that gives an estimate, the answer says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api.services.boards import Mine, Part, halves
from edge_api.services.rank_index import RankIndexes
from edge_api.stores import lines

if TYPE_CHECKING:
    from edge_api.stores.database import Database
    from edge_api.stores.lines import Place

# Counting so many costs a millisecond or two, which nobody need be spared.
EXACT_BELOW = 20_000


class SqlBoards:
    """Reads boards from SQL."""

    def __init__(self, database: Database, indexes: RankIndexes | None = None, exact_below: int = EXACT_BELOW) -> None:
        self._database = database
        self._indexes = indexes or RankIndexes(database)
        self._exact_below = exact_below

    async def page(self, scope: str, period: str, start: Place | None, limit: int) -> Part:
        """Return what follows a place, or the top."""
        async with self._database.read() as connection:
            found = await lines.page(connection, scope, period, start, limit + 1)
        before, approximate = 0, False
        if start is not None and found.rows:
            place = found.rows[0].place
            before, approximate = await self._before(scope, period, place, found.total, found.revision)
        more = len(found.rows) > limit
        return Part(found.revision, found.total, before, found.rows[:limit], more, approximate)

    async def around(self, learner_id: str, scope: str, period: str, limit: int) -> tuple[Part, Mine | None]:
        """Return the part around a learner and their own line; the top, where they have none."""
        # Of one moment, as one statement is: who rises between two would stand beside their own line of before.
        async with self._database.read() as connection:
            found = await lines.around(connection, scope, period, learner_id, limit + 1, self._exact_below)
        if found is None:
            return await self.page(scope, period, None, limit), None
        own, above, below, approximate = found.own, found.above, found.below, False
        better = found.better
        if better is None:
            better, approximate = await self._indexes.before(scope, period, own.row.place, own.revision)
        before, after = halves(limit - own.listed, len(above), len(below))
        rows = [*above[len(above) - before :], *([own.row] if own.listed else []), *below[:after]]
        part = Part(own.revision, own.total, max(0, better - before), rows, len(below) > after, approximate)
        return part, Mine(own.row, better, own.listed)

    async def _before(self, scope: str, period: str, place: Place, total: int, revision: int) -> tuple[int, bool]:
        """Return how many stand before a place, and whether that is an estimate."""
        if total >= self._exact_below:
            return await self._indexes.before(scope, period, place, revision)
        async with self._database.read() as connection:
            return await lines.better(connection, scope, period, place), False
