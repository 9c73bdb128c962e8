"""Ladders: how many stand before a place of a large board, without counting from the top.

A ladder is every 500th place of a board, at a revision. Whoever wants a rank takes the rung above and has the few
between counted. A board's revision moves by one with each change, so while it stands where it stood, the rank is exact;
and once it has moved on, the rank is off by no more than it has moved, until there is a new ladder.
"""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from edge_api.stores import lines
from edge_api.stores.lines import Place

if TYPE_CHECKING:
    from edge_api.stores.database import Database

_BOARDS = 64
_AGAIN_SECONDS = 5.0
# Making ladders takes no more than this share of the time.
_SHARE = 0.05

log = logging.getLogger("edge.boards")


class Ladder(msgspec.Struct, frozen=True):
    """Every ``STEP``-th place of a board from the first, when that was, and how long it holds for all that moves."""

    revision: int
    rungs: list[Place]
    made_at: float
    lasts: float

    def rung(self, place: Place) -> tuple[Place, int] | None:
        """Return the last rung that is not below a place, and how many stand before it."""
        number = bisect_right(self.rungs, place.order, key=_order) - 1
        return None if number < 0 else (self.rungs[number], number * lines.STEP)


class Ladders:
    """The ladders of the boards that were asked for lately, each made by one at a time."""

    def __init__(self, database: Database, lasts: float = _AGAIN_SECONDS) -> None:
        self._database = database
        self._lasts = lasts
        self._made: OrderedDict[tuple[str, str], Ladder] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Task[Ladder]] = {}

    async def before(self, scope: str, period: str, place: Place, revision: int) -> tuple[int, bool]:
        """Return how many stand before a place, and whether that is an estimate."""
        ladder = await self._ladder((scope, period), revision)
        found = ladder.rung(place)
        if found is None:
            return 0, ladder.revision != revision
        rung, before = found
        if rung != place:
            async with self._database.read() as connection:
                before += 1 + await lines.between(connection, scope, period, rung, place)
        return before, ladder.revision != revision

    async def _ladder(self, board: tuple[str, str], revision: int) -> Ladder:
        """Return a board's ladder; an old one is good enough while a new one is made."""
        known = self._made.get(board)
        if known is not None and (known.revision == revision or time.monotonic() - known.made_at < known.lasts):
            return known
        if board not in self._making:
            self._making[board] = asyncio.create_task(self._make(board))
            self._making[board].add_done_callback(lambda task: self._done(board, task))
        return known if known is not None else await asyncio.shield(self._making[board])

    async def _make(self, board: tuple[str, str]) -> Ladder:
        started = time.monotonic()
        async with self._database.read() as connection:
            revision, rungs = await lines.rungs(connection, *board)
        now = time.monotonic()
        made = Ladder(revision, rungs, now, max(self._lasts, (now - started) / _SHARE))
        self._made[board] = made
        self._made.move_to_end(board)
        if len(self._made) > _BOARDS:
            self._made.popitem(last=False)
        return made

    def _done(self, board: tuple[str, str], task: asyncio.Task[Ladder]) -> None:
        del self._making[board]
        if not task.cancelled() and task.exception() is not None:
            # Whoever has none to go on with is told so; the others will ask again.
            log.warning("a ladder is made later", extra={"scope": board[0], "period": board[1]})


def _order(place: Place) -> tuple[int, int, str]:
    return place.order
