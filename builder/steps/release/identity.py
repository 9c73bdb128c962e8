"""The ids that learners' progress hangs on: a release may not lose one unless the author has retired it."""

from __future__ import annotations

from typing import Any

_CARRY_PROGRESS = ("exercises", "lessons", "quizzes")


def ids(catalog: Any, awards: Any) -> frozenset[str]:
    """Return what progress can refer to, as ``<course>/<lesson>`` and ``<course>/<lesson>#<item>``.

    The awards list it; without them it is the lessons, quizzes and exercises of the catalogue. Modules may come and go.
    """
    if isinstance(awards, dict) and isinstance(awards.get("items"), dict):
        return frozenset(awards["items"])
    courses = catalog.get("courses", []) if isinstance(catalog, dict) else []
    return frozenset(
        f"{course.get('id', '')}/{inner}" for course in courses if isinstance(course, dict) for inner in _inner(course)
    )


def lost(live: frozenset[str], new: frozenset[str], given_up: frozenset[str]) -> tuple[str, ...]:
    """Return the ids of the live release that are neither in the new one nor given up, sorted."""
    return tuple(sorted(one for one in live - new if not {one, one.partition("#")[0]} & given_up))


def given_up(*documents: Any) -> frozenset[str]:
    """Return the ids that a build's documents retire, or carry over to another by an alias."""
    known = [document for document in documents if isinstance(document, dict)]
    return frozenset(
        str(one) for document in known for key in ("retired", "aliases") for one in document.get(key) or ()
    )


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
