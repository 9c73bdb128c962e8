"""What learners tell of and what becomes of it, and what they earned."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

EventType = Literal["lesson.read", "quiz.answered", "exercise.passed"]
Status = Literal["accepted", "replayed", "pending", "rejected"]
Item = Annotated[str, Meta(pattern=r"^[^/#\s]+/[^#\s]+(#[^/#\s]+)?$", max_length=512)]
EventId = Annotated[
    str, Meta(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", extra_json_schema={"format": "uuid"})
]
# RFC 3339 with an offset: without one nobody knows the learner's day.
Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$",
        extra_json_schema={"format": "date-time"},
    ),
]
EVENTS_PER_BATCH = 500


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a learner, as the learner's client tells it."""

    id: EventId
    type: EventType
    item: Item
    choices: Annotated[tuple[Annotated[int, Meta(ge=0, le=1000)], ...], Meta(max_length=100)] | UnsetType = UNSET
    answer: Annotated[str, Meta(max_length=1000)] | UnsetType = UNSET
    at: Moment


class Batch(msgspec.Struct, frozen=True):
    """A batch whose events are looked at one by one, so that a bad one fails alone."""

    events: Annotated[tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=EVENTS_PER_BATCH)]


class Result(msgspec.Struct, frozen=True):
    """What became of one event."""

    id: str | None
    status: Status
    code: str
    xp: int


class Results(msgspec.Struct, frozen=True):
    """What became of a batch, and where the learner stands now."""

    results: tuple[Result, ...]
    xp: int
    level: int


class Earned(msgspec.Struct, frozen=True):
    """An achievement that the learner has."""

    id: str
    title: str
    description: str
    earned_at: str
