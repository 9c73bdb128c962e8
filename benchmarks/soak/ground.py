"""What stands under a soak: the shipped nginx, three instances, PostgreSQL, two Redis servers and the road to them.

Everything on it was started here, is ended here, and listens on loopback or a socket. What takes long is done by one
thread of the ground's own: servers end with the thread that started them.
"""

from __future__ import annotations

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec
import psycopg
import redis as client

import prerequisites
from benchmarks import edge_crowd, edge_load
from benchmarks.soak.judge import Truth
from benchmarks.soak.periods import window_of
from benchmarks.soak.road import Road
from edge.fleet import Fleet
from edge.instances import Quiet
from edge_api.environment import read
from edge_api.schemas.catalog import Catalog, Course, Lesson, Module
from servers import Postgres, Redis

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

T = TypeVar("T")

COURSES = ("c", "d")
LESSONS = 5000
POINTS = 10
_NEEDS = {"COURSEWRIGHT_NGINX", "COURSEWRIGHT_REDIS"}
# What a board must be made of, by the ledger; the crowd began with points of its own on the board of everything.
_SUMS = """
    WITH ledger AS (
        SELECT learner_id, course, points, to_timestamp(at / 1000000) AT TIME ZONE 'UTC' AS at FROM xp_event
    )
    SELECT t.scope, t.period, t.xp, l.handle,
           COALESCE((SELECT SUM(e.points) FROM ledger e
                     WHERE e.learner_id = t.learner_id AND (t.scope = '' OR e.course = t.scope)
                       AND t.period IN ('all', to_char(e.at, 'IYYY-"W"IW'), to_char(e.at, 'YYYY-MM-DD'))), 0)
    FROM xp_total t JOIN learner l ON l.id = t.learner_id
"""
_LEDGER = "SELECT event_id, SUM(points), MIN(at) / 1000000.0 FROM xp_event GROUP BY event_id"
_BOARD = """
    SELECT l.handle, t.xp FROM xp_total t JOIN learner l ON l.id = t.learner_id
    WHERE t.scope = %s AND t.period = %s AND t.listed ORDER BY t.xp DESC, t.reached_at, t.learner_id
"""


