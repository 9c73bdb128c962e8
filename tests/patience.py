"""How long tests wait for what another process does: until it is so, and if it never is they say what never was.

A deadline that only a failure reaches costs nothing, so it is long enough for the busiest machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0
# Between two questions, in seconds.
PAUSE = 0.02


def until(what: str, is_so: Callable[[], object], pause: Callable[[float], object] = time.sleep) -> None:
    """Ask again until it is so; a browser's page pauses by a function of its own, since it hears nothing meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"it never was so: {what}"
        pause(PAUSE)
