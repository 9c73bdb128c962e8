"""The names under which a learner's progress is kept: ``course/lesson``, and ``course/lesson#directive``."""

from __future__ import annotations

from builder.model import Layout, Place

# What a lesson is worth where its author says nothing.
LESSON_XP = 10


def course_id(place: Place) -> str:
    """Return a course's name."""
    return place.id.replace("/", "-").replace("#", "-") or "course"


def lesson_id(place: Place) -> str:
    """Return a lesson's name inside its course."""
    return place.id.replace("#", "-").replace(" ", "-").strip("/") or "index"


def original_of(course: int, layout: Layout, language: str) -> int:
    """Return the course in the site's own language that this one translates, or the course itself."""
    places = layout.places
    if places[course].language == language:
        return course
    alike = (one for one in places[course].translations if places[one].language == language)
    return next((one for one in alike if places[one].kind == "course"), course)


def item_of(place: Place, layout: Layout, language: str) -> str:
    """Return a page's name, empty where there is nothing to finish: a course's own page, a list that was generated.

    A lesson has one name in all languages, since who has read it in one has read it.
    """
    if place.course < 0 or not place.source or place.kind not in ("lesson", "module"):
        return ""
    return f"{course_id(layout.places[original_of(place.course, layout, language)])}/{lesson_id(place)}"
