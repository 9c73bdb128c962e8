"""Boards, read from the index ``xp_total_board`` alone: highest points first, then who reached them first, then id.

``total`` and ``revision`` come from eight shards, so that no two learners often wait for the same row and nobody ever
counts a million rows. A rank is one more than the number of listed sums that are better.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, text

from edge_api import groups
from edge_api.stores import touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from edge_api.stores.database import Database

SHARDS = 8


class Place(msgspec.Struct, frozen=True):
    """A position on a board: points, when they were reached, whose."""

    xp: int
    reached_at: int
    learner_id: str


class Row(msgspec.Struct, frozen=True):
    """One line of a board as it is stored."""

    learner_id: str
    xp: int
    reached_at: int
    lessons: int
    handle: str
    all_xp: int
    achievements: int


class Change(msgspec.Struct, frozen=True, order=True):
    """What happens to a board: how many learners more or fewer; the revision always moves."""

    scope: str
    period: str
    learners: int


_LINE = """
    SELECT t.learner_id, t.xp, t.reached_at, t.lessons, l.handle, l.xp AS all_xp, l.achievements
    FROM {source} t JOIN learner l ON l.id = t.learner_id
"""
_BOARD = "SELECT * FROM xp_total WHERE scope = :scope AND period = :period AND listed"
_DOWN = "ORDER BY {0}xp DESC, {0}reached_at, {0}learner_id LIMIT :limit"
_UP = "ORDER BY {0}xp, {0}reached_at DESC, {0}learner_id DESC LIMIT :limit"

# Beyond a place: the rest of the tie, then the other scores. Each half is one walk along the index; one condition with
# OR would read the whole tie each time.
_TOP = _LINE.format(source=f"({_BOARD} {_DOWN.format('')})") + _DOWN.format("t.")
_BELOW = _LINE.format(
    source=f"""(
            SELECT * FROM ({_BOARD} AND xp = :xp AND (reached_at, learner_id) > (:reached_at, :learner_id)
                           ORDER BY reached_at, learner_id LIMIT :limit) tie
            UNION ALL
            SELECT * FROM ({_BOARD} AND xp < :xp {_DOWN.format("")}) rest)"""  # noqa: S608 - parts of this file
) + _DOWN.format("t.")
_ABOVE = _LINE.format(
    source=f"""(
            SELECT * FROM ({_BOARD} AND xp = :xp AND (reached_at, learner_id) < (:reached_at, :learner_id)
                           ORDER BY reached_at DESC, learner_id DESC LIMIT :limit) tie
            UNION ALL
            SELECT * FROM ({_BOARD} AND xp > :xp {_UP.format("")}) rest)"""  # noqa: S608 - parts of this file
) + _UP.format("t.")

# One array instead of fifty values: half of the time of a page went into telling them apart.
_AMONG = {"postgresql": "= ANY(CAST(:ids AS text[]))", "sqlite": "IN (SELECT value FROM json_each(:ids))"}
_NAMED = """
    SELECT t.learner_id, t.xp, t.reached_at, t.lessons, t.listed, l.handle, l.xp AS all_xp, l.achievements,
           (SELECT COALESCE(SUM(revision), 0) FROM board_shard s WHERE s.scope = :scope AND s.period = :period)
               AS revision
    FROM xp_total t JOIN learner l ON l.id = t.learner_id
    WHERE t.scope = :scope AND t.period = :period AND t.learner_id {among}
"""

# The same two walks as above, without names.
_MEMBERS_TOP = f"SELECT learner_id, xp, reached_at FROM ({_BOARD} {_DOWN.format('')}) top"  # noqa: S608 - parts of this file
_MEMBERS_BELOW = f"""
    SELECT learner_id, xp, reached_at FROM (
        SELECT * FROM ({_BOARD} AND xp = :xp AND (reached_at, learner_id) > (:reached_at, :learner_id)
                       ORDER BY reached_at, learner_id LIMIT :limit) tie
        UNION ALL
        SELECT * FROM ({_BOARD} AND xp < :xp {_DOWN.format("")}) rest) following {_DOWN.format("")}"""  # noqa: S608 - parts of this file

_PLACES = text("""
    SELECT scope, period, xp, reached_at, listed FROM xp_total WHERE learner_id = :learner AND period IN :periods
