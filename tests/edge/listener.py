"""A browser's EventSource, as far as the edge can tell: it reads, remembers the last id, and comes back."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from edge.clients import PATIENCE, wait_until


class Event(NamedTuple):
    """One event."""

    name: str
    id: str
    data: dict[str, Any]


class Listener:
    """Listens at an address until it is closed; ``events`` are all so far, ``last`` is the last id."""

    def __init__(self, url: str, *, last: str = "", returns: bool = False) -> None:
        self._place = urlsplit(url)
        self._returns = returns
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.last = last
        self.events: list[Event] = []
        self.retries: list[int] = []
        self.statuses: list[int] = []
        self.refusals: list[bytes] = []
        self.ended = 0

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: bool(self.retries or (self.statuses and self.statuses[-1] != 200)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)

    def names(self) -> list[str]:
        """Return the names of the events so far."""
        return [event.name for event in self.events]

    def hears(self, course: str) -> bool:
        """Say whether a course's board was named."""
        return course in self.boards()

    def boards(self) -> set[str]:
        """Return the boards that were named so far."""
        return {board for event in self.events for board in event.data["courses"]}

    def _listen(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._read()
            self.ended += 1
            if not self._returns:
                return
            # The browser would wait as long as it was told.
            self._closed.wait(0.05)

    def _read(self) -> None:
        connection = http.client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=PATIENCE)
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self.last} if self.last else {})}
        with contextlib.closing(connection):
            connection.request("GET", "/api/live", headers=headers)
            self._line = connection.sock
            with connection.getresponse() as answer:
                self.statuses.append(answer.status)
                if answer.status == 200:
                    self._follow(answer)
                else:
                    self.refusals.append(answer.read())

    def _follow(self, answer: http.client.HTTPResponse) -> None:
        fields: dict[str, str] = {}
        for raw in answer:
            line = raw.decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if name == "retry":
                self.retries.append(int(value))
            elif name == "id":
                self.last = value
            elif line:
                fields[name] = value
            elif "data" in fields:
                self.events.append(Event(fields["event"], self.last, json.loads(fields["data"])))
            if not line:
                fields = {}
