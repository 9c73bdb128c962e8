"""What people do during a soak, each for as long as it lasts: they come through nginx, or to one of the instances.

learners   tell of lessons, again until they are answered, and look at once whether it is seen
readers    look at boards and at themselves
visitors   begin a session, sign out, and try the old cookie everywhere
the shy    leave boards and come back
watchers   ask each instance whether it could confirm what it did
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from benchmarks import edge_crowd
from benchmarks.soak.ground import COURSES, LESSONS, number_of
from benchmarks.soak.record import Earned, Ended, Failed, Known, Listed, Met, Record, Shown, Told, Unsure

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from edge.fleet import Fleet
    from edge.instances import Instance

NGINX = "nginx"
WINDOWS = ("all", "week", "day")
# Longer than nginx waits for an instance that hangs before it asks another.
_PATIENCE = 40.0
_AGAIN, _PAUSE, _TIRED = 0.2, 0.5, 300
_BAD, _NO_SESSION = 400, 401
_PUT_OFF = re.compile(r'^edge_cache_invalidations_total\{[^}]*result="put-off"[^}]*\} (\d+)', re.MULTILINE)


class Heard(msgspec.Struct, frozen=True):
    """An answer, and when it was asked for and came."""

    asked: float
    answered: float
    response: httpx.Response


class People:
    """Everybody who is there, with one way to ask and one record."""

    def __init__(self, fleet: Fleet, record: Record, chance: random.Random, client: httpx.AsyncClient) -> None:
        self.stop = asyncio.Event()
        self._fleet = fleet
        self._record = record
        self._chance = chance
        self._client = client
        self._doors = {NGINX: fleet.url} | {
            f"instance {number}": each.url for number, each in enumerate(fleet.instances, start=1)
        }
        self._next = 0

    async def learn(self, learners: list[int], pace: float) -> None:
        """Tell of lessons, one batch after the other."""
        read = dict.fromkeys(learners, 0)
        while not self.stop.is_set():
            await asyncio.sleep(self._chance.expovariate(1 / pace))
            learner = self._chance.choice(learners)
            items = []
            for _ in range(self._chance.randint(1, 3)):
                items.append(f"{COURSES[read[learner] % len(COURSES)]}/{read[learner] // len(COURSES) % LESSONS}")
                read[learner] += 1
            await self._tell(learner, items)
            for door in self._chance.sample(list(self._doors), 2):
                await self._look(door, self._chance.choice(("", *COURSES)), self._chance.choice(WINDOWS))
            await self._who(self._chance.choice(list(self._doors)), learner)

    async def read(self, learners: list[int], pace: float) -> None:
        """Look at boards and at oneself."""
        while not self.stop.is_set():
            await asyncio.sleep(self._chance.expovariate(1 / pace))
            door = self._chance.choice(list(self._doors))
            await self._look(door, self._chance.choice(("", *COURSES)), self._chance.choice(WINDOWS))
            await self._who(self._chance.choice(list(self._doors)), self._chance.choice(learners))
            await self._ask(NGINX, "GET", self._chance.choice(("/api/courses", "/api/courses/c")))

    async def visit(self, pace: float) -> None:
        """Begin a session, be known everywhere, sign out, and come back with the old cookie."""
        while not self.stop.is_set():
            await asyncio.sleep(self._chance.expovariate(1 / pace))
            begun = await self._ask(NGINX, "POST", "/api/session")
            token = begun.response.cookies.get("session") if begun else None
            if begun is None or token is None:
                continue
            for door in self._doors:
                await self._ask(door, "GET", "/api/session", token)
            # Not signed in: whoever did it was killed before they could say so, and nginx asked another one.
            ended = await self._ask(NGINX, "DELETE", "/api/session", token, fine=_NO_SESSION)
            if ended is None:
                continue
            self._record.write(Ended(token[:12], ended.answered))
            for pause in (0.0, 0.05, 0.2, 1.0, 2.0):
                await asyncio.sleep(pause)
                await asyncio.gather(*(self._try(door, token) for door in self._doors))

    async def come_and_go(self, learners: list[int], pace: float) -> None:
        """Leave boards and come back."""
        there = dict.fromkeys(learners, True)
        while not self.stop.is_set():
            await asyncio.sleep(self._chance.expovariate(1 / pace))
            learner = self._chance.choice(learners)
            wish = {"visible": not there[learner]}
            asked = time.monotonic()
            while not self.stop.is_set():
                heard = await self._ask(NGINX, "PUT", "/api/visibility", _token(learner), wish)
                if heard is not None:
                    there[learner] = not there[learner]
                    self._record.write(Listed(learner, asked, heard.answered, there[learner]))
                    for door in self._doors:
                        await self._look(door, "", "all")
                    break
                await asyncio.sleep(_AGAIN)

    async def watch(self, instance: Instance) -> None:
        """Ask an instance twice a second whether it put anything off, for as long as there are people."""
        known, since = 0, time.monotonic()
        while not self.stop.is_set():
            await asyncio.sleep(_PAUSE)
            began = time.monotonic()
            try:
                text = (await self._client.get(f"{instance.url}/metrics", timeout=2)).text
            except httpx.HTTPError:
                # What it did meanwhile nobody knows; the next answer begins anew.
                known = -1
                continue
            put_off = sum(map(int, _PUT_OFF.findall(text)))
            if put_off != known:
                self._record.write(Unsure(since, time.monotonic()))
            known, since = put_off, began

    async def _tell(self, learner: int, items: list[str]) -> None:
        """Tell of lessons with the same ids until somebody answers, as pages do."""
        events = [
            {"id": str(uuid.UUID(int=self._chance.getrandbits(128), version=4)), "type": "lesson.read", "item": item,
             "at": "2026-11-23T10:00:00Z"}
            for item in items
        ]  # fmt: skip
        asked, times = time.monotonic(), 1
        while (heard := await self._ask(NGINX, "POST", "/api/progress", _token(learner), {"events": events})) is None:
            await asyncio.sleep(_AGAIN)
            times += 1
            if times > _TIRED:
                # Every refusal is on record.
                return
        told = heard.response.json()
        again = times > 1 or any(each["status"] == "replayed" for each in told["results"])
        earned = [
            Earned(event["id"], item.partition("/")[0], each["xp"])
            for event, item, each in zip(events, items, told["results"], strict=True)
        ]
        self._record.write(Told(learner, asked, heard.answered, earned, told["xp"], again))

    async def _look(self, door: str, course: str, window: str) -> None:
        heard = await self._ask(door, "GET", f"/api/leaderboard?course={course}&window={window}&limit=100")
        if heard is not None:
            entries = heard.response.json()["entries"]
            points = {number_of(each["handle"]): each["xp"] for each in entries}
            said = heard.response.headers.get("cache-status", "")
            self._record.write(Shown(heard.asked, heard.answered, door, course, window, points, said))

    async def _who(self, door: str, learner: int) -> None:
        heard = await self._ask(door, "GET", "/api/session", _token(learner))
        if heard is not None:
            found = heard.response.json()["learner"]
            xp = None if found is None else found["xp"]
            self._record.write(Known(learner, heard.asked, heard.answered, door, xp))

    async def _try(self, door: str, token: str) -> None:
        heard = await self._ask(door, "GET", "/api/session", token)
        if heard is not None:
            alive = heard.response.json()["learner"] is not None
            self._record.write(Met(token[:12], heard.asked, door, alive))

    async def _ask(
        self, door: str, method: str, path: str, token: str = "", body: Any = None, *, fine: int = 0
    ) -> Heard | None:
        """Ask once; write down what failed. An instance that is not there is no failure of the fleet."""
        headers = {"Origin": self._doors[door], **({"Cookie": f"session={token}"} if token else {})}
        asked = time.monotonic()
        try:
            response = await self._client.request(method, self._doors[door] + path, headers=headers, json=body)
        except httpx.HTTPError as error:
            if door == NGINX:
                self._fail(asked, door, f"{method} {path}", 0, type(error).__name__)
            return None
        if response.status_code >= _BAD and response.status_code != fine:
            code = response.json().get("code", "") if "json" in response.headers.get("content-type", "") else ""
            self._fail(asked, door, f"{method} {path}", response.status_code, code)
            return None
        return Heard(asked, time.monotonic(), response)

    def _fail(self, asked: float, door: str, what: str, status: int, code: str) -> None:
        self._record.write(Failed(asked, time.monotonic(), door, what, status, code))


@asynccontextmanager
async def gathered(fleet: Fleet, record: Record, chance: random.Random, learners: int) -> AsyncIterator[People]:
    """Give people who are about, until the block ends and each has finished what they were at."""
    # Cookies are each request's own.
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=_PATIENCE, limits=limits, cookies=nobody) as client:
        people = People(fleet, record, chance, client)
        everybody = list(range(learners))
        shy, steady = everybody[: learners // 5], everybody[learners // 5 :]
        async with asyncio.TaskGroup() as tasks:
            for part in range(4):
                tasks.create_task(people.learn(steady[part::4], 1.2))
                tasks.create_task(people.read(everybody, 1.0))
            tasks.create_task(people.learn(shy, 4.0))
            tasks.create_task(people.come_and_go(shy, 3.0))
            tasks.create_task(people.visit(0.5))
            tasks.create_task(people.visit(2.0))
            for instance in fleet.instances:
                tasks.create_task(people.watch(instance))
            yield people
            people.stop.set()


def _token(learner: int) -> str:
    return edge_crowd.token(learner)
