"""The search index of a release: every lesson's text, by course."""

from __future__ import annotations

from typing import NamedTuple

from builder.manifest import File
from builder.model import Body
from builder.stages.files import IMMUTABLE
from builder.stages.memory import Row
from builder.stages.sitefiles import entry
from builder.stages.work import Work
from builder.text.items import course_id
from builder.text.views import Views


class Searchable(NamedTuple):
    """The index's files by path, their entries in the manifest, and which of them a saved course needs."""

    files: dict[str, bytes]
    entries: dict[str, File]
    by_course: dict[str, tuple[str, ...]]


NOTHING = Searchable({}, {}, {})
FIRST = "search/index.json"


def make_searchable(work: Work, views: Views, rows: dict[str, Row]) -> Searchable:
    """Return the index of all lessons; only a release has one, since an edit would have to make it again."""
    if not work.request.release:
        return NOTHING
    from builder.steps import search

    places = views.layout.places
    pages: dict[int, list[search.Page]] = {}
    for number, place in enumerate(places):
        if place.course >= 0 and place.source in rows:
            body: Body = work.read(rows[place.source].body, Body)
            pages.setdefault(place.course, []).append(
                search.Page(views.hrefs[number], place.title, "".join(body.pieces))
            )
    courses = tuple(
        search.Course(course_id(places[number]), places[number].title, places[number].language, tuple(found))
        for number, found in sorted(pages.items())
    )
    index = search.index(courses, work.site.base_path)
    entries = {path: entry(path, data, phase=1, kind="asset", headers=IMMUTABLE) for path, data in index.files.items()}
    entries[FIRST] = entry(FIRST, index.first)
    return Searchable({FIRST: index.first, **index.files}, entries, index.by_course)
