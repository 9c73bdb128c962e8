"""A small fleet with a clock of its own: instances of the response cache over one database and one real Redis.

Time passes only when a test says so, in the steps in which relays and heartbeats run; what is asked of SQLite and Redis
is real. A thing has a number in SQL, which only grows, so the age of an answer can be read off it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from edge_api.metrics import Metrics
from edge_api.services.cache.cache import Cache, Served, Visit
from edge_api.services.cache.fields import Fields
from edge_api.services.cache.memory import Memory
from edge_api.services.cache.relay import TICK_SECONDS, Relay
from edge_api.services.cache.rules import Asked, Stored
from edge_api.stores import engines, touched
from edge_api.stores.answers import Answers
from edge_api.stores.migrations import migrate
from edge_api.stores.redis import Redis

T = TypeVar("T")

START = 1_795_000_000.0
# However busy the machine is, what Redis has to say is waited for, and whoever makes an answer is.
PATIENT = 60_000
# Short enough to wait for where no answer comes, or where whoever was to make one is dead.
HASTY = 50
LONG = "public, max-age=600"


class Crash(Exception):  # noqa: N818 - what happens, not a mistake
    """The process ended here."""


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    @property
    def sql(self) -> _Sql:
        """The clock as a part of a statement."""
        return _Sql(self)


class _Sql:
    """Shows the time at which it is put into a statement."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __str__(self) -> str:
        return str(int(self._clock.now * 1_000_000))


class Tasks:
    """What the lifespan's task group is to an instance: a place for its flights."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()

    def create_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class Instance:
    """One process of the fleet, as far as the cache goes; ``restart`` is a new process."""

    def __init__(self, folder: Path, url: str, clock: Clock, tasks: Tasks, milliseconds: int, lock_ms: int) -> None:
        self.database = engines.sqlite(folder / "edge.sqlite3")
        # The database's clock is the test's.
        self.database.clock = clock.sql  # type: ignore[assignment]  # it is put into statements, and says its time there
        self.redis = Redis(url, milliseconds=milliseconds, connections=8)
        self.clock = clock
        self.tasks = tasks
        self.lock_ms = lock_ms
        self.made = 0
        self.making = asyncio.Event()
        self.restart()

    def restart(self) -> None:
        """Begin anew, remembering nothing."""
        self.metrics = Metrics()
        self.memory = Memory(100, 1 << 20, self.clock)
        self.answers = Answers(self.redis, self.lock_ms)
        self.relay = Relay(self.database, self.memory, self.answers, self.metrics, self.clock)
        self.cache = Cache(self.memory, self.answers, self.relay, self.metrics, self.clock)
        self.cache.flights.open(self.tasks)  # type: ignore[arg-type]  # a place for tasks is all that is asked for
        self.database.recorder, self.database.followers = self.relay.record, [self.relay.deliver]

    async def value(self, thing: str) -> int:
        """Return what SQL says."""
        async with self.database.read() as connection:
            return int(
                (await connection.execute(text("SELECT n FROM thing WHERE id = :id"), {"id": thing})).scalar_one()
            )

    async def read(self, thing: str, said: str = LONG, gate: asyncio.Event | None = None) -> Served:
        """Ask for a thing; with a gate, whatever is made waits there after SQL has been asked."""

        async def make(_conditions: Fields) -> Stored:
            self.made += 1
            value = await self.value(thing)
            # Only now: a test that changes the thing while it is made must not change what SQL has yet to say.
            self.making.set()
            if gate is not None:
                await gate.wait()
            return Stored(200, (("cache-control", said),), str(value).encode(), 0, 0)

        return await self.cache.answer(Visit(f"thing {thing}", "/thing", (thing,), Asked("GET")), make)

    async def write(self, thing: str, *, crash: bool = False) -> bool:
        """Add one to a thing; tell whether Redis confirmed that its answers are old. A crash comes after the commit."""
        self.database.followers = [_crash if crash else self.relay.deliver]
        before = len(self.relay._delivered)
        try:
            async with self.database.write() as connection:
                await connection.execute(text("UPDATE thing SET n = n + 1 WHERE id = :id"), {"id": thing})
                touched.touch(connection, "group", thing)
        except Crash:
            self.restart()
            return False
        return len(self.relay._delivered) > before


async def _crash(_words: frozenset[str]) -> None:
    """Follow a commit by the end of the process."""
    raise Crash


class Fleet:
    """A few instances."""

    def __init__(self, folder: Path, url: str, clock: Clock, size: int, milliseconds: int, lock_ms: int) -> None:
        self.clock = clock
        # Whose relay gets no answer from the database.
        self.blind: set[Instance] = set()
        tasks = Tasks(asyncio.get_running_loop())
        self.instances = [Instance(folder, url, clock, tasks, milliseconds, lock_ms) for _ in range(size)]

    async def tick(self) -> None:
        """Let one step of time pass: heartbeats, then relays."""
        self.clock.now += TICK_SECONDS
        await self.settle()

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / TICK_SECONDS)):
            await self.tick()

    async def settle(self) -> None:
        """Run what an instance runs by the clock, once."""
        for instance in self.instances:
            await instance.redis.beat()
            if instance not in self.blind:
                await instance.relay.turn()

    async def close(self) -> None:
        """End all."""
        for instance in self.instances:
            await instance.redis.close()
            await instance.database.close()


@asynccontextmanager
async def fleet(
    folder: Path,
    url: str,
    things: tuple[str, ...] = ("a",),
    size: int = 2,
    milliseconds: int = PATIENT,
    lock_ms: int = PATIENT,
) -> AsyncIterator[Fleet]:
    """Give a fleet with things that are all 0, which waits so long for Redis, and for whoever makes an answer."""
    clock = Clock()
    made = Fleet(folder, url, clock, size, milliseconds, lock_ms)
    first = made.instances[0].database
    await first.run(migrate)
    async with first.write() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS thing (id TEXT PRIMARY KEY, n INTEGER NOT NULL)"))
        for thing in things:
            await connection.execute(text("INSERT INTO thing VALUES (:id, 0)"), {"id": thing})
    await made.settle()
    try:
        yield made
    finally:
        await made.close()
