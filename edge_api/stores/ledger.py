"""The ledger: what clients told, what it earned, and the sums that boards read.

Everything here runs inside a transaction that holds the learner's row, so that a check and the write that follows it
can't be parted. The primary keys say the same once more: one answer per event id, one award per kind and reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

from edge_api.stores.statement import Statement, packed
from edge_api.stores.writes import Write, write_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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


class First(msgspec.Struct, frozen=True):
    """What an event was the first time it was told, and its answer then."""

    digest: str
    code: str
    xp: int


class Before(msgspec.Struct, frozen=True):
    """What was known of a learner before a batch, as far as the batch asks for it."""

    events: dict[str, First]
    earned: dict[str, int]
    """References that have earned points, and when."""
    reviews: list[str]
    """What earned points by a review of late."""
    boards: frozenset[tuple[str, str]]
    """Boards on which the learner has a sum."""
    achievements: frozenset[str]


_RECORDED = ", ".join(Recorded.__struct_fields__)
_AWARD = ", ".join(Award.__struct_fields__)

_BEFORE = Statement(
    """
    SELECT 'event' AS kind, id AS name, digest AS more, code, xp AS number
    FROM progress_event WHERE learner_id = :learner AND id {among events}
    UNION ALL
    SELECT 'earned', ref, '', '', at
    FROM xp_event WHERE learner_id = :learner AND kind <> 'review' AND ref {among refs}
    UNION ALL
    SELECT 'review', ref, '', '', at
    FROM xp_event WHERE learner_id = :learner AND kind = 'review' AND at >= :since
    UNION ALL
    SELECT 'board', scope, period, '', 0
    FROM xp_total WHERE learner_id = :learner AND period {among periods}
    UNION ALL
    SELECT 'achievement', achievement, '', '', at
    FROM earned WHERE learner_id = :learner
    """,
    prepared=True,
)
_KNOWN = Statement("SELECT id FROM progress_event WHERE learner_id = :learner AND id {among}")
_TOTALS_OF = Statement("SELECT scope, period FROM xp_total WHERE learner_id = :learner AND period {among}")
_ACHIEVEMENTS = Statement("SELECT achievement, at FROM earned WHERE learner_id = :learner ORDER BY at, achievement")

_RECORD = Statement(
    f"INSERT INTO progress_event (learner_id, {_RECORDED}) SELECT :learner, {_RECORDED} FROM {{rows}}",  # noqa: S608 - names from this file
    rows={
        "id": "text", "seq": "bigint", "body": "text", "digest": "text", "day": "text", "received_at": "bigint",
        "status": "text", "code": "text", "xp": "integer",
    },
)  # fmt: skip
_AWARD_ROW = Statement(
    f"INSERT INTO xp_event (learner_id, {_AWARD}) SELECT :learner, {_AWARD} FROM {{rows}}",  # noqa: S608 - names from this file
    rows={"kind": "text", "ref": "text", "course": "text", "points": "integer", "at": "bigint", "event_id": "text"},
)
# SQLite takes ON for a join's without the WHERE.
_DAY = Statement(
    """
    INSERT INTO learner_day (learner_id, day) SELECT :learner, day FROM {rows} WHERE TRUE
    ON CONFLICT (learner_id, day) DO NOTHING
    """,
    rows={"day": "text"},
)
_EARN = Statement(
    """
    INSERT INTO earned (learner_id, achievement, at) SELECT :learner, achievement, at FROM {rows} WHERE TRUE
    ON CONFLICT DO NOTHING
    """,
    rows={"achievement": "text", "at": "bigint"},
)
# Whoever reaches a score first stands before those who reach it later; gaining nothing keeps the place.
_GAIN = Statement(
    """
    INSERT INTO xp_total (learner_id, scope, period, xp, lessons, reached_at, listed)
    SELECT :learner, scope, period, xp, lessons, :reached_at, CAST(:listed AS boolean) FROM {rows} WHERE TRUE
    ON CONFLICT (learner_id, scope, period) DO UPDATE SET
        xp = xp_total.xp + excluded.xp,
        lessons = xp_total.lessons + excluded.lessons,
        reached_at = CASE WHEN excluded.xp > 0 THEN excluded.reached_at ELSE xp_total.reached_at END
    """,
    rows={"scope": "text", "period": "text", "xp": "bigint", "lessons": "integer"},
)


async def before(
    connection: AsyncConnection,
    learner: str,
    *,
    events: Sequence[str],
    refs: Sequence[str],
    periods: Sequence[str],
    since: int,
) -> Before:
    """Return what is known of these events, of these references, on boards of these periods, of reviews since then."""
    lists = {"events": events, "refs": refs, "periods": periods}
    values = {name: packed(connection, each) for name, each in lists.items()}
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    for kind, name, more, code, number in await _BEFORE.ask(connection, {**values, "learner": learner, "since": since}):
        found.setdefault(kind, []).append((name, more, code, int(number)))
    return Before(
        events={name: First(digest, code, xp) for name, digest, code, xp in found.get("event", ())},
        earned={ref: at for ref, _, _, at in found.get("earned", ())},
        reviews=[ref for ref, *_ in found.get("review", ())],
        boards=frozenset((scope, period) for scope, period, *_ in found.get("board", ())),
        achievements=frozenset(name for name, *_ in found.get("achievement", ())),
    )


async def known(connection: AsyncConnection, learner: str, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these events were recorded before."""
    rows = await _KNOWN.ask(connection, {"learner": learner, "ids": packed(connection, ids)})
    return frozenset(name for (name,) in rows)


async def boards_of(connection: AsyncConnection, learner: str, periods: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Return the boards of these periods on which a learner has a sum."""
    rows = await _TOTALS_OF.ask(connection, {"learner": learner, "ids": packed(connection, periods)})
    return frozenset((scope, period) for scope, period in rows)


def record(learner: str, events: Sequence[Recorded]) -> Write:
    """Keep events and their answers."""
    return write_of(_RECORD, events, learner=learner)


def award(learner: str, awards: Sequence[Award]) -> Write:
    """Write rows of the ledger."""
    return write_of(_AWARD_ROW, awards, learner=learner)


def gain(learner: str, gains: Sequence[Gain], reached_at: int, *, listed: bool) -> Write:
    """Add to the sums."""
    return write_of(_GAIN, gains, learner=learner, reached_at=reached_at, listed=listed)


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


def add_days(learner: str, days: Iterable[str]) -> Write:
    """Enter days on which the learner learnt."""
    return write_of(_DAY, [{"day": day} for day in sorted(days)], learner=learner)


async def days(connection: AsyncConnection, learner: str, limit: int = 1000) -> list[str]:
    """Return the learner's days, newest first."""
    sql = "SELECT day FROM learner_day WHERE learner_id = :learner ORDER BY day DESC LIMIT :limit"
    return list((await connection.execute(text(sql), {"learner": learner, "limit": limit})).scalars())


async def achievements(connection: AsyncConnection, learner: str) -> dict[str, int]:
    """Return the learner's achievements and when they were earned, oldest first."""
    return {name: int(at) for name, at in await _ACHIEVEMENTS.ask(connection, {"learner": learner})}


def earn(learner: str, achievements: Mapping[str, int]) -> Write:
    """Enter achievements, and when they were earned."""
    return write_of(_EARN, [{"achievement": name, "at": at} for name, at in achievements.items()], learner=learner)
