"""The ledger: what clients told, what it earned, and the sums that boards read.

Everything here runs inside a transaction that holds the learner's row, so that a check and the write that follows it
can't be parted. The primary keys say the same once more: one answer per event id, one award per kind and reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

from edge_api.stores.statement import Statement, packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class Recorded(msgspec.Struct, frozen=True):
    """An event as it was recorded, with its answer."""

    id: str
    seq: int
    body: str
    digest: str
    day: str
    received_at: int
    status: str
    code: str
    xp: int


class Award(msgspec.Struct, frozen=True):
    """One row of the ledger."""

    kind: str
    ref: str
    course: str
    points: int
    at: int
    event_id: str


class Gain(msgspec.Struct, frozen=True):
    """What one board's sum grows by."""

    scope: str
    period: str
    xp: int
    lessons: int


_RECORDED = ", ".join(Recorded.__struct_fields__)
_AWARD = ", ".join(Award.__struct_fields__)

_KNOWN = Statement(f"SELECT {_RECORDED} FROM progress_event WHERE learner_id = :learner AND id {{among}}")  # noqa: S608 - names from this file
_EARNED = Statement("SELECT ref, at FROM xp_event WHERE learner_id = :learner AND kind <> 'review' AND ref {among}")
_REVIEWED = Statement("SELECT ref, at FROM xp_event WHERE learner_id = :learner AND kind = 'review' AND at >= :since")

_RECORD_NAMES = ", ".join(f":{name}" for name in Recorded.__struct_fields__)
_RECORD = Statement(f"INSERT INTO progress_event (learner_id, {_RECORDED}) VALUES (:learner, {_RECORD_NAMES})")  # noqa: S608 - names from this file

_AWARD_NAMES = ", ".join(f":{name}" for name in Award.__struct_fields__)
_AWARD_ROW = Statement(f"INSERT INTO xp_event (learner_id, {_AWARD}) VALUES (:learner, {_AWARD_NAMES})")  # noqa: S608 - names from this file

_TOTALS_OF = Statement("SELECT scope, period FROM xp_total WHERE learner_id = :learner AND period {among}")

# Whoever reaches a score first stands before those who reach it later; gaining nothing keeps the place.
_GAIN = Statement("""
    INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed)
    VALUES (:learner, :scope, :period, :xp, :lessons, :reached_at, :listed)
    ON CONFLICT (learner_id, scope, period) DO UPDATE SET
        xp = xp_total.xp + excluded.xp,
        lessons = xp_total.lessons + excluded.lessons,
        reached_at = CASE WHEN excluded.xp > 0 THEN excluded.reached_at ELSE xp_total.reached_at END
""")

_DAY = Statement(
    "INSERT INTO learner_day (learner_id, day) VALUES (:learner, :day) ON CONFLICT (learner_id, day) DO NOTHING"
)
_ACHIEVEMENTS = Statement("SELECT achievement, at FROM earned WHERE learner_id = :learner ORDER BY at, achievement")


async def known(connection: AsyncConnection, learner: str, ids: Sequence[str]) -> dict[str, Recorded]:
    """Return which of these events were recorded before, with their answers."""
    rows = await _KNOWN.ask(connection, {"learner": learner, "ids": packed(connection, ids)})
    return {row[0]: Recorded(*row) for row in rows}


async def earned(connection: AsyncConnection, learner: str, refs: Sequence[str]) -> dict[str, int]:
    """Return which of these references have earned points, and when."""
    if not refs:
        return {}
    rows = await _EARNED.ask(connection, {"learner": learner, "ids": packed(connection, refs)})
    return {ref: int(at) for ref, at in rows}


async def reviewed(connection: AsyncConnection, learner: str, since: int) -> dict[str, int]:
    """Return the reviews that earned points since a moment."""
    return {ref: int(at) for ref, at in await _REVIEWED.ask(connection, {"learner": learner, "since": since})}


async def record(connection: AsyncConnection, learner: str, events: Iterable[Recorded]) -> None:
    """Keep events and their answers."""
    await _RECORD.tell(connection, [{"learner": learner, **msgspec.structs.asdict(event)} for event in events])


