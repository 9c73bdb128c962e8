"""The ids that learners' progress hangs on: a release may not lose one unless the author has retired it."""

from __future__ import annotations

from typing import Any


def ids(catalog: Any) -> frozenset[str]:
    """Return every ``id`` in a catalogue, as ``<course>/<item>`` below a course."""
    found: set[str] = set()
    courses = catalog.get("courses", []) if isinstance(catalog, dict) else []
    for course in courses:
        if isinstance(course, dict):
            own = str(course.get("id", ""))
            found.add(own)
            found.update(f"{own}/{inner}" for key, value in course.items() if key != "id" for inner in _inner(value))
    return frozenset(found - {""})


def lost(live: Any, new: Any, retired: frozenset[str]) -> tuple[str, ...]:
    """Return the ids of the live catalogue that are neither in the new one nor retired, sorted."""
    gone = ids(live) - ids(new)
    return tuple(sorted(one for one in gone if one not in retired and one.partition("/")[2] not in retired))


def retired(*documents: Any) -> frozenset[str]:
    """Return the retired ids that a build's documents list."""
    lists = [document.get("retired", []) for document in documents if isinstance(document, dict)]
    return frozenset(str(one) for listed in lists for one in listed)


def _inner(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {str(value["id"])} if isinstance(value.get("id"), str) else set()
        return own.union(*(_inner(child) for child in value.values()))
    if isinstance(value, list):
        return set().union(*(_inner(child) for child in value)) if value else set()
    return set()
