"""Boards: their lines, their pages, and the place of the one who asks."""

from __future__ import annotations

from typing import Literal

import msgspec

Window = Literal["all", "week", "day"]


class Entry(msgspec.Struct, frozen=True):
    """One line of a board."""

    rank: int
    handle: str
    xp: int
    level: int
    lessons: int
    achievements: int


class Me(Entry, frozen=True):
    """The asking learner's own line; unlisted, it is seen by nobody else."""

    listed: bool


class Board(msgspec.Struct, frozen=True):
    """A page of a board."""

    revision: str
    total: int
    entries: tuple[Entry, ...]
    next: str | None
    approximate: bool | msgspec.UnsetType = msgspec.UNSET
    """True where ranks are estimates; else absent."""


class AroundMe(msgspec.Struct, frozen=True):
    """The part of a board around the asking learner."""

    revision: str
    total: int
    entries: tuple[Entry, ...]
    next: str | None
    me: Me | None
    approximate: bool | msgspec.UnsetType = msgspec.UNSET
    """True where ranks are estimates; else absent."""
