"""Lines of boards, read along the index ``xp_total_board``: highest points first, then who reached them first, then id.

A rank is one more than the number of listed sums that are better. Counting them walks the SQL index from the top;
counting from a sample of a rank index (``edge_api.services.rank_index``) walks at most as far as the next sample.
Every answer has the board's state (how many learners, and its revision), so that nobody asks for it apart.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from edge_api.stores.statement import Statement, packed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

# Places between two samples: few enough to be counted for each question; a million learners have 2,000 samples.
STEP = 500


class Place(msgspec.Struct, frozen=True):
    """A position on a board: points, when they were reached, whose."""

    xp: int
    reached_at: int
    learner_id: str

    @property
    def order(self) -> tuple[int, int, str]:
        """What places are sorted by, from the top downwards."""
        return -self.xp, self.reached_at, self.learner_id


class Row(msgspec.Struct, frozen=True):
    """One line of a board as it is stored."""

    learner_id: str
    xp: int
    reached_at: int
    lessons: int
    handle: str
    all_xp: int
    achievements: int

    @property
    def order(self) -> tuple[int, int, str]:
        """What lines are sorted by: their place's own order."""
        return -self.xp, self.reached_at, self.learner_id

    @property
    def place(self) -> Place:
        """Where the line stands."""
        return Place(self.xp, self.reached_at, self.learner_id)


class Lines(msgspec.Struct, frozen=True):
    """Lines of a board, and its state: how many learners, and its revision."""

    total: int
    revision: int
    rows: list[Row]


class Own(msgspec.Struct, frozen=True):
    """A learner's own line, listed or not, and the board's state."""

    total: int
    revision: int
    listed: bool
    row: Row


class Around(msgspec.Struct, frozen=True):
    """A learner's own line, how many are better (not counted on a large board), and the lines on both sides."""

    own: Own
    better: int | None
    above: list[Row]
    below: list[Row]


_STATE = """
    SELECT COALESCE(SUM(learners), 0) AS total, COALESCE(SUM(revision), 0) AS revision
    FROM board_shard WHERE scope = :scope AND period = :period
"""
_COLUMNS = "t.learner_id, t.xp, t.reached_at, t.lessons, l.handle, l.xp AS all_xp, l.achievements"
_OF_LINE = "learner_id, xp, reached_at, lessons"
_LINE = f"SELECT {_COLUMNS} FROM {{source}} t JOIN learner l ON l.id = t.learner_id "  # noqa: S608 - parts of this file
_BOARD = "SELECT {0} FROM xp_total WHERE scope = :scope AND period = :period AND listed"
_DOWN = "ORDER BY {0}xp DESC, {0}reached_at, {0}learner_id LIMIT :limit"
_UP = "ORDER BY {0}xp, {0}reached_at DESC, {0}learner_id DESC LIMIT :limit"


# Beyond a place: the rest of the tie, then the other scores. Each half is one walk along the index; one condition with
# OR would read the whole tie each time.
def _first(columns: str) -> str:
    return f"({_BOARD.format(columns)} {_DOWN.format('')})"


def _after(columns: str) -> str:
    board = _BOARD.format(columns)
    return f"""(
        SELECT * FROM ({board} AND xp = :xp AND (reached_at, learner_id) > (:reached_at, :learner_id)
                       ORDER BY reached_at, learner_id LIMIT :limit) tie
        UNION ALL
        SELECT * FROM ({board} AND xp < :xp {_DOWN.format("")}) rest)"""  # noqa: S608 - parts of this file


def _before(columns: str) -> str:
    board = _BOARD.format(columns)
    return f"""(
        SELECT * FROM ({board} AND xp = :xp AND (reached_at, learner_id) < (:reached_at, :learner_id)
                       ORDER BY reached_at DESC, learner_id DESC LIMIT :limit) tie
        UNION ALL
        SELECT * FROM ({board} AND xp > :xp {_UP.format("")}) rest)"""  # noqa: S608 - parts of this file


