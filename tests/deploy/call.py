"""The command as its user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Called(NamedTuple):
    """What a call of the command came to."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """Return what ``--json`` printed."""
        return json.loads(self.out)


Deploy = Callable[..., Called]
