"""Where live updates come from: this instance's transactions, Redis for the others', the database for what is missed.

publish   what transactions here changed, to all instances, at most four times a second; where Redis does not take
          it, to our own listeners alone, and to all as soon as it does
follow    what all instances publish; while Redis is away the hub has an epoch of its own
poll      every EDGE_POLL_SECONDS the boards' revisions: without Redis how others' changes are found, and with it
          the net for what an instance could not publish before it died
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from edge_api.services.live import PACE_SECONDS
from edge_api.stores import boards, touched, updates
from edge_api.stores.database import DatabaseDown
from edge_api.stores.redis import RedisDown, RedisMoved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from edge_api.services.live import Hub
    from edge_api.stores.database import Database
    from edge_api.stores.redis import Redis

_AGAIN_SECONDS = 0.5

log = logging.getLogger("edge.live")


class Feed:
    """Brings updates to a hub for the life of an instance."""

    def __init__(self, hub: Hub, database: Database, redis: Redis | None, reader: Redis | None, poll: float) -> None:
        self._hub = hub
        self._database = database
        self._redis = redis
        self._reader = reader
        self._every = poll
        self._unsent: set[str] = set()
        self._late: frozenset[str] = frozenset()
        self._touched = asyncio.Event()
        self._revisions: dict[str, int] | None = None
        self._place: updates.Place = (0, 0)
        self._heard_at = 0.0
        self.source = "database"

    @property
    def silent_seconds(self) -> float:
        """For how long Redis has not said anything to the reader, not even that there is nothing."""
        return time.monotonic() - self._heard_at if self.source == "redis" else 0.0

    async def follow(self, words: frozenset[str]) -> None:
        """Note which boards a transaction here has changed; they are published in the background."""
        scopes = touched.ids(words, "board")
        if scopes:
            self._unsent.update(scopes)
            self._touched.set()

    async def begin(self) -> None:
        """Learn what boards and the stream are at before anybody listens; what can't be learnt now is learnt later."""
        with suppress(DatabaseDown):
            self._revisions = await self._found()
        if self._reader is not None:
            await self._reader.beat()
            with suppress(RedisDown):
                await self._meet(self._reader)

    async def run(self, stop: asyncio.Event) -> None:
        """Bring updates until told to stop; what is still unsent then is sent."""
        # What boards are at was learnt just now; a look at once would tell again what came by Redis since.
        first = 0.0 if self._revisions is None else self._every
        turns = [asyncio.create_task(_turns(self._publish, stop)), asyncio.create_task(_turns(self._poll, stop, first))]
        reading = asyncio.create_task(_turns(self._read, stop)) if self._reader is not None else None
        await self._hub.run(stop)
        self._touched.set()
        await asyncio.gather(*turns)
        # What was touched in the pause after the last publication.
        self._touched.set()
        await self._publish()
        if reading is not None:
            # It may wait for an update for ever, and its connection is its own.
            reading.cancel()
            await asyncio.wait({reading})
        if self._reader is not None:
            await self._reader.close()

    async def _publish(self) -> float:
        await self._touched.wait()
        self._touched.clear()
        scopes, self._unsent = frozenset(self._unsent), set()
        try:
            if self._redis is None:
                self._hub.hear(scopes)
            elif scopes or self._late:
                await updates.publish(self._redis, scopes | self._late)
                self._late = frozenset()
        except RedisDown:
            self._hub.hear(scopes)
            self._late |= scopes
            self._touched.set()
            return _AGAIN_SECONDS
        return PACE_SECONDS

    async def _poll(self) -> float:
        try:
            found = await self._found()
        except DatabaseDown:
            log.debug("boards can't be looked at")
        else:
            known = found if self._revisions is None else self._revisions
            self._hub.hear(scope for scope, revision in found.items() if known.get(scope) != revision)
            self._revisions = found
        return self._every

    async def _found(self) -> dict[str, int]:
        async with self._database.read() as connection:
            return await boards.revisions(connection)

    async def _read(self) -> float:
        assert self._reader is not None
        try:
            if not self._reader.available or not self._has_met(self._reader):
                await self._reader.beat()
            if not self._has_met(self._reader):
                await self._meet(self._reader)
            told = await updates.after(self._reader, self._place)
            self._heard_at = time.monotonic()
            for entry in told.entries:
                self._place = entry.place
                self._hub.hear(entry.boards, entry.place)
        except RedisMoved:
            # As when another instance comes back to it and begins an era: nobody is away.
            await self._reader.beat()
        except RedisDown as error:
            if self.source == "redis":
                log.warning("updates of other instances come by polling", extra={"reason": str(error)})
                self.source = "database"
                self._hub.alone()
            return _AGAIN_SECONDS
        return 0

    def _has_met(self, reader: Redis) -> bool:
        return self.source == "redis" and self._hub.epoch == reader.incarnation

    async def _meet(self, reader: Redis) -> None:
        """Learn what the stream has; if we listened before, everyone looks again for what we may have missed."""
        found = await updates.history(reader)
        placed = {board: entry.place for entry in found.entries for board in entry.boards}
        self._place = found.entries[-1].place
        self._hub.begin(found.incarnation, found.entries[0].place, self._place, placed)
        if self._heard_at:
            self._hub.reset()
        self._heard_at, self.source = time.monotonic(), "redis"
        log.info("updates of other instances come by Redis", extra={"run": found.incarnation})


async def _turns(turn: Callable[[], Awaitable[float]], stop: asyncio.Event, pause: float = 0.0) -> None:
    """Take turns, each of which says how long to pause after it, until told to stop."""
    while True:
        if pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
        if stop.is_set():
            return
        try:
            pause = await turn()
        except Exception:
            log.exception("the live feed stumbled")
            pause = _AGAIN_SECONDS
