"""Who has to be told that pages changed, as the deploy sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Cdn(Protocol):
    """A cache in front of a target."""

    name: str

    def purge(self, paths: Sequence[str]) -> None:
        """Make the cache forget the site paths, and return once it has."""
        ...
