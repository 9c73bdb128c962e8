"""What learners can earn: ``[[achievements]]`` in site.toml, as awards.json tells the edge.

An achievement that the edge could not read would end it, so every word of one is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from builder.errors import SettingError
from builder.text.settings import listed, mistakes_in
from builder.text.toml import Way

Name = Annotated[str, msgspec.Meta(pattern=r"^[^/#\s]+$", min_length=1, max_length=100)]
Item = Annotated[str, msgspec.Meta(pattern=r"^[^/#\s]+/[^#\s]+(#[^/#\s]+)?$", max_length=512)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _Achievement(msgspec.Struct, frozen=True):
    id: Name
    title: Annotated[str, msgspec.Meta(min_length=1)]
    rule: dict[str, object]
    description: str = ""


class _Xp(msgspec.Struct, frozen=True):
    type: str
    at_least: Count
    course: Name = ""


class _Count(msgspec.Struct, frozen=True):
    type: str
    kind: Literal["lesson", "quiz", "trace", "exercise"]
    at_least: Count
    course: Name = ""


class _Items(msgspec.Struct, frozen=True):
    type: str
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1)]


class _Course(msgspec.Struct, frozen=True):
    type: str
    course: Name


class _Streak(msgspec.Struct, frozen=True):
    type: str
    at_least: Count


RULES: dict[str, type[msgspec.Struct]] = {
    "count": _Count,
    "course": _Course,
    "items": _Items,
    "streak": _Streak,
    "xp": _Xp,
}

_HINTS = {
    "id": 'A word without blanks, "/" and "#", such as id = "first-lesson"',
    "title": 'What learners read, such as title = "First step"',
    "description": 'Such as description = "Finish a lesson."',
    "rule": 'Such as rule = { type = "count", kind = "lesson", at_least = 1 }',
    "kind": "There are lesson, quiz, trace and exercise.",
    "at_least": "A whole number from 1, such as at_least = 10",
    "course": 'The course\'s id in catalog.json, such as course = "solidity-basics"',
    "items": 'Their names in progress, such as items = ["course/lesson", "course/lesson#quiz"]',
}


def achievements_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the achievements as awards.json has them."""
    return [{"description": "", **each} for each in values.get("achievements", [])]


def mistakes_of(given: list[Any]) -> Iterator[SettingError]:
    """Yield what is wrong with the achievements of a site."""
    taken: set[str] = set()
    for number, each in enumerate(given if isinstance(given, list) else []):
        way: Way = ("achievements", number)
        if not isinstance(each, dict):
            continue
        yield from mistakes_in(each, _Achievement, way, _HINTS)
        if isinstance(each.get("rule"), dict):
            yield from _of_rule(each["rule"], (*way, "rule"))
        name = each.get("id")
        if isinstance(name, str) and name in taken:
            yield SettingError(f"The id `{name}` belongs to another achievement", (*way, "id"), hint="Give it its own.")
        elif isinstance(name, str):
            taken.add(name)


def _of_rule(rule: dict[str, Any], way: Way) -> Iterator[SettingError]:
    kind = rule.get("type")
    if not isinstance(kind, str) or kind not in RULES:
        message = f"There is no rule `{kind}`" if "type" in rule else "`achievements.rule` needs `type`"
        yield SettingError(message, (*way, "type"), hint=f"There are {listed(sorted(RULES))}.")
        return
    yield from mistakes_in(rule, RULES[kind], way, _HINTS)
    items = rule.get("items", []) if kind == "items" else []
    seen: set[str] = set()
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, str) and item in seen:
            yield SettingError(f"`{item}` stands twice", (*way, "items", number), hint="Once is enough.")
        seen.add(str(item))
