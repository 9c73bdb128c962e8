"""Boards as sorted sets, in the very order of SQL's ``xp DESC, reached_at, learner_id``.

    edge:board:{scope|period}        learner id → -(xp * 2^30 + (2^30 - 1 - (reached_at - 2024-01-01)))
                                     built/<incarnation> → +inf   the mark: whole, and made in this incarnation of Redis
    edge:board:{scope|period}:new    the same while it is made; its mark is building/<token>
    edge:board:{scope|period}:gone   who left meanwhile

A score is exact to the last second, for a double holds whole numbers up to 2^53; the sign makes the last tie fall by id
upwards, as bytes, as SQL does. Scores only ever sink (``LT``), so that writes may come late, twice and in any order.
The mark lies in the set itself: where the board is gone, by eviction or a flush, its mark is gone too.

While a board is made from SQL, changes are written to both sets; a learner who leaves the board meanwhile is on record
in the third, and is removed from the new set before that takes the old one's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge_api import keys
from edge_api.stores.lines import Place
from edge_api.stores.redis import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge_api.stores.redis import Redis

# 2024-01-01 in seconds; thirty bits of seconds last until 2058.
EPOCH = 1_704_067_200
_SECONDS = 1 << 30
# The largest xp of which every score is exact in a double.
MOST_XP = (1 << 23) - 1
_BUILT = "built/"
# After a maker was killed, its half-made board blocks other makers for so long.
_MAKING_MS = 15_000
_LEFT_SECONDS = 600
# Nobody waits for a maker, and one slow step should not throw away all the steps before.
_STEP_SECONDS = 2.0

_LIBRARY = """
    local function later(a, b)
        for i = 1, math.min(#a, #b) do
            local x, y = string.byte(a, i), string.byte(b, i)
            if x ~= y then return x > y end
        end
        return #a > #b
    end
    -- How many stand on or before a place; among many with one score, by halves.
    local function through(key, score, member)
        local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
        local high = low + redis.call('ZCOUNT', key, score, score)
        while low < high do
            local middle = math.floor((low + high) / 2)
            if later(redis.call('ZRANGE', key, middle, middle)[1], member) then high = middle else low = middle + 1 end
        end
        return low
    end
    local key = KEYS[1]
    local mark = redis.call('ZRANGE', key, -1, -1)[1] or ''
    local total = redis.call('ZCARD', key) - 1
    local function rows(from, to)
        if from < 0 then from = 0 end
        if to >= total then to = total - 1 end
        if to < from then return {} end
        return redis.call('ZRANGE', key, from, to, 'WITHSCORES')
    end
"""

_PAGE = Script(
    _LIBRARY
    + """
    local from = 0
    if ARGV[1] ~= '' then from = through(key, ARGV[1], ARGV[2]) end
    return {mark, total, from, rows(from, from + ARGV[3] - 1)}
"""
)

_AROUND = Script(
    _LIBRARY
    + """
    local at
    if ARGV[1] ~= '' then at = through(key, ARGV[1], ARGV[2]) else at = redis.call('ZRANK', key, ARGV[2]) end
    if not at then return {mark, total, -1, {}, 0} end
    local from = math.max(0, at - ARGV[3])
    return {mark, total, at, rows(from, at + ARGV[3] + 1), from}
"""
)

_PUT = Script("""#!lua flags=allow-oom
    for _, key in ipairs({KEYS[1], KEYS[2]}) do
        if redis.call('EXISTS', key) == 1 then
            if ARGV[2] == '' then redis.call('ZREM', key, ARGV[1])
            elseif ARGV[3] == '1' then redis.call('ZADD', key, ARGV[2], ARGV[1])
            else redis.call('ZADD', key, 'LT', ARGV[2], ARGV[1]) end
        end
    end
    if redis.call('EXISTS', KEYS[2]) == 1 then
        if ARGV[2] == '' then
            redis.call('SADD', KEYS[3], ARGV[1])
            redis.call('EXPIRE', KEYS[3], ARGV[4])
        else redis.call('SREM', KEYS[3], ARGV[1]) end
    end
    return 1
""")

_BEGIN = Script("""
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    redis.call('DEL', KEYS[3])
    redis.call('ZADD', KEYS[2], '+inf', ARGV[1])
    redis.call('PEXPIRE', KEYS[2], ARGV[2])
    return 1
""")

_ADD = Script("""
    if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
    for i = 3, #ARGV, 1000 do
        redis.call('ZADD', KEYS[2], 'LT', unpack(ARGV, i, math.min(i + 999, #ARGV)))
    end
    redis.call('PEXPIRE', KEYS[2], ARGV[2])
    return 1
""")

_FINISH = Script("""
    if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
    for _, member in ipairs(redis.call('SMEMBERS', KEYS[3])) do redis.call('ZREM', KEYS[2], member) end
    redis.call('ZREM', KEYS[2], ARGV[1])
    redis.call('ZADD', KEYS[2], '+inf', ARGV[2])
    if ARGV[3] == '' then redis.call('PERSIST', KEYS[2]) else redis.call('EXPIREAT', KEYS[2], ARGV[3]) end
    redis.call('RENAME', KEYS[2], KEYS[1])
    redis.call('DEL', KEYS[3])
    return 1
""")


class NotBuilt(Exception):  # noqa: N818 - an answer, not a mistake
    """Redis does not have this board, or has it from another incarnation."""


class Slice(msgspec.Struct, frozen=True):
    """Part of a board: who stands there, and how many before the first of them."""

    total: int
    before: int
    places: list[Place]


def score(xp: int, reached_at: int) -> int:
    """Return a place's score; refuse what a double could not hold exactly."""
    seconds = reached_at - EPOCH
    if not (0 <= xp <= MOST_XP and 0 <= seconds < _SECONDS):
        raise OverflowError(f"{xp} points at {reached_at} do not fit into a score")
    return -(xp * _SECONDS + (_SECONDS - 1 - seconds))


def place(learner_id: str, found: float) -> Place:
    """Return the place that a score stands for."""
    xp, rest = divmod(-int(found), _SECONDS)
    return Place(xp, EPOCH + _SECONDS - 1 - rest, learner_id)


async def page(redis: Redis, scope: str, period: str, after: Place | None, limit: int) -> Slice:
    """Return what follows a place, whoever stands on it, or the top."""
    words = ("", "") if after is None else (score(after.xp, after.reached_at), after.learner_id)
    before, places, total, _ = await _read(redis, _PAGE, scope, period, (*words, limit))
    return Slice(total, before, places)


async def around(
    redis: Redis, scope: str, period: str, learner_id: str, limit: int, at: Place | None = None
) -> tuple[int, Slice] | None:
    """Return how many stand before a learner, or before a place that nobody takes, and both sides of it."""
    word = "" if at is None else score(at.xp, at.reached_at)
    rank, places, total, more = await _read(redis, _AROUND, scope, period, (word, learner_id, limit))
    return None if rank < 0 else (rank, Slice(total, int(more[0]), places))


async def put(redis: Redis, learner_id: str, where: Iterable[tuple[str, str, int | None]], *, exact: bool) -> None:
    """Give a learner places, or none, on boards that are there or being made; a score rises only where it must."""
    words = [
        (_PUT, _keys(scope, period), (learner_id, "" if found is None else found, int(exact), _LEFT_SECONDS))
        for scope, period, found in where
    ]
    if words:
        await redis.run_all(words)


async def begin(redis: Redis, scope: str, period: str, token: str) -> str:
    """Begin to make a board; return the incarnation in which it is made, or nothing where somebody else is at it."""
    reply = await redis.run_all([(_BEGIN, _keys(scope, period), (_building(token), _MAKING_MS))], _STEP_SECONDS)
    return reply.incarnation if reply.values[0] else ""


async def add(redis: Redis, scope: str, period: str, token: str, places: Sequence[Place]) -> bool:
    """Add learners to a board that is being made; tell whether it is still ours to make."""
    words: list[str | int] = []
    for each in places:
        words += (score(each.xp, each.reached_at), each.learner_id)
    step = (_ADD, _keys(scope, period), (_building(token), _MAKING_MS, *words))
    return bool((await redis.run_all([step], _STEP_SECONDS)).values[0])


async def finish(redis: Redis, scope: str, period: str, token: str, incarnation: str, ends_at: int | None) -> bool:
    """Put the board that was made in its place; tell whether it was still ours."""
    words = (_building(token), _BUILT + incarnation, "" if ends_at is None else ends_at)
    return bool((await redis.run_all([(_FINISH, _keys(scope, period), words)], _STEP_SECONDS)).values[0])


async def drop(redis: Redis, boards: Iterable[tuple[str, str]]) -> None:
    """Take boards away, to be made again by whoever asks for them next."""
    gone = [("UNLINK", key) for scope, period in boards for key in _keys(scope, period)]
    if gone:
        await redis.ask(*gone)


async def _read(
    redis: Redis, script: Script, scope: str, period: str, words: tuple[Any, ...]
) -> tuple[int, list[Place], int, list[Any]]:
    reply = await redis.run_all([(script, [keys.board(scope, period)], words)])
    mark, total, number, rows, *more = reply.values[0]
    if mark.decode() != _BUILT + reply.incarnation:
        raise NotBuilt
    members, scores = rows[::2], rows[1::2]
    places = [place(member.decode(), float(found)) for member, found in zip(members, scores, strict=True)]
    return int(number), places, int(total), more


def _keys(scope: str, period: str) -> list[str]:
    key = keys.board(scope, period)
    return [key, f"{key}:new", f"{key}:gone"]


def _building(token: str) -> str:
    return f"building/{token}"
