"""Boards as they change: who stands where, how many there are, and the revision that moves with every change.

Both numbers lie in eight shards, so that no two learners often wait for the same row and nobody ever counts a million
rows. How boards are read is in ``edge_api.stores.lines``.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, text

from edge_api import groups
from edge_api.stores import touched
from edge_api.stores.lines import Place
from edge_api.stores.statement import Statement, packed
from edge_api.stores.writes import Write, write_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database

SHARDS = 8


class Change(msgspec.Struct, frozen=True, order=True):
    """What happens to a board: how many learners more or fewer; the revision always moves."""

    scope: str
    period: str
    learners: int


_PLACES = Statement(
    "SELECT scope, period, xp, reached_at, listed FROM xp_total WHERE learner_id = :learner AND period {among}",
    prepared=True,
)
_KNOWN = Statement("SELECT DISTINCT scope, period FROM board_shard WHERE period {among}")
_BOARDS_OF = Statement("SELECT scope, period FROM xp_total WHERE learner_id = :learner")

# In one order for all, against deadlocks.
_BUMP = Statement(
    """
    INSERT INTO board_shard (scope, period, shard, learners, revision)
    SELECT scope, period, :shard, learners, 1 FROM {rows} WHERE TRUE ORDER BY scope, period
    ON CONFLICT (scope, period, shard) DO UPDATE SET
        learners = board_shard.learners + excluded.learners,
        revision = board_shard.revision + 1
    """,
    rows={"scope": "text", "period": "text", "learners": "bigint"},
)


async def places(
    connection: AsyncConnection, learner: str, periods: Sequence[str]
) -> dict[tuple[str, str], Place | None]:
    """Return a learner's place on each board of these periods: none where they have points and are not listed."""
    rows = await _PLACES.ask(connection, {"learner": learner, "ids": packed(connection, periods)})
    return {
        (scope, period): Place(xp, reached_at, learner) if listed else None
        for scope, period, xp, reached_at, listed in rows
    }


async def known(connection: AsyncConnection, periods: Sequence[str]) -> list[tuple[str, str]]:
    """Return the boards that there ever were in these periods."""
    rows = await _KNOWN.ask(connection, {"ids": packed(connection, periods)})
    return [(scope, period) for scope, period in rows]


async def boards_of(connection: AsyncConnection, learner: str) -> list[tuple[str, str]]:
    """Return every board on which a learner has a sum."""
    return [(scope, period) for scope, period in await _BOARDS_OF.ask(connection, {"learner": learner})]


async def relist(connection: AsyncConnection, learner: str, *, listed: bool) -> None:
    """Put a locked learner on all boards, or take them off all."""
    values = {"learner": learner, "listed": listed}
    await connection.execute(text("UPDATE learner SET listed = :listed WHERE id = :learner"), values)
    await connection.execute(text("UPDATE xp_total SET listed = :listed WHERE learner_id = :learner"), values)


def bump(learner: str, changes: Iterable[Change]) -> Write:
    """Move boards' revisions and counts: last in a transaction, for others wait for their rows."""
    rows = sorted(changes)
    scopes = sorted({change.scope for change in rows})
    old = groups.boards((change.scope, change.period) for change in rows)
    touches = (f"place/{learner}", *(f"board/{scope}" for scope in scopes), *(f"group/{name}" for name in old))
    return write_of(_BUMP, rows, *touches, shard=zlib.crc32(learner.encode()) % SHARDS)


async def revisions(connection: AsyncConnection) -> dict[str, int]:
    """Return every scope's revision; whatever changes a board changes that of all time."""
    sql = "SELECT scope, SUM(revision) AS revision FROM board_shard WHERE period = 'all' GROUP BY scope"
    return {row.scope: int(row.revision) for row in await connection.execute(text(sql))}


async def drop(database: Database, connection: AsyncConnection, periods: Sequence[str], limit: int) -> int:
    """Delete boards of past periods, so many rows of each kind; the ledger could make them again."""
    dropped = 0
    for table, key in (("xp_total", "learner_id, scope, period"), ("board_shard", "scope, period, shard")):
        sql = f"""
            DELETE FROM {table} WHERE ({key}) IN (
                SELECT {key} FROM {table} WHERE period IN :periods LIMIT :limit{database.lock_idle})
        """  # noqa: S608 - names from this line
        past = text(sql).bindparams(bindparam("periods", expanding=True))
        dropped += (await connection.execute(past, {"periods": list(periods), "limit": limit})).rowcount
    if dropped:
        touched.touch(connection, "group", groups.EVERYTHING)
    return dropped
