"""Boards from SQL: exact always where there is no Redis, and what is asked while Redis has not got a board.

Counting who stands before a place walks the index. While Redis is away everybody would have it walked, so on a large
board ranks are estimated then from a histogram of its scores, a few seconds old, and the answer says so.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import OrderedDict
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from edge_api.services.boards import Mine, Part, halves, place_of
from edge_api.stores import boards

if TYPE_CHECKING:
    from edge_api.stores.boards import Place
    from edge_api.stores.database import Connection, Database

# Counting so many costs a millisecond or two, which nobody need be spared.
EXACT_BELOW = 20_000
_AGAIN_SECONDS = 5.0
_BOARDS = 64


class Histogram(msgspec.Struct, frozen=True):
    """How many learners a board has at each score: scores from the highest, negated, and how many up to each."""

    scores: list[int]
    through: list[int]
    made_at: float

    def before(self, xp: int) -> int:
        """Estimate how many stand before a place with so many points: all with more, and half of those with as many."""
        at = bisect_left(self.scores, -xp)
        better = self.through[at - 1] if at else 0
        same = self.through[at] - better if at < len(self.scores) and self.scores[at] == -xp else 0
        return better + same // 2


class Histograms:
    """The histograms of the boards that were asked for lately, each made by one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._made: OrderedDict[tuple[str, str], Histogram] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Task[Histogram]] = {}

    async def before(self, scope: str, period: str, xp: int) -> int:
        """Estimate how many stand before a place; an old histogram is good enough while a new one is made."""
        board = (scope, period)
        known = self._made.get(board)
        if known is not None and time.monotonic() - known.made_at < _AGAIN_SECONDS:
            return known.before(xp)
        if board not in self._making:
            self._making[board] = asyncio.create_task(self._make(board))
            self._making[board].add_done_callback(lambda _: self._making.pop(board))
        if known is None:
            known = await asyncio.shield(self._making[board])
        return known.before(xp)

    async def settled(self) -> None:
        """Wait for what is being made."""
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    async def _make(self, board: tuple[str, str]) -> Histogram:
        async with self._database.read() as connection:
            counts = await boards.histogram(connection, *board)
        made = Histogram([-xp for xp, _ in counts], list(accumulate(n for _, n in counts)), time.monotonic())
        self._made[board] = made
        self._made.move_to_end(board)
        if len(self._made) > _BOARDS:
            self._made.popitem(last=False)
        return made


class Tabular:
    """Reads boards from SQL."""

    def __init__(
        self, database: Database, histograms: Histograms | None = None, exact_below: int = EXACT_BELOW
    ) -> None:
        self._database = database
        self._histograms = histograms
        self._exact_below = exact_below

    async def page(self, scope: str, period: str, start: Place | None, limit: int) -> Part:
        """Return what follows a place, or the top."""
        approximate = False
        async with self._database.read() as connection:
            total, revision = await boards.state(connection, scope, period)
            if start is None:
                before, rows = 0, await boards.top(connection, scope, period, limit + 1)
            else:
                rows = await boards.below(connection, scope, period, start, limit + 1)
                before = 0
                if rows:
                    before, approximate = await self._before(connection, scope, period, place_of(rows[0]), total)
        return Part(revision, total, before, rows[:limit], len(rows) > limit, approximate)

    async def around(self, learner_id: str, scope: str, period: str, limit: int) -> tuple[Part, Mine | None]:
        """Return the part around a learner and their own line; the top, where they have none."""
        async with self._database.read() as connection:
            mine = await boards.mine(connection, scope, period, learner_id)
            if mine is not None:
                total, revision = await boards.state(connection, scope, period)
                place = place_of(mine)
                better, approximate = await self._before(connection, scope, period, place, total)
                above = await boards.above(connection, scope, period, place, limit)
                below = await boards.below(connection, scope, period, place, limit + 1)
                listed = await boards.listed(connection, learner_id)
        if mine is None:
            return await self.page(scope, period, None, limit), None
        before, after = halves(limit - listed, len(above), len(below))
        rows = [*above[len(above) - before :], *([mine] if listed else []), *below[:after]]
        part = Part(revision, total, max(0, better - before), rows, len(below) > after, approximate)
        return part, Mine(mine, better, listed)

    async def _before(
        self, connection: Connection, scope: str, period: str, place: Place, total: int
    ) -> tuple[int, bool]:
        """Return how many stand before a place, and whether that is an estimate."""
        if self._histograms is None or total < self._exact_below:
            return await boards.better(connection, scope, period, place), False
        return await self._histograms.before(scope, period, place.xp), True
