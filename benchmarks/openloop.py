"""An open-loop HTTP client: requests leave by the clock, whether earlier ones are back or not.

A latency counts from the moment at which the request should have left, so that a server which stalls can't hide it by
slowing the client down (coordinated omission). Each request is sent once and never again: a connection that breaks
under it is a failure. Connections that the server closes between requests are opened anew, as browsers do.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

# An answer that has not come by then is none.
PATIENCE = 30.0
# So many connections are opened at once: a listening queue has 128 places on older kernels.
_OPENING = 100


class Request(msgspec.Struct, frozen=True):
    """What is sent: the whole request but for the host."""

    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: bytes = b""

    def encoded(self, host: str) -> bytes:
        """Return the bytes on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", *self.headers]
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Answer(msgspec.Struct, frozen=True):
    """What became of a request: its number, when it was due, milliseconds from then, status (0: none), the answer."""

    number: int
    due: float
    ms: float
    status: int
    data: bytes

    @property
    def good(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - any success


class Crowd:
    """So many connections to one place, for as long as it takes."""

    def __init__(self, host: str, port: int, connections: int, *, keep: bool = False) -> None:
        self._host, self._port, self._size, self._keep = host, port, connections, keep
        self._idle: deque[_Line] = deque()
        self._waiting: deque[tuple[int, float, bytes]] = deque()
        self._answers: list[Answer] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._expected = -1
        self._complete = asyncio.Event()

    async def open(self) -> None:
        """Open all connections."""
        for start in range(0, self._size, _OPENING):
            await asyncio.gather(*(self._connect() for _ in range(start, min(start + _OPENING, self._size))))

    async def send(
        self, make: Callable[[int], bytes], rate: float, go_on: Callable[[int], bool], *, most: int | None = None
    ) -> list[Answer]:
        """Send ``rate`` requests a second while ``go_on(number)``; return what became of each, in order.

        Where at most so many may wait for a connection, the next is late instead: the loop is closed then.
        """
        self._expected = -1
        self._complete.clear()
        started, number = time.perf_counter() + 0.05, 0
        while go_on(number):
            due = started + number / rate
            pause = due - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            while most is not None and len(self._waiting) >= most:  # noqa: ASYNC110 - an event would be for this alone
                await asyncio.sleep(0.01)
            self._waiting.append((number, due, make(number)))
            self._forward()
            number += 1
        self._expected = number
        self._check()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._complete.wait(), PATIENCE)
        answers, self._answers = self._answers, []
        missing = set(range(number)) - {answer.number for answer in answers}
        answers += [Answer(each, started + each / rate, PATIENCE * 1000, 0, b"") for each in missing]
        return sorted(answers, key=lambda answer: answer.number)

    def close(self) -> None:
        """Close all connections."""
        self._size = 0
        for line in self._idle:
            line.hang_up()

    def free(self, line: _Line) -> None:
        """Take a connection back."""
        self._idle.append(line)
        self._forward()

    def done(self, number: int, due: float, status: int, data: bytes) -> None:
        """Enter an answer."""
        elapsed = (time.perf_counter() - due) * 1000
        self._answers.append(Answer(number, due, elapsed, status, data if self._keep else b""))
        self._check()

    def lost(self, line: _Line) -> None:
        """Replace a connection that is gone."""
        if line in self._idle:
            self._idle.remove(line)
        if self._size:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def _check(self) -> None:
        if len(self._answers) == self._expected:
            self._complete.set()

    def _forward(self) -> None:
        while self._waiting and self._idle:
            self._idle.popleft().send(*self._waiting.popleft())

    async def _connect(self) -> None:
        while self._size:
            try:
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: _Line(self), self._host, self._port
                )
            except OSError:
                await asyncio.sleep(0.05)
                continue
            self.free(line)
            return


class _Line(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._asked: tuple[int, float] | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, number: int, due: float, data: bytes) -> None:
        """Send one request."""
        self._asked = (number, due)
        self._transport.write(data)

    def hang_up(self) -> None:
        """Close."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer, and give it on when it is whole."""
        self._data += data
        if self._asked is None or not _whole(self._data):
            return
        (number, due), answer = self._asked, self._data
        self._asked, self._data = None, b""
        self._crowd.done(number, due, int(answer[9:12]), answer)
        if b"connection: close" in answer.partition(b"\r\n\r\n")[0].lower():
            self._transport.close()
        else:
            self._crowd.free(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Say so, and that its request has failed."""
        if self._asked is not None:
            self._crowd.done(*self._asked, 0, self._data)
            self._asked = None
        self._crowd.lost(self)


def _whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    fields = head.lower()
    _, found, rest = fields.partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    if b"\r\ntransfer-encoding: chunked" in fields:
        return body.endswith(b"0\r\n\r\n")
    return True
