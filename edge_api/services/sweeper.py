"""The sweeper: small chores of every instance, each safe to be done by several at once.

    every 2 s    read the catalogue and the awards if they changed, and settle what waited for them
    every 60 s   end what is over: aliases, sessions, challenges; unlist the inactive; forget the abandoned
    every hour   delete boards of days older than 35 days and weeks older than 60; the ledger keeps the points

Batches are small, so that a chore never holds a lock that a learner waits for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edge_api.services.sessions import ANONYMOUS_IDLE
from edge_api.stores import boards, sessions
from edge_api.stores.database import DatabaseDown

if TYPE_CHECKING:
    from edge_api.metrics import Metrics
    from edge_api.services.edge import Edge

_TICK = 2.0
_MINUTE, _HOUR = 30, 1800
_BATCH = 200
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
        try:
            await documents(edge, metrics)
            if tick % _MINUTE == 0:
                await minute(edge, metrics)
            if tick % _HOUR == 0:
                await hour(edge, metrics)
        except DatabaseDown as error:
            log.warning("chores put off", extra={"reason": str(error)})
        except Exception:
            log.exception("a chore failed")
        tick += 1
        due = time.monotonic() + _TICK
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TICK)
            return
        metrics.set("edge_event_loop_lag_seconds", max(0.0, time.monotonic() - due))


async def documents(edge: Edge, metrics: Metrics) -> None:
    """Read what the builder wrote since, and settle events that waited for it."""
    await asyncio.to_thread(edge.documents.refresh)
    metrics.add("edge_swept_total", await edge.ledger.settle_some(_BATCH), kind="settled")


async def minute(edge: Edge, metrics: Metrics) -> None:
    """End what is over."""
    async with edge.database.write() as connection:
        now = await edge.database.now(connection)
        ended = await sessions.sweep(connection, now, now - ANONYMOUS_IDLE)
    metrics.add("edge_swept_total", ended, kind="sessions")
    await edge.passkeys.sweep()
    metrics.add("edge_swept_total", await edge.accounts.unlist_inactive(_BATCH), kind="inactive")
    metrics.add("edge_swept_total", await edge.accounts.forget_abandoned(_BATCH, ANONYMOUS_IDLE), kind="abandoned")


async def hour(edge: Edge, metrics: Metrics) -> None:
    """Delete boards of windows that nobody can ask for any more."""
    async with edge.database.write() as connection:
        today = datetime.fromtimestamp(await edge.database.now(connection) / 1_000_000, UTC)
        metrics.add("edge_swept_total", await boards.drop(connection, past(today)), kind="boards")


def past(today: datetime) -> list[str]:
    """Return the periods whose boards are over."""
    days = [today - timedelta(days=KEEP_DAYS + back) for back in range(1, _REACH_DAYS)]
    weeks = [today - timedelta(weeks=KEEP_WEEKS + back) for back in range(1, _REACH_DAYS // 7)]
    names = {day.date().isoformat() for day in days}
    names |= {f"{year:04}-W{week:02}" for year, week, _ in (each.isocalendar() for each in weeks)}
    return sorted(names)
