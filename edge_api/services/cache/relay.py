"""The relay of the transactional outbox: what a transaction changed invalidates every cached answer, whatever breaks.

    in the transaction   a message is written to the outbox
    after its commit     copies and projections follow, then Redis confirms the groups' new nonces; only then the author
                         of the change is answered
    every half second    messages that are still waiting are delivered by whichever instance sees them

While a message has been waiting for over a second, or the outbox can't be read, this instance does not use the answers
that the fleet shares. So a change that Redis did not confirm at once is seen by everybody within three seconds:

    1 s until a message is overdue + 1.5 s for which the last successful look is trusted + a round trip

A look at the outbox counts from the moment at which it began.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

import msgspec

from edge_api import groups
from edge_api.stores import outbox, touched, writes
from edge_api.stores.database import DatabaseDown
from edge_api.stores.redis import RedisDown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edge_api.metrics import Metrics
    from edge_api.services.cache.memory import Memory
    from edge_api.stores.answers import Answers
    from edge_api.stores.database import Connection, Database

TICK_SECONDS = 0.25
LOOK_SECONDS = 0.5
TRUST_SECONDS = 1.5
_OVERDUE = 1_000_000
# Younger messages are left to the instance that wrote them, which is about to deliver them or to mark them.
_FRESH = 600_000
_BATCH = 500
_AT_ONCE = 20
# Above so many learners after an outage, making the projection again is quicker than updating them one by one.
_MANY = 300
_SWEEP_SECONDS = 60.0
_KEEP = 600 * 1_000_000

log = logging.getLogger("edge.cache")

# What the request at hand has changed, for the answer to say so.
changed: ContextVar[set[str] | None] = ContextVar("changed", default=None)


class Projection(Protocol):
    """What answers are made from beside the database, and follows it."""

    @property
    def able(self) -> bool:
        """Whether it can follow now."""

    def behind(self, learner_ids: Iterable[str], /) -> bool:
        """Tell whether it does not know yet of a change of one of these learners."""

    async def start_over(self) -> None:
        """Forget everything, to be made again from the database."""


class Copies(Protocol):
    """What is remembered of rows in Redis."""

    def behind(self, session_ids: Iterable[str], /) -> bool:
        """Tell whether Redis may not know yet that one of these sessions has ended."""


class Relay:
    """Delivers the outbox's messages, and knows whether the answers that the fleet shares can be trusted."""

    def __init__(
        self,
        database: Database,
        memory: Memory,
        answers: Answers | None,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        projection: Projection | None = None,
        copies: Copies | None = None,
    ) -> None:
        self._database = database
        self._memory = memory
        self._answers = answers
        self._metrics = metrics
        self._clock = clock
        self._projection = projection
        self._copies = copies
        self._trusted_until = -1.0
        self._why = "starting"
        self._delivered: list[str] = []
        self._looked_at = self._swept_at = -_SWEEP_SECONDS

    @property
    def distrust(self) -> str:
        """Why the fleet's answers are to be left alone; empty where they can be trusted."""
        return "" if self._clock() < self._trusted_until else self._why

    def record(self, connection: Connection, words: set[str]) -> None:
        """Write what a transaction touched to the outbox, if that makes shared answers old or ends a session."""
        if self._answers is not None and (touched.ids(words, "group") or touched.ids(words, "ended")):
            message, entry = outbox.add(self._database, words)
            writes.defer(connection, entry)
            words.add(f"message/{message}")

    async def deliver(self, words: frozenset[str]) -> None:
        """Make answers of the touched groups old, here at once and in the fleet if it can be done now."""
        old = touched.ids(words, "group")
        self._memory.change(old)
        mine = changed.get()
        if mine is not None:
            mine.update(old)
        if self._answers is None or not (old or touched.ids(words, "ended")):
            return
        try:
            if old:
                await self._answers.renew(old)
            if self._behind(words):
                # What is made now may be made from what is old, so the message waits, and every instance sees that.
                self._count(old, "put-off")
            else:
                self._delivered += touched.ids(words, "message")
                self._count(old, "confirmed")
        except RedisDown as error:
            self._count(old, "put-off")
            log.warning("invalidation put off", extra={"reason": str(error)})
        finally:
            # Whoever read the fleet's answer before the nonces were new may have remembered it since.
            self._memory.change(old)

    def hear(self, scopes: Iterable[str] | None) -> None:
        """Forget what is remembered of boards of which others say that they changed; of everything if nobody knows."""
        windows = ("all", "week", "day")
        told = {groups.EVERYTHING} if scopes is None else {groups.board(s, w) for s in scopes for w in windows}
        self._memory.change(told)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver what waits until told to stop."""
        while self._answers is not None and not stop.is_set():
            try:
                await self.turn()
            except DatabaseDown as error:
                self._why = "database"
                log.debug("the outbox can't be looked at", extra={"reason": str(error)})
            except Exception:
                log.exception("the relay stumbled")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_SECONDS)
        with suppress(DatabaseDown):
            await self._mark()

    async def turn(self) -> None:
        """Mark what was delivered, look for what was not, and sweep now and then."""
        await self._mark()
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            await self.look()
        if now - self._swept_at >= _SWEEP_SECONDS:
            self._swept_at = now
            async with self._database.write() as connection:
                await outbox.sweep(self._database, connection, _KEEP)

    async def look(self) -> None:
        """Deliver messages that wait, and decide whether the fleet's answers can be trusted."""
        while True:
            began = self._clock()
            async with self._database.read() as connection:
                messages = await outbox.undelivered(self._database, connection, _BATCH)
            waiting = [message for message in messages if message.age > _FRESH and message.id not in self._delivered]
            told = await self._forward_all(waiting)
            if not told and any(message.age > _OVERDUE for message in waiting):
                self._trusted_until, self._why = -1.0, "undelivered"
                return
            if len(messages) < _BATCH:
                self._trusted_until = began + TRUST_SECONDS
                return
            self._why = "undelivered"
            if not (told and waiting):
                return

    async def _forward_all(self, waiting: list[outbox.Message]) -> bool:
        """Forward messages a few at a time, up to the first that Redis refuses; tell whether all were delivered."""
        able = self._projection is None or self._projection.able
        if waiting and not (able and self._answers is not None and self._answers.available):
            return False
        learners = touched.ids(frozenset[str]().union(*(message.words for message in waiting)), "place")
        if self._projection is not None and len(learners) > _MANY:
            try:
                await self._projection.start_over()
            except RedisDown:
                return False
            waiting = [_without_places(message) for message in waiting]
        for start in range(0, len(waiting), _AT_ONCE):
            if not await self._forward(waiting[start : start + _AT_ONCE]):
                return False
        return True

    async def _forward(self, waiting: list[outbox.Message]) -> bool:
        """Do for messages what their own processes left undone; tell whether Redis confirmed it."""
        words = frozenset[str]().union(*(message.words | {f"message/{message.id}"} for message in waiting))
        await self._database.follow(words)
        if waiting[0].id not in self._delivered:
            return False
        late = sum(message.age > _OVERDUE for message in waiting)
        if late:
            self._metrics.add("edge_cache_late_invalidations_total", late)
        await self._mark()
        return True

    async def _mark(self) -> None:
        ids = self._delivered[:_BATCH]
        if ids:
            async with self._database.write() as connection:
                await outbox.deliver(self._database, connection, ids)
            del self._delivered[: len(ids)]

    def _behind(self, words: frozenset[str]) -> bool:
        """Tell whether a projection or a copy in Redis does not know yet what was touched."""
        places, ended = touched.ids(words, "place"), touched.ids(words, "ended")
        moved = self._projection is not None and self._projection.behind(places)
        return moved or (self._copies is not None and self._copies.behind(ended))

    def _count(self, old: Iterable[str], result: str) -> None:
        for group in old:
            self._metrics.add("edge_cache_invalidations_total", tag_kind=group.partition("/")[0], result=result)


def _without_places(message: outbox.Message) -> outbox.Message:
    return msgspec.structs.replace(
        message, words=message.words - {f"place/{each}" for each in touched.ids(message.words, "place")}
    )
