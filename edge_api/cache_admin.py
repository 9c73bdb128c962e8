"""What an operator does at the command line with the response cache: look at its numbers, and make answers old.

A flush goes the way of every change: on record in the database, then to Redis; if Redis does not confirm it now, any
running instance delivers it later, and until then none uses what is flushed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from edge_api import groups
from edge_api.metrics import Metrics
from edge_api.services.cache import tally
from edge_api.services.cache.memory import Memory
from edge_api.services.cache.relay import Relay
from edge_api.services.edge import connect, connect_redis
from edge_api.settings import SettingsError
from edge_api.stores import touched
from edge_api.stores.answers import Answers
from edge_api.stores.redis import Redis, RedisDown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_api.settings import Settings

_HEAD = ("route", "lookups", "hits", "memory", "waited", "fleet", "stale", "made", "bypassed")
# Nobody's page waits for an operator's question, and the first one of a process has to connect.
_PATIENCE_MS = 2000
_WHOLE = (groups.EVERYTHING, groups.COURSES)
_BOARD = re.compile("board/(?P<window>all|week|day)/(?P<course>.*)")


async def show(settings: Settings) -> str:
    """Return the fleet's numbers of today, by route."""
    redis = _redis(settings)
    try:
        lines = tally.lines(await Answers(redis).counts(tally.today()))
    except RedisDown as error:
        return f"Redis does not answer ({error}); each instance has its own numbers at /metrics."
    finally:
        await redis.close()
    rows = [
        (each.route, each.lookups, f"{each.ratio:.0%}", each.memory, each.waited, each.fleet, each.stale, each.made,
         each.bypassed)
        for each in lines
    ]  # fmt: skip
    if not rows:
        return f"Nobody has asked today ({tally.today()}, UTC); instances add their numbers every few seconds."
    return "\n".join(_aligned([_HEAD, *rows]))


async def flush(settings: Settings, names: Sequence[str]) -> str:
    """Make answers of groups old; return what became of it."""
    old = [_group(name) for name in names]
    redis, database = _redis(settings), connect(settings)
    relay = Relay(database, Memory(0, 0), Answers(redis), Metrics())
    database.recorder = relay.record
    try:
        async with database.write() as connection:
            touched.touch(connection, "group", *old)
        try:
            await Answers(redis).renew(old)
        except RedisDown as error:
            return f"On record; Redis does not answer ({error}), and no instance uses the old answers until it has."
        return "Done: answers from before are not used any more, but for the second that an instance may remember."
    finally:
        await redis.close()
        await database.close()


def _group(name: str) -> str:
    """Return the group that an operator's word stands for; a long course's board has a shorter name in Redis."""
    if name in _WHOLE:
        return name
    found = _BOARD.fullmatch(name)
    if found is None:
        raise SettingsError(f"{name} is no group of answers: all, courses, or board/all/COURSE (or week, day).")
    return groups.board(found["course"], found["window"])


def _redis(settings: Settings) -> Redis:
    _, redis = connect_redis(msgspec.structs.replace(settings, redis_ms=max(settings.redis_ms, _PATIENCE_MS)))
    if redis is None:
        raise SettingsError("There is no REDIS_URL: every instance remembers answers for a second, and counts alone.")
    return redis


def _aligned(rows: Sequence[Sequence[object]]) -> list[str]:
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(_HEAD))]
    return [
        "  ".join(
            str(cell).ljust(width) if column == 0 else str(cell).rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
