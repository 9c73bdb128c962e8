"""The database's clock, which all instances share, without asking it each time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_api.stores.database import Database

# Clocks of machines drift apart by some milliseconds in so long.
_AGAIN_SECONDS = 30.0


class Clock:
    """Remembers how far the database's time is from the time since this machine was started."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offset = 0
        self._asked_at = -_AGAIN_SECONDS

    async def now(self) -> int:
        """Return the database's time in microseconds."""
        if time.monotonic() - self._asked_at >= _AGAIN_SECONDS:
            async with self._database.read() as connection:
                now = await self._database.now(connection)
            self._offset, self._asked_at = now - time.monotonic_ns() // 1000, time.monotonic()
        return self._offset + time.monotonic_ns() // 1000
