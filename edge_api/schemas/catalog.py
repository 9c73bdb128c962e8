"""The catalogue, as the builder writes it and as learners read it."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType


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
    original: str | UnsetType = UNSET


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
    original: str | UnsetType = UNSET


class Courses(msgspec.Struct, frozen=True):
    """All courses of the site, in reading order."""

    courses: tuple[CourseLine, ...]
