"""What learners decide about themselves: their name, whether boards show them, their data, their leaving."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from edge_api import handles
from edge_api.problems import Refused
from edge_api.services import export, visibility
from edge_api.stores import learners, sessions
from edge_api.stores.writes import execute

if TYPE_CHECKING:
    from edge_api.stores.database import Connection, Database

log = logging.getLogger("edge.account")


class Accounts:
    """Changes, exports and deletes learners."""

    def __init__(self, database: Database, active_days: int) -> None:
        self._database = database
        self._active_days = active_days

    async def rename(self, learner_id: str, handle: str) -> str:
        """Give a learner another handle, if it is a good one and free."""
        handle = handles.checked(handle)
        try:
            async with self._database.write() as connection:
                learner = await self._locked(connection, learner_id)
                await learners.rename(connection, learner.id, handle, handles.key(handle))
                if learner.listed:
                    await visibility.redraw(connection, learner)
        except learners.Taken as error:
            raise Refused("handle-taken", "Choose another one.") from error
        return handle

    async def show(self, learner_id: str, *, visible: bool) -> None:
        """Put a learner on all boards or take them off all, by their own wish."""
        async with self._database.write() as connection:
            learner = await self._locked(connection, learner_id)
            await execute(connection, learners.change(learner.id, visible=visible))
            await visibility.review(connection, msgspec.structs.replace(learner, visible=visible), self._active_days)

    async def delete(self, learner_id: str) -> None:
        """Delete a learner and everything that is theirs."""
        async with self._database.write() as connection:
            learner = await self._locked(connection, learner_id)
            await visibility.leave(connection, learner)
            await learners.forget(connection, learner.id)
        log.info("account deleted", extra={"learner": learner_id})

    async def export(self, learner_id: str) -> dict[str, Any]:
        """Return all that is kept about a learner, but for secrets, as it was at one moment."""
        return await export.document(self._database, learner_id)

    async def unlist_inactive(self, limit: int) -> int:
        """Take learners off boards who have not learnt for so long that boards no longer show them."""
        async with self._database.read() as connection:
            before = await self._database.now(connection) - self._active_days * visibility.DAY
            gone = await learners.grown_inactive(connection, before, limit)
        for learner_id in gone:
            async with self._database.write() as connection:
                learner = await learners.lock(self._database, connection, learner_id)
                if learner is not None:
                    await visibility.review(connection, learner, self._active_days)
        return len(gone)

    async def forget_abandoned(self, limit: int, idle: int) -> int:
        """Delete anonymous learners whom no cookie can reach any more."""
        async with self._database.read() as connection:
            before = await self._database.now(connection) - idle
            gone = await learners.abandoned(connection, before, limit)
        for learner_id in gone:
            async with self._database.write() as connection:
                learner = await learners.lock(self._database, connection, learner_id)
                if learner is not None and learner.anonymous and not await sessions.of(connection, learner_id):
                    await learners.forget(connection, learner_id)
        return len(gone)

    async def _locked(self, connection: Connection, learner_id: str) -> learners.Learner:
        learner = await learners.lock(self._database, connection, learner_id)
        if learner is None:
            raise Refused("no-session")
        return learner
