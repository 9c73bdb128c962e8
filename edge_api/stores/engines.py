"""How the database is opened: SQLite's file, or a pool of PostgreSQL's connections."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from edge_api.stores import monitor
from edge_api.stores.database import Database
from edge_api.stores.watchdog import Watchdog

if TYPE_CHECKING:
    from pathlib import Path

# SQLite's readers: more than the cores would only wait for each other.
_READERS = 4
_BUSY_MS = 5000
_AGAIN_SECONDS = 0.01
_CONNECT_SECONDS = 2
_IDLE_SECONDS = 2.0
_NEVER = 1 << 60


def sqlite(path: Path) -> Database:
    """Open the SQLite file at ``path``: write-ahead log, one writer, a few readers."""
    url = f"sqlite+aiosqlite:///{path}"
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=_BUSY_MS / 1000)
    # Said once for each connection: said again for each use of one, it took longer than a small question itself.
    readers = create_async_engine(
        url,
        pool_size=_READERS,
        max_overflow=0,
        pool_timeout=_BUSY_MS / 1000,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    _prepare_sqlite(writer)
    _prepare_sqlite(readers)

    @event.listens_for(writer.sync_engine, "begin")
    def started(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return Database(monitor.watch(readers), monitor.watch(writer))


def postgresql(url: str, pool: int, statement_ms: int) -> Database:
    """Open a pool of PostgreSQL connections; whoever finds none free for as long as a statement may run is told so."""
    parts = urlsplit(url)
    engine = create_async_engine(
        parts._replace(scheme="postgresql+psycopg").geturl(),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=statement_ms / 1000,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            # Only what says so is prepared, however often it comes: a general plan takes an unknown LIMIT for a tenth
            # of the table and sorts a whole board for one page.
            "prepare_threshold": _NEVER,
            "options": f"-c statement_timeout={statement_ms} -c lock_timeout={statement_ms} "
            f"-c idle_in_transaction_session_timeout={2 * statement_ms} -c timezone=UTC",
            # A server that vanished without a word (no RST) is noticed by the kernel.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 2 * statement_ms,
        },
    )
    # Twice the time at which the database itself would have ended a statement.
    _ask_the_idle(engine, Watchdog(engine, 2 * statement_ms / 1000))
    monitor.watch(engine)
    return Database(engine.execution_options(isolation_level="AUTOCOMMIT"), engine)


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: ours begin IMMEDIATE or not at all.
        connection.isolation_level = None
        cursor = connection.cursor()
        wanted = {"journal_mode": "wal", "busy_timeout": _BUSY_MS, "synchronous": 1, "foreign_keys": 1}
        for name, value in wanted.items():
            _set(cursor, name, value)
            cursor.execute(f"PRAGMA {name}")
            (found,) = cursor.fetchone()
            # A refused journal mode is no error in SQLite: it answers with the old one.
            if found != value:
                message = f"SQLite refused {name} = {value} and stayed at {found}; is the data folder on a local disk?"
                raise RuntimeError(message)
        cursor.close()


def _set(cursor: Any, name: str, value: object) -> None:
    """Set a value of a connection; SQLite itself does not wait for whoever else is changing a new file's journal."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute(f"PRAGMA {name} = {value}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            await_only(asyncio.sleep(_AGAIN_SECONDS))
        else:
            return


def _ask_the_idle(engine: AsyncEngine, watchdog: Watchdog) -> None:
    """Ask connections that were idle for a while whether they live, before they are used again.

    A restarted server leaves dead ones in the pool. Asking each time would cost every request a round trip; one that
    was used a moment ago is believed, and if it is dead after all, its request is answered 503 and the pool is renewed.
    """

    @event.listens_for(engine.sync_engine, "checkin")
    def returned(_connection: Any, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("returned", math.inf) > _IDLE_SECONDS:
            watchdog.watch(connection, record.info)
            try:
                engine.dialect.do_ping(connection)
            except DBAPIError as error:
                raise DisconnectionError from error
            except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]  # a dialect in use has its driver
                raise DisconnectionError from error
            finally:
                watchdog.stop(record.info)
