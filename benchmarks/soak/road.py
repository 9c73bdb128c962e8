"""The road to Redis: a TCP proxy that can be slow, lead elsewhere, and drop everybody who is on it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

_PIECE = 1 << 16


class Road:
    """A door on loopback that leads to a port, which may change."""

    def __init__(self, port: int) -> None:
        self.leads_to = port
        self.delay = 0.0
        self._travellers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._travel, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        self.drop()

    @property
    def url(self) -> str:
        """Where instances ask."""
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def drop(self) -> None:
        """Break all connections."""
        for each in self._travellers:
            each.cancel()

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._travellers.add(task)
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
                try:
                    await _first([self._carry(reader, far_writer), self._carry(far_reader, writer)])
                finally:
                    far_writer.transport.abort()
        except asyncio.CancelledError:
            # Dropped on purpose; the server's own task needs no word of it.
            pass
        finally:
            self._travellers.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()


async def _first(ways: list[Coroutine[None, None, None]]) -> None:
    """Go both ways until one ends."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
