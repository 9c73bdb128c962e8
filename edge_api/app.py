"""The edge on one page: its layers and its life; its routes are the table in ``edge_api.operations``.

request → Trace → Gate → Guard → route → (public: no credentials | personal: session, rights) → endpoint → service
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from edge_api.endpoints import openapi
from edge_api.endpoints.answers import problem
from edge_api.endpoints.operation import routes
from edge_api.endpoints.probes import Health
from edge_api.lifecycle import Lifecycle
from edge_api.metrics import Metrics
from edge_api.middleware.gate import Gate
from edge_api.middleware.guard import Guard
from edge_api.middleware.trace import Trace
from edge_api.operations import OPERATIONS
from edge_api.problems import Problem
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
    app.state.settings, app.state.metrics, app.state.lifecycle = settings, metrics, lifecycle
    app.state.health, app.state.chores = Health(), sweeper.run
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
            if edge.session_cache is not None:
                tasks.create_task(edge.session_cache.run(stop))
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