_TOP = _LINE.format(source=_first(_OF_LINE)) + _DOWN.format("t.")
_BELOW = _LINE.format(source=_after(_OF_LINE)) + _DOWN.format("t.")
_ABOVE = _LINE.format(source=_before(_OF_LINE)) + _UP.format("t.")


def _with_state(lines: str) -> str:
    return f"SELECT s.total, s.revision, line.* FROM ({_STATE}) s LEFT JOIN ({lines}) line ON TRUE"  # noqa: S608 - parts of this file


_FROM_TOP, _FROM_PLACE = _with_state(_TOP), _with_state(_BELOW)
_NEAR = f"SELECT * FROM ({_ABOVE}) above UNION ALL SELECT * FROM ({_BELOW}) below"  # noqa: S608 - parts of this file

_NAMED = f"SELECT {_COLUMNS}, t.listed FROM xp_total t JOIN learner l ON l.id = t.learner_id "  # noqa: S608 - parts of this file
_NAMED += "WHERE t.scope = :scope AND t.period = :period AND t.learner_id {among}"
_ASK_NAMED = Statement(_with_state(_NAMED), prepared=True)

_OWN = f"""
    SELECT s.total, s.revision, l.listed, {_COLUMNS}
    FROM xp_total t JOIN learner l ON l.id = t.learner_id CROSS JOIN ({_STATE}) s
    WHERE t.learner_id = :learner AND t.scope = :scope AND t.period = :period
"""  # noqa: S608 - parts of this file
_ASK_OWN = Statement(_OWN, prepared=True)

_BETTER = """
    SELECT (SELECT COUNT(*) FROM xp_total t
            WHERE t.scope = :scope AND t.period = :period AND t.listed AND t.xp > :xp)
         + (SELECT COUNT(*) FROM xp_total t
            WHERE t.scope = :scope AND t.period = :period AND t.listed AND t.xp = :xp
              AND (t.reached_at, t.learner_id) < (:reached_at, :learner_id))
"""
_ASK_BETTER = Statement(_BETTER)

# These three are in the index, and the table is not touched.
_PLACE = "xp, reached_at, learner_id"
_BETWEEN = f"""
    SELECT COUNT(*) FROM (SELECT * FROM {_after(_PLACE)} walk {_DOWN.format("")}) following
    WHERE xp > :to_xp OR (xp = :to_xp AND (reached_at, learner_id) < (:to_reached_at, :to_learner_id))
"""  # noqa: S608 - parts of this file


def _of_mine(sql: str) -> str:
    return re.sub(r":(xp|reached_at|learner_id)\b", r"(SELECT \1 FROM mine)", sql)


# Walked as far as the limit, and not at all on a larger board.
_COUNTED = _of_mine(f"SELECT COUNT(*) FROM (SELECT * FROM {_before(_PLACE)} walk LIMIT :limit) better")  # noqa: S608 - parts of this file
_AROUND = f"""
    WITH mine AS ({_OWN})
    SELECT mine.*, CASE WHEN total < :few THEN ({_COUNTED.replace(":limit", ":few")}) END AS better FROM mine
    UNION ALL SELECT NULL, NULL, NULL, near.*, NULL FROM ({_of_mine(_NEAR)}) near
"""  # noqa: S608 - parts of this file
_ASK_SAMPLES = Statement(f"""
    SELECT {_PLACE} FROM (
        SELECT {_PLACE}, ROW_NUMBER() OVER (ORDER BY xp DESC, reached_at, learner_id) AS number
        FROM xp_total WHERE scope = :scope AND period = :period AND listed) numbered
    WHERE number % {STEP} = 1 ORDER BY number
""")  # noqa: S608 - a number of this file
_ASK_STATE = Statement(_STATE)
_ASK_FIRST_MEMBERS = Statement(f"SELECT * FROM {_first(_PLACE)} walk {_DOWN.format('')}")  # noqa: S608 - parts of this file
_ASK_MEMBERS = Statement(f"SELECT * FROM {_after(_PLACE)} walk {_DOWN.format('')}")  # noqa: S608 - parts of this file


