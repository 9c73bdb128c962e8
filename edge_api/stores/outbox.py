"""The transactional outbox: what a transaction touched, kept by the transaction itself until Redis has confirmed it.

A message is a row with the transaction's words (``edge_api.stores.touched``), written last. It counts as delivered when
it has a time of delivery, and waiting messages are found by not having one, never by an id above the last one seen:
transactions do not commit in the order in which they begin.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, text

from edge_api import keys
from edge_api.stores.statement import Statement
from edge_api.stores.writes import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database

_AGES = 1 << 62


class Message(msgspec.Struct, frozen=True):
    """A message that is not delivered yet; ``age`` is how long ago it was written, in microseconds."""

    id: str
    words: frozenset[str]
    age: int


@cache
def _add(clock: str) -> Statement:
    return Statement(f"INSERT INTO outbox (id, words, created_at) VALUES (:id, :words, {clock})")  # noqa: S608 - the clock is ours


def add(database: Database, words: Iterable[str]) -> tuple[str, Write]:
    """Return a message's id, and what writes it."""
    values = {"id": keys.new_id(), "words": msgspec.json.encode(sorted(words)).decode()}
    return values["id"], Write(_add(database.clock), values)


async def undelivered(database: Database, connection: AsyncConnection, limit: int) -> list[Message]:
    """Return messages that nobody has marked as delivered, the oldest first."""
    sql = f"""
        SELECT id, words, {database.clock} - created_at AS age
        FROM outbox WHERE delivered_at IS NULL ORDER BY created_at LIMIT :limit
    """  # noqa: S608 - the clock is ours
    rows = await connection.execute(text(sql), {"limit": limit})
    return [Message(row.id, msgspec.json.decode(row.words, type=frozenset[str]), _age(int(row.age))) for row in rows]


def _age(microseconds: int) -> int:
    # From the future: the database's clock was set back, and nobody knows for how long it has been waiting.
    return microseconds if microseconds >= 0 else _AGES


async def deliver(database: Database, connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Mark messages as delivered."""
    sql = f"UPDATE outbox SET delivered_at = {database.clock} WHERE delivered_at IS NULL AND id IN :ids"  # noqa: S608 - the clock is ours
    await connection.execute(text(sql).bindparams(bindparam("ids", expanding=True)), {"ids": list(ids)})


async def sweep(database: Database, connection: AsyncConnection, keep: int) -> int:
    """Delete messages that were delivered more than ``keep`` microseconds ago."""
    sql = f"DELETE FROM outbox WHERE delivered_at < {database.clock} - :keep"  # noqa: S608 - the clock is ours
    return (await connection.execute(text(sql), {"keep": keep})).rowcount
