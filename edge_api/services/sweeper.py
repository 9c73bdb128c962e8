"""The sweeper: small chores of every instance, each safe to be done by several at once.

    every 2 s    read the catalogue and the awards if they changed, and settle what waited for them
    every 30 s   ask what time the database has
    every 60 s   end what is over: aliases, sessions, challenges; unlist the inactive; forget the abandoned;
                 delete boards of days older than 35 days and weeks older than 60: the ledger keeps the points

A chore does one batch and leaves the rest for its next turn, and passes by rows that are locked: so it never holds up a
learner for long, and never deadlocks with one. One that fails keeps no other from its turn.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edge_api.services.sessions import ANONYMOUS_IDLE
from edge_api.stores import boards
from edge_api.stores import sessions as rows
from edge_api.stores.database import DatabaseDown

if TYPE_CHECKING:
    from edge_api.metrics import Metrics
    from edge_api.services.edge import Edge

_TICK = 2.0
_HALF, _MINUTE = 15, 30
_BATCH = 200
# What nobody looks at is deleted in larger numbers: seven million rows a day.
_PAST = 5000
KEEP_DAYS, KEEP_WEEKS = 35, 60
# Boards that were missed while every instance was down are still found this far back.
_REACH_DAYS = 90

log = logging.getLogger("edge.sweeper")


async def run(edge: Edge, metrics: Metrics, stop: asyncio.Event) -> None:
    """Do all chores until told to stop; a database that is down is asked again later.

    A chore under way is finished first: cancelling a task in the middle of a statement costs its connection.
    """
    tick = 0
    while not stop.is_set():
        await turn(edge, metrics, tick)
        tick += 1
        due = time.monotonic() + _TICK
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TICK)
            return
        metrics.set("edge_event_loop_lag_seconds", max(0.0, time.monotonic() - due))


async def turn(edge: Edge, metrics: Metrics, tick: int) -> None:
    """Do the chores whose turn it is at this tick, each whether or not another one fails."""
    for chore, ticks in _CHORES:
        if tick % ticks:
            continue
        try:
            await chore(edge, metrics)
        except DatabaseDown as error:
            log.warning("chore put off", extra={"chore": chore.__name__, "reason": str(error)})
        except Exception:
            log.exception("chore failed", extra={"chore": chore.__name__})


async def documents(edge: Edge, _metrics: Metrics) -> None:
    """Read what the builder wrote since."""
    await asyncio.to_thread(edge.documents.refresh)


async def settle(edge: Edge, metrics: Metrics) -> None:
    """Settle events that waited for what the builder wrote."""
    metrics.add("edge_swept_total", await edge.ledger.settle_some(_BATCH), kind="settled")


async def clock(edge: Edge, _metrics: Metrics) -> None:
    """Ask what time it is: clocks of machines drift apart by some milliseconds in half a minute."""
    await edge.clock.ask()


async def sessions(edge: Edge, metrics: Metrics) -> None:
    """End aliases and sessions that are over."""
    async with edge.database.write() as connection:
        now = await edge.database.now(connection)
        ended = await rows.sweep(edge.database, connection, now, now - ANONYMOUS_IDLE, _PAST)
    metrics.add("edge_swept_total", ended, kind="sessions")


async def challenges(edge: Edge, metrics: Metrics) -> None:
    """Delete challenges that nobody answered."""
    metrics.add("edge_swept_total", await edge.passkeys.sweep(_PAST), kind="challenges")


async def inactive(edge: Edge, metrics: Metrics) -> None:
    """Take off boards who has not learnt for long."""
    metrics.add("edge_swept_total", await edge.accounts.unlist_inactive(_BATCH), kind="inactive")


async def abandoned(edge: Edge, metrics: Metrics) -> None:
    """Forget anonymous learners whom no cookie can reach any more."""
    forgotten = await edge.accounts.forget_abandoned(_BATCH, ANONYMOUS_IDLE)
    metrics.add("edge_swept_total", forgotten, kind="abandoned")


async def windows(edge: Edge, metrics: Metrics) -> None:
    """Delete boards of windows that nobody can ask for any more."""
    async with edge.database.write() as connection:
        today = datetime.fromtimestamp(await edge.database.now(connection) / 1_000_000, UTC)
        dropped = await boards.drop(edge.database, connection, past(today), _PAST)
    metrics.add("edge_swept_total", dropped, kind="boards")


_CHORES = (
    (documents, 1),
    (settle, 1),
    (clock, _HALF),
    (sessions, _MINUTE),
    (challenges, _MINUTE),
    (inactive, _MINUTE),
    (abandoned, _MINUTE),
    (windows, _MINUTE),
)


def past(today: datetime) -> list[str]:
    """Return the periods whose boards are over."""
    days = [today - timedelta(days=KEEP_DAYS + back) for back in range(1, _REACH_DAYS)]
    weeks = [today - timedelta(weeks=KEEP_WEEKS + back) for back in range(1, _REACH_DAYS // 7)]
    names = {day.date().isoformat() for day in days}
    names |= {f"{year:04}-W{week:02}" for year, week, _ in (each.isocalendar() for each in weeks)}
    return sorted(names)
