"""Rank indexes: how many stand before a place of a large board, without counting from the top.

A rank index is a sparse index, every 500th place of a board at one revision. A rank is that of the nearest sample above
plus a count of the few places between. Each change moves the board's revision by one: at the index's own revision the
rank is exact; later it is off by at most the difference of the revisions, until the index is made anew.
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
# Making indexes takes no more than this share of the time.
_SHARE = 0.05

log = logging.getLogger("edge.boards")


class RankIndex(msgspec.Struct, frozen=True):
    """Every ``STEP``-th place of a board, from the first; used for ``lasts`` seconds even if the board moves on."""

    revision: int
    samples: list[Place]
    made_at: float
    lasts: float

    def sample(self, place: Place) -> tuple[Place, int] | None:
        """Return the nearest sample at or above a place, and how many stand before that sample."""
        number = bisect_right(self.samples, place.order, key=_order) - 1
        return None if number < 0 else (self.samples[number], number * lines.STEP)


class RankIndexes:
    """The rank indexes of the boards that were asked for lately; each is made by one task at a time."""

    def __init__(self, database: Database, lasts: float = _AGAIN_SECONDS) -> None:
        self._database = database
        self._lasts = lasts
        self._made: OrderedDict[tuple[str, str], RankIndex] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Task[RankIndex]] = {}

    async def before(self, scope: str, period: str, place: Place, revision: int) -> tuple[int, bool]:
        """Return how many stand before a place, and whether that is an estimate."""
        index = await self._index((scope, period), revision)
        found = index.sample(place)
        if found is None:
            return 0, index.revision != revision
        sample, before = found
        if sample != place:
            async with self._database.read() as connection:
                before += 1 + await lines.between(connection, scope, period, sample, place)
        return before, index.revision != revision

    async def _index(self, board: tuple[str, str], revision: int) -> RankIndex:
        """Return a board's index; an old one is good enough while a new one is made."""
        known = self._made.get(board)
        if known is not None and (known.revision == revision or time.monotonic() - known.made_at < known.lasts):
            return known
        if board not in self._making:
            self._making[board] = asyncio.create_task(self._make(board))
            self._making[board].add_done_callback(lambda task: self._done(board, task))
        return known if known is not None else await asyncio.shield(self._making[board])

    async def _make(self, board: tuple[str, str]) -> RankIndex:
        started = time.monotonic()
        async with self._database.read() as connection:
            revision, samples = await lines.samples(connection, *board)
        now = time.monotonic()
        made = RankIndex(revision, samples, now, max(self._lasts, (now - started) / _SHARE))
        self._made[board] = made
        self._made.move_to_end(board)
        if len(self._made) > _BOARDS:
            self._made.popitem(last=False)
        return made

    def _done(self, board: tuple[str, str], task: asyncio.Task[RankIndex]) -> None:
        del self._making[board]
        if not task.cancelled() and task.exception() is not None:
            # Whoever waits for this task sees its failure; with an older index nobody waits, and it is tried again.
            log.warning("a rank index is made later", extra={"scope": board[0], "period": board[1]})


def _order(place: Place) -> tuple[int, int, str]:
    return place.order
