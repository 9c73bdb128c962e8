"""The projection of boards into Redis: it follows the sums in SQL.

After a commit that moved a learner on boards, the learner's places are read from SQL, written to Redis, and read again;
where SQL has moved on meanwhile, they are written once more. So whoever writes a place last has seen that it is true,
whatever the order in which instances come to write.

A board that Redis does not have is made from SQL by one instance while the others go on writing to it
(``edge_api.stores.rankings``); until it is whole, it is read from SQL. Where Redis did not confirm a write, this
instance reads boards from SQL until it has; after too many such writes the boards are dropped and made again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from edge_api import keys
from edge_api.services import calendar
from edge_api.stores import boards, lines, rankings, touched
from edge_api.stores.database import DatabaseDown
from edge_api.stores.redis import RedisDown

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from edge_api.services.clock import Clock
    from edge_api.stores.database import Database
    from edge_api.stores.lines import Place
    from edge_api.stores.redis import Redis

Board = tuple[str, str]

# Small enough for Redis to take in two milliseconds, large enough that a million are read in 500 steps.
_STEP = 2000
_AGAIN_SECONDS = 0.25
# Making all boards again costs as much as writing so many learners one by one.
_MOST_BEHIND = 300
_MOST_DOUBTS = 1000
# Stands for all whom Redis was not told of, where there are too many to be told one by one: nobody's id.
_EVERYBODY = "*"

log = logging.getLogger("edge.standings")


class Standings:
    """Keeps the boards in Redis equal to those in SQL."""

    def __init__(self, database: Database, redis: Redis, clock: Clock) -> None:
        self._database = database
        self._redis = redis
        self._clock = clock
        self._behind: dict[str, object] = {}
        self._making: dict[Board, asyncio.Task[None]] = {}
        self._catching_up: asyncio.Task[None] | None = None
        self._doubts: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._unfit: set[Board] = set()
        self._closing = False

    def current(self, scope: str, period: str) -> bool:
        """Whether Redis has confirmed every place that this instance wrote, and can hold this board."""
        return self._redis.available and not self._behind and (scope, period) not in self._unfit

    @property
    def able(self) -> bool:
        """Whether Redis takes writes at the moment."""
        return self._redis.available

    def behind(self, learner_ids: Iterable[str]) -> bool:
        """Tell whether Redis has not confirmed the places of one of these learners."""
        learners = set(learner_ids)
        return bool(learners) and (_EVERYBODY in self._behind or not self._behind.keys().isdisjoint(learners))

    async def follow(self, words: frozenset[str]) -> None:
        """Write to Redis the places that a transaction moved; what Redis does not confirm now is written later."""
        moved = touched.ids(words, "place")
        for learner_id in moved:
            try:
                await self._tell(learner_id)
            except (RedisDown, DatabaseDown) as error:
                log.warning("a place is told of later", extra={"learner": learner_id, "reason": str(error)})
                self._fall_behind(learner_id)
        if self._behind:
            self._catch_up()

    def doubt(self, learner_id: str) -> None:
        """Have a learner's places compared again, of which SQL and Redis differed: mostly a write is under way."""
        if len(self._doubts) < _MOST_DOUBTS and not self._closing:
            self._doubts.add(learner_id)
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._guarded(self._look_again()))

    async def make(self, scope: str, period: str, patience: float = 0.0) -> bool:
        """Begin to make a board, unless that is under way; wait so long for it, and tell whether it is there."""
        board = (scope, period)
        if board in self._making or board in self._unfit or self._closing or not self._redis.available:
            return False
        made = self._making[board] = asyncio.create_task(self._guarded(self._make(scope, period)))
        made.add_done_callback(lambda _: self._making.pop(board))
        done, _ = await asyncio.wait({made}, timeout=patience)
        return bool(done)

    async def start_over(self) -> None:
        """Drop all boards, to be made again from SQL with every write that Redis did not confirm."""
        late = dict(self._behind)
        periods = list(calendar.living(await self._clock.now()))
        async with self._database.read() as connection:
            known = await boards.known(connection, periods)
        await rankings.drop(self._redis, known)
        self._behind = {name: change for name, change in self._behind.items() if late.get(name) is not change}

    async def close(self) -> None:
        """Finish the step under way and stop."""
        self._closing = True
        under_way = [*self._making.values(), self._catching_up, self._looking]
        await asyncio.gather(*(each for each in under_way if each is not None), return_exceptions=True)

    async def _tell(self, learner_id: str, *, exact: bool = False) -> None:
        told: dict[Board, Place | None] | None = None
        while True:
            true = await self._true(learner_id)
            if true == told:
                return
            told = {**dict.fromkeys(told or ()), **true}
            where = []
            for (scope, period), place in told.items():
                try:
                    score = None if place is None else rankings.score(place.xp, place.reached_at)
                except OverflowError as error:
                    self._give_up(scope, period, error)
                else:
                    where.append((scope, period, score))
            await rankings.put(self._redis, learner_id, where, exact=exact)

    async def _true(self, learner_id: str) -> dict[Board, Place | None]:
        """Return a learner's places in SQL; a deleted learner has none, on each board that there is."""
        periods = list(calendar.living(await self._clock.now()))
        async with self._database.read() as connection:
            found = await boards.places(connection, learner_id, periods)
            return found or dict.fromkeys(await boards.known(connection, periods))

    def _fall_behind(self, learner_id: str) -> None:
        """Remember whom Redis was not told of, with a token of the latest change; of too many, only that it is so."""
        if len(self._behind) >= _MOST_BEHIND:
            self._behind = {_EVERYBODY: object()}
        self._behind[_EVERYBODY if _EVERYBODY in self._behind else learner_id] = object()

    def _catch_up(self) -> None:
        if (self._catching_up is None or self._catching_up.done()) and not self._closing:
            self._catching_up = asyncio.create_task(self._guarded(self._tell_all()))

    async def _tell_all(self) -> None:
        while self._behind and not self._closing:
            try:
                if _EVERYBODY in self._behind:
                    await self.start_over()
                    continue
                for learner_id, change in list(self._behind.items()):
                    await self._tell(learner_id, exact=True)
                    # A later change that Redis did not confirm either has another token.
                    if self._behind.get(learner_id) is change:
                        del self._behind[learner_id]
            except (RedisDown, DatabaseDown):
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _look_again(self) -> None:
        await asyncio.sleep(_AGAIN_SECONDS)
        while self._doubts and not self._closing:
            await self._tell(self._doubts.pop(), exact=True)

    async def _make(self, scope: str, period: str) -> None:
        ends = calendar.living(await self._clock.now())
        token = keys.new_id()
        incarnation = await rankings.begin(self._redis, scope, period, token) if period in ends else ""
        after, count, ours = None, 0, bool(incarnation)
        while ours and not self._closing:
            async with self._database.read() as connection:
                places = await lines.members(connection, scope, period, after, _STEP)
            if not places:
                await rankings.finish(self._redis, scope, period, token, incarnation, ends[period])
                log.info("board made", extra={"scope": scope, "period": period, "learners": count})
                return
            after, count = places[-1], count + len(places)
            try:
                ours = await rankings.add(self._redis, scope, period, token, places)
            except OverflowError as error:
                self._give_up(scope, period, error)
                return

    def _give_up(self, scope: str, period: str, error: OverflowError) -> None:
        if (scope, period) not in self._unfit:
            self._unfit.add((scope, period))
            log.error("a board is left to SQL", extra={"scope": scope, "period": period, "reason": str(error)})

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        """Do work that nobody waits for, so that nobody else would hear of its failure."""
        try:
            await work
        except (RedisDown, DatabaseDown) as error:
            log.warning("a board is made later", extra={"reason": str(error)})
        except Exception:
            log.exception("a board could not be made")
