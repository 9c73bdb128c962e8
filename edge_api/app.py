"""The edge on one page: its routes, its layers, its life.

request → Trace → Gate → Guard → route → (public: no credentials | personal: session, rights) → endpoint → service
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from edge_api.endpoints import (
    account,
    courses,
    leaderboard,
    live,
    openapi,
    passkeys,
    probes,
    progress,
    queries,
    session,
)
from edge_api.endpoints.answers import problem, public
from edge_api.endpoints.keeping import Plan
from edge_api.endpoints.operation import Operation, Parameter, routes
from edge_api.endpoints.probes import Health
from edge_api.lifecycle import Lifecycle
from edge_api.metrics import Metrics
from edge_api.middleware.gate import Gate
from edge_api.middleware.guard import Guard
from edge_api.middleware.trace import Trace
from edge_api.problems import Problem
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
from edge_api.services import sweeper
from edge_api.services.edge import assemble
from edge_api.stores.database import DatabaseDown
from edge_api.stores.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from edge_api.settings import Settings

VERSION = "1"

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
        "POST", "/api/progress", progress.tell, "learner", "Tell what the learner did.", takes=Batch, gives=Results
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


def create_app(settings: Settings) -> Starlette:
    """Return the edge as an ASGI application; it opens and closes what it needs in its lifespan."""
    metrics, lifecycle = Metrics(), Lifecycle()
    app = Starlette(
        routes=routes(OPERATIONS),
        middleware=[
            Middleware(Trace, metrics, debug=settings.debug),
            Middleware(Gate, lifecycle, metrics, concurrency=settings.concurrency, queue=settings.queue),
            Middleware(Guard, settings),
        ],
        exception_handlers=dict.fromkeys((Problem, DatabaseDown, HTTPException), _answer),
        lifespan=_life,
    )
    app.router.redirect_slashes = False
    app.state.settings, app.state.metrics, app.state.lifecycle, app.state.health = (
        settings,
        metrics,
        lifecycle,
        Health(),
    )
    app.state.chores = sweeper.run
    app.state.openapi = openapi.document(OPERATIONS, VERSION, settings.cookie)
    app.state.release = sha256(msgspec.json.encode(app.state.openapi)).hexdigest()
    return app


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    edge = assemble(app.state.settings, app.state.metrics)
    app.state.edge = edge
    if not app.state.settings.shared:
        # A file of our own needs nobody's permission; a shared database is migrated by its operator.
        await edge.database.run(migrate)
    for redis in edge.redises:
        await redis.begin()
    await edge.feed.begin()
    stop = asyncio.Event()
    app.state.lifecycle.farewells.append(edge.live.goodbye)
    try:
        async with asyncio.TaskGroup() as tasks:
            edge.cache.flights.open(tasks)
            tasks.create_task(app.state.chores(edge, app.state.metrics, stop))
            tasks.create_task(edge.relay.run(stop))
            tasks.create_task(edge.tally.run(stop))
            tasks.create_task(edge.feed.run(stop))
            try:
                yield
            finally:
                stop.set()
    finally:
        await app.state.health.settled()
        if edge.standings is not None:
            await edge.standings.close()
        for redis in edge.redises:
            await redis.close()
        await edge.database.close()


async def _answer(request: Request, error: Exception) -> Response:
    code = getattr(error, "code", "database" if isinstance(error, DatabaseDown) else "none")
    request.app.state.metrics.add("edge_refused_requests_total", code=str(code))
    return problem(error, request.state.request_id)
