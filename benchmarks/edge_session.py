"""Finding out who is asking, on SQL alone: ``build.py bench edge_session``."""

from __future__ import annotations

import sys

from benchmarks import edge_crowd, edge_load
from benchmarks.openloop import Request

_SESSIONS = 2000


def main(arguments: list[str]) -> int:
    """Measure GET /api/session with a session, on both databases, beside a bare route."""
    words = edge_load.options(__doc__, learners=20_000, rate=200).parse_args(arguments)
    rows = [edge_load.ceiling(words.rate, words.seconds)]
    for kind in ("sqlite", "postgresql"):
        with edge_load.database(kind) as (environ, _):
            edge_crowd.gather(environ, words.learners, _SESSIONS)
            with edge_load.edge(environ) as service:
                rows.append((f"{kind}: who am I", edge_load.load(service, _ask, words.rate, words.seconds)))
    edge_load.report("Session check", words.rate, rows)
    return 0


def _ask(number: int) -> Request:
    return Request("GET", "/api/session", (f"Cookie: session={edge_crowd.token(number % _SESSIONS)}",))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
