"""Live updates: who listens to this instance, and what each listener has not heard yet.

An update names boards that changed; the listener then asks for those it shows. There are no queues: the hub knows when
each board changed last, a listener's seat knows how far it has heard, and each time it is sent one event with the
difference. So a slow listener costs no memory, and hears the latest.

    retry: 2417                     how long to wait before coming back, different for everyone
    id: 5d0e…c1.1764000000000-0     an epoch (Redis' incarnation, or one of our own) and a place in its stream
        5d0e…c1.1764000000000-0-1-4f1c  the first update since then that only this instance has heard
    event: leaderboard              also ``reset``: something may have been missed, look at everything again
    data: {"courses":["","c"]}      the boards that changed; "" is that of all courses

Whoever comes back with an id of the present epoch hears what came after it; with any other id, ``reset``. No two events
of an instance have the same id; an update that only another instance had heard counts here as the place before it.
"""

from __future__ import annotations

import asyncio
import random
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from edge_api.problems import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from edge_api.stores import updates

# A place in the epoch's stream, and how many updates of this instance's own came since.
Place = tuple[int, int, int]

# Four times a second is as often as anybody can read a board.
PACE_SECONDS = 0.25
# Well under the minute after which proxies give up a connection on which nothing is said.
BEAT_SECONDS = 15
# Waking a thousand listeners at once would keep every request waiting for as long as it takes.
_CHUNK = 50
# One address may be a whole school, but not everybody.
_SHARE = 4
_RETRY_MS = (1000, 4000)
_PLACE = re.compile(r"(\d{1,20})-(\d{1,20})(?:-(\d{1,20})-([0-9a-f]{8}))?", re.ASCII)


