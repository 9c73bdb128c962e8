"""The database's clock, which all instances share, without asking it each time.

What is valid for how long is decided by this clock alone: an instance whose own is wrong knows the same sessions, the
same aliases and the same day as all others. While the database is away, its last known time goes on by our own clock.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_api.stores.database import Database


class Clock:
    """Remembers how far the database's time is from the time since this machine was started."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offset: int | None = None

    async def now(self) -> int:
        """Return the database's time in microseconds."""
        offset = self._offset
        return (await self.ask() if offset is None else offset) + _ticks()

    async def ask(self) -> int:
        """Ask the database how far its time is from ours; a chore does it now and then, for clocks drift apart."""
        began = _ticks()
        async with self._database.read() as connection:
            now = await self._database.now(connection)
        # It looked at its clock somewhere between our question and its answer.
        self._offset = now - (began + _ticks()) // 2
        return self._offset


def _ticks() -> int:
    return time.monotonic_ns() // 1000
