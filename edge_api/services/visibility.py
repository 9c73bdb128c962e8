"""Who appears on boards: one function decides for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api.stores import boards
from edge_api.stores.writes import execute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_api.stores.database import Connection
    from edge_api.stores.learners import Learner

DAY = 86_400 * 1_000_000


def appears(learner: Learner, active_days: int) -> bool:
    """Tell whether a learner is shown: with a passkey, willing, and active of late."""
    is_active = learner.last_active_at > learner.now - active_days * DAY
    return learner.visible and not learner.anonymous and is_active


async def review(connection: Connection, learner: Learner, active_days: int) -> None:
    """Make every board agree with what a locked learner is now."""
    await relist(connection, learner, listed=appears(learner, active_days))


async def relist(connection: Connection, learner: Learner, *, listed: bool) -> None:
    """Make every board agree with what ``appears`` says of a locked learner; the boards' counts move with it."""
    if listed == learner.listed:
        return
    touched = await boards.boards_of(connection, learner.id)
    await boards.relist(connection, learner.id, listed=listed)
    step = 1 if listed else -1
    await execute(
        connection, boards.bump(learner.id, [boards.Change(scope, period, step) for scope, period in touched])
    )


async def redraw(connection: Connection, learner: Learner, changes: Iterable[boards.Change] = ()) -> None:
    """Tell every board that shows a locked learner that the line is another one, and some boards what changed."""
    known = {(change.scope, change.period): change for change in changes}
    every = [boards.Change(scope, period, 0) for scope, period in await boards.boards_of(connection, learner.id)]
    await execute(connection, boards.bump(learner.id, [known.get((each.scope, each.period), each) for each in every]))


async def leave(connection: Connection, learner: Learner) -> None:
    """Take a locked learner off all boards, before the row goes."""
    await relist(connection, learner, listed=False)
