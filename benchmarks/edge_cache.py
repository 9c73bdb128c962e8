"""The response cache on a stated profile: ``build.py bench edge_cache``.

Two instances share a database and Redis. Readers ask for courses, boards and their pages, mostly the popular ones (the
profile is printed); ten times a second somebody earns points, which makes boards old. Counted are hits, and
computations per key and lifetime; then many ask one instance and the other for the same keys at once, with nobody
writing, which is where "at most one computation per key and lifetime" can be read off.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import itertools
import json
import os
import re
import sys
import time
import urllib.request
import uuid
from typing import TYPE_CHECKING

from benchmarks import edge_crowd, edge_load
from benchmarks.machine import facts, table
from benchmarks.openloop import Answer, Crowd, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.edge_load import Service

# Who asks each instance at once when a lifetime begins.
_CROWD = 200
_SESSIONS = 500
_CONNECTIONS = 64
# Path and share in percent; what a day of lessons asks for: who leads, in which window, and what there is to learn.
_PROFILE = (
    ("/api/leaderboard", 40),
    ("/api/leaderboard?window=week", 20),
    ("/api/leaderboard?window=day", 10),
    ("/api/leaderboard?limit=10", 10),
    ("/api/courses", 15),
    ("/api/openapi.json", 5),
)
_BOUNDS = list(itertools.accumulate(share for _, share in _PROFILE))
_COUNTS = re.compile(r"^edge_cache_(requests|computations)_total\{([^}]*)\} (\S+)$", re.MULTILINE)
_BOARD_SECONDS = 2


def main(arguments: list[str]) -> int:
    """Measure hits on the profile while points are earned, then computations per key and lifetime."""
    parser = argparse.ArgumentParser(prog="build.py bench edge_cache", description=__doc__)
    parser.add_argument("--learners", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--writes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    words = parser.parse_args(arguments)
    with _fleet(words.learners) as services:
        asyncio.run(_load(services, words.rate, 2, 0))
        before, started = _counts(services), time.monotonic()
        answers = asyncio.run(_load(services, words.rate, words.seconds, words.writes))
        busy = _lines(before, _counts(services))
        seconds = time.monotonic() - started
        print(f"\nProfile: {', '.join(f'{share} % {path}' for path, share in _PROFILE)}.")
        print(f"{words.rate:g} reads/s over two instances, {words.writes:g} writes/s; {json.dumps(facts(None))}\n")
        print(table(("route", "lookups", "computed", "hits"), busy))
        times = sorted(each.ms for each in answers)
        print(f"\np50 {times[len(times) // 2]:.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms, "
              f"{sum(not each.good for each in answers)} failed of {len(answers)} in {seconds:.0f} s")  # fmt: skip
        quiet = _quiet(services)
        print(f"Without writes, {_CROWD} readers at once on each instance, {quiet[0]} lifetimes of {quiet[1]} keys: "
              f"{quiet[2]} computations ({quiet[2] / quiet[0] / quiet[1]:.2f} per key and lifetime)")  # fmt: skip
    return 0


@contextlib.contextmanager
def _fleet(learners: int) -> Iterator[list[Service]]:
    sys.path.insert(0, str(edge_load.ROOT / "tests"))
    import prerequisites
    from servers import Redis

    need = next(each for each in prerequisites.NEEDS if each.variable == "COURSEWRIGHT_REDIS")
    os.environ[need.variable] = str(prerequisites.provide(need))
    with contextlib.ExitStack() as stack:
        environ, _ = stack.enter_context(edge_load.database("postgresql"))
        redis = stack.enter_context(Redis())
        edge_crowd.gather(environ, learners, _SESSIONS)
        examples = edge_load.ROOT / "tests" / "contract" / "examples"
        places = {"EDGE_CATALOG": str(examples / "catalog.json"), "EDGE_AWARDS": str(examples / "awards.json")}
        # A machine that runs the readers as well makes Redis seem slow; what is measured here is what is computed.
        environ = {**environ, **places, "REDIS_URL": redis.tcp_url, "EDGE_REDIS_MS": "1000"}
        yield [stack.enter_context(edge_load.edge(environ)) for _ in range(2)]


async def _load(services: list[Service], rate: float, seconds: float, writes: float) -> list[Answer]:
    """Read from both instances by the clock, and write meanwhile."""
    crowds = [Crowd("127.0.0.1", service.port, _CONNECTIONS) for service in services]
    writer = Crowd("127.0.0.1", services[0].port, 8)
    for crowd in (*crowds, writer):
        await crowd.open()

    def reading(service: Service) -> list[bytes]:
        # A golden-ratio walk over the profile: the same mixture in every run, without chance.
        number = services.index(service)
        paths = [_path((each * 0.6180339887 + number / 3) % 1) for each in range(int(rate * seconds / len(services)))]
        return [Request("GET", path).encoded(service.host) for path in paths]

    requests = [reading(service) for service in services]
    posts = [_earn(number).encoded(services[0].host) for number in range(int(writes * seconds))]
    share, count = rate / len(services), len(requests[0])
    works = [
        crowd.send(mine.__getitem__, share, lambda number: number < count)
        for crowd, mine in zip(crowds, requests, strict=True)
    ]
    if posts:
        works.append(writer.send(posts.__getitem__, writes, lambda number: number < len(posts)))
    read = await asyncio.gather(*works)
    for crowd in (*crowds, writer):
        crowd.close()
    return [answer for each in read for answer in each]


def _path(place: float) -> str:
    return _PROFILE[bisect.bisect_right(_BOUNDS, place * 100)][0]


def _earn(number: int) -> Request:
    body = {"events": [{"id": str(uuid.UUID(int=number)), "type": "lesson.read",
                        "item": "learn-solidity/basics/hello", "at": "2026-11-23T10:00:00Z"}]}  # fmt: skip
    cookie = f"Cookie: session={edge_crowd.token(number % _SESSIONS)}"
    return Request("POST", "/api/progress", (cookie, "Sec-Fetch-Site: same-origin"), json.dumps(body).encode())


def _quiet(services: list[Service]) -> tuple[int, int, int]:
    """Return lifetimes, keys and computations when nobody writes: each lifetime begins with a crowd on both."""
    paths = [path for path, _ in _PROFILE if "leaderboard" in path]

    async def crowd() -> None:
        crowds = [Crowd("127.0.0.1", service.port, _CROWD) for service in services]
        for each in crowds:
            await each.open()
        works = []
        for each, service in zip(crowds, services, strict=True):
            data = [Request("GET", paths[number % len(paths)]).encoded(service.host) for number in range(_CROWD)]
            works.append(each.send(data.__getitem__, 100_000, lambda number: number < _CROWD))
        await asyncio.gather(*works)
        for each in crowds:
            each.close()

    time.sleep(_BOARD_SECONDS + 1)
    before, lifetimes = _counts(services), 4
    for _ in range(lifetimes):
        asyncio.run(crowd())
        time.sleep(_BOARD_SECONDS + 0.2)
    made = _difference(before, _counts(services))
    return lifetimes, len(paths), made.get(("computations", "/api/leaderboard", "", ""), 0)


def _counts(services: list[Service]) -> dict[tuple[str, str, str, str], int]:
    found: dict[tuple[str, str, str, str], int] = {}
    for service in services:
        with urllib.request.urlopen(f"http://{service.host}/metrics") as answer:
            text = answer.read().decode()
        for kind, labels, count in _COUNTS.findall(text):
            said = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            name = (kind, said["route"], said.get("layer", ""), said.get("outcome", ""))
            found[name] = found.get(name, 0) + int(float(count))
    return found


def _difference(
    before: dict[tuple[str, str, str, str], int], after: dict[tuple[str, str, str, str], int]
) -> dict[tuple[str, str, str, str], int]:
    return {name: count - before.get(name, 0) for name, count in after.items()}


def _lines(
    before: dict[tuple[str, str, str, str], int], after: dict[tuple[str, str, str, str], int]
) -> list[tuple[str, str, str, str]]:
    more = _difference(before, after)
    routes = sorted({route for _, route, _, _ in more})
    rows, sums = [], [0, 0]
    for route in routes:
        asked = sum(more.get(("requests", route, "l1", outcome), 0) for outcome in ("hit", "miss", "collapsed"))
        made = more.get(("computations", route, "", ""), 0)
        sums = [sums[0] + asked, sums[1] + made]
        rows.append((route, str(asked), str(made), f"{1 - made / max(1, asked):.1%}"))
    return [*rows, ("all", str(sums[0]), str(sums[1]), f"{1 - sums[1] / max(1, sums[0]):.1%}")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
