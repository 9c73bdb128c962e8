"""What an instance knows of its own life: whether it is going away, and how many requests it has in hand."""

from __future__ import annotations

import time
from collections.abc import Callable


class Lifecycle:
    """Serving, then draining; never back."""

    def __init__(self) -> None:
        self.started_at = time.time()
        self.draining = False
        self.active = 0
        self.waiting = 0
        self.farewells: list[Callable[[], None]] = []

    def drain(self) -> None:
        """Begin to go away: /readyz fails, new work is refused, what is in hand is finished."""
        self.draining = True
        for farewell in self.farewells:
            farewell()
