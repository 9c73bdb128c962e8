"""The breaker: whether a dependency is worth asking, decided by what became of the last attempts.

    closed     ask; three failures in a row open it
    open       don't ask; somebody in the background probes, never a learner's request
    half-open  a probe is under way: an answer closes, silence opens again

Every failed attempt counts, timeouts above all: a breaker that does not hear of failures can't open.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["closed", "half-open", "open"]

# One failure is a hiccup, two may be one hiccup of two requests; three in a row are an outage.
FAILURES = 3


class Breaker:
    """Counts failures in a row; remembers for how long it was not closed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._degraded = 0.0
        self.state: State = "closed"

    @property
    def closed(self) -> bool:
        """Whether to ask."""
        return self.state == "closed"

    @property
    def degraded_seconds(self) -> float:
        """For how long, all in all, it was not closed."""
        return self._degraded + (0.0 if self._opened_at is None else self._clock() - self._opened_at)

    def failed(self) -> None:
        """Count a failure."""
        self._failures += 1
        if self.state == "half-open" or (self.state == "closed" and self._failures >= FAILURES):
            self.open()

    def succeeded(self) -> None:
        """Forget earlier failures; an answer that was under way when the breaker opened does not close it."""
        if self.state == "closed":
            self._failures = 0

    def open(self) -> None:
        """Stop asking."""
        self.state = "open"
        if self._opened_at is None:
            self._opened_at = self._clock()

    def probe(self) -> None:
        """Let one attempt through to find out."""
        if self.state == "open":
            self.state = "half-open"

    def close(self) -> None:
        """Ask again."""
        self.state, self._failures = "closed", 0
        if self._opened_at is not None:
            self._degraded += self._clock() - self._opened_at
            self._opened_at = None
