"""/api/courses: what the site teaches, from the catalogue of the live build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_api import groups
from edge_api.endpoints import door
from edge_api.endpoints.answers import public
from edge_api.endpoints.keeping import Plan
from edge_api.problems import Refused
from edge_api.schemas.catalog import Courses

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# Courses change with a release; a minute late is soon enough, and an hour late better than not at all.
_FRESH = "public, max-age=60, stale-while-revalidate=600, stale-if-error=3600"
_MISSING_SECONDS = 5


def kept(_request: Request) -> Plan:
    """Say that answers depend on the catalogue alone; a course that is not there may come with the next release."""
    return Plan((), (groups.COURSES,), missing_seconds=_MISSING_SECONDS)


async def every(request: Request) -> Response:
    """List the courses."""
    return public(request, Courses(door.edge(request).documents.lines()), _FRESH)


async def one(request: Request) -> Response:
    """Return one course with its modules and lessons."""
    course = door.edge(request).documents.course(request.path_params["id"])
    if course is None:
        raise Refused("unknown-course", "GET /api/courses lists them.")
    return public(request, course, _FRESH)
