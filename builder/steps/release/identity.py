"""The ids that learners' progress hangs on: a release may not lose one unless the author has retired it."""

from __future__ import annotations

from typing import Any


_CARRY_PROGRESS = ("exercises", "lessons", "quizzes")


def ids(catalog: Any) -> frozenset[str]:
    """Return the id of every lesson, quiz and exercise of a catalogue, as ``<course>/<id>``; modules may come and go."""
    courses = catalog.get("courses", []) if isinstance(catalog, dict) else []
    return frozenset(
        f"{course.get('id', '')}/{inner}" for course in courses if isinstance(course, dict) for inner in _inner(course)
    )


def lost(live: Any, new: Any, retired: frozenset[str]) -> tuple[str, ...]:
    """Return the ids of the live catalogue that are neither in the new one nor retired, sorted."""
    gone = ids(live) - ids(new)
    return tuple(sorted(one for one in gone if one not in retired and one.partition("/")[2] not in retired))


def retired(*documents: Any) -> frozenset[str]:
    """Return the retired ids that a build's documents list."""
    lists = [document.get("retired", []) for document in documents if isinstance(document, dict)]
    return frozenset(str(one) for listed in lists for one in listed)


def _inner(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*(_inner(one) for one in value))
    if not isinstance(value, dict):
        return set()
    own = {
        str(one["id"])
        for key in _CARRY_PROGRESS
        for one in value.get(key) or []
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    }
    return own.union(*(_inner(child) for child in value.values()))