async def award(connection: AsyncConnection, learner: str, awards: Iterable[Award]) -> None:
    """Write rows of the ledger."""
    await _AWARD_ROW.tell(connection, [{"learner": learner, **msgspec.structs.asdict(award)} for award in awards])


async def gain(
    connection: AsyncConnection, learner: str, gains: Sequence[Gain], reached_at: int, *, listed: bool
) -> frozenset[tuple[str, str]]:
    """Add to the sums; return the boards on which the learner had no sum before."""
    periods = sorted({gain.period for gain in gains})
    rows = await _TOTALS_OF.ask(connection, {"learner": learner, "ids": packed(connection, periods)})
    had = {(scope, period) for scope, period in rows}
    values = {"learner": learner, "reached_at": reached_at, "listed": listed}
    await _GAIN.tell(connection, [{**values, **msgspec.structs.asdict(gain)} for gain in gains])
    return frozenset((gain.scope, gain.period) for gain in gains) - had


async def pending(connection: AsyncConnection, learner: str) -> list[Recorded]:
    """Return the events whose item was unknown when they came."""
    sql = f"""
        SELECT {_RECORDED} FROM progress_event
        WHERE learner_id = :learner AND status = 'pending' AND code = 'unknown-item' ORDER BY seq
    """  # noqa: S608 - names from this file
    rows = await connection.execute(text(sql), {"learner": learner})
    return [msgspec.convert(row._mapping, Recorded) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def settle(connection: AsyncConnection, learner: str, events: Iterable[Recorded]) -> None:
    """Give pending events their answer."""
    sql = "UPDATE progress_event SET status = :status, code = :code, xp = :xp WHERE learner_id = :learner AND id = :id"
    rows = [
        {"learner": learner, "id": event.id, "status": event.status, "code": event.code, "xp": event.xp}
        for event in events
    ]
    if rows:
        await connection.execute(text(sql), rows)


async def history(connection: AsyncConnection, learner: str, after: int, limit: int) -> list[Recorded]:
    """Return a page of the learner's events in order of receipt."""
    sql = f"""
        SELECT {_RECORDED} FROM progress_event
        WHERE learner_id = :learner AND seq > :after AND status <> 'rejected' ORDER BY seq LIMIT :limit
    """  # noqa: S608 - names from this file
    rows = await connection.execute(text(sql), {"learner": learner, "after": after, "limit": limit})
    return [msgspec.convert(row._mapping, Recorded) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def awards(connection: AsyncConnection, learner: str) -> list[Award]:
    """Return the learner's whole ledger, oldest first."""
    sql = f"SELECT {_AWARD} FROM xp_event WHERE learner_id = :learner ORDER BY at, kind, ref"  # noqa: S608 - names from this file
    rows = await connection.execute(text(sql), {"learner": learner})
    return [msgspec.convert(row._mapping, Award) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def add_days(connection: AsyncConnection, learner: str, days: Iterable[str]) -> None:
    """Enter days on which the learner learnt."""
    await _DAY.tell(connection, [{"learner": learner, "day": day} for day in sorted(days)])


async def days(connection: AsyncConnection, learner: str, limit: int = 1000) -> list[str]:
    """Return the learner's days, newest first."""
    sql = "SELECT day FROM learner_day WHERE learner_id = :learner ORDER BY day DESC LIMIT :limit"
    return list((await connection.execute(text(sql), {"learner": learner, "limit": limit})).scalars())


async def achievements(connection: AsyncConnection, learner: str) -> dict[str, int]:
    """Return the learner's achievements and when they were earned, oldest first."""
    return {name: int(at) for name, at in await _ACHIEVEMENTS.ask(connection, {"learner": learner})}


async def earn(connection: AsyncConnection, learner: str, achievements: Iterable[str], at: int) -> None:
    """Enter achievements."""
    sql = "INSERT INTO earned (learner_id, achievement, at) VALUES (:learner, :id, :at) ON CONFLICT DO NOTHING"
    rows = [{"learner": learner, "id": achievement, "at": at} for achievement in achievements]
    if rows:
        await connection.execute(text(sql), rows)
