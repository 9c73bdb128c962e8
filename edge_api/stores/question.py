"""Questions: the statements that are asked all day, for every session and every page of a board.

SQLAlchemy makes a context, a cursor and an object for every row of each statement, which took three times as long as
all that the driver does. A question is written once, with ``:name`` for its values, in the words of both drivers, and
goes to the driver itself: its rows are plain tuples (SQLite's booleans are 0 and 1). The connection is one of
SQLAlchemy's pool all the same. Whoever listens to an engine's statements hears of it, and what fails fails as any
other statement does: a connection that broke leaves the pool, and so do those that were opened with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

# Neither the second colon of a cast nor what follows it is a value.
_VALUE = re.compile(r"(?<!:):(\w+)")


class Question:
    """A statement that reads."""

    def __init__(self, sql: str, postgresql: str = "") -> None:
        self.sql = {
            "sqlite": sql,
            "postgresql": _VALUE.sub(r"%(\1)s", (postgresql or sql).replace("%", "%%")),
        }

    async def ask(self, connection: AsyncConnection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return all rows of the answer."""
        sync: Any = connection.sync_connection
        sql = self.sql[sync.dialect.name]
        for listener in sync.dispatch.before_cursor_execute:
            listener(sync, None, sql, values, None, False)  # noqa: FBT003 - the event's own signature
        try:
            rows = await _asked(sync.connection.driver_connection, sync.dialect.name, sql, values)
        except BaseException as error:
            # One that is cancelled costs the connection, too: its answer is still on the way.
            await connection.run_sync(_failed, error, sql, values)
            raise
        for listener in sync.dispatch.after_cursor_execute:
            listener(sync, None, sql, values, None, False)  # noqa: FBT003 - the event's own signature
        return rows


async def _asked(driver: Any, dialect: str, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    if dialect == "sqlite":
        # One visit to the thread of the connection instead of four.
        return list(await driver.execute_fetchall(sql, values))
    cursor = await driver.execute(sql, values)
    return list(await cursor.fetchall())


def _failed(connection: Connection, error: BaseException, sql: str, values: Mapping[str, Any]) -> None:
    """Raise what SQLAlchemy makes of a failure, after it has thrown away what is lost."""
    try:
        raise error  # noqa: TRY301 - SQLAlchemy looks for it where exceptions are handled
    except BaseException:  # noqa: BLE001 - it is raised again
        connection._handle_dbapi_exception(error, sql, dict(values), None, None)  # noqa: SLF001 - the one way to its pool's memory
