"""A connection to a client that hears an answer's head and its body in one call of the kernel.

uvicorn writes them one after the other, and each write is a call that wakes whoever waits on the other side: for an
answer from memory the second was a good part of all its processor time. Here, what is written in one turn of the event
loop goes out together at its end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Whoever writes more than an answer in one turn waits for the kernel to take it, as without this.
_PIECES = 8


class Together:
    """A transport that holds what is written until the turn of the loop ends; in all else the one it was made from."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this soon, with what else is written until then."""
        if not self._held:
            self._soon(self._send)
        self._held.append(data)
        if len(self._held) == _PIECES:
            self._send()

    def close(self) -> None:
        """Send what is held, and close when it has gone."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.write(b"".join(held))


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, on such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to speak."""
        super().connection_made(Together(transport))  # type: ignore[arg-type]  # all that uvicorn asks of one
