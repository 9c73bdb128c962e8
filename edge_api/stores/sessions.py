"""Sessions: one row each, by the digest of their secret.

A row that was replaced lives on for half a minute as an alias: requests that were under way when the cookie changed
still find their learner. An alias keeps the rights it had (``authenticated_at`` of its own row), never gets the new
ones, and after a sign-in to another learner may add progress but not read (``alias_reads``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

from edge_api.stores import touched
from edge_api.stores.statement import Statement
from edge_api.stores.writes import Write

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database


class Session(msgspec.Struct, frozen=True):
    """A session's row."""

    id: str
    name: str
    learner_id: str
    created_at: int
    started_at: int
    last_seen_at: int
    authenticated_at: int | None
    synced_at: int
    replaced_by: str | None
    alias_until: int | None
    alias_reads: bool
    device: str


class Owner(msgspec.Struct, frozen=True):
    """What every request needs to know of a session's learner."""

    id: str
    handle: str
    anonymous: bool
    visible: bool
    xp: int
    pending: int
    judged_with: str
    sessions_valid_after: int


_COLUMNS = ", ".join(Session.__struct_fields__)
_OF_SESSION = ", ".join(f"s.{name}" for name in Session.__struct_fields__)

_OF_OWNER = ("handle", "anonymous", "visible", "xp", "pending", "judged_with", "sessions_valid_after")
_FOUND = (*Session.__struct_fields__, *_OF_OWNER)

_FIND = Statement(
    f"""
    SELECT {_OF_SESSION}, {", ".join(f"l.{name}" for name in _OF_OWNER)}
    FROM session s JOIN learner l ON l.id = s.learner_id WHERE s.id = :id
    """,  # noqa: S608 - names from this file
    prepared=True,
)

_SYNCED = Statement("UPDATE session SET synced_at = :at WHERE id = :id AND synced_at < :at")

_NAMES = ", ".join(f":{name}" for name in Session.__struct_fields__)
_ADD = text(f"INSERT INTO session ({_COLUMNS}) VALUES ({_NAMES})")  # noqa: S608 - names from this file


async def find(connection: AsyncConnection, session_id: str) -> tuple[Session, Owner] | None:
    """Return a session and its learner."""
    rows = await _FIND.ask(connection, {"id": session_id})
    if not rows:
        return None
    found = dict(zip(_FOUND, rows[0], strict=True))
    session = msgspec.convert(found, Session, strict=False)
    return session, msgspec.convert(found | {"id": session.learner_id}, Owner, strict=False)


async def add(connection: AsyncConnection, session: Session) -> None:
    """Insert a session."""
    await connection.execute(_ADD, msgspec.structs.asdict(session))


async def touch(connection: AsyncConnection, session_id: str, now: int) -> None:
    """Remember that a session was seen."""
    sql = "UPDATE session SET last_seen_at = :now WHERE id = :id AND last_seen_at < :now"
    await connection.execute(text(sql), {"id": session_id, "now": now})
    touched.touch(connection, "session", session_id)


def synced(session_id: str, at: int) -> Write:
    """Remember how far a device has told its story."""
    return Write(_SYNCED, {"id": session_id, "at": at}, (f"session/{session_id}",))


async def replace(
    connection: AsyncConnection, session_id: str, by: str, learner: str, until: int, *, reads: bool
) -> bool:
    """Turn a session into an alias; tell whether it was still one to turn."""
    sql = """
        UPDATE session SET replaced_by = :by, learner_id = :learner, alias_until = :until, alias_reads = :reads
        WHERE id = :id AND replaced_by IS NULL
    """
    values = {"id": session_id, "by": by, "learner": learner, "until": until, "reads": reads}
    touched.touch(connection, "ended", session_id)
    return bool((await connection.execute(text(sql), values)).rowcount)


async def of(connection: AsyncConnection, learner: str) -> list[Session]:
    """Return a learner's sessions, aliases apart, latest use first."""
    sql = f"""
        SELECT {_COLUMNS} FROM session WHERE learner_id = :learner AND replaced_by IS NULL
        ORDER BY last_seen_at DESC, name
    """  # noqa: S608 - names from this file
    rows = await connection.execute(text(sql), {"learner": learner})
    return [msgspec.convert(row._mapping, Session, strict=False) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def end(connection: AsyncConnection, learner: str, name: str) -> bool:
    """Delete one session of a locked learner, its aliases and what has just replaced it; tell whether it was there."""
    sql = """
        WITH RECURSIVE
            mine AS (SELECT id, name, replaced_by FROM session WHERE learner_id = :learner),
            chain AS (
                SELECT id, replaced_by FROM mine WHERE name = :name
                UNION
                SELECT mine.id, mine.replaced_by FROM mine
                JOIN chain ON mine.replaced_by = chain.id OR mine.id = chain.replaced_by)
        DELETE FROM session WHERE id IN (SELECT id FROM chain) RETURNING id
    """
    ended = list((await connection.execute(text(sql), {"learner": learner, "name": name})).scalars())
    touched.touch(connection, "ended", *ended)
    return bool(ended)


async def end_all(connection: AsyncConnection, learner: str) -> None:
    """Delete all sessions of a learner."""
    sql = "DELETE FROM session WHERE learner_id = :learner RETURNING id"
    touched.touch(connection, "ended", *(await connection.execute(text(sql), {"learner": learner})).scalars())


async def sweep(database: Database, connection: AsyncConnection, now: int, seen_before: int, limit: int) -> int:
    """Delete aliases that are over and sessions that nobody used for so long that none is valid any more."""
    sql = f"""
        DELETE FROM session WHERE id IN (
            SELECT id FROM session WHERE last_seen_at < :before OR (alias_until IS NOT NULL AND alias_until < :now)
            LIMIT :limit{database.lock_idle})
    """  # noqa: S608 - the words are ours
    return (await connection.execute(text(sql), {"now": now, "before": seen_before, "limit": limit})).rowcount
