"""A process that serves the edge: uvicorn, with a way of stopping that loses no request.

SIGTERM: /readyz fails and new requests get 503 with ``Connection: close`` and ``X-Drain``, so that a proxy asks another
instance; after EDGE_DRAIN_SECONDS the listener closes, what is in hand is finished, and the process ends. A second
signal does not wait.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import TYPE_CHECKING

import uvicorn

from edge_api import logs, supervisor
from edge_api.app import create_app
from edge_api.wire import Protocol

if TYPE_CHECKING:
    from types import FrameType

    from starlette.applications import Starlette

    from edge_api.lifecycle import Lifecycle
    from edge_api.settings import Settings

# Longer than a proxy keeps idle connections to us (nginx: 60 s), or it would use one that we are closing.
_KEEP_ALIVE_SECONDS = 75
# Longer than any request may take.
_FINISH_SECONDS = 30


class Server(uvicorn.Server):
    """uvicorn's server, which drains before it stops."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._drain_seconds = drain_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what is there by now stays, and is not looked through again whenever garbage is collected.

        With awards of 100,000 items such a look stopped every request for a tenth of a second.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain at the first signal; stop at once at the second."""
        if self._lifecycle.draining:
            super().handle_exit(sig, frame)
            return
        self._lifecycle.drain()
        self._captured_signals.append(sig)
        asyncio.get_running_loop().call_later(self._drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def serve(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until a signal says stop."""
    if workers == 1:
        work(settings, host, port)
        return
    with configured(None, host, port).bind_socket() as line:
        supervisor.run(workers, work, (settings, host, port, line))


def work(settings: Settings, host: str, port: int, line: socket.socket | None = None) -> None:
    """Serve in this process, on a socket of its own or on one that is shared."""
    logs.configure(settings.log)
    app = create_app(settings)
    server = Server(configured(app, host, port), app.state.lifecycle, settings.drain_seconds)
    server.run(None if line is None else [line])


def configured(app: Starlette | None, host: str, port: int) -> uvicorn.Config:
    """Return how we want uvicorn."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # without one it can still bind
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
        lifespan="on",
        http=Protocol,
        ws="none",
    )