class Ground:
    """What stands, and how to get hold of it."""

    def __init__(self, postgres: Postgres, database: str, redises: tuple[Redis, Redis], road: Road) -> None:
        self.postgres = postgres
        self.database = database
        self.first, self.second = redises
        self.road = road
        self.fleet: Fleet
        self._hands = ThreadPoolExecutor(1)

    async def do(self, work: Callable[..., T], *words: Any) -> T:
        """Do something that takes long, one thing at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._hands, work, *words)

    def close(self) -> None:
        """Let the thread go."""
        self._hands.shutdown()

    async def order(self, server: Redis, *words: Any) -> Any:
        """Give a Redis a command, not by the road."""

        def give() -> Any:
            with client.Redis.from_url(server.url) as line:
                return line.execute_command(*words)

        return await self.do(give)

    def bases(self) -> dict[int, int]:
        """Return the points with which each learner begins."""
        with psycopg.connect(self.database) as line:
            return {number_of(handle): xp for handle, xp in line.execute("SELECT handle, xp FROM learner").fetchall()}

    def waiting(self) -> int:
        """Return how many messages wait in the outbox."""
        with psycopg.connect(self.database) as line:
            row = line.execute("SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL").fetchone()
        return int(row[0]) if row else 0

    def board(self, scope: str, period: str) -> list[tuple[str, int]]:
        """Return a board as SQL alone has it."""
        with psycopg.connect(self.database) as line:
            return [(str(handle), int(xp)) for handle, xp in line.execute(_BOARD, (scope, period)).fetchall()]

    def periods(self) -> dict[str, str]:
        """Return the period that each window is in."""
        with psycopg.connect(self.database) as line:
            found = [row[0] for row in line.execute("SELECT DISTINCT period FROM xp_total ORDER BY period").fetchall()]
        # In their order: of two days, the later one is today.
        return {window_of(period): period for period in found}

    def differences(self) -> list[str]:
        """Return where an instance shows another board than SQL alone has."""
        wrong = []
        for scope, (window, period) in product(("", *COURSES), self.periods().items()):
            true = self.board(scope, period)
            for number, instance in enumerate(self.fleet.instances, start=1):
                path = f"/api/leaderboard?course={scope}&window={window}&limit=100"
                shown = httpx.get(instance.url + path, timeout=20).json()
                if [(each["handle"], each["xp"]) for each in shown["entries"]] != true or shown["total"] != len(true):
                    wrong.append(f"board {window}/{scope} of instance {number} is not SQL's")
        return wrong

    def truth(self, bases: dict[int, int]) -> Truth:
        """Return what SQL says of every event, and where its sums are not what the ledger adds up to."""
        with psycopg.connect(self.database) as line:
            rows = line.execute("SELECT id, COUNT(*) FROM progress_event GROUP BY id").fetchall()
            ledger = line.execute(_LEDGER).fetchall()
            sums = line.execute(_SUMS).fetchall()
        wrong = [
            f"{handle} has {xp} points on board {scope}/{period}, and the ledger {earned}"
            for scope, period, xp, handle, earned in sums
            if xp != earned + (bases.get(number_of(handle), 0) if (scope, period) == ("", "all") else 0)
        ]
        points = {str(name): int(sum_) for name, sum_, _ in ledger}
        return Truth(dict(rows), points, wrong, {str(name): float(at) for name, _, at in ledger})


def number_of(handle: str) -> int:
    """Return the number of a learner of the crowd; a passer-by has none."""
    words = handle.split()
    return int(words[1]) if words[0] == "learner" else -1


@asynccontextmanager
async def standing(folder: Path, learners: int) -> AsyncIterator[Ground]:
    """Give a ground with so many learners, each signed in on one device."""
    for need in prerequisites.NEEDS:
        if need.variable in _NEEDS:
            os.environ[need.variable] = str(prerequisites.provide(need))
    options = ("--repl-diskless-sync-delay", "0", "--maxmemory-policy", "noeviction")
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(edge_load.durable())
        database = postgres.create("soak")
        redises = (stack.enter_context(Redis(*options)), stack.enter_context(Redis(*options)))
        road = await stack.enter_async_context(Road(redises[0].port))
        ground = Ground(postgres, database, redises, road)
        stack.callback(ground.close)
        place = {"DATABASE_URL": database, "EDGE_DATA": str(folder), "EDGE_AWARDS": str(_courses(folder))}
        await ground.do(edge_crowd.gather, place, learners, learners)
        settings = read({**place, "SECRET_KEY": "b" * 32, "EDGE_CATALOG": str(folder / "catalog.json")})
        ground.fleet = Fleet(settings, kind=Quiet, REDIS_URL=road.url)
        await ground.do(ground.fleet.__enter__)
        stack.push_async_callback(ground.do, ground.fleet.__exit__, None, None, None)
        yield ground


def _courses(folder: Path) -> Path:
    """Write down two courses of many lessons, and return where the points are."""
    items = {
        f"{course}/{number}": {"kind": "lesson", "course": course, "xp": POINTS}
        for course in COURSES
        for number in range(LESSONS)
    }
    (folder / "catalog.json").write_bytes(msgspec.json.encode(Catalog(1, tuple(map(_course, COURSES)))))
    path = folder / "awards.json"
    path.write_text(json.dumps({"version": 1, "items": items, "achievements": [], "levels": {"step": 100}}))
    return path


def _course(name: str) -> Course:
    lesson = Lesson(f"{name}/0", f"/{name}/0/", "A lesson", POINTS, (), ())
    return Course(name, f"/{name}/", name.upper(), (Module(f"{name}/m", f"/{name}/m/", "A module", (lesson,)),))