""").bindparams(bindparam("periods", expanding=True))

_KNOWN = text("SELECT DISTINCT scope, period FROM board_shard WHERE period IN :periods").bindparams(
    bindparam("periods", expanding=True)
)

_BUMP = text("""
    INSERT INTO board_shard (scope, period, shard, learners, revision)
    VALUES (:scope, :period, :shard, :learners, 1)
    ON CONFLICT (scope, period, shard) DO UPDATE SET
        learners = board_shard.learners + excluded.learners,
        revision = board_shard.revision + 1
""")


async def state(connection: AsyncConnection, scope: str, period: str) -> tuple[int, int]:
    """Return how many learners a board has, and its revision."""
    sql = """
        SELECT COALESCE(SUM(learners), 0) AS learners, COALESCE(SUM(revision), 0) AS revision
        FROM board_shard WHERE scope = :scope AND period = :period
    """
    row = (await connection.execute(text(sql), {"scope": scope, "period": period})).one()
    return int(row.learners), int(row.revision)


async def top(connection: AsyncConnection, scope: str, period: str, limit: int) -> list[Row]:
    """Return the first lines of a board."""
    rows = await connection.execute(text(_TOP), {"scope": scope, "period": period, "limit": limit})
    return [msgspec.convert(row._mapping, Row) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def below(connection: AsyncConnection, scope: str, period: str, place: Place, limit: int) -> list[Row]:
    """Return the lines that follow a place, whoever stands on it."""
    values = {"scope": scope, "period": period, "limit": limit, **msgspec.structs.asdict(place)}
    rows = await connection.execute(text(_BELOW), values)
    return [msgspec.convert(row._mapping, Row) for row in rows]  # noqa: SLF001 - the documented name of a row as a mapping


async def above(connection: AsyncConnection, scope: str, period: str, place: Place, limit: int) -> list[Row]:
    """Return the lines just before a place, in the board's order."""
    values = {"scope": scope, "period": period, "limit": limit, **msgspec.structs.asdict(place)}
    rows = await connection.execute(text(_ABOVE), values)
    return [msgspec.convert(row._mapping, Row) for row in rows][::-1]  # noqa: SLF001 - the documented name of a row as a mapping


async def better(connection: AsyncConnection, scope: str, period: str, place: Place) -> int:
    """Return how many listed learners stand before a place."""
    sql = """
        SELECT (SELECT COUNT(*) FROM xp_total t
                WHERE t.scope = :scope AND t.period = :period AND t.listed AND t.xp > :xp)
             + (SELECT COUNT(*) FROM xp_total t
                WHERE t.scope = :scope AND t.period = :period AND t.listed AND t.xp = :xp
                  AND (t.reached_at, t.learner_id) < (:reached_at, :learner_id))
    """
    values = {"scope": scope, "period": period, **msgspec.structs.asdict(place)}
    return int((await connection.execute(text(sql), values)).scalar_one())


async def named(connection: AsyncConnection, scope: str, period: str, ids: Sequence[str]) -> tuple[dict[str, Row], int]:
    """Return the lines of those of these learners who are listed, and the board's revision, in one statement."""
    if not ids:
        return {}, (await state(connection, scope, period))[1]
    dialect = connection.dialect.name
    values = {"scope": scope, "period": period, "ids": list(ids) if dialect == "postgresql" else json.dumps(ids)}
    found = list(await connection.execute(text(_NAMED.format(among=_AMONG[dialect])), values))
    rows = {
        row.learner_id: msgspec.convert(row._mapping, Row)  # noqa: SLF001 - the documented name of a row as a mapping
        for row in found
        if row.listed
    }
    return rows, int(found[0].revision) if found else (await state(connection, scope, period))[1]


async def members(connection: AsyncConnection, scope: str, period: str, after: Place | None, limit: int) -> list[Place]:
    """Return who stands on a board, from a place downwards."""
    values = {
        "scope": scope,
        "period": period,
        "limit": limit,
        **({} if after is None else msgspec.structs.asdict(after)),
    }
    rows = await connection.execute(text(_MEMBERS_TOP if after is None else _MEMBERS_BELOW), values)
    return [Place(xp, reached_at, learner_id) for learner_id, xp, reached_at in rows]


