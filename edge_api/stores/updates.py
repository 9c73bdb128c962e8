"""Board updates between instances: a short Redis Stream, of which each instance reads what came after what it knows.

    edge:updates    XADD … MAXLEN ~ 2000 * boards ["","learn-solidity"]

A stream and not a channel: what is published while a reader's connection is down is still there when it returns, the
answer to each question proves that reader and Redis are alive, and a place in it is an id that all instances share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from edge_api import keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_api.stores.redis import Redis

Place = tuple[int, int]

# At four entries a second from each of three instances this is the last three minutes.
_KEPT = 2000
# A question waits so long for an answer; so often a silent reader shows that it lives.
BLOCK_SECONDS = 1.0


class Entry(msgspec.Struct, frozen=True):
    """Boards that changed together, and their place in the stream."""

    place: Place
    boards: tuple[str, ...]


class History(msgspec.Struct, frozen=True):
    """Entries of the stream, and the incarnation of Redis that gave them."""

    incarnation: str
    entries: list[Entry]


async def publish(redis: Redis, boards: Iterable[str]) -> None:
    """Tell all instances that boards changed."""
    words = msgspec.json.encode(sorted(boards))
    await redis.ask(("XADD", keys.updates(), "MAXLEN", "~", _KEPT, "*", "boards", words))


async def history(redis: Redis) -> History:
    """Return all that the stream has: at least one entry, so that all instances begin at the same place."""
    told = await _range(redis)
    if not told.entries:
        await publish(redis, ())
        told = await _range(redis)
    return told


async def after(redis: Redis, place: Place) -> History:
    """Return what came after a place, as soon as something does, or nothing after a while."""
    block = int(BLOCK_SECONDS * 1000)
    reply = await redis.ask(("XREAD", "BLOCK", block, "STREAMS", keys.updates(), f"{place[0]}-{place[1]}"))
    (found,) = reply.values
    return History(reply.incarnation, _entries(next(iter(found.values()))) if found else [])


async def _range(redis: Redis) -> History:
    reply = await redis.ask(("XRANGE", keys.updates(), "-", "+"))
    return History(reply.incarnation, _entries(reply.values[0]))


def _entries(found: list[Any]) -> list[Entry]:
    entries = []
    for name, fields in found:
        high, _, low = name.decode().partition("-")
        entries.append(Entry((int(high), int(low)), msgspec.json.decode(fields[1], type=tuple[str, ...])))
    return entries
