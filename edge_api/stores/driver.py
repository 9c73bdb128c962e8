"""The driver under a connection of SQLAlchemy's, and what SQLAlchemy does around it for its own statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

Sent = tuple[str, "Mapping[str, Any]"]


def of(connection: AsyncConnection) -> tuple[Any, bool]:
    """Return the driver's own connection, and whether it is SQLite's."""
    sync: Any = connection.sync_connection
    return sync.connection.driver_connection, sync.dialect.name == "sqlite"


async def watched(connection: AsyncConnection, sent: Sequence[Sent], work: Callable[[], Awaitable[Any]]) -> Any:
    """Do what statements do while those listen who listen to statements."""
    sync: Any = connection.sync_connection
    for sql, values in sent:
        for listener in sync.dispatch.before_cursor_execute:
            listener(sync, None, sql, values, None, False)  # noqa: FBT003 - SQLAlchemy's own signature
    try:
        answer = await work()
    except BaseException as error:
        # One that is cancelled costs the connection, too: its answer is still on the way.
        await connection.run_sync(_failed, error, *sent[0])
        raise
    for sql, values in sent:
        for listener in sync.dispatch.after_cursor_execute:
            listener(sync, None, sql, values, None, False)  # noqa: FBT003 - SQLAlchemy's own signature
    return answer


async def fetched(line: Any, sql: str, values: Mapping[str, Any], *, prepared: bool) -> list[tuple[Any, ...]]:
    """Ask PostgreSQL, and return all rows."""
    cursor = await line.execute(sql, values, prepare=prepared)
    return list(await cursor.fetchall())


async def visited(line: Any, sent: Sequence[Sent]) -> None:
    """Execute these on SQLite, in one visit to the thread of the connection."""

    def work() -> None:
        for sql, values in sent:
            # The thread's own connection; the driver's has no word for several statements at once.
            line._conn.execute(sql, values)  # noqa: SLF001 - see above

    await line._execute(work)  # noqa: SLF001 - the one way to the connection's thread


def _failed(connection: Connection, error: BaseException, sql: str, values: Mapping[str, Any]) -> None:
    """Raise what SQLAlchemy makes of a failure, after it has thrown away what is lost."""
    try:
        raise error  # noqa: TRY301 - SQLAlchemy looks for it where exceptions are handled
    except BaseException:  # noqa: BLE001 - it is raised again
        connection._handle_dbapi_exception(error, sql, dict(values), None, None)  # noqa: SLF001 - the one way to its pool's memory
