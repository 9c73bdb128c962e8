"""Raw exchanges with Redis on pooled connections: all commands of an exchange go out together, all answers come back.

Whatever ends an exchange early closes its connection, so that no answer is left for the next one who asks. Each ends
with the question which incarnation of Redis has answered (``edge_api.stores.incarnation``). A connection that was
opened to another process than the latest is opened anew before it is used: a name that begins to lead elsewhere is
followed by all as soon as one has. So is one that was closed, or spoken to, while it rested.

A connection that rests stays leased from redis-py's pool: taking it there and giving it back cost more than the
exchange itself. Only where somebody waits in the pool does it go back, and wakes them. Commands are packed by hiredis,
which takes less of the processor than redis-py does.
"""

from __future__ import annotations

import asyncio
import weakref
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import hiredis
import msgspec
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from edge_api.stores import incarnation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from redis.asyncio.connection import AbstractConnection

Word = str | bytes | int | float
Command = tuple[Word, ...]

# Waiting longer for a connection than most answers take means that Redis, or we, can't keep up.
_POOL_WAIT_SECONDS = 0.05
# What comes later than this to a deadline is our own event loop's delay.
_LATE_SECONDS = 0.005


class Reply(msgspec.Struct, frozen=True):
    """One answer per command, and the incarnation that gave them."""

    values: list[Any]
    incarnation: str


class Connections:
    """The pool of connections to one Redis."""

    def __init__(self, url: str, most: int, seconds: float) -> None:
        self._latest = ""
        self._resting: list[AbstractConnection] = []
        self._waiting = 0
        self._processes: weakref.WeakKeyDictionary[AbstractConnection, str] = weakref.WeakKeyDictionary()
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=most,
            timeout=min(_POOL_WAIT_SECONDS, seconds),
            # One clock for an exchange, its deadline: a socket's own would cost a task for each command, and would end
            # what was given longer.
            socket_timeout=None,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=3,
            # RESP3's own shapes: maps are dicts, scores are floats.
            legacy_responses=False,
            redis_connect_func=self._hello,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )

    @property
    def busy(self) -> int:
        """How many connections are in use."""
        return len(self._pool._in_use_connections) - len(self._resting)  # noqa: SLF001 - redis-py tells it nowhere else

    async def exchange(self, commands: Sequence[Command]) -> Reply:
        """Send commands on one connection and read their answers; raise the first refusal among them."""
        connection = await self._take()
        try:
            if self._processes.get(connection) != self._latest or await _spoilt(connection):
                await connection.disconnect(nowait=True)
                await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
            packed = [hiredis.pack_command(each) for each in (*commands, *incarnation.WHERE)]  # type: ignore[arg-type]  # its stub knows commands of one word
            await connection.send_packed_command(packed)
            values = [await _answer(connection) for _ in range(len(commands) + len(incarnation.WHERE))]
        except BaseException:
            # Whatever is still on its way must meet a closed door, not the next one who asks.
            await connection.disconnect(nowait=True)
            raise
        finally:
            await self._give_back(connection)
        refused = next((value for value in values if isinstance(value, ResponseError)), None)
        if refused is not None:
            raise refused
        *values, replication, era = values
        return Reply(values, incarnation.name(self._processes[connection], replication, era))

    async def close(self) -> None:
        """Close all connections."""
        self._resting.clear()
        await self._pool.aclose()

    async def _take(self) -> AbstractConnection:
        if self._resting:
            return self._resting.pop()
        self._waiting += 1
        try:
            return await self._pool.get_connection()  # type: ignore[no-any-return,no-untyped-call]  # untyped in redis-py
        finally:
            self._waiting -= 1

    async def _give_back(self, connection: AbstractConnection) -> None:
        if self._waiting:
            await self._pool.release(connection)
        else:
            self._resting.append(connection)

    async def _hello(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        await connection.send_command(*incarnation.WHO)
        self._processes[connection] = self._latest = incarnation.field(await connection.read_response(), "run_id")


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Raise ``TimeoutError`` after so long; half as long again where it was us who came late to look at the clock."""
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    async with asyncio.timeout(None) as limit:

        def over() -> None:
            # A busy loop sees the deadline and the answer at once, and would take the deadline first.
            late = loop.time() - due > _LATE_SECONDS
            limit.reschedule(loop.time() + (seconds / 2 if late else 0))

        timer = loop.call_at(due, over)
        try:
            yield
        finally:
            timer.cancel()


async def _spoilt(connection: AbstractConnection) -> bool:
    """Tell whether a connection was closed while it rested, or has something to say that nobody asked for."""
    return not connection.is_connected or await connection.can_read()


async def _answer(connection: AbstractConnection) -> Any:
    """Read one answer; a refusal of one command is its answer, the others' still follow."""
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error
