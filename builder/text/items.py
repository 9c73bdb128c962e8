"""The names under which a learner's progress is kept: ``course/lesson``, and ``course/lesson#directive``."""

from __future__ import annotations

from builder.model import Place

# What a lesson is worth where its author says nothing.
LESSON_XP = 10


def course_id(place: Place) -> str:
    """Return a course's name."""
    return place.id.replace("/", "-").replace("#", "-") or "course"


def lesson_id(place: Place) -> str:
    """Return a lesson's name inside its course."""
    return place.id.replace("#", "-").replace(" ", "-").strip("/") or "index"


def item_of(place: Place, course: Place | None) -> str:
    """Return a page's name, empty where there is nothing to finish: a course's own page, a list that was generated."""
    if course is None or not place.source or place.kind not in ("lesson", "module"):
        return ""
    return f"{course_id(course)}/{lesson_id(place)}"
