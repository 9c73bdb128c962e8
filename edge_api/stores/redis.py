"""Redis: shared speed, never truth. Whoever asks has another way to the answer, and takes it on ``RedisDown``.

An ``ask`` is one round trip under one deadline, which covers the wait for a connection, connecting, sending and reading
every answer; an instance too busy to look at its clock gives half as long again. Nothing is retried. A caller who is
cancelled, or too late, costs the connection and never leaves an answer for the next one. A breaker
(``edge_api.stores.breaker``) opens after three failures in a row; one task of the instance's own beats four times a
second, finds out when Redis returns, and is the only one to ask while it is away.

Every answer comes with the **incarnation** that gave it (``edge_api.stores.incarnation``): what was written under an
earlier one can be told from what holds now. A restart, a snapshot, a failover are another incarnation, and so is a
server that was a replica for a while and has another one's data. One is **met** by a heartbeat before anything of it is
believed: whoever comes to it from another one begins an era there, for what it has from before may have missed what was
written elsewhere.

``trusted_since`` is the server's time from which on this instance has been in touch without a gap of a second: what was
written before may have missed a revocation that could not be delivered.

No policy of eviction breaks a promise: a key that is gone is a miss for everything here. One that evicts any key
(``allkeys-*``) throws away whole boards, which take time to build again: the log warns of it, and /healthz shows it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError, ResponseError

from edge_api import keys
from edge_api.stores import incarnation, monitor
from edge_api.stores.breaker import Breaker
from edge_api.stores.exchange import Connections, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_api.stores.exchange import Command, Reply, Word

_BEAT_SECONDS = 0.25
# One look that is under way and the next, each of two questions.
_LOOKS = 4
_GAP_SECONDS = 1.0
_NEVER = 1 << 62
# The server lives but is of no use at the moment: loading, a replica, out of disk, busy with somebody's script.
_SICK = ("LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "MISCONF", "NOREPLICAS", "NOAUTH", "NOPERM")

# Whoever was first keeps it as long as any of its instances beats: sessions and boards of two services must not mix.
_CLAIM = """local owner = redis.call('GET', KEYS[1])
            if owner and owner ~= ARGV[1] then return owner end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return ARGV[1]"""
_CLAIM_MS = 5_000
# Not for want of memory either: nothing of this incarnation would be believed.
_BEGIN = "#!lua flags=allow-oom\nreturn redis.call('SET', KEYS[1], ARGV[1])"

log = logging.getLogger("edge.redis")


class RedisDown(Exception):  # noqa: N818 - a state of the world, not a mistake
    """Redis did not answer in time, or not as it should; take the other way."""


class RedisFull(RedisDown):
    """Redis has no memory for a write; reads go on."""


class RedisMoved(RedisDown):
    """It answers, as another incarnation than the one we have met; a heartbeat meets that."""


class Script:
    """A Lua script, by its digest; all its keys lie in one slot."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Redis:
    """One Redis for the life of an instance: a few connections, a breaker, a heartbeat."""

    def __init__(
        self, url: str, *, name: str = "redis", milliseconds: int = 100, connections: int = 16, fleet: str = "alone"
    ) -> None:
        self.name = name
        self._fleet = fleet
        self.breaker = Breaker()
        self.trusted_since = _NEVER
        self.incarnation = ""
        self.policy = "unknown"
        self.state = "unknown"
        self.milliseconds = 0.0
        self._seconds = milliseconds / 1000
        self._connections = Connections(url, connections, self._seconds)
        self._look = asyncio.Event()
        # Who waits for the next heartbeat to be over.
        self._looking: list[asyncio.Future[None]] = []
        self._heard_at = -_GAP_SECONDS
        self._beating: asyncio.Task[None] | None = None
        self._ending = False

    @property
    def available(self) -> bool:
        """Whether it is worth asking."""
        return self.breaker.closed

    @property
    def silent_seconds(self) -> float:
        """For how long nothing has been heard of it."""
        return time.monotonic() - self._heard_at

    async def ask(self, *commands: Command, seconds: float | None = None) -> Reply:
        """Send commands in one round trip and return their answers, or raise ``RedisDown``."""
        if not self.breaker.closed:
            raise RedisDown(self.state)
        reply = await self._attempt(commands, seconds or self._seconds)
        if self.incarnation not in {"", reply.incarnation}:
            self._look.set()
            raise RedisMoved("another incarnation than the one we have met")
        return reply

    async def run(self, script: Script, keys: Sequence[str], *words: Word) -> Any:
        """Run a script and return its answer."""
        return (await self.run_all([(script, keys, words)])).values[0]

    async def run_all(
        self, calls: Sequence[tuple[Script, Sequence[str], Sequence[Word]]], seconds: float | None = None
    ) -> Reply:
        """Run scripts in one round trip, each of which may be run twice; the server learns them the first time."""
        try:
            known = (("EVALSHA", each.sha, len(keys), *keys, *words) for each, keys, words in calls)
            return await self.ask(*known, seconds=seconds)
        except NoScriptError:
            whole = (("EVAL", each.text, len(keys), *keys, *words) for each, keys, words in calls)
            return await self.ask(*whole, seconds=seconds)

    def distrust(self) -> None:
        """Believe nothing that was written before the next heartbeat."""
        self.trusted_since = _NEVER

    async def begin(self) -> None:
        """Look once, and go on beating; a Redis that is not there yet is no reason not to start."""
        await self.beat()
        self._beating = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Stop beating and give all connections back."""
        # A cancellation that meets a deadline may get lost on its way; the beating ends all the same.
        self._ending = True
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        await self._connections.close()

    async def beat(self) -> None:
        """Find out how Redis is, and open or close the breaker by it."""
        self.breaker.probe()
        started = time.perf_counter()
        try:
            reply = await self._attempt((("TIME",),), self._seconds)
            if reply.incarnation != self.incarnation:
                await self._meet(reply.incarnation)
            state = await self._writes()
        except RedisDown as error:
            if not self.state.startswith("down"):
                log.warning("redis is away", extra={"dependency": self.name, "reason": str(error)})
            self.state = f"down: {error}"
            return
        finally:
            self.milliseconds = round((time.perf_counter() - started) * 1000, 1)
        if self.trusted_since == _NEVER or not self.breaker.closed:
            seconds, micros = reply.values[0]
            self.trusted_since = int(seconds) * 1_000_000 + int(micros)
        if self.state != state:
            log.info("redis answers", extra={"dependency": self.name, "state": state, "run": self.incarnation})
        self.breaker.close()
        self.state = state

    async def looked(self) -> None:
        """Have the heartbeat look at once, and wait until it has, for as long as a look may take."""
        look = asyncio.get_running_loop().create_future()
        self._looking.append(look)
        self._look.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(look, _LOOKS * self._seconds)

    async def _beat(self) -> None:
        while not self._ending:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _BEAT_SECONDS)
            self._look.clear()
            # Those who come while it is under way wait for the next one: what it finds may be older than what they did.
            looking, self._looking = self._looking, []
            await self.beat()
            for look in looking:
                if not look.done():
                    look.set_result(None)

    async def _writes(self) -> str:
        """Say whose it is: a replica, or a server whose disk is full, answers questions as if all were well."""
        try:
            reply = await self._attempt((("EVAL", _CLAIM, 1, keys.fleet(), self._fleet, _CLAIM_MS),), self._seconds)
        except RedisFull:
            return "full"
        except RedisDown:
            # Answers in between count as success, so that it would never open by itself.
            self.breaker.open()
            raise
        if reply.values[0] != self._fleet.encode():
            self.breaker.open()
            raise RedisDown("it serves another fleet; give each its own, or a database of its own: redis://…/1")
        return "ok"

    async def _meet(self, latest: str) -> None:
        """Begin an era where we come from elsewhere, and ask what is evicted here."""
        if self.incarnation and incarnation.source(latest) != incarnation.source(self.incarnation):
            await self._arrive()
        reply = await self._attempt((("INFO", "memory"),), self._seconds)
        self.policy = incarnation.field(reply.values[0], "maxmemory_policy")
        if self.policy.startswith("allkeys-"):
            log.warning(
                "redis may evict whole boards: set maxmemory-policy noeviction or volatile-lru",
                extra={"dependency": self.name, "policy": self.policy},
            )
        self.incarnation = reply.incarnation
        self.trusted_since = _NEVER

    async def _arrive(self) -> None:
        await self._attempt((("EVAL", _BEGIN, 1, keys.era(), secrets.token_hex(4)),), self._seconds)

    async def _attempt(self, commands: Sequence[Command], seconds: float) -> Reply:
        started = time.perf_counter()
        try:
            async with within(seconds):
                reply = await self._connections.exchange(commands)
        except TimeoutError as error:
            self.breaker.failed()
            raise RedisDown(f"no answer within {seconds * 1000:.0f} ms") from error
        except ResponseError as error:
            raise self._refused(error) from error
        except (RedisError, OSError) as error:
            self.breaker.failed()
            raise RedisDown(str(error).split("\n")[0]) from error
        finally:
            seen = monitor.current.get()
            if seen is not None:
                seen.trips += 1
                seen.trip_seconds += time.perf_counter() - started
        now = time.monotonic()
        if now - self._heard_at > _GAP_SECONDS:
            self.trusted_since = _NEVER
        self._heard_at = now
        self.breaker.succeeded()
        return reply

    def _refused(self, error: ResponseError) -> Exception:
        if isinstance(error, NoScriptError):
            return error
        if isinstance(error, OutOfMemoryError):
            return RedisFull(str(error))
        if str(error).startswith(_SICK) or type(error) is not ResponseError:
            self.breaker.failed()
        # Once: a heartbeat that is refused four times a second is no news.
        level = logging.DEBUG if self.state.startswith("down") else logging.ERROR
        log.log(level, "redis refused", extra={"dependency": self.name, "reason": str(error)})
        return RedisDown(str(error))


class Reader(Redis):
    """One that never writes what others must see, and so has left nothing elsewhere when it comes to another one."""

    async def _arrive(self) -> None:
        """Begin nothing."""
