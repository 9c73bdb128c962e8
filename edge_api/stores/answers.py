"""Answers that the fleet shares, in Redis: entries, versions of groups, and locks, each a key of its own.

    edge:answer:{digest}    an entry: the versions it was made under, and its bytes
    edge:making:{digest}    who is making the entry, in the same slot
    edge:group:name         the group's nonce

The **version** of a group is its nonce together with the incarnation of Redis that gave it, so a restart from an old
snapshot, or a failover to a replica that lags, is a miss and never an old answer. Versions are read before an answer is
made and stored with it; whoever reads compares them with those that hold now, and any difference or gap is a miss. So
there is no set of keys to keep in step, and nothing that two slots of a cluster must share but an entry and its own
lock.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from edge_api import keys
from edge_api.groups import EVERYTHING
from edge_api.stores.redis import RedisFull

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edge_api.stores.exchange import Command, Reply
    from edge_api.stores.redis import Redis

# A group that nothing has changed for a day gets a new nonce: one more computation, and no key stays for ever.
_NONCE_MS = 86_400_000
# Longer than an answer takes to make; whoever dies while making one holds the others up no longer than this.
_LOCK_MS = 1_000
_TALLY_SECONDS = 8 * 86_400
# What is larger would cost every reader more than making it.
LARGEST = 1 << 20
# The lock of an entry that is there is for those who have seen that it can't be used.
_CLAIM = """if redis.call('EXISTS', KEYS[2]) == 1 then return false end
            return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

Versions = tuple[str, ...]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What lies in Redis for one key."""

    versions: Versions
    value: bytes


class Look(msgspec.Struct, frozen=True):
    """An entry if it is valid, the versions that hold now (if none is missing), and whether the lock is ours."""

    value: bytes | None
    versions: Versions | None
    locked: bool


class Answers:
    """Reads and writes shared answers; every method is one round trip and may raise ``RedisDown``."""

    def __init__(self, redis: Redis, lock_ms: int = _LOCK_MS) -> None:
        self._redis = redis
        self.lock_ms = lock_ms

    @property
    def available(self) -> bool:
        """Whether it is worth asking."""
        return self._redis.available

    async def find(self, key: str, groups: Sequence[str], lock: str) -> Look:
        """Return what there is; where there is nothing, try to become the one who makes it."""
        claim = ("EVAL", _CLAIM, 2, keys.making(key), keys.answer(key), lock, self.lock_ms)
        return await self._look(key, groups, claim)

    async def look(self, key: str, groups: Sequence[str], lock: str) -> Look:
        """Return what there is, and try to become the one who makes it anew."""
        return await self._look(key, groups, ("SET", keys.making(key), lock, "NX", "PX", self.lock_ms))

    async def versions(self, groups: Sequence[str]) -> Versions:
        """Return the versions that hold now, making those that are missing."""
        commands: list[Command] = []
        for name in (*groups, EVERYTHING):
            commands.append(("SET", keys.group(name), secrets.token_hex(12), "NX", "PX", _NONCE_MS))
            commands.append(("GET", keys.group(name)))
        reply = await self._redis.ask(*commands)
        return _versions(reply, reply.values[1::2])

    @staticmethod
    def fits(value: bytes, milliseconds: int) -> bool:
        """Tell whether an answer is one to be kept: of this size, for so long."""
        return len(value) <= LARGEST and milliseconds > 0

    async def keep(self, key: str, versions: Versions, value: bytes, milliseconds: int, lock: str) -> bool:
        """Store an answer with the versions that held before it was made, and let the lock go; tell whether it fits."""
        if not self.fits(value, milliseconds):
            await self.release(key, lock)
            return False
        entry = msgspec.msgpack.encode(Entry(versions, value))
        await self._redis.ask(
            ("SET", keys.answer(key), entry, "PX", milliseconds), ("EVAL", _RELEASE, 1, keys.making(key), lock)
        )
        return True

    async def release(self, key: str, lock: str) -> None:
        """Let the lock go, if it is still ours."""
        await self._redis.ask(("EVAL", _RELEASE, 1, keys.making(key), lock))

    async def renew(self, groups: Iterable[str]) -> None:
        """Make every answer of these groups old; when this returns, Redis has confirmed it."""
        names = sorted(groups)
        try:
            await self._redis.ask(
                *(("SET", keys.group(name), secrets.token_hex(12), "PX", _NONCE_MS) for name in names)
            )
        except RedisFull:
            # A full Redis still deletes, and a group without a nonce has no valid answer.
            await self._redis.ask(*(("UNLINK", keys.group(name)) for name in names))

    async def count(self, day: str, more: Mapping[str, int]) -> None:
        """Add to the fleet's numbers of a day."""
        if more:
            key = keys.tally(day)
            adding: list[Command] = [("HINCRBY", key, name, count) for name, count in more.items()]
            await self._redis.ask(*adding, ("EXPIRE", key, _TALLY_SECONDS))

    async def counts(self, day: str) -> dict[str, int]:
        """Return the fleet's numbers of a day."""
        (found,) = (await self._redis.ask(("HGETALL", keys.tally(day)))).values
        return {name.decode(): int(count) for name, count in found.items()}

    async def _look(self, key: str, groups: Sequence[str], locking: Command) -> Look:
        names = (*groups, EVERYTHING)
        reply = await self._redis.ask(
            ("GET", keys.answer(key)), *(("GET", keys.group(name)) for name in names), locking
        )
        found, *nonces, locked = reply.values
        versions = _versions(reply, nonces) if all(nonces) else None
        if found is None or versions is None:
            return Look(None, versions, bool(locked))
        entry = _entry(found)
        return Look(entry.value if entry is not None and entry.versions == versions else None, versions, bool(locked))


def _versions(reply: Reply, nonces: Sequence[bytes]) -> Versions:
    return tuple(f"{reply.incarnation}/{nonce.decode()}" for nonce in nonces)


def _entry(found: bytes) -> Entry | None:
    try:
        return msgspec.msgpack.decode(found, type=Entry)
    except msgspec.MsgspecError:
        # Another release wrote it, or somebody who is not of this fleet.
        return None