async def places(
    connection: AsyncConnection, learner: str, periods: Sequence[str]
) -> dict[tuple[str, str], Place | None]:
    """Return a learner's place on each board of these periods: none where they have points and are not listed."""
    rows = await connection.execute(_PLACES, {"learner": learner, "periods": list(periods)})
    return {(row.scope, row.period): Place(row.xp, row.reached_at, learner) if row.listed else None for row in rows}


async def known(connection: AsyncConnection, periods: Sequence[str]) -> list[tuple[str, str]]:
    """Return the boards that there ever were in these periods."""
    return [(row.scope, row.period) for row in await connection.execute(_KNOWN, {"periods": list(periods)})]


async def histogram(connection: AsyncConnection, scope: str, period: str) -> list[tuple[int, int]]:
    """Return how many listed learners have each score, the highest first."""
    sql = f"SELECT xp, COUNT(*) FROM ({_BOARD}) board GROUP BY xp ORDER BY xp DESC"  # noqa: S608 - parts of this file
    return [
        (int(xp), int(count)) for xp, count in await connection.execute(text(sql), {"scope": scope, "period": period})
    ]


async def mine(connection: AsyncConnection, scope: str, period: str, learner: str) -> Row | None:
    """Return a learner's own line, listed or not."""
    sql = _LINE.format(source="xp_total")
    sql += "WHERE t.learner_id = :learner AND t.scope = :scope AND t.period = :period"
    values = {"learner": learner, "scope": scope, "period": period}
    row = (await connection.execute(text(sql), values)).one_or_none()
    return None if row is None else msgspec.convert(row._mapping, Row)  # noqa: SLF001 - the documented name of a row as a mapping


async def boards_of(connection: AsyncConnection, learner: str) -> list[tuple[str, str]]:
    """Return every board on which a learner has a sum."""
    sql = "SELECT scope, period FROM xp_total WHERE learner_id = :learner"
    return [(row.scope, row.period) for row in await connection.execute(text(sql), {"learner": learner})]


async def relist(connection: AsyncConnection, learner: str, *, listed: bool) -> None:
    """Put a locked learner on all boards, or take them off all."""
    values = {"learner": learner, "listed": listed}
    await connection.execute(text("UPDATE learner SET listed = :listed WHERE id = :learner"), values)
    await connection.execute(text("UPDATE xp_total SET listed = :listed WHERE learner_id = :learner"), values)


async def bump(connection: AsyncConnection, learner: str, changes: Iterable[Change]) -> None:
    """Tell boards that they changed; last in a transaction, in one order for all, so that nobody waits in a ring."""
    shard = zlib.crc32(learner.encode()) % SHARDS
    rows = [{**msgspec.structs.asdict(change), "shard": shard} for change in sorted(changes)]
    if rows:
        await connection.execute(_BUMP, rows)
        touched.touch(connection, "place", learner)
        touched.touch(connection, "board", *{row["scope"] for row in rows})
        touched.touch(connection, "group", *groups.boards((row["scope"], row["period"]) for row in rows))


async def revisions(connection: AsyncConnection) -> dict[str, int]:
    """Return every scope's revision; whatever changes a board changes that of all time."""
    sql = "SELECT scope, SUM(revision) AS revision FROM board_shard WHERE period = 'all' GROUP BY scope"
    return {row.scope: int(row.revision) for row in await connection.execute(text(sql))}


async def drop(database: Database, connection: AsyncConnection, periods: Sequence[str], limit: int) -> int:
    """Delete boards of past periods, so many rows of each kind; the ledger could make them again."""
    dropped = 0
    for table, key in (("xp_total", "learner_id, scope, period"), ("board_shard", "scope, period, shard")):
        sql = f"""
            DELETE FROM {table} WHERE ({key}) IN (
                SELECT {key} FROM {table} WHERE period IN :periods LIMIT :limit{database.lock_idle})
        """  # noqa: S608 - names from this line
        past = text(sql).bindparams(bindparam("periods", expanding=True))
        dropped += (await connection.execute(past, {"periods": list(periods), "limit": limit})).rowcount
    if dropped:
        touched.touch(connection, "group", groups.EVERYTHING)
    return dropped


async def listed(connection: AsyncConnection, learner: str) -> bool:
    """Tell whether a learner is on boards."""
    sql = "SELECT listed FROM learner WHERE id = :learner"
    return bool((await connection.execute(text(sql), {"learner": learner})).scalar_one_or_none())
