"""What a transaction tells the database: changes that are put together and sent together.

A ``Telling`` is a statement that changes rows, the rows that are given to it, and what it touches. Those that are told
together are one statement on PostgreSQL (each a part of one WITH) and one visit to the connection's thread on SQLite,
for a way there and back costs more than most of them. So none of them may see what another one does, and no two may
change the same row.

What is told ``last`` waits for the end of its transaction, and goes together with the message in the outbox.
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

_LAST = "last"
_NONE = "[]"


class Telling(msgspec.Struct, frozen=True):
    """A change: its statement, the values, the words for what it touches."""

    statement: Statement
    values: dict[str, Any]
    touches: tuple[str, ...] = ()


def telling(statement: Statement, rows: Sequence[Any], *touches: str, **values: Any) -> Telling:
    """Return a change that is made for each of these rows."""
    return Telling(statement, {**values, "rows": msgspec.json.encode(rows).decode()}, touches if rows else ())


async def tell(connection: AsyncConnection, *tellings: Telling) -> None:
    """Make these changes, all or none."""
    touched.say(connection, [word for each in tellings for word in each.touches])
    given = [each for each in tellings if each.values.get("rows") != _NONE]
    line, sqlite = driver.of(connection)
    if sqlite and given:
        sent = [(each.statement.sqlite, each.values) for each in given]
        await driver.watched(connection, sent, partial(driver.visited, line, sent))
    elif given:
        # Those without rows as well, for what is planned once has one form.
        sql, values = _together(tuple(each.statement for each in tellings)), _apart(tellings)
        await driver.watched(connection, [(sql, values)], partial(line.execute, sql, values, prepare=True))


def last(connection: AsyncConnection, *tellings: Telling) -> None:
    """Make these changes at the end of the transaction; nothing that comes after may ask for what they change."""
    touched.say(connection, [word for each in tellings for word in each.touches])
    connection.info.setdefault(_LAST, []).extend(tellings)


def begin(connection: AsyncConnection) -> None:
    """Forget what an earlier transaction did not come to."""
    connection.info[_LAST] = []


async def end(connection: AsyncConnection) -> None:
    """Tell what was to be told last."""
    tellings = connection.info.pop(_LAST)
    if tellings:
        await tell(connection, *tellings)


def _apart(tellings: Sequence[Telling]) -> Mapping[str, Any]:
    """Return all values, each under a name that tells whose it is."""
    return {f"{name}_{number}": value for number, each in enumerate(tellings) for name, value in each.values.items()}


@lru_cache(maxsize=64)
def _together(statements: tuple[Statement, ...]) -> str:
    """Return one statement of PostgreSQL's that does what these do."""
    parts = [
        VALUE.sub(lambda value, number=number: f"%({value[1]}_{number})s", each.words)  # type: ignore[misc]  # called at once
        for number, each in enumerate(statements)
    ]
    *others, main = parts
    return f"WITH {', '.join(f'part_{n} AS ({part})' for n, part in enumerate(others))} {main}" if others else main
