"""A crowd for the edge's benchmarks: learners with points on the boards, and sessions for some of them.

Scores fall off steeply, as they do: few learners lead, very many have a handful of points, and ties are common.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
import time
from typing import Any

from sqlalchemy import text

from edge_api.environment import read
from edge_api.keys import Sealer
from edge_api.services.edge import connect
from edge_api.stores.migrations import migrate

_TOP = 20_000
_SINCE = 1_750_000_000
_BATCH = 20_000


def token(number: int) -> str:
    """Return the cookie of a session that ``gather`` made."""
    return hashlib.sha256(f"session {number}".encode()).hexdigest()[:43]


def gather(environ: dict[str, str], learners: int, sessions: int) -> float:
    """Fill a database with a crowd; return how many seconds it took."""
    started = time.monotonic()
    # Batches of so many rows are slow statements, as they should be.
    logging.getLogger("edge.sql").setLevel(logging.ERROR)
    asyncio.run(_gather({**os.environ, **environ, "SECRET_KEY": "b" * 32}, learners, sessions))
    return time.monotonic() - started


async def _gather(environ: dict[str, str], learners: int, sessions: int) -> None:
    database = connect(read(environ))
    await database.run(migrate)
    now = time.time_ns() // 1000
    for start in range(0, learners, _BATCH):
        people = [_person(number, learners, now) for number in range(start, min(start + _BATCH, learners))]
        async with database.write() as connection:
            await connection.execute(_LEARNER, people)
            await connection.execute(_TOTAL, people)
    async with database.write() as connection:
        shard = "INSERT INTO board_shard (scope, period, shard, learners, revision) VALUES ('', 'all', 0, :n, 1)"
        await connection.execute(text(shard), {"n": learners})
        step = max(1, learners // sessions)
        rows = [
            # Seen so late that no measured request writes that it was seen: in earnest that is once a minute.
            {"id": hashlib.sha256(token(number).encode()).hexdigest(), "name": f"s{number}", "now": now,
             "seen": now + 3_600_000_000,
             "learner": _id(number * step % learners)}
            for number in range(sessions)
        ]  # fmt: skip
        await connection.execute(_SESSION, rows)
    async with database.read() as connection:
        # What autovacuum would have done by the time that a real crowd has gathered.
        await connection.execute(text("VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE"))
    await database.close()


def _person(number: int, learners: int, now: int) -> dict[str, Any]:
    # A golden-ratio walk spreads ranks over ids without chance, so that every run has the same crowd.
    share = number * 0.6180339887498949 % 1
    xp = 10 + int(_TOP * math.exp(-9 * share)) // 5 * 5
    return {"id": _id(number), "handle": f"learner {number} of {learners}", "xp": xp, "now": now, "at": _SINCE + number}


def cursor(number: int, learners: int) -> str:
    """Return the cursor of the page that follows a learner's place on the board of all time."""
    person = _person(number, learners, 0)
    return Sealer(b"b" * 32).seal("board::all", (person["xp"], person["at"], person["id"], "all"))


def _id(number: int) -> str:
    return hashlib.sha256(f"learner {number}".encode()).hexdigest()[:26]


_LEARNER = text("""
    INSERT INTO learner (id, handle, handle_key, anonymous, visible, listed, xp, lessons, achievements, pending,
                         last_seq, judged_with, utc_offset, created_at, last_active_at, sessions_valid_after)
    VALUES (:id, :handle, :handle, false, true, true, :xp, 3, 2, 0, 0, '', 0, :now, :now, 0)
""")
_TOTAL = text("""
    INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed)
    VALUES (:id, '', 'all', :xp, 3, :at, true)
""")
_SESSION = text("""
    INSERT INTO session (id, name, learner_id, created_at, started_at, last_seen_at, authenticated_at, synced_at,
                         alias_reads, device)
    VALUES (:id, :name, :learner, :now, :now, :seen, :now, 0, true, 'bench')
""")
