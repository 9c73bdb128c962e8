"""The gate: so many requests at once, a few more waiting, the rest sent away at once; nobody new while draining.

A place is given in order of arrival. Waiting is bounded twice, in number and in time, because a client that has gone
away still costs the work it asked for. Probes pass: an overloaded instance is alive.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from edge_api.problems import Unavailable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from edge_api.lifecycle import Lifecycle
    from edge_api.metrics import Metrics

PROBES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
# Streams last for hours and work for moments: they have a bound of their own (``edge_api.services.live``).
STREAM = "/api/live"
# Longer than this and the learner's browser would rather ask again.
_WAIT_SECONDS = 2.0


class Gate:
    """Lets a bounded number of requests in."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, metrics: Metrics, *, concurrency: int, queue: int) -> None:
        self._app = app
        self._lifecycle = lifecycle
        self._metrics = metrics
        self._places = asyncio.Semaphore(concurrency)
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or send it away with a time to come back."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        if self._lifecycle.draining:
            # A proxy that asks for 502 sends the request on, and does so for no other answer of ours.
            code = "elsewhere" if (b"x-drain", b"502") in scope["headers"] else "draining"
            raise Unavailable(code, "Ask again; another instance answers.", 0, {"Connection": "close", "X-Drain": "1"})
        if scope["path"] == STREAM:
            await self._app(scope, receive, send)
            return
        await self._enter()
        self._lifecycle.active += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._lifecycle.active -= 1
            self._places.release()

    async def _enter(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        if self._lifecycle.waiting >= self._queue:
            self._metrics.add("edge_refused_requests_total", code="overloaded")
            raise Unavailable("overloaded")
        self._lifecycle.waiting += 1
        try:
            await asyncio.wait_for(self._places.acquire(), _WAIT_SECONDS)
        except TimeoutError:
            self._metrics.add("edge_refused_requests_total", code="overloaded")
            raise Unavailable("overloaded") from None
        finally:
            self._lifecycle.waiting -= 1
