"""What is broken during a soak, and mended again; each fault ends with everything as it was.

A fault takes the ground and a number between 0 and 1 that says how bad it gets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from benchmarks.soak.record import Broke

if TYPE_CHECKING:
    import random

    from benchmarks.soak.ground import Ground
    from benchmarks.soak.record import Record
    from servers import Redis

_SYNC_SECONDS = 10.0


class Fault(msgspec.Struct, frozen=True):
    """Something that breaks."""

    name: str
    happen: Callable[[Ground, float], Awaitable[None]]


async def redis_hangs(ground: Ground, much: float) -> None:
    """Stop Redis in its tracks, connections open."""
    await ground.do(ground.first.freeze)
    await asyncio.sleep(0.1 + 6 * much)
    await ground.do(ground.first.thaw)


async def redis_emptied(ground: Ground, much: float) -> None:
    """Empty it, once or a few times."""
    for _ in range(1 + int(3 * much)):
        await ground.order(ground.first, "FLUSHALL")
        await asyncio.sleep(0.3)


async def redis_killed(ground: Ground, much: float) -> None:
    """Kill it; it comes back empty."""
    await ground.do(ground.first.stop)
    (ground.first.folder / "dump.rdb").unlink(missing_ok=True)
    await asyncio.sleep(4 * much)
    await ground.do(ground.first.start)


async def redis_from_an_old_snapshot(ground: Ground, much: float) -> None:
    """Kill it some time after a snapshot; it comes back with that."""
    await ground.order(ground.first, "SAVE")
    await asyncio.sleep(0.5 + 4 * much)
    await ground.do(ground.first.stop)
    await ground.do(ground.first.start)


async def redis_rolled_back(ground: Ground, much: float) -> None:
    """Give it the data of a copy that fell behind, within a heartbeat, its process and all connections staying."""
    await _copy(ground, ground.second, ground.first)
    await asyncio.sleep(0.5 + 3 * much)
    await _copy(ground, ground.first, ground.second)


async def redis_fails_over(ground: Ground, much: float) -> None:
    """Let a replica that fell behind take over, and later the first one, which missed what came between."""
    await _copy(ground, ground.second, ground.first)
    for server in (ground.second, ground.first):
        await asyncio.sleep(0.5 + 2 * much)
        ground.road.leads_to = server.port
        ground.road.drop()


async def redis_demoted(ground: Ground, much: float) -> None:
    """Make it a replica while everybody is connected, and a primary again."""
    await _copy(ground, ground.second, ground.first)
    await asyncio.sleep(much)
    await ground.order(ground.first, "REPLICAOF", "127.0.0.1", ground.second.port)
    await asyncio.sleep(0.02 + 2 * much)
    await ground.order(ground.first, "REPLICAOF", "NO", "ONE")


async def redis_full(ground: Ground, much: float) -> None:
    """Leave it no memory for writes."""
    await ground.order(ground.first, "CONFIG", "SET", "maxmemory", 1)
    await asyncio.sleep(0.2 + 5 * much)
    await ground.order(ground.first, "CONFIG", "SET", "maxmemory", 0)


async def redis_refuses_writes(ground: Ground, much: float) -> None:
    """Let it answer questions and nothing else."""
    await ground.order(ground.first, "CONFIG", "SET", "min-replicas-to-write", 1)
    await asyncio.sleep(0.1 + 4 * much)
    await ground.order(ground.first, "CONFIG", "SET", "min-replicas-to-write", 0)


async def redis_evicts(ground: Ground, much: float) -> None:
    """Lose keys at random."""
    for _ in range(10 + int(60 * much)):
        key = await ground.order(ground.first, "RANDOMKEY")
        if key is not None:
            await ground.order(ground.first, "UNLINK", key)


async def the_road_is_slow(ground: Ground, much: float) -> None:
    """Deliver everything late: just in time, or too late."""
    ground.road.delay = 0.01 + 0.15 * much
    await asyncio.sleep(3)
    ground.road.delay = 0.0


async def the_road_breaks(ground: Ground, much: float) -> None:
    """Drop all connections, a few times."""
    for _ in range(1 + int(5 * much)):
        ground.road.drop()
        await asyncio.sleep(0.2)


async def an_instance_is_killed(ground: Ground, much: float) -> None:
    """End one without a word, and start it again."""
    instance = ground.fleet.instances[int(much * 1000) % 3]
    await ground.do(instance.kill)
    await asyncio.sleep(3 * much)
    await ground.do(instance.start)


async def an_instance_hangs(ground: Ground, much: float) -> None:
    """Stop one in its tracks."""
    instance = ground.fleet.instances[int(much * 1000) % 3]
    await ground.do(instance.freeze)
    await asyncio.sleep(0.2 + 5 * much)
    await ground.do(instance.thaw)


async def postgresql_restarts(ground: Ground, much: float) -> None:
    """End the database as an operator does, and start it again."""
    await ground.do(ground.postgres.stop)
    await asyncio.sleep(2 * much)
    await ground.do(ground.postgres.start)


async def an_instance_dies_while_redis_hangs(ground: Ground, much: float) -> None:
    """Let one die with what it could not tell."""
    await ground.do(ground.first.freeze)
    await asyncio.sleep(0.1 + much)
    await an_instance_is_killed(ground, much / 2)
    await ground.do(ground.first.thaw)


FAULTS = (
    Fault("redis hangs", redis_hangs),
    Fault("redis emptied", redis_emptied),
    Fault("redis killed, empty", redis_killed),
    Fault("redis from an old snapshot", redis_from_an_old_snapshot),
    Fault("redis rolled back", redis_rolled_back),
    Fault("redis fails over, and back", redis_fails_over),
    Fault("redis demoted for a moment", redis_demoted),
    Fault("redis full", redis_full),
    Fault("redis refuses writes", redis_refuses_writes),
    Fault("redis evicts", redis_evicts),
    Fault("slow road to redis", the_road_is_slow),
    Fault("broken road to redis", the_road_breaks),
    Fault("instance killed", an_instance_is_killed),
    Fault("instance hangs", an_instance_hangs),
    Fault("instance dies while redis hangs", an_instance_dies_while_redis_hangs),
    Fault("postgresql restarts", postgresql_restarts),
)


async def strike(ground: Ground, record: Record, chance: random.Random, until: float) -> None:
    """Let all faults happen in an order of chance, again and again, with a calm between, as long as there is time."""
    while True:
        for fault in chance.sample(FAULTS, len(FAULTS)):
            await asyncio.sleep(chance.uniform(0.5, 6.0))
            if time.monotonic() > until:
                return
            began, much = time.monotonic(), chance.random()
            await fault.happen(ground, much)
            record.write(Broke(fault.name, began, time.monotonic()))


async def _copy(ground: Ground, to: Redis, of: Redis) -> None:
    """Give a server the data of another, and let it hear no more."""
    await ground.order(to, "REPLICAOF", "127.0.0.1", of.port)
    deadline = time.monotonic() + _SYNC_SECONDS
    while (await ground.order(to, "INFO", "replication"))["master_link_status"] != "up":
        if time.monotonic() > deadline:
            message = "a replica did not come up"
            raise TimeoutError(message)
        await asyncio.sleep(0.005)
    await ground.order(to, "REPLICAOF", "NO", "ONE")
