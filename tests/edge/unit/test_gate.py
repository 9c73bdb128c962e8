"""The gate: who is let in, who waits, who is sent away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from edge_api.lifecycle import Lifecycle
from edge_api.metrics import Metrics
from edge_api.middleware.gate import Gate
from edge_api.problems import Unavailable

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class World:
    """A gate before an application in which each request stays until it is told to go."""

    def __init__(self, *, concurrency: int, queue: int) -> None:
        self.lifecycle = Lifecycle()
        self.inside: list[str] = []
        self.go = asyncio.Event()
        self.gate = Gate(self.app, self.lifecycle, Metrics(), concurrency=concurrency, queue=queue)

    async def app(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Note that a request is inside, and keep it there."""
        self.inside.append(scope["path"])
        await self.go.wait()

    def ask(self, path: str, *headers: tuple[bytes, bytes]) -> asyncio.Task[None]:
        """Begin a request."""
        scope: Any = {"type": "http", "path": path, "headers": list(headers)}
        unused: Any = None
        return asyncio.ensure_future(self.gate(scope, unused, unused))


async def settle() -> None:
    """Let everything happen that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_so_many_are_inside_so_many_wait_and_the_next_is_sent_away_at_once() -> None:
    async def work() -> None:
        world = World(concurrency=2, queue=1)
        asked = [world.ask(f"/{number}") for number in range(3)]
        await settle()
        assert (world.inside, world.lifecycle.active, world.lifecycle.waiting) == (["/0", "/1"], 2, 1)
        with pytest.raises(Unavailable) as refused:
            await world.ask("/4")
        assert (refused.value.code, int(refused.value.headers["Retry-After"]) >= 1) == ("overloaded", True)
        world.go.set()
        await asyncio.gather(*asked)
        assert (world.inside, world.lifecycle.active, world.lifecycle.waiting) == (["/0", "/1", "/2"], 0, 0)

    asyncio.run(work())


def test_probes_and_streams_take_no_place() -> None:
    async def work() -> None:
        world = World(concurrency=1, queue=0)
        asked = [world.ask(path) for path in ("/a", "/livez", "/metrics", "/api/live")]
        await settle()
        assert world.inside == ["/a", "/livez", "/metrics", "/api/live"]
        world.go.set()
        await asyncio.gather(*asked)

    asyncio.run(work())


@pytest.mark.parametrize(("headers", "status"), [((), 503), (((b"x-drain", b"502"),), 502)])
def test_an_instance_that_goes_away_refuses_all_but_probes(
    headers: tuple[tuple[bytes, bytes], ...], status: int
) -> None:
    """A proxy that asks for 502 gets it, and sends the request on to another instance."""

    async def work() -> None:
        world = World(concurrency=1, queue=1)
        world.go.set()
        world.lifecycle.drain()
        for path in ("/api/session", "/api/live"):
            with pytest.raises(Unavailable) as refused:
                await world.ask(path, *headers)
            assert (refused.value.status, refused.value.headers["Connection"]) == (status, "close")
        await world.ask("/livez")
        assert world.inside == ["/livez"]

    asyncio.run(work())
