"""/api/live: a stream of events for whoever looks at boards; what they say stands in ``edge_api.services.live``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from edge_api.endpoints import door

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from edge_api.services.live import Hub, Seat

# Who takes nothing for so long does not listen any more.
_PATIENCE_SECONDS = 10


async def listen(request: Request) -> Response:
    """Return the stream, for as long as somebody listens and this instance stays."""
    last = request.headers.get("last-event-id", "")
    return _Stream(door.edge(request).live, door.address(request), last)


class _Stream(Response):
    """A response without an end of its own."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, address: str, last: str) -> None:
        # X-Accel-Buffering is nginx's word for passing each event on at once.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub, self._address, self._last = hub, address, last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the listener has gone or we go."""
        with self._hub.join(self._address, self._last) as seat:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
                return
            watching = asyncio.create_task(_watch(receive, seat))
            try:
                async for frame in seat.frames():
                    async with asyncio.timeout(_PATIENCE_SECONDS):
                        await send({"type": "http.response.body", "body": frame, "more_body": True})
                await send({"type": "http.response.body"})
            except TimeoutError:
                pass
            finally:
                watching.cancel()


async def _watch(receive: Receive, seat: Seat) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    seat.leave()
