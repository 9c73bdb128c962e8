"""Everyone who is looking: each open page is told when it is not what the site shows any more, and what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from builder.io.serve.finding import Finding
from builder.io.serve.shown import Shown
from builder.io.serve.window import Window, as_event

# Proxies and laptops that sleep drop connections on which nothing is said.
PULSE_SECONDS = 15.0


class Audience:
    """The open pages; builds speak from their own thread, and every page is answered in the server's."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.findings: tuple[Finding, ...] = ()
        self.moved: dict[str, str] = {}
        self.closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[asyncio.Event, str] = {}

    def show(self, shown: Shown) -> None:
        """Put a new state of the site into the window and tell everyone."""
        self.window.show(shown)
        self.moved.update(shown.moved)
        self.find(shown.errors)

    def find(self, findings: tuple[Finding, ...]) -> None:
        """Tell everyone what is wrong now."""
        self.findings = findings
        self._wake()

    def in_view(self) -> frozenset[str]:
        """Return the files of the pages that are open."""
        names = (self.window.name(page) for page in tuple(self._waiting.values()))
        return frozenset(name for name in names if name)

    def close(self) -> None:
        """End every conversation."""
        self.closing = True
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for event in self._waiting:
            event.set()

    async def listen(self, page: str, digest: str) -> AsyncIterator[bytes]:
        """Yield what one page is told: at once what it has missed, then what changes."""
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._waiting[event] = page
        told: dict[str, object] = {}
        try:
            while not self.closing:
                event.clear()
                message = self._message(page, digest)
                if message != told:
                    told = message
                    yield as_event(message)
                try:
                    await asyncio.wait_for(event.wait(), PULSE_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            del self._waiting[event]

    def _message(self, page: str, digest: str) -> dict[str, object]:
        window = self.window
        current = window.digest(page)
        gone = window.shown is not None and not window.has(page) and digest not in (current, "waiting")
        errors = [finding._asdict() for finding in self.findings]
        return {"errors": errors, "digest": current, "gone": gone, "moved": self.moved.get(page, "")}
