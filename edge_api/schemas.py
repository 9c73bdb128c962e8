"""The shapes of what comes in and goes out: bodies, the catalogue, the awards.

tests/contract/ holds the same shapes as JSON Schemas; the OpenAPI document is made from these. Unknown fields of a
request are ignored: a learner's browser may be a release ahead, and nothing here is ever assigned by name.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from edge_api.handles import LONGEST, PATTERN, SHORTEST

EventType = Literal["lesson.read", "quiz.answered", "exercise.passed"]
Kind = Literal["lesson", "quiz", "trace", "exercise"]
Status = Literal["accepted", "replayed", "pending", "rejected"]
Window = Literal["all", "week", "day"]

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


class Learner(msgspec.Struct, frozen=True):
    """Who is asking, as they may know themselves."""

    handle: str
    anonymous: bool
    xp: int
    level: int
    visible: bool


class Session(msgspec.Struct, frozen=True):
    """The answer to who is asking; nobody, without a session."""

    learner: Learner | None


class SignedIn(msgspec.Struct, frozen=True):
    """The learner after a ceremony, and recovery codes where new ones were made: they are shown this once."""

    learner: Learner
    recovery_codes: tuple[str, ...] | UnsetType = UNSET


class Device(msgspec.Struct, frozen=True):
    """One session of a learner, by its public name."""

    id: str
    current: bool
    created_at: str
    last_seen_at: str
    expires_at: str
    device: str


class Devices(msgspec.Struct, frozen=True):
    """All sessions of a learner."""

    sessions: tuple[Device, ...]


class Passkey(msgspec.Struct, frozen=True):
    """One passkey of a learner."""

    id: str
    label: str
    created_at: str
    last_used_at: str | None


class Passkeys(msgspec.Struct, frozen=True):
    """All passkeys of a learner, and how many recovery codes are left."""

    passkeys: tuple[Passkey, ...]
    recovery_codes: int


class Registration(msgspec.Struct, frozen=True):
    """What a browser made of the registration options."""

    credential: dict[str, msgspec.Raw]
    label: Annotated[str, Meta(max_length=60)] = ""


class Assertion(msgspec.Struct, frozen=True):
    """What a browser made of the sign-in options."""

    credential: dict[str, msgspec.Raw]


class RecoveryCode(msgspec.Struct, frozen=True):
    """A recovery code as somebody typed it."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]


class RecoveryCodes(msgspec.Struct, frozen=True):
    """New recovery codes; the old ones are void."""

    recovery_codes: tuple[str, ...]


class Handle(msgspec.Struct, frozen=True):
    """The name a learner wants to be seen by."""

    # The service checks it and refuses in a sentence; a pattern of twelve scripts is none.
    handle: Annotated[str, Meta(extra_json_schema={"minLength": SHORTEST, "maxLength": LONGEST, "pattern": PATTERN})]


class Visibility(msgspec.Struct, frozen=True):
    """Whether a learner agrees to appear on boards."""

    visible: bool


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


class AroundMe(msgspec.Struct, frozen=True):
    """The part of a board around the asking learner."""

    revision: str
    total: int
    entries: tuple[Entry, ...]
    next: str | None
    me: Me | None


class Earned(msgspec.Struct, frozen=True):
    """An achievement that the learner has."""

    id: str
    title: str
    description: str
    earned_at: str


# What the builder writes.


class Quiz(msgspec.Struct, frozen=True):
    """A quiz or trace in the catalogue."""

    id: str
    xp: int
    kind: Literal["single", "multiple", "trace"]
    title: str | UnsetType = UNSET


class Exercise(msgspec.Struct, frozen=True):
    """An exercise in the catalogue."""

    id: str
    xp: int
    title: str | UnsetType = UNSET


class Lesson(msgspec.Struct, frozen=True):
    """A lesson in the catalogue."""

    id: str
    url: str
    title: str
    xp: int
    quizzes: tuple[Quiz, ...]
    exercises: tuple[Exercise, ...]
    minutes: int | UnsetType = UNSET


class Module(msgspec.Struct, frozen=True):
    """A module in the catalogue."""

    id: str
    url: str
    title: str
    lessons: tuple[Lesson, ...]


class Course(msgspec.Struct, frozen=True):
    """A course in the catalogue, with all that it teaches."""

    id: str
    url: str
    title: str
    modules: tuple[Module, ...]
    description: str | UnsetType = UNSET
    lang: str | UnsetType = UNSET


class Catalog(msgspec.Struct, frozen=True):
    """What the site teaches."""

    version: Literal[1]
    courses: tuple[Course, ...]


class CourseLine(msgspec.Struct, frozen=True):
    """A course in the list of courses."""

    id: str
    url: str
    title: str
    lessons: int
    xp: int
    description: str | UnsetType = UNSET
    lang: str | UnsetType = UNSET


class Courses(msgspec.Struct, frozen=True):
    """All courses of the site, in reading order."""

    courses: tuple[CourseLine, ...]


class Award(msgspec.Struct, frozen=True):
    """What an item is worth and what a right answer to it is."""

    kind: Kind
    course: str
    xp: int
    answers: tuple[int, ...] = ()
    answer: str = ""
    choices: int = 0


class XpRule(msgspec.Struct, frozen=True, tag_field="type", tag="xp"):
    """Points in all, or in one course."""

    at_least: int
    course: str = ""


class CountRule(msgspec.Struct, frozen=True, tag_field="type", tag="count"):
    """So many items of a kind finished."""

    kind: Kind
    at_least: int
    course: str = ""


class ItemsRule(msgspec.Struct, frozen=True, tag_field="type", tag="items"):
    """Each of these items finished."""

    items: tuple[str, ...]


class CourseRule(msgspec.Struct, frozen=True, tag_field="type", tag="course"):
    """Every lesson of a course finished, as the course is now."""

    course: str


class StreakRule(msgspec.Struct, frozen=True, tag_field="type", tag="streak"):
    """Days in a row."""

    at_least: int


Rule = XpRule | CountRule | ItemsRule | CourseRule | StreakRule


class Achievement(msgspec.Struct, frozen=True):
    """An achievement and the rule by which it is earned."""

    id: str
    title: str
    description: str
    rule: Rule


class Reviews(msgspec.Struct, frozen=True):
    """Points for answering right again on a later day, and how many a day count."""

    xp: int
    per_day: int


class Levels(msgspec.Struct, frozen=True):
    """The level curve: level n begins at step * n * (n - 1) / 2 points."""

    step: Annotated[int, Meta(ge=1)] = 100


class Awards(msgspec.Struct, frozen=True):
    """What is worth what."""

    version: Literal[1] = 1
    items: dict[str, Award] = {}
    aliases: dict[str, str] = {}
    retired: tuple[str, ...] = ()
    achievements: tuple[Achievement, ...] = ()
    reviews: Reviews | None = None
    levels: Levels = Levels()
