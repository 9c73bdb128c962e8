"""Writes of a transaction, which go to the database together.

A ``Write`` is a statement that changes rows, the rows that it is given, and the words for what it touches. Writes that
are executed together are one statement on PostgreSQL (each a part of one WITH) and one visit to the connection's thread
on SQLite: a round trip costs more than most of them. So none of them may see what another one does, and no two may
change the same row.

A write that is deferred is executed when its transaction ends, together with the message in the outbox.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import msgspec

from edge_api.stores import driver, touched
from edge_api.stores.statement import VALUE, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

_DEFERRED = "deferred"
_NO_ROWS = "[]"


class Write(msgspec.Struct, frozen=True):
    """A statement that changes rows, its values, and the words for what it touches."""

    statement: Statement
    values: dict[str, Any]
    touches: tuple[str, ...] = ()


def write_of(statement: Statement, rows: Sequence[Any], *touches: str, **values: Any) -> Write:
    """Return the write that runs a statement on each of these rows; without rows it touches nothing."""
    return Write(statement, {**values, "rows": msgspec.json.encode(rows).decode()}, touches if rows else ())


async def execute(connection: AsyncConnection, *writes: Write) -> None:
    """Execute these writes, all or none."""
    touched.say(connection, [word for each in writes for word in each.touches])
    given = [each for each in writes if each.values.get("rows") != _NO_ROWS]
    line, sqlite = driver.of(connection)
    if sqlite and given:
        sent = [(each.statement.sqlite, each.values) for each in given]
        await driver.watched(connection, sent, partial(driver.visited, line, sent))
    elif given:
        # Those without rows as well, so that a statement which is prepared once has one form.
        sql, values = _together(tuple(each.statement for each in writes)), _apart(writes)
        await driver.watched(connection, [(sql, values)], partial(line.execute, sql, values, prepare=True))


def defer(connection: AsyncConnection, *writes: Write) -> None:
    """Execute these writes at the end of the transaction; nothing before that may read what they change."""
    touched.say(connection, [word for each in writes for word in each.touches])
    connection.info.setdefault(_DEFERRED, []).extend(writes)


def begin(connection: AsyncConnection) -> None:
    """Forget what an earlier transaction deferred and, because it failed, never executed."""
    connection.info[_DEFERRED] = []


async def flush(connection: AsyncConnection) -> None:
    """Execute what was deferred."""
    writes = connection.info.pop(_DEFERRED)
    if writes:
        await execute(connection, *writes)


def _apart(writes: Sequence[Write]) -> Mapping[str, Any]:
    """Return all values, each under its name and the number of its write."""
    return {f"{name}_{number}": value for number, each in enumerate(writes) for name, value in each.values.items()}


@lru_cache(maxsize=64)
def _together(statements: tuple[Statement, ...]) -> str:
    """Return one statement for PostgreSQL that does what these do."""
    parts = [
        VALUE.sub(lambda value, number=number: f"%({value[1]}_{number})s", each.words)  # type: ignore[misc]  # called at once
        for number, each in enumerate(statements)
    ]
    *others, main = parts
    return f"WITH {', '.join(f'part_{n} AS ({part})' for n, part in enumerate(others))} {main}" if others else main
