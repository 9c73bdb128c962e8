"""The read-through cache of sessions and their learners in Redis: most requests ask the database nothing.

The database's rows are the only truth; Redis holds copies (``edge_api.stores.entries``), in two entries, because many
sessions share one learner. After a transaction that changed either row the copies are deleted before its author is
answered.

Where Redis does not confirm the deletion, this instance stops using these copies until it does, and goes on trying.
When rights were taken away, it goes on trying before it answers, for longer than Redis may be silent without any other
instance noticing: by then every heartbeat of the others has failed as well, and they do not believe what they find when
Redis is back (``trusted_since``). Where it has been silent for longer already, another instance may have found it again
a moment ago and copied what was still true: the heartbeat looks once more before the author is answered. So whoever
signed out while Redis was hung stays signed out on every instance. For an instance that alone has lost Redis another
one deletes the copies: the end of a session waits in the outbox for that, a second or so. Where nobody reads the
outbox, a copy lives for a minute at most.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from edge_api import keys
from edge_api.stores import entries, sessions, touched
from edge_api.stores.redis import RedisDown
from edge_api.stores.sessions import Owner, Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_api.stores.database import Database
    from edge_api.stores.redis import Redis

T = TypeVar("T")

# Longer than the second of silence after which an instance believes nothing that was written before it.
PERSIST_SECONDS = 1.5
_AGAIN_SECONDS = 0.05
# Deletions that Redis did not confirm are tried again a few times a second, in batches that it takes in milliseconds.
_OWED_SECONDS, _OWED = 0.25, 500
_HINTS = 20_000
_UNSURE = 10_000


class SessionSource(Protocol):
    """Finds a session and its learner."""

    async def find(self, session_id: str, /) -> tuple[Session, Owner] | None:
        """Return both as they are, or nothing where there is no such session."""


class SessionRows:
    """Finds sessions in the database alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, session_id: str) -> tuple[Session, Owner] | None:
        """Read both rows."""
        async with self._database.read() as connection:
            return await sessions.find(connection, session_id)


class SessionCache:
    """Finds sessions in Redis, and in the database what Redis does not have."""

    def __init__(self, rows: SessionRows, redis: Redis) -> None:
        self._rows = rows
        self._redis = redis
        # Whose session it was last time, so that both entries are one round trip; a wrong hint costs another.
        self._learners: OrderedDict[str, str] = OrderedDict()
        # Keys of entries that may be older than their rows, each with a token of the latest change.
        self._unsure: dict[str, object] = {}

    async def find(self, session_id: str) -> tuple[Session, Owner] | None:
        """Return the copies, or read the rows and remember them."""
        try:
            both, tickets = await self._look(session_id)
        except RedisDown:
            return await self._rows.find(session_id)
        if both is not None:
            return both
        both = await self._rows.find(session_id)
        if both is None:
            return None
        session, owner = both
        self._hint(session_id, owner.id)
        rows = {keys.session(session_id): session, keys.learner(owner.id): owner}
        with suppress(RedisDown):
            await entries.fill(
                self._redis,
                [(key, ticket, msgspec.msgpack.encode(rows[key])) for key, ticket in tickets.items() if key in rows],
            )
        return both

    def behind(self, session_ids: Iterable[str]) -> bool:
        """Tell whether Redis may not know yet that one of these sessions has ended."""
        return not self._unsure.keys().isdisjoint(map(keys.session, session_ids))

    async def follow(self, words: frozenset[str]) -> None:
        """Delete copies of what a transaction touched; where rights ended, go on trying for as long as it matters."""
        ended = touched.ids(words, "ended")
        of_sessions = map(keys.session, [*ended, *touched.ids(words, "session")])
        gone = {*of_sessions, *map(keys.learner, touched.ids(words, "learner"))}
        if not gone:
            return
        self._unsure |= dict.fromkeys(gone, object())
        until = time.monotonic() + PERSIST_SECONDS
        has_looked = False
        while True:
            try:
                await self._forget(gone)
            except RedisDown:
                is_silent = self._redis.silent_seconds > PERSIST_SECONDS
                if not ended or time.monotonic() > until or (is_silent and has_looked):
                    break
                await (self._redis.looked() if is_silent else asyncio.sleep(_AGAIN_SECONDS))
                has_looked = is_silent
            else:
                return
        if len(self._unsure) > _UNSURE:
            self._redis.distrust()
            self._unsure = dict.fromkeys(gone, object())

    async def run(self, stop: asyncio.Event) -> None:
        """Delete copies that Redis did not delete at once, until told to stop."""
        while not stop.is_set():
            if self._unsure and self._redis.available:
                with suppress(RedisDown):
                    await self._forget(set(islice(self._unsure, _OWED)))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _OWED_SECONDS)

    async def _look(self, session_id: str) -> tuple[tuple[Session, Owner] | None, dict[str, entries.Ticket]]:
        """Return both copies, or the tickets for those that can be filled."""
        key, hint = keys.session(session_id), self._learners.get(session_id, "")
        found = await self._entries([key, *([keys.learner(hint)] if hint else [])])
        session = _decoded(found[key].row, Session)
        if session is not None and session.learner_id != hint:
            hint = session.learner_id
            self._hint(session_id, hint)
            found |= await self._entries([keys.learner(hint)])
        owner = _decoded(found[keys.learner(hint)].row, Owner) if hint else None
        if session is not None and owner is not None:
            return (session, owner), {}
        return None, await self._tickets(found)

    async def _tickets(self, found: dict[str, entries.Found]) -> dict[str, entries.Ticket]:
        bare = [key for key, entry in found.items() if entry.ticket is None]
        issued = await entries.issue(self._redis, bare) if bare else []
        known = {key: entry.ticket for key, entry in found.items() if entry.ticket is not None}
        return known | dict(zip(bare, issued, strict=True))

    async def _entries(self, wanted: list[str]) -> dict[str, entries.Found]:
        unsure = self._unsure.keys() & set(wanted)
        if unsure:
            await self._forget(unsure)
        return dict(zip(wanted, await entries.look(self._redis, wanted), strict=True))

    async def _forget(self, gone: set[str]) -> None:
        changes = {key: self._unsure.get(key) for key in gone}
        await entries.forget(self._redis, gone)
        for key, change in changes.items():
            # A later change of the same row waits for its own deletion.
            if self._unsure.get(key) is change:
                self._unsure.pop(key, None)

    def _hint(self, session_id: str, learner_id: str) -> None:
        self._learners[session_id] = learner_id
        self._learners.move_to_end(session_id)
        if len(self._learners) > _HINTS:
            self._learners.popitem(last=False)


def _decoded(row: bytes | None, kind: type[T]) -> T | None:
    if row is None:
        return None
    try:
        return msgspec.msgpack.decode(row, type=kind)
    except msgspec.MsgspecError:
        # Another release wrote it; the row knows better.
        return None
