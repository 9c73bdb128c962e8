"""Reading boards of a million learners through the API: ``build.py bench edge_leaderboard``.

On SQLite, on PostgreSQL, and on PostgreSQL with Redis. First pages and those that follow them are asked for again and
again, so most of these answers are kept ones; pages anywhere and the part around a learner are made each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial

from benchmarks import edge_crowd, edge_load
from benchmarks.edge_load import Measured, Service
from benchmarks.openloop import Request
from edge_api import keys
from edge_api.stores.redis import Redis

_SESSIONS = 500
_PLACES = 2000
_KINDS = ("sqlite", "postgresql", "redis")
_FAST = re.compile(
    r'^http_server_request_duration_seconds_(bucket|count)\{.*route="/api/leaderboard(?!.*le="(?!0\.005"))'
)


def main(arguments: list[str]) -> int:
    """Measure first pages, later pages, pages anywhere and the page around a learner, beside a bare route."""
    parser = edge_load.options(__doc__, learners=1_000_000, rate=100)
    parser.add_argument("--on", choices=_KINDS, action="append", help="sqlite, postgresql, redis with postgresql")
    words = parser.parse_args(arguments)
    rows = [edge_load.ceiling(words.rate, words.seconds)]
    for kind in words.on or _KINDS:
        rows += _measured(kind, words.learners, words.rate, words.seconds)
    edge_load.report(f"Boards of {words.learners:,} learners", words.rate, rows)
    return 0


def _measured(kind: str, learners: int, rate: float, seconds: float) -> list[tuple[str, Measured]]:
    with contextlib.ExitStack() as stack:
        environ, _ = stack.enter_context(edge_load.database("sqlite" if kind == "sqlite" else "postgresql"))
        spent = edge_crowd.gather(environ, learners, _SESSIONS)
        print(f"{kind}: {learners:,} learners in {spent:.0f} s", file=sys.stderr)
        environ |= stack.enter_context(edge_load.redis()) if kind == "redis" else {}
        service = stack.enter_context(edge_load.edge(environ))
        if kind == "redis":
            print(f"redis: the board was made in {asyncio.run(_made(service, environ['REDIS_URL'])):.1f} s")
        cursors = _cursors(service, 10)
        places = [edge_crowd.cursor(number * learners // _PLACES, learners) for number in range(_PLACES)]
        plans: dict[str, Callable[[int], Request]] = {
            "first page of 50": lambda _: Request("GET", "/api/leaderboard"),
            "pages 2 to 11": partial(_page, cursors),
            "pages anywhere": partial(_page, places),
            "around me, any rank": lambda n: Request(
                "GET",
                "/api/leaderboard/around-me?limit=10",
                (f"Cookie: session={edge_crowd.token(n % _SESSIONS)}",),
            ),
        }
        rows = []
        for name, make in plans.items():
            row, before = f"{kind}: {name}", _fast(service)
            rows.append((row, edge_load.load(service, make, rate, seconds)))
            within, all_of_them = (after - old for after, old in zip(_fast(service), before, strict=True))
            print(f"{row}: {within / all_of_them:.1%} within 5 ms by the server's own clock", file=sys.stderr)
        return rows


async def _made(service: Service, url: str) -> float:
    """Ask for the board until Redis has it; return how long that took."""
    redis, started = Redis(url, milliseconds=60_000), time.monotonic()
    while (await redis.ask(("EXISTS", keys.board("", "all")))).values == [0]:
        await asyncio.to_thread(_first, service)
        await asyncio.sleep(0.1)
    await redis.close()
    return time.monotonic() - started


def _first(service: Service) -> None:
    # Each time another page, for answers are kept.
    with urllib.request.urlopen(
        f"http://{service.host}/api/leaderboard?limit={1 + time.monotonic_ns() % 100}"
    ) as answer:
        answer.read()


def _fast(service: Service) -> tuple[float, float]:
    """Return how many requests for boards took at most 5 ms, and how many there were."""
    with urllib.request.urlopen(f"http://{service.host}/metrics") as answer:
        lines = [line for line in answer.read().decode().splitlines() if _FAST.match(line)]
    fast = sum(float(line.rpartition(" ")[2]) for line in lines if "_bucket{" in line)
    return fast, sum(float(line.rpartition(" ")[2]) for line in lines if "_count{" in line)


def _page(cursors: list[str], number: int) -> Request:
    return Request("GET", f"/api/leaderboard?cursor={cursors[number % len(cursors)]}")


def _cursors(service: Service, pages: int) -> list[str]:
    found, path = [], "/api/leaderboard"
    for _ in range(pages):
        with urllib.request.urlopen(f"http://{service.host}{path}") as answer:
            cursor = json.load(answer)["next"]
        if cursor is None:
            break
        found.append(cursor)
        path = f"/api/leaderboard?cursor={cursor}"
    return found or [""]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
