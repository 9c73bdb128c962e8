"""Reading boards of a million learners through the API, on SQL alone: ``build.py bench edge_leaderboard``."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Callable
from functools import partial

from benchmarks import edge_crowd, edge_load
from benchmarks.edge_load import Measured, Service
from benchmarks.openloop import Request

_SESSIONS = 500


def main(arguments: list[str]) -> int:
    """Measure first pages, later pages and the page around a learner, on both databases, beside a bare route."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    words = parser.parse_args(arguments)
    rows: list[tuple[str, Measured]] = []
    with edge_load.bare() as service:
        rows.append(
            ("bare Starlette route", edge_load.load(service, lambda _: Request("GET", "/"), words.rate, words.seconds))
        )
    for kind in ("sqlite", "postgresql") if words.database == "both" else (words.database,):
        with edge_load.database(kind) as (environ, _):
            spent = edge_crowd.gather(environ, words.learners, _SESSIONS)
            print(f"{kind}: {words.learners:,} learners in {spent:.0f} s", file=sys.stderr)
            with edge_load.edge(environ) as service:
                cursors = _cursors(service, 10)
                plans: dict[str, Callable[[int], Request]] = {
                    "first page of 50": lambda _: Request("GET", "/api/leaderboard"),
                    "pages 2 to 11": partial(_page, cursors),
                    "around me, any rank": lambda n: Request(
                        "GET",
                        "/api/leaderboard/around-me?limit=10",
                        (f"Cookie: session={edge_crowd.token(n % _SESSIONS)}",),
                    ),
                }
                for name, make in plans.items():
                    # A deep rank is counted: so many a second that the queue does not measure itself.
                    rate = words.rate if "around" not in name else words.rate / 10
                    rows.append((f"{kind}: {name}", edge_load.load(service, make, rate, words.seconds)))
    edge_load.report(f"Boards of {words.learners:,} learners (around me at a tenth of the rate)", words.rate, rows)
    return 0


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