async def page(connection: AsyncConnection, scope: str, period: str, start: Place | None, limit: int) -> Lines:
    """Return the lines that follow a place, whoever stands on it, or the first."""
    values = {"scope": scope, "period": period}
    if start is None:
        found = await _walk(_FROM_TOP, limit).ask(connection, values)
    else:
        found = await _walk(_FROM_PLACE, limit).ask(connection, values | msgspec.structs.asdict(start))
    rows = [Row(*line) for _, _, *line in found if line[0] is not None]
    return Lines(*_state(found), sorted(rows, key=_from_the_top))


async def around(
    connection: AsyncConnection, scope: str, period: str, learner: str, limit: int, few: int
) -> Around | None:
    """Return what stands around a learner, if they have points; all of one moment, as a statement sees it."""
    values = {"learner": learner, "scope": scope, "period": period}
    found = await _walk(_AROUND, limit, few).ask(connection, values)
    for total, revision, listed, *line, better in found:
        if total is not None:
            mine = Own(int(total), int(revision), bool(listed), Row(*line))
            rows = sorted((Row(*near) for other, _, _, *near, _ in found if other is None), key=_from_the_top)
            above = [row for row in rows if row.order < mine.row.order]
            return Around(mine, better, above, rows[len(above) :])
    return None


async def named(connection: AsyncConnection, scope: str, period: str, ids: Sequence[str]) -> tuple[dict[str, Row], int]:
    """Return the lines of those of these learners who are listed, and the board's revision."""
    found = await _ASK_NAMED.ask(connection, {"scope": scope, "period": period, "ids": packed(connection, ids)})
    rows = {line[0]: Row(*line) for _, _, *line, listed in found if listed}
    return rows, _state(found)[1]


async def own(connection: AsyncConnection, scope: str, period: str, learner: str) -> Own | None:
    """Return a learner's own line, if they have points."""
    values = {"learner": learner, "scope": scope, "period": period}
    for total, revision, listed, *line in await _ASK_OWN.ask(connection, values):
        return Own(int(total), int(revision), bool(listed), Row(*line))
    return None


async def better(connection: AsyncConnection, scope: str, period: str, place: Place) -> int:
    """Return how many listed learners stand before a place, counted from the top."""
    values = {"scope": scope, "period": period, **msgspec.structs.asdict(place)}
    return int((await _ASK_BETTER.ask(connection, values))[0][0])


async def between(connection: AsyncConnection, scope: str, period: str, sample: Place, place: Place) -> int:
    """Return how many stand after a sample and before a place, where the next sample is not nearer."""
    to = {f"to_{name}": value for name, value in msgspec.structs.asdict(place).items()}
    values = {"scope": scope, "period": period, **msgspec.structs.asdict(sample), **to}
    return int((await _walk(_BETWEEN, STEP).ask(connection, values))[0][0])


async def samples(connection: AsyncConnection, scope: str, period: str) -> tuple[int, list[Place]]:
    """Return every ``STEP``-th place from the first, and a revision that is not younger than they are."""
    values = {"scope": scope, "period": period}
    revision = _state(await _ASK_STATE.ask(connection, values))[1]
    return revision, [Place(*found) for found in await _ASK_SAMPLES.ask(connection, values)]


async def members(connection: AsyncConnection, scope: str, period: str, after: Place | None, limit: int) -> list[Place]:
    """Return who stands on a board, from a place downwards."""
    values = {"scope": scope, "period": period, "limit": limit}
    if after is None:
        found = await _ASK_FIRST_MEMBERS.ask(connection, values)
    else:
        found = await _ASK_MEMBERS.ask(connection, values | msgspec.structs.asdict(after))
    return [Place(*each) for each in found]


# One plan is good for all values but a LIMIT's, and no more than a hundred of these are asked for.
@cache
def _walk(sql: str, limit: int, few: int = 0) -> Statement:
    """Return the statement that walks along the index for so many lines."""
    return Statement(sql.replace(":limit", str(limit)).replace(":few", str(few)), prepared=True)


def _state(found: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    # PostgreSQL adds up to decimals.
    return int(found[0][0]), int(found[0][1])


def _from_the_top(row: Row) -> tuple[int, int, str]:
    return row.order
