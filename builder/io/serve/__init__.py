"""The live server: a save is on the screen before the hand has left the keyboard.

    watch → rounds (refresh, settle) → window → audience → the open pages

One thread builds, the main thread answers, the system's threads tell what was saved. Only frozen values go between
them.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import webbrowser
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import uvicorn

from builder.errors import UsageError
from builder.io.serve.app import Front
from builder.io.serve.audience import Audience
from builder.io.serve.rounds import Builds, Rounds
from builder.io.serve.watch import Watch
from builder.io.serve.window import Window
from builder.io.write import Folder

Say = Callable[[str], None]

# Beyond so many busy ports in a row, the next one is not the answer.
PORTS = 50


class Options(NamedTuple):
    """What the command line asked for."""

    host: str = "127.0.0.1"
    port: int = 8000
    open: bool = False


def serve(builds: Builds, options: Options, edge: Any, say: Say) -> None:
    """Build, then serve and follow the author's work until interrupted."""
    with listen(options.host, options.port, say) as door:
        audience = Audience(Window())
        watch = Watch(builds.folders, builds.own, say)
        rounds = Rounds(builds, watch, audience, say)
        rounds.first()
        watch.start()
        rounds.start()
        try:
            asyncio.run(_answer(audience, door, options, edge, say))
        finally:
            rounds.stop()
            watch.stop()


def edge_of(introduce: Callable[[], Any] | None, folder: Folder, say: Say) -> Any:
    """Return the edge API over the catalogue and awards of these builds, or nothing and a line that says why."""
    if introduce is None:
        return None
    try:
        create = introduce()
        return create(folder.out / "catalog.json", folder.beside / "awards.json", folder.out.with_name("edge"))
    except Exception as error:  # noqa: BLE001 - pages are served without it
        say(f"The edge API is not here ({error}); serving the pages without it.")
        return None


def listen(host: str, port: int, say: Say) -> socket.socket:
    """Return a socket on the port, or on the next one that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + PORTS if port else 1):
        # asyncio sends at once only on sockets that say they are TCP: on others an answer's body would wait for a
        # browser that keeps its connection to have confirmed the head, which it does after 40 ms.
        door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, candidate))
            door.listen(128)
        except OSError as error:
            door.close()
            if error.errno != errno.EADDRINUSE:
                raise UsageError(
                    f"Cannot listen on {host}:{candidate}: {error.strerror}", hint="Choose another --host or --port."
                ) from error
            say(f"Port {candidate} is busy; trying {candidate + 1}.")
            continue
        return door
    raise UsageError(f"No port from {port} to {port + PORTS - 1} is free", hint="Choose one with --port.")


class _Server(uvicorn.Server):
    """The HTTP server; open pages are let go before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, audience: Audience, edge: Any) -> None:
        super().__init__(config)
        self.audience = audience
        self.edge = edge

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop answering."""
        self.audience.close()
        if self.edge is not None:
            self.edge.state.lifecycle.drain()
        await super().shutdown(sockets)


async def _answer(audience: Audience, door: socket.socket, options: Options, edge: Any, say: Say) -> None:
    host, port = door.getsockname()[:2]
    shown = audience.window.shown
    # Browsers make passkeys for names alone, not for numbers.
    named = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    address = f"http://{named}:{port}{shown.base if shown else ''}/"
    async with AsyncExitStack() as life:
        if edge is not None:
            try:
                await life.enter_async_context(edge.router.lifespan_context(edge))
            except Exception as error:  # noqa: BLE001 - pages are served without it
                say(f"The edge API did not start ({error}); serving the pages without it.")
                edge = None
        loopback = host.startswith("127.") or host == "::1"
        config = uvicorn.Config(
            Front(audience, edge, guarded=loopback),
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=2,
            server_header=False,
        )
        say(f"Serving {address}" + (" with the edge API at /api" if edge else "") + "; Ctrl-C ends it.")
        if options.open:
            webbrowser.open(address)
        await _Server(config, audience, edge).serve(sockets=[door])
