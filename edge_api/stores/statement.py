"""Statements of which a request has many, or which are asked with every request, on the driver itself.

SQLAlchemy makes a context, a cursor and an object for every row of each statement, which takes longer than all that
the driver does. Such a statement is written once, with ``:name`` for its values, in one form for both drivers, and goes
to the driver: its rows are plain tuples (SQLite's booleans are 0 and 1). The connection and its transaction are
SQLAlchemy's all the same. Whoever listens to an engine's statements hears of it, and what fails fails as any other
statement does: a connection that broke leaves the pool, and so do those that were opened with it.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

Rows = list[tuple[Any, ...]]

# Neither the second colon of a cast nor what follows it is a value.
_VALUE = re.compile(r"(?<!:):(\w+)")


class Statement:
    """A statement; ``{among}`` in its text is a condition for one of ``packed`` values, named ``:ids``."""

    def __init__(self, sql: str) -> None:
        self.sqlite = sql.replace("{among}", "IN (SELECT value FROM json_each(:ids))")
        words = sql.replace("{among}", "= ANY(:ids)").replace("%", "%%")
        self.postgresql = _VALUE.sub(r"%(\1)s", words)

    async def ask(self, connection: AsyncConnection, values: Mapping[str, Any]) -> Rows:
        """Run it and return all rows of its answer."""
        driver, sqlite = _driver(connection)
        if sqlite:
            # One visit to the thread of the connection instead of four.
            work = partial(driver.execute_fetchall, self.sqlite, values)
            return list(await _watched(connection, self.sqlite, values, work))
        work = partial(_fetched, driver, self.postgresql, values)
        return list(await _watched(connection, self.postgresql, values, work))

    async def tell(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of these rows; it answers nothing."""
        driver, sqlite = _driver(connection)
        sql = self.sqlite if sqlite else self.postgresql
        if len(rows) > 1:
            await _watched(connection, sql, rows[0], partial(_each, driver, sql, rows), many=True)
        elif rows and sqlite:
            await _watched(connection, sql, rows[0], partial(driver.execute_fetchall, sql, rows[0]))
        elif rows:
            await _watched(connection, sql, rows[0], partial(driver.execute, sql, rows[0]))


def packed(connection: AsyncConnection, values: Sequence[str]) -> str | list[str]:
    """Return values for ``{among}``: one parameter, however many there are."""
    return json.dumps(values) if connection.dialect.name == "sqlite" else list(values)


async def _watched(
    connection: AsyncConnection,
    sql: str,
    values: Mapping[str, Any],
    work: Callable[[], Awaitable[Any]],
    *,
    many: bool = False,
) -> Any:
    """Do what a statement does while those listen who listen to statements."""
    sync: Any = connection.sync_connection
    for listener in sync.dispatch.before_cursor_execute:
        listener(sync, None, sql, values, None, many)
    try:
        answer = await work()
    except BaseException as error:
        # One that is cancelled costs the connection, too: its answer is still on the way.
        await connection.run_sync(_failed, error, sql, values)
        raise
    for listener in sync.dispatch.after_cursor_execute:
        listener(sync, None, sql, values, None, many)
    return answer


async def _fetched(driver: Any, sql: str, values: Mapping[str, Any]) -> Rows:
    cursor = await driver.execute(sql, values)
    return list(await cursor.fetchall())


async def _each(driver: Any, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
    async with driver.cursor() as cursor:
        await cursor.executemany(sql, rows)


def _driver(connection: AsyncConnection) -> tuple[Any, bool]:
    sync: Any = connection.sync_connection
    return sync.connection.driver_connection, sync.dialect.name == "sqlite"


def _failed(connection: Connection, error: BaseException, sql: str, values: Mapping[str, Any]) -> None:
    """Raise what SQLAlchemy makes of a failure, after it has thrown away what is lost."""
    try:
        raise error  # noqa: TRY301 - SQLAlchemy looks for it where exceptions are handled
    except BaseException:  # noqa: BLE001 - it is raised again
        connection._handle_dbapi_exception(error, sql, dict(values), None, None)  # noqa: SLF001 - the one way to its pool's memory
