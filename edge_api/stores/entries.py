"""Entries in Redis that are read through: copies of rows, which may be missing and must never be wrong.

    edge:session:{…} and the like   hash   e    the row, as msgpack; absent after the row has changed
                                           at   the server's time just before the row was read
                                           run  the incarnation of Redis in which it was written
                                           v    a nonce, new each time the row has changed

An entry is only ever filled whole from the database, or forgotten; nobody writes back what they had read. Whoever
misses takes a ticket (nonce, time, incarnation), reads the row, and fills only if the nonce is still the ticket's, in
Redis' own atomic step: a row that changed in between leaves another nonce behind, so what is gone can't return. Where
there is no nonce one is made before the row is read: a ticket without one would still fit after a change whose own
nonce was evicted or flushed. A change's nonce outlives any ticket. Entries of another incarnation, or from before
``trusted_since``, count as missing.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from edge_api.stores.redis import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge_api.stores.redis import Redis

# The longest that a copy may be believed, from before its row was read, and so the longest that a revocation could be
# missed.
LIFE_MS = 60_000
# Filling later than this is refused; the nonce of a change must outlive it by far.
_TICKET_US = 10_000_000

_ISSUE = Script("""
    if redis.call('HSETNX', KEYS[1], 'v', ARGV[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    local now = redis.call('TIME')
    return {redis.call('HGET', KEYS[1], 'v'), now[1], now[2]}
""")

_FILL = Script("""
    local now = redis.call('TIME')
    if now[1] * 1000000 + now[2] - tonumber(ARGV[2]) > tonumber(ARGV[5]) then return 0 end
    if (redis.call('HGET', KEYS[1], 'v') or '') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'e', ARGV[4], 'at', ARGV[2], 'run', ARGV[3])
    redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[6] - (now[1] * 1000000 + now[2] - ARGV[2]) / 1000))
    return 1
""")

# Forgetting must not fail for want of memory.
_FORGET = Script("""#!lua flags=allow-oom
    redis.call('HDEL', KEYS[1], 'e', 'at', 'run')
    redis.call('HSET', KEYS[1], 'v', ARGV[1])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 1
""")


class Ticket(msgspec.Struct, frozen=True):
    """What held when an entry was looked for."""

    nonce: bytes
    at: int
    incarnation: str


class Found(msgspec.Struct, frozen=True):
    """What was found: the row's copy if it can be believed, and a ticket if there is a nonce."""

    row: bytes | None
    ticket: Ticket | None


async def look(redis: Redis, keys: Sequence[str]) -> list[Found]:
    """Look for entries, in one round trip."""
    reply = await redis.ask(*(("HMGET", key, "e", "at", "run", "v") for key in keys), ("TIME",))
    *entries, (seconds, micros) = reply.values
    now = int(seconds) * 1_000_000 + int(micros)
    present = reply.incarnation.encode()
    found = []
    for row, at, written_in, nonce in entries:
        # One from the future is from before the server's clock was set back, and would be believed for too long.
        believed = row is not None and written_in == present and redis.trusted_since <= int(at) <= now
        found.append(Found(row if believed else None, Ticket(nonce, now, reply.incarnation) if nonce else None))
    return found


async def issue(redis: Redis, keys: Sequence[str]) -> list[Ticket]:
    """Return tickets for entries that have no nonce."""
    nonce, life = secrets.token_bytes(12), _TICKET_US // 1000
    reply = await redis.run_all([(_ISSUE, [key], (nonce, life)) for key in keys])
    return [
        Ticket(found, int(seconds) * 1_000_000 + int(micros), reply.incarnation)
        for found, seconds, micros in reply.values
    ]


async def fill(redis: Redis, rows: Iterable[tuple[str, Ticket, bytes]]) -> None:
    """Remember rows that were read after their tickets were taken."""
    await redis.run_all(
        [(_FILL, [key], (each.nonce, each.at, each.incarnation, row, _TICKET_US, LIFE_MS)) for key, each, row in rows]
    )


async def forget(redis: Redis, keys: Iterable[str]) -> None:
    """Make entries of rows that have changed disappear, and keep copies that are under way from becoming entries."""
    nonce = secrets.token_bytes(12)
    await redis.run_all([(_FORGET, [key], (nonce, LIFE_MS)) for key in keys])
