"""Learners: one row each, locked first by everything that changes what they have."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from edge_api.stores import sessions, touched
from edge_api.stores.statement import Statement
from edge_api.stores.writes import Write

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database


class Taken(Exception):  # noqa: N818 - an answer, not a mistake
    """The handle belongs to somebody else."""


class Learner(msgspec.Struct, frozen=True):
    """A learner's row, and the database's time when it was read."""

    id: str
    handle: str
    anonymous: bool
    visible: bool
    listed: bool
    xp: int
    lessons: int
    achievements: int
    pending: int
    last_seq: int
    judged_with: str
    utc_offset: int
    created_at: int
    last_active_at: int
    sessions_valid_after: int
    passkey_user: bytes | None
    now: int


_COLUMNS = ", ".join(name for name in Learner.__struct_fields__ if name != "now")


async def lock(database: Database, connection: AsyncConnection, learner_id: str) -> Learner | None:
    """Return the learner's row, held until the transaction ends."""
    return await _found(connection, _find(database.clock, database.lock), learner_id)


async def get(database: Database, connection: AsyncConnection, learner_id: str) -> Learner | None:
    """Return the learner's row as it is now."""
    return await _found(connection, _find(database.clock, ""), learner_id)


async def add(connection: AsyncConnection, learner: Learner, handle_key: str) -> bool:
    """Insert a learner; tell whether the handle was still free."""
    values = msgspec.structs.asdict(learner)
    names = ", ".join(f":{name}" for name in Learner.__struct_fields__ if name != "now")
    sql = (
        f"INSERT INTO learner ({_COLUMNS}, handle_key) VALUES ({names}, :handle_key) "  # noqa: S608 - names from this file
        "ON CONFLICT (handle_key) DO NOTHING"
    )
    return bool((await connection.execute(text(sql), {**values, "handle_key": handle_key})).rowcount)


async def rename(connection: AsyncConnection, learner_id: str, handle: str, handle_key: str) -> None:
    """Give a locked learner a handle, or raise ``Taken``: the unique key decides, also between two at once."""
    sql = "UPDATE learner SET handle = :handle, handle_key = :key WHERE id = :id"
    try:
        await connection.execute(text(sql), {"id": learner_id, "handle": handle, "key": handle_key})
    except IntegrityError as error:
        raise Taken from error
    touched.touch(connection, "learner", learner_id)


def change(learner_id: str, **values: Any) -> Write:
    """Set columns of a locked learner."""
    return Write(_set(tuple(values)), {**values, "id": learner_id}, (f"learner/{learner_id}",))


async def forget(connection: AsyncConnection, learner_id: str) -> None:
    """Delete a locked learner and all that is theirs; the boards were told before."""
    await sessions.end_all(connection, learner_id)
    for table in (
        "passkey",
        "recovery_code",
        "progress_event",
        "xp_event",
        "xp_total",
        "learner_day",
        "earned",
    ):
        await connection.execute(text(f"DELETE FROM {table} WHERE learner_id = :id"), {"id": learner_id})  # noqa: S608 - names from this line
    await connection.execute(text("DELETE FROM learner WHERE id = :id"), {"id": learner_id})
    touched.touch(connection, "learner", learner_id)


async def abandoned(connection: AsyncConnection, before: int, limit: int) -> list[str]:
    """Return anonymous learners whom no session can reach any more and who did nothing since ``before``."""
    sql = """
        SELECT id FROM learner
        WHERE anonymous AND last_active_at < :before
          AND NOT EXISTS (SELECT 1 FROM session WHERE session.learner_id = learner.id)
        LIMIT :limit
    """
    return list((await connection.execute(text(sql), {"before": before, "limit": limit})).scalars())


async def grown_inactive(connection: AsyncConnection, before: int, limit: int) -> list[str]:
    """Return learners who are on boards and did nothing since ``before``."""
    sql = "SELECT id FROM learner WHERE listed AND last_active_at < :before LIMIT :limit"
    return list((await connection.execute(text(sql), {"before": before, "limit": limit})).scalars())


async def unsettled(connection: AsyncConnection, judged_with: str, limit: int) -> list[str]:
    """Return learners with pending events that were last judged by other awards than these."""
    sql = "SELECT id FROM learner WHERE pending > 0 AND judged_with <> :with LIMIT :limit"
    return list((await connection.execute(text(sql), {"with": judged_with, "limit": limit})).scalars())


async def _found(connection: AsyncConnection, statement: Statement, learner_id: str) -> Learner | None:
    for row in await statement.ask(connection, {"id": learner_id}):
        return msgspec.convert(dict(zip(Learner.__struct_fields__, row, strict=True)), Learner, strict=False)
    return None


@cache
def _find(clock: str, lock: str) -> Statement:
    return Statement(f"SELECT {_COLUMNS}, {clock} AS now FROM learner WHERE id = :id{lock}", prepared=True)  # noqa: S608 - names from this file


@cache
def _set(names: tuple[str, ...]) -> Statement:
    sets = ", ".join(f"{name} = :{name}" for name in names)
    return Statement(f"UPDATE learner SET {sets} WHERE id = :id")  # noqa: S608 - names from our own calls
