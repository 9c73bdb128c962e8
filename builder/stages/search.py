"""The search index of a release: every lesson's text, by course."""

from __future__ import annotations

from builder.manifest import File
from builder.model import Body
from builder.stages.files import IMMUTABLE
from builder.stages.sitefiles import entry
from builder.stages.work import Row, Work
from builder.steps import search
from builder.text.items import course_id
from builder.text.view import Views


def search_files(work: Work, views: Views, rows: dict[str, Row]) -> tuple[dict[str, bytes], dict[str, File]]:
    """Return the index's files by path, and their entries in the manifest."""
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
    first, files = search.index(courses, work.site.base_path)
    entries = {path: entry(path, data, phase=1, kind="asset", headers=IMMUTABLE) for path, data in files.items()}
    return {"search/index.json": first, **files}, {"search/index.json": entry("search/index.json", first), **entries}
