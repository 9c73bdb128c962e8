"""Batches of progress, on SQL alone: ``build.py bench edge_progress``."""

from __future__ import annotations

import json
import sys
import tempfile
import uuid
from functools import partial
from pathlib import Path

from benchmarks import edge_crowd, edge_load
from benchmarks.openloop import Request

_SESSIONS = 2000
_LESSONS = 2000
_EVENTS = 3


def main(arguments: list[str]) -> int:
    """Measure POST /api/progress with batches of three new events, on both databases, beside a bare route."""
    words = edge_load.options(__doc__, learners=20_000, rate=50).parse_args(arguments)
    rows = [edge_load.ceiling(words.rate, words.seconds)]
    with tempfile.TemporaryDirectory() as folder:
        awards = Path(folder, "awards.json")
        items = {f"c/{number}": {"kind": "lesson", "course": "c", "xp": 10} for number in range(_LESSONS)}
        awards.write_text(json.dumps({"version": 1, "items": items, "achievements": [], "levels": {"step": 100}}))
        for kind in ("sqlite", "postgresql"):
            with edge_load.database(kind) as (environ, _):
                edge_crowd.gather(environ, words.learners, _SESSIONS)
                with edge_load.edge({**environ, "EDGE_AWARDS": str(awards)}) as service:
                    measured = edge_load.load(service, partial(_tell, service.host), words.rate, words.seconds)
                    rows.append((f"{kind}: a batch of {_EVENTS} events", measured))
    edge_load.report("Progress", words.rate, rows)
    return 0


def _tell(host: str, number: int) -> Request:
    at = "2026-11-23T10:00:00Z"
    events = [
        {"id": str(uuid.uuid4()), "type": "lesson.read", "item": f"c/{(number * _EVENTS + each) % _LESSONS}", "at": at}
        for each in range(_EVENTS)
    ]
    cookie = f"Cookie: session={edge_crowd.token(number % _SESSIONS)}"
    return Request("POST", "/api/progress", (cookie, f"Origin: http://{host}"), json.dumps({"events": events}).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
