"""The awards, as the builder writes them: answers, points, rules of achievements. Learners never see them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Kind = Literal["lesson", "quiz", "trace", "exercise"]


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
