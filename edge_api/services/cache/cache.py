"""The response cache of an instance: its own memory for a second, over what the fleet shares.

    memory → a flight that is under way → the fleet's entry → the fleet's lock → make it → keep it in both

A request gets nothing that a change made old which was confirmed before the request arrived, but for the second that
this process may remember. What is stale within its window is served and refreshed by a flight of its own; what can't be
made is bridged by a stale answer where its word allows it and its groups have not changed.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from edge_api.services.cache import rules
from edge_api.services.cache.fields import Fields
from edge_api.services.cache.flights import Flight, Flights
from edge_api.services.cache.rules import Ask, Asked, Fresh, Policy, Stale, Stored
from edge_api.services.cache.status import FLEET, MEMORY, Member
from edge_api.stores.redis import RedisDown

if TYPE_CHECKING:
    from edge_api.metrics import Metrics
    from edge_api.services.cache.memory import Memory
    from edge_api.services.cache.relay import Relay
    from edge_api.stores.answers import Answers, Look, Versions

_POLL_SECONDS = 0.01
_NOT_MODIFIED = 304
# Fields for this cache alone would be named here (RFC 9213); CDN-Cache-Control is for the next one and passes through.
POLICY = Policy(statuses=frozenset({200, 404, 410}))

# Makes an answer, given the fields that turn the request into a validation.
Make = Callable[[Fields], Awaitable[Stored]]

log = logging.getLogger("edge.cache")


class Visit(msgspec.Struct, frozen=True):
    """A request for an answer that may be kept: its key, its route (for numbers), the groups of its answers."""

    key: str
    route: str
    groups: tuple[str, ...]
    asked: Asked


class Served(msgspec.Struct, frozen=True):
    """An answer, its age if it was kept, what the layers did; whether others may have it, whether it is remembered."""

    stored: Stored
    age: int | None
    members: tuple[Member, ...]
    shared: bool = True
    remembered: bool = False


class Cache:
    """Answers visits."""

    def __init__(
        self,
        memory: Memory,
        answers: Answers | None,
        relay: Relay,
        metrics: Metrics,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.memory = memory
        self.flights: Flights[Served] = Flights()
        self._answers = answers
        self._relay = relay
        self._metrics = metrics
        self._wall = wall

    async def answer(self, visit: Visit, make: Make) -> Served:
        """Return an answer, kept or made."""
        held = self.memory.get(visit.key)
        verdict = rules.decide(held, visit.asked, self._wall(), POLICY) if held is not None else None
        if held is not None and isinstance(verdict, Fresh):
            self._count("l1", visit, "hit")
            return Served(held, verdict.age, (Member(MEMORY, ttl=verdict.ttl),))
        versions = self.memory.versions(visit.groups)
        flight = self.flights.joinable(visit.key, self.memory.clock(), versions)
        collapsed = flight is not None
        if flight is None:
            flight = self.flights.start(
                visit.key, self.memory.clock(), versions, lambda mine: self._find(visit, make, mine)
            )
        self._count("l1", visit, "collapsed" if collapsed else "miss")
        served = await asyncio.shield(flight.landed)
        if collapsed and not served.shared:
            return await self._alone(visit, make)
        mine = Member(MEMORY, fwd="miss", stored=served.remembered, collapsed=collapsed)
        age = served.age or 0 if collapsed else served.age
        return msgspec.structs.replace(served, age=age, members=(*served.members, mine))

    def measure(self) -> None:
        """Write down how much is remembered, and whether the fleet's answers are used."""
        self._metrics.set("edge_cache_entries", len(self.memory))
        self._metrics.set("edge_cache_bytes", self.memory.size)
        for reason, count in self.memory.evicted.items():
            self._metrics.set("edge_cache_evictions_total", count, reason=reason)
        usable = self._answers is not None and self._answers.available and not self._relay.distrust
        self._metrics.set("edge_cache_trusted", float(usable))

    async def _find(self, visit: Visit, make: Make, flight: Flight[Served]) -> Served:
        """Return the fleet's answer, or make one and keep it."""
        answers, why = self._answers, self._relay.distrust
        if answers is None:
            return await self._made(visit, make, flight)
        if why or not answers.available:
            self._count("l2", visit, "bypass")
            return await self._made(visit, make, flight, Member(FLEET, fwd="bypass", detail=why or "redis"))
        lock = secrets.token_hex(8)
        try:
            look = await answers.find(visit.key, visit.groups, lock)
        except RedisDown:
            self._count("l2", visit, "error")
            return await self._made(visit, make, flight, Member(FLEET, fwd="bypass", detail="redis"))
        stored, verdict = self._read(visit, look.value)
        if stored is None or not isinstance(verdict, Fresh | Stale):
            return await self._contend(visit, make, flight, answers, look, lock)
        if look.locked:
            # It ran out between the two.
            await self._release(answers, visit, lock)
        if isinstance(verdict, Stale):
            self._refresh(visit, make, stored)
        return self._hit(visit, stored, verdict, flight)

    async def _contend(
        self,
        visit: Visit,
        make: Make,
        flight: Flight[Served],
        answers: Answers,
        look: Look,
        lock: str,
    ) -> Served:
        """Make the answer, unless another instance is about to: then wait, but not longer than for a dead one."""
        deadline = self.memory.clock() + answers.lock_ms / 1000
        stored, verdict = self._read(visit, look.value)
        try:
            while not look.locked:
                look = await answers.look(visit.key, visit.groups, lock)
                found, good = self._read(visit, look.value)
                if found is not None and isinstance(good, Fresh):
                    if look.locked:
                        await answers.release(visit.key, lock)
                    return self._hit(visit, found, good, flight, collapsed=True)
                if not look.locked:
                    if self.memory.clock() > deadline:
                        break
                    await asyncio.sleep(_POLL_SECONDS * (1 + 3 * random.random()))  # noqa: S311 - spreads polls, guards nothing
            versions = look.versions or await answers.versions(visit.groups)
        except RedisDown:
            self._count("l2", visit, "error")
            return await self._made(visit, make, flight, Member(FLEET, fwd="bypass", detail="redis"))
        self._count("l2", visit, "miss")
        member = Member(FLEET, fwd="stale" if stored is not None else "miss")
        try:
            served = await self._made(visit, make, flight, member, stored)
        except Exception:
            await self._release(answers, visit, lock)
            if stored is None or not (isinstance(verdict, Ask) and verdict.on_error):
                raise
            self._count("l2", visit, "stale")
            return Served(stored, verdict.age, (Member(FLEET, ttl=verdict.ttl, detail="stale-if-error"),))
        entry = self._entry(answers, served)
        # Nobody waits for that: whoever asks another instance meanwhile finds the lock, and waits there.
        self.flights.afterwards(self._keep(answers, visit, versions, entry, lock))
        return msgspec.structs.replace(served, members=(msgspec.structs.replace(member, stored=entry is not None),))

    async def _made(
        self,
        visit: Visit,
        make: Make,
        flight: Flight[Served],
        member: Member | None = None,
        stale: Stored | None = None,
    ) -> Served:
        """Make the answer and remember it here."""
        answer = await self._make(visit, make, stale)
        shared = rules.storable(visit.asked, answer, POLICY)
        remembered = shared and self.memory.put(visit.key, answer, visit.groups, flight.versions, flight.since)
        return Served(answer, None, () if member is None else (member,), shared, remembered)

    async def _make(self, visit: Visit, make: Make, stale: Stored | None) -> Stored:
        self._metrics.add("edge_cache_computations_total", route=visit.route)
        asked_at, conditions = self._wall(), () if stale is None else rules.conditions(stale)
        answer = msgspec.structs.replace(await make(conditions), asked_at=asked_at, came_at=self._wall())
        if stale is not None and answer.status == _NOT_MODIFIED:
            return rules.freshen(stale, answer)
        return rules.keep(visit.asked, answer)

    async def _alone(self, visit: Visit, make: Make) -> Served:
        """Make an answer for one asker only."""
        self._count("l1", visit, "bypass")
        return Served(await self._make(visit, make, None), None, (Member(MEMORY, fwd="bypass"),), shared=False)

    def _hit(
        self, visit: Visit, stored: Stored, verdict: Fresh | Stale, flight: Flight[Served], *, collapsed: bool = False
    ) -> Served:
        if isinstance(verdict, Fresh):
            remembered = self.memory.put(visit.key, stored, visit.groups, flight.versions, flight.since)
            self._count("l2", visit, "collapsed" if collapsed else "hit")
            member = Member(FLEET, ttl=verdict.ttl, collapsed=collapsed)
            return Served(stored, verdict.age, (member,), remembered=remembered)
        self._count("l2", visit, "stale")
        return Served(stored, verdict.age, (Member(FLEET, ttl=verdict.ttl, detail="stale-while-revalidate"),))

    def _refresh(self, visit: Visit, make: Make, stale: Stored) -> None:
        """Make a younger answer in the background, if nobody does."""
        key, versions = f"refresh {visit.key}", self.memory.versions(visit.groups)
        if self.flights.joinable(key, self.memory.clock(), versions) is None:
            self.flights.start(
                key, self.memory.clock(), versions, lambda mine: self._refreshed(visit, make, mine, stale)
            )

    async def _refreshed(self, visit: Visit, make: Make, flight: Flight[Served], stale: Stored) -> Served:
        started, lock, answers = time.perf_counter(), secrets.token_hex(8), self._answers
        assert answers is not None
        look = await answers.look(visit.key, visit.groups, lock)
        if not look.locked:
            return Served(stale, 0, ())
        found, verdict = self._read(visit, look.value)
        try:
            if look.versions is None or found is None or isinstance(verdict, Fresh):
                return Served(stale, 0, ())
            served = await self._made(visit, make, flight, stale=found)
            await self._keep(answers, visit, look.versions, self._entry(answers, served), lock)
            self._metrics.observe("edge_cache_refresh_seconds", time.perf_counter() - started, route=visit.route)
            return served
        finally:
            await self._release(answers, visit, lock)

    def _read(self, visit: Visit, value: bytes | None) -> tuple[Stored | None, rules.Verdict | None]:
        if value is None:
            return None, None
        try:
            stored = msgspec.msgpack.decode(value, type=Stored)
        except msgspec.MsgspecError:
            # Another release wrote it; in a deploy a fleet has two.
            return None, None
        verdict = rules.decide(stored, visit.asked, self._wall(), POLICY)
        return (None if isinstance(verdict, rules.Other) else stored), verdict

    def _entry(self, answers: Answers, served: Served) -> tuple[bytes, int] | None:
        """Return an answer as the fleet keeps it, and for how many milliseconds; nothing where it is not for others."""
        if not served.shared:
            return None
        left = rules.keeping(served.stored, POLICY) - rules.age_of(served.stored, self._wall())
        entry = msgspec.msgpack.encode(served.stored), int(left * 1000)
        return entry if answers.fits(*entry) else None

    async def _keep(
        self, answers: Answers, visit: Visit, versions: Versions, entry: tuple[bytes, int] | None, lock: str
    ) -> None:
        if entry is None:
            await self._release(answers, visit, lock)
            return
        try:
            await answers.keep(visit.key, versions, *entry, lock)
        except RedisDown as error:
            log.debug("an answer is not kept", extra={"reason": str(error)})

    async def _release(self, answers: Answers, visit: Visit, lock: str) -> None:
        try:
            await answers.release(visit.key, lock)
        except RedisDown as error:
            log.debug("a lock runs out by itself", extra={"reason": str(error)})

    def _count(self, layer: str, visit: Visit, outcome: str) -> None:
        self._metrics.add("edge_cache_requests_total", layer=layer, route=visit.route, outcome=outcome)
