"""The database: one reader door, one writer door, SQLite or PostgreSQL behind both.

``read()`` gives a connection that commits by itself, so that a read costs no BEGIN and no ROLLBACK on the wire (each
statement sees what was committed before it, as in PostgreSQL's READ COMMITTED); ``snapshot()`` gives one on which all
statements see the same moment; ``write()`` gives one that commits when its block ends and rolls back when it raises. On
SQLite there is one writer, which begins IMMEDIATE, so that a transaction that will write never finds itself on an old
snapshot; on PostgreSQL writers lock the learner's row. Statements and lock waits end by the database's own clock
(``statement_timeout``), never by cancelling a task in the middle of one; a database whose clock has stopped is hung up
on by a watchdog.
What a transaction touched is put on record with it, and told to followers after the commit, before its author goes on:
first to those who keep copies, then to those who tell others.
Every failure to reach the database becomes ``DatabaseDown``; nothing is half done, because nothing was committed.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from edge_api.stores import tables, touched, writes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy import Connection as SyncConnection
    from sqlalchemy.ext.asyncio import AsyncEngine

Connection = AsyncConnection

# Microseconds since 1970 by the database's clock, which all instances share.
_SQLITE_CLOCK = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
_POSTGRESQL_CLOCK = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"


class DatabaseDown(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The database can't be reached, is shutting down, or is too busy; trying again later is right."""


class Database:
    """Two doors to one database, for the life of an instance."""

    def __init__(self, readers: AsyncEngine, writer: AsyncEngine) -> None:
        self._readers = readers
        self._writer = writer
        # SQLite's own lock makes waiters poll; a queue in front of it is fair and costs nothing.
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else None
        self.followers: list[Callable[[frozenset[str]], Awaitable[None]]] = []
        self.lock = "" if self.dialect == "sqlite" else " FOR UPDATE"
        # Chores take what nobody is at; the rest is there the next time.
        self.lock_idle = self.lock and " FOR UPDATE SKIP LOCKED"
        # Who waits for a connection, how many waited in vain, and who wants to know how long it took.
        self.pending = self.timeouts = 0
        self.waited: Callable[[float], None] = lambda _seconds: None
        self.recorder: Callable[[AsyncConnection, set[str]], None] | None = None
        self.clock = _SQLITE_CLOCK if self.dialect == "sqlite" else _POSTGRESQL_CLOCK

    @property
    def dialect(self) -> str:
        """Return 'sqlite' or 'postgresql'."""
        return self._writer.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for reading."""
        async with _reached(), self._taken(self._readers.connect()) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for reading on which all statements see one moment: for answers made of several."""
        if self._turn is None:
            level = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            engine = self._writer.execution_options(**level)
            async with _reached(), self._taken(engine.begin()) as connection:
                yield connection
            return
        async with self.read() as connection:
            # The pool gives back what it gets: a transaction left open would show this moment for ever.
            try:
                await connection.exec_driver_sql("BEGIN")
                yield connection
                await connection.exec_driver_sql("COMMIT")
            except BaseException:
                await connection.invalidate()
                raise

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose work is committed when the block ends, and undone when it raises."""
        async with self._turn or nullcontext(), _reached(), self._taken(self._writer.begin()) as connection:
            words = touched.begin(connection)
            writes.begin(connection)
            yield connection
            if words and self.recorder is not None:
                self.recorder(connection, words)
            await writes.flush(connection)
        await self.follow(frozenset(words))

    @asynccontextmanager
    async def _taken(self, opened: AbstractAsyncContextManager[AsyncConnection]) -> AsyncIterator[AsyncConnection]:
        """Take a connection from its pool, and tell how long that took."""
        async with AsyncExitStack() as stack:
            began = time.perf_counter()
            self.pending += 1
            try:
                connection = await stack.enter_async_context(opened)
            except PoolTimeout:
                self.timeouts += 1
                raise
            finally:
                self.pending -= 1
                self.waited(time.perf_counter() - began)
            yield connection

    async def follow(self, words: frozenset[str]) -> None:
        """Tell everybody who follows what was touched, in their order."""
        for follower in self.followers if words else ():
            await follower(words)

    async def now(self, connection: AsyncConnection) -> int:
        """Return the database's time in microseconds."""
        return int((await connection.execute(text(f"SELECT {self.clock}"))).scalar_one())

    async def lacks(self) -> list[str]:
        """Return the tables and columns that this release needs and the database does not have."""
        async with self.read() as connection:
            return await connection.run_sync(_lacks)

    async def answers(self) -> None:
        """Ask the database for anything at all; raise ``DatabaseDown`` where it is silent."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    def counts(self) -> dict[str, int]:
        """Return how many connections are in use and idle."""
        pool: Any = self._writer.pool if self._turn is None else self._readers.pool
        return {"used": pool.checkedout(), "idle": pool.checkedin()}

    async def run(self, work: Callable[[SyncConnection], None]) -> None:
        """Run schema work in one transaction of the writer."""
        async with self.write() as connection:
            await connection.run_sync(work)

    async def close(self) -> None:
        """Give all connections back."""
        await self._readers.dispose()
        await self._writer.dispose()


def _lacks(connection: Any) -> list[str]:
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    missing = []
    for table, columns in tables.needs().items():
        found = {column["name"] for column in inspector.get_columns(table)} if table in present else set()
        missing += [f"{table}.{name}" for name in sorted(columns - found)] if found else [table]
    return missing


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
        raise DatabaseDown(_first_line(error)) from error
    except ProgrammingError as error:
        # A table or column that is not there yet: the schema is older than this release.
        raise DatabaseDown(_first_line(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseDown(_first_line(error)) from error
        raise


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]
