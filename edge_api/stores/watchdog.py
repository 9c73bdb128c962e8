"""The watchdog: a database that has stopped in its tracks ends no statement by its own clock, so ours does.

It never cancels a task in the middle of a statement: it shuts the socket down, on which the driver waits, and what
comes of that is what comes of any lost connection. The pool forgets it, and whoever asked is told to come back.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_TIMER = "watchdog"
# A batch of rows is many statements, each of which has the database's own time.
_BATCH = 10


class Watchdog:
    """Times what an engine's connections wait for; by whose clock it should have ended before is the database's."""

    def __init__(self, engine: AsyncEngine, seconds: float) -> None:
        self._seconds = seconds
        sync = engine.sync_engine
        event.listen(sync, "before_cursor_execute", self._executes)
        event.listen(sync, "after_cursor_execute", self._executed)
        event.listen(sync, "commit", self._ends)
        event.listen(sync, "rollback", self._ends)
        for name in ("checkin", "invalidate", "soft_invalidate"):
            event.listen(sync, name, self._returned)

    def watch(self, raw: Any, info: dict[str, Any], times: int = 1) -> None:
        """Begin to time a connection's wait."""
        self.stop(info)
        driver = raw.driver_connection
        info[_TIMER] = asyncio.get_running_loop().call_later(self._seconds * times, _hang_up, driver)

    def stop(self, info: dict[str, Any]) -> None:
        """Stop timing it: there was an answer, or there will be none."""
        timer = info.pop(_TIMER, None)
        if timer is not None:
            timer.cancel()

    def _executes(self, connection: Any, _cursor: Any, _sql: str, _values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's own signature
        self.watch(connection.connection.dbapi_connection, connection.info, _BATCH if many else 1)

    def _executed(self, connection: Any, *_: Any) -> None:
        self.stop(connection.info)

    def _ends(self, connection: Any) -> None:
        # What is lost already is rolled back by nobody.
        if not connection.invalidated:
            self.watch(connection.connection.dbapi_connection, connection.info)

    def _returned(self, _raw: Any, record: Any, *_: Any) -> None:
        self.stop(record.info)


def _hang_up(driver: Any) -> None:
    if driver.closed:
        return
    # A second name for the same socket: the driver closes its own.
    with socket.socket(fileno=os.dup(driver.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
