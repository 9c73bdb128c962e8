"""Watches the statements of each request: how many, how long, how often the same one.

A request that asks the same question once per row is the slowest kind of mistake and the easiest to miss; here it is
a number in ``Server-Timing``, in the access log, and in tests that hold pages of 1, 10 and 100 to one count.
"""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_SLOW_SECONDS = 0.25

log = logging.getLogger("edge.sql")


class Watch:
    """The statements of one request, and its round trips to Redis."""

    def __init__(self) -> None:
        self.statements: dict[str, int] = {}
        self.seconds = 0.0
        self.trips = 0
        self.trip_seconds = 0.0

    @property
    def count(self) -> int:
        """How many statements ran."""
        return sum(self.statements.values())

    @property
    def duplicates(self) -> int:
        """How many of them had run before in this request, word for word."""
        return self.count - len(self.statements)


current: ContextVar[Watch | None] = ContextVar("watch", default=None)


def watch(engine: AsyncEngine) -> AsyncEngine:
    """Make ``engine`` report its statements to the request in whose context they run."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def before(connection: Any, _cursor: Any, _statement: str, _parameters: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 - the event's own signature
        connection.info["started"] = time.perf_counter()

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def after(connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:  # noqa: FBT001 - the event's own signature
        seconds = time.perf_counter() - connection.info["started"]
        if seconds > _SLOW_SECONDS:
            log.warning("slow statement", extra={"ms": round(seconds * 1000), "statement": " ".join(statement.split())})
        seen = current.get()
        if seen is not None:
            seen.seconds += seconds
            seen.statements[statement] = seen.statements.get(statement, 0) + 1

    return engine
