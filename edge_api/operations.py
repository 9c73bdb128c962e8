"""Everything that can be asked of the edge: a table, from which routes and the OpenAPI document are made.

A line says how an operation is asked for, what answers it, who may ask, what it takes, gives and refuses, and whether
its answers are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_api.endpoints import account, courses, leaderboard, live, passkeys, probes, progress, queries, session
from edge_api.endpoints.answers import public
from edge_api.endpoints.keeping import Plan
from edge_api.endpoints.operation import Operation, Parameter
from edge_api.schemas.board import AroundMe, Board
from edge_api.schemas.catalog import Course, Courses
from edge_api.schemas.learner import (
    Assertion,
    Devices,
    Handle,
    Passkeys,
    RecoveryCode,
    RecoveryCodes,
    Registration,
    Session,
    SignedIn,
    Visibility,
)
from edge_api.schemas.progress import Batch, Earned, Results

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_COURSE = Parameter("course", "query", {"type": "string", "pattern": "^[A-Za-z0-9.-]{0,300}$"}, "Empty: everything.")
_WINDOW = Parameter("window", "query", {"enum": list(leaderboard.WINDOWS)}, "All time, this ISO week, today (UTC).")
_LIMIT = Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": leaderboard.MOST}, "Lines of a page.")
_CURSOR = Parameter("cursor", "query", {"type": "string", "pattern": queries.CURSOR}, "'next' of the page before.")
_ID = Parameter("id", "path", {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,400}$"}, "As listed.")
_COURSE_ID = Parameter("id", "path", {"type": "string", "pattern": "^[A-Za-z0-9-][A-Za-z0-9.-]*$"}, "As listed.")
_HISTORY = Parameter("cursor", "query", {"type": "string", "pattern": "^[0-9]{1,18}$"}, "'next' of the page before.")
_PAGE = Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": progress.PAGE}, "Events of a page.")
_BOARD = ("bad-parameter", "bad-cursor", "unknown-course")
_CEREMONY = ("passkey-refused", "session-renewed")


def _fixed(_request: Request) -> Plan:
    return Plan((), ())


async def _openapi(request: Request) -> Response:
    return public(request, request.app.state.openapi, "public, max-age=300")


OPERATIONS = (
    Operation("GET", "/api/session", session.show, "open", "Who is asking.", gives=Session),
    Operation(
        "POST",
        "/api/session",
        session.begin,
        "open",
        "Begin an anonymous session, or keep the one there is.",
        gives=Session,
        status=201,
    ),
    Operation("DELETE", "/api/session", session.end, "learner", "Sign out here.", status=204),
    Operation("GET", "/api/sessions", session.devices, "learner", "The learner's devices.", gives=Devices),
    Operation("DELETE", "/api/sessions", session.end_all, "learner", "Sign out everywhere.", status=204),
    Operation(
        "DELETE",
        "/api/sessions/{id}",
        session.end_one,
        "learner",
        "Sign out one device.",
        status=204,
        problems=("not-found",),
        parameters=(_ID,),
    ),
    Operation(
        "GET",
        "/api/courses",
        courses.every,
        "public",
        "What the site teaches, in short.",
        gives=Courses,
        keeping=courses.kept,
    ),
    Operation(
        "GET",
        "/api/courses/{id}",
        courses.one,
        "public",
        "One course with its lessons.",
        gives=Course,
        problems=("unknown-course",),
        parameters=(_COURSE_ID,),
        keeping=courses.kept,
    ),
    Operation(
        "GET",
        "/api/progress",
        progress.history,
        "learner",
        "What the learner did, in order of receipt.",
        gives=dict[str, Any],
        problems=("bad-parameter", "bad-cursor"),
        parameters=(_HISTORY, _PAGE),
    ),
    Operation(
        "POST", "/api/progress", progress.tell, "progress", "Tell what the learner did.", takes=Batch, gives=Results
    ),
    Operation(
        "GET", "/api/achievements", progress.achievements, "learner", "What the learner earned.", gives=list[Earned]
    ),
    Operation(
        "GET",
        "/api/leaderboard",
        leaderboard.page,
        "public",
        "A page of a board.",
        gives=Board,
        problems=_BOARD,
        parameters=(_COURSE, _WINDOW, _CURSOR, _LIMIT),
        keeping=leaderboard.kept,
    ),
    Operation(
        "GET",
        "/api/leaderboard/around-me",
        leaderboard.around_me,
        "learner",
        "The board around the learner.",
        gives=AroundMe,
        problems=_BOARD,
        parameters=(_COURSE, _WINDOW, _LIMIT),
    ),
    Operation(
        "GET",
        "/api/live",
        live.listen,
        "public",
        "A stream of events: which boards changed.",
        gives=str,
        media="text/event-stream",
        problems=("cross-site",),
    ),
    Operation("GET", "/api/passkeys", passkeys.every, "account", "The learner's passkeys.", gives=Passkeys),
    Operation(
        "POST",
        "/api/passkeys/register/options",
        passkeys.registration_options,
        "fresh",
        "Open a registration.",
        gives=dict[str, Any],
    ),
    Operation(
        "POST",
        "/api/passkeys/register",
        passkeys.register,
        "fresh",
        "Finish a registration: the learner has an account.",
        takes=Registration,
        gives=SignedIn,
        problems=(*_CEREMONY, "passkey-known", "too-many-passkeys"),
    ),
    Operation(
        "POST",
        "/api/passkeys/sign-in/options",
        passkeys.sign_in_options,
        "open",
        "Open a sign-in.",
        gives=dict[str, Any],
        problems=_CEREMONY,
    ),
    Operation(
        "POST",
        "/api/passkeys/sign-in",
        passkeys.sign_in,
        "open",
        "Finish a sign-in; anonymous progress joins the account.",
        takes=Assertion,
        gives=SignedIn,
        problems=(*_CEREMONY, "no-session"),
    ),
    Operation(
        "DELETE",
        "/api/passkeys/{id}",
        passkeys.remove,
        "fresh",
        "Remove a passkey, but not the only one.",
        status=204,
        problems=("not-found", "last-passkey"),
        parameters=(_ID,),
    ),
    Operation(
        "POST", "/api/recovery-codes", passkeys.new_codes, "fresh", "Replace the recovery codes.", gives=RecoveryCodes
    ),
    Operation(
        "POST",
        "/api/recovery",
        passkeys.recover,
        "open",
        "Sign in with a recovery code.",
        takes=RecoveryCode,
        gives=SignedIn,
        problems=("code-refused", "session-renewed", "no-session"),
    ),
    Operation(
        "PUT",
        "/api/handle",
        account.rename,
        "learner",
        "Choose a handle.",
        takes=Handle,
        gives=Session,
        problems=("bad-handle", "handle-taken"),
    ),
    Operation(
        "PUT",
        "/api/visibility",
        account.show,
        "learner",
        "Appear on boards, or no longer.",
        takes=Visibility,
        gives=Session,
    ),
    Operation(
        "GET", "/api/export", account.export, "fresh", "All that is kept about the learner.", gives=dict[str, Any]
    ),
    Operation(
        "DELETE", "/api/account", account.delete, "fresh", "Delete the learner and all that is theirs.", status=204
    ),
    Operation("GET", "/api/openapi.json", _openapi, "public", "This document.", gives=dict[str, Any], keeping=_fixed),
    Operation("GET", "/livez", probes.livez, "probe", "Alive."),
    Operation("GET", "/readyz", probes.readyz, "probe", "Ready for requests."),
    Operation("GET", "/healthz", probes.healthz, "probe", "Everything in detail."),
    Operation("GET", "/metrics", probes.metrics, "probe", "Numbers for Prometheus."),
)