class Hub:
    """All listeners of an instance."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seats: set[Seat] = set()
        self._addresses: dict[str, int] = {}
        self._heard: dict[str, Place] = {}
        self._changed: dict[str, int] = {}
        self._placed: dict[str, Place] = {}
        self._frames: dict[int, bytes] = {}
        self._updates = asyncio.Event()
        self._reset_at = self._joined = 0
        self._latest: Place = (0, 0, 0)
        self._name = secrets.token_hex(4)
        self.time = 0
        self.events = self.resets = 0
        self.closing = False
        # Called before listeners hear: with the boards that changed, or None where any may have.
        self.hearing: Callable[[frozenset[str] | None], None] | None = None
        self.alone()

    @property
    def listeners(self) -> int:
        """Return how many listen."""
        return len(self._seats)

    @property
    def mark(self) -> str:
        """Return the id of all that was told so far."""
        high, low, own = self._place
        return f"{self.epoch}.{high}-{low}" + (f"-{own}-{self._name}" if own else "")

    def alone(self) -> None:
        """Begin an epoch of this instance's own."""
        self.begin(f"own-{secrets.token_hex(8)}", (0, 0), (0, 0), {})

    def begin(self, epoch: str, floor: updates.Place, place: updates.Place, placed: dict[str, updates.Place]) -> None:
        """Begin an epoch whose places are known from ``floor`` up to ``place``."""
        self.epoch, self._floor, self._place = epoch, (*floor, 0), (*place, 0)
        self._placed = {board: (*where, 0) for board, where in placed.items()}
        # What was heard but not sent yet is still to be sent; its place in the old epoch means nothing now.
        self._latest = (*place, int(bool(self._heard)))
        self._heard = dict.fromkeys(self._heard, self._latest)
        self._frames.clear()

    def hear(self, boards: Iterable[str], at: updates.Place | None = None) -> None:
        """Take an update, with its place in the stream; one of this instance alone comes after the latest."""
        told = frozenset(boards)
        if at is not None:
            self._latest = max(self._latest, (*at, 0))
        elif told:
            self._latest = self._next()
        if told and self.hearing is not None:
            self.hearing(told)
        self._heard.update(dict.fromkeys(told, self._latest))
        if self._heard:
            self._updates.set()

    def reset(self) -> None:
        """Tell everyone to look again: something may have been missed."""
        if self.hearing is not None:
            self.hearing(None)
        self._reset_at, self._latest = self.time + 1, self._next()
        self._updates.set()

    def goodbye(self) -> None:
        """End every stream, with a time to come back that is different for each."""
        self.closing = True
        for seat in self._seats:
            seat.ring()

    async def run(self, stop: asyncio.Event) -> None:
        """Send updates at their pace, and a heartbeat now and then, until told to stop."""
        beats = asyncio.create_task(self._beat())
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                update = asyncio.create_task(self._updates.wait())
                await asyncio.wait({update, stopped}, return_when=asyncio.FIRST_COMPLETED)
                update.cancel()
                if self._updates.is_set():
                    self._updates.clear()
                    await self._tell()
                    await asyncio.wait({stopped}, timeout=PACE_SECONDS)
        finally:
            beats.cancel()
            stopped.cancel()

    @contextmanager
    def join(self, address: str, last: str) -> Iterator[Seat]:
        """Give a listener a seat, or refuse one where there is no room."""
        here = self._addresses.get(address, 0)
        if len(self._seats) >= self._most or here >= max(1, self._most // _SHARE):
            raise Unavailable("overloaded", "There are enough streams; look again from time to time.", 10)
        self._addresses[address] = here + 1
        self._joined += 1
        seat = Seat(self, self._joined % BEAT_SECONDS, self._greeting(last))
        self._seats.add(seat)
        try:
            yield seat
        finally:
            self._seats.discard(seat)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def frame(self, seen: int) -> bytes:
        """Return the one event that brings a listener from a time to the present."""
        if seen not in self._frames:
            if seen < self._reset_at:
                self.resets += 1
                frame = _event(self.mark, "reset", [])
            else:
                boards = sorted(board for board, time in self._changed.items() if time > seen)
                frame = _event(self.mark, "leaderboard", boards) if boards else f": \nid: {self.mark}\n\n".encode()
            self._frames[seen] = frame
        return self._frames[seen]

    def _greeting(self, last: str) -> bytes:
        retry = f"retry: {_spread()}\n"
        if not last:
            return f"{retry}id: {self.mark}\n\n".encode()
        place = self._known(last)
        if place is None:
            self.resets += 1
            return retry.encode() + _event(self.mark, "reset", [])
        missed = sorted(board for board, placed in self._placed.items() if placed > place)
        if missed:
            return retry.encode() + _event(self.mark, "leaderboard", missed)
        return f"{retry}id: {self.mark}\n\n".encode()

    def _known(self, last: str) -> Place | None:
        """Return the place of an id, if everything after it is known."""
        epoch, _, text = last.rpartition(".")
        found = _PLACE.fullmatch(text)
        if epoch != self.epoch or found is None:
            return None
        high, low, own, name = found.groups()
        place = (int(high), int(low), int(own) if name == self._name else 0)
        return place if place >= self._floor else None

    def _next(self) -> Place:
        high, low, own = self._latest
        return (high, low, own + 1)

    async def _tell(self) -> None:
        self.time += 1
        self.events += 1
        self._changed.update(dict.fromkeys(self._heard, self.time))
        self._placed.update(self._heard)
        self._heard, self._place = {}, self._latest
        self._frames.clear()
        await self._ring(list(self._seats))

    async def _beat(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(1)
            turn = (turn + 1) % BEAT_SECONDS
            await self._ring([seat for seat in self._seats if seat.group == turn])

    async def _ring(self, seats: list[Seat]) -> None:
        for start in range(0, len(seats), _CHUNK):
            for seat in seats[start : start + _CHUNK]:
                seat.ring()
            await asyncio.sleep(0)


class Seat:
    """One listener: how far it has heard."""

    __slots__ = ("_bell", "_gone", "_greeting", "_hub", "_seen", "group")

    def __init__(self, hub: Hub, group: int, greeting: bytes) -> None:
        self._hub, self._greeting, self.group = hub, greeting, group
        self._seen = hub.time
        self._bell = asyncio.Event()
        self._gone = False

    def ring(self) -> None:
        """Wake the listener's stream."""
        self._bell.set()

    def leave(self) -> None:
        """Say that the listener has gone."""
        self._gone = True
        self._bell.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what the listener is told, until it has gone or we go."""
        yield self._greeting
        while not self._hub.closing:
            await self._bell.wait()
            self._bell.clear()
            if self._gone:
                return
            if not self._hub.closing:
                seen, self._seen = self._seen, self._hub.time
                yield self._hub.frame(seen)
        yield f"retry: {_spread()}\n\n".encode()


def _spread() -> int:
    return random.randint(*_RETRY_MS)  # noqa: S311 - spreads those who come back, guards nothing


def _event(mark: str, name: str, boards: list[str]) -> bytes:
    data = msgspec.json.encode({"courses": boards}).decode()
    return f"event: {name}\nid: {mark}\ndata: {data}\n\n".encode()
