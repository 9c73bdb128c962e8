"""Probes for machines beside us: alive, ready, well, and how much of everything. Never routed from outside.

Each asks the database at most once a second, whoever calls and however often, and waits for it no longer than
a fifth of one: a probe must not be the load it warns of.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from edge_api.endpoints import door
from edge_api.stores.database import DatabaseDown

if TYPE_CHECKING:
    from starlette.requests import Request

    from edge_api.stores.database import Database
    from edge_api.stores.redis import Redis

_AGAIN_SECONDS = 1.0
_PATIENCE_SECONDS = 0.2

BREAKER: dict[str, float] = {"closed": 0, "half-open": 1, "open": 2}


class Health:
    """What the last look at the database said."""

    def __init__(self, patience: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._looked_at = 0.0
        self._looking: asyncio.Task[None] | None = None
        self._schema_fits = False
        self.database = "unknown"
        self.milliseconds = 0.0
        self.lacks: list[str] = []

    @property
    def good(self) -> bool:
        """Whether the database answers and has what this release needs."""
        return self.database == "ok" and self._schema_fits

    async def look(self, database: Database) -> None:
        """Look again if the last time was long enough ago; many callers share one look."""
        if time.monotonic() - self._looked_at < _AGAIN_SECONDS:
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(database))
        done, _ = await asyncio.wait({self._looking}, timeout=self._patience)
        if not done:
            self.database = "slow"

    async def settled(self) -> None:
        """Wait for a look that is under way."""
        if self._looking is not None:
            await asyncio.wait({self._looking})

    async def _look(self, database: Database) -> None:
        started = time.perf_counter()
        try:
            if self._schema_fits:
                await database.answers()
            else:
                self.lacks = await database.lacks()
                self._schema_fits = not self.lacks
            self.database = "ok"
        except DatabaseDown as error:
            self.database = f"down: {error}"
        self.milliseconds = round((time.perf_counter() - started) * 1000, 1)
        self._looked_at = time.monotonic()


async def livez(_request: Request) -> Response:
    """Tell that the event loop turns."""
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """Tell whether to send requests here; without Redis it is slower and still right, so it is ready."""
    ready, reasons = await _ready(request)
    degraded = [f"{redis.name} {redis.state}" for redis in door.edge(request).redises if redis.state != "ok"]
    answer = {"ready": ready, "reasons": reasons, "degraded": degraded}
    return JSONResponse(answer, 200 if ready else 503, {"Cache-Control": "no-store"})


async def healthz(request: Request) -> Response:
    """Tell how everything is, in detail."""
    ready, reasons = await _ready(request)
    services, state = door.edge(request), request.app.state
    detail: dict[str, Any] = {
        "ready": ready,
        "reasons": reasons,
        "draining": state.lifecycle.draining,
        "uptime_seconds": round(time.time() - state.lifecycle.started_at),
        "active": state.lifecycle.active,
        "waiting": state.lifecycle.waiting,
        "database": {
            "kind": services.database.dialect,
            "state": state.health.database,
            "ms": state.health.milliseconds,
            "lacks": state.health.lacks,
        },
        "redis": {redis.name: _detail(redis) for redis in services.redises} or "none",
        "live": {
            "streams": services.live.listeners,
            "source": services.feed.source,
            "silent_seconds": round(services.feed.silent_seconds, 1),
        },
        "documents": services.documents.problems or "ok",
    }
    return JSONResponse(detail, 200 if ready else 503, {"Cache-Control": "no-store"})


async def metrics(request: Request) -> Response:
    """Give the numbers to Prometheus."""
    state = request.app.state
    for name, count in door.edge(request).database.counts().items():
        state.metrics.set("db_client_connection_count", count, state=name)
    state.metrics.set("db_client_connection_pending_requests", door.edge(request).database.pending)
    state.metrics.set("db_client_connection_timeouts_total", door.edge(request).database.timeouts)
    state.metrics.set("edge_dependency_up", float(state.health.database == "ok"), dep="database")
    for redis in door.edge(request).redises:
        state.metrics.set("edge_dependency_up", float(redis.available), dep=redis.name)
        state.metrics.set("edge_breaker_state", BREAKER[redis.breaker.state], dep=redis.name)
        state.metrics.set("edge_degraded_seconds_total", redis.breaker.degraded_seconds, dep=redis.name)
    live = door.edge(request).live
    state.metrics.set("edge_live_streams", live.listeners)
    state.metrics.set("edge_live_events_total", live.events)
    state.metrics.set("edge_live_resets_total", live.resets)
    state.metrics.set("edge_live_silent_seconds", door.edge(request).feed.silent_seconds)
    door.edge(request).cache.measure()
    state.metrics.set("edge_draining", float(state.lifecycle.draining))
    state.metrics.set("http_server_active_requests", state.lifecycle.active)
    state.metrics.set("http_server_waiting_requests", state.lifecycle.waiting)
    return Response(state.metrics.text(), 200, {"Cache-Control": "no-store"}, "text/plain; version=0.0.4")


def _detail(redis: Redis) -> dict[str, Any]:
    """Return what is known of a Redis; its own heartbeat asked, not this probe."""
    return {
        "state": redis.state,
        "breaker": redis.breaker.state,
        "ms": redis.milliseconds,
        "run": redis.incarnation,
        "eviction": redis.policy,
        "degraded_seconds": round(redis.breaker.degraded_seconds, 1),
    }


async def _ready(request: Request) -> tuple[bool, list[str]]:
    state = request.app.state
    await state.health.look(door.edge(request).database)
    reasons = []
    if state.lifecycle.draining:
        reasons.append("draining")
    if state.health.lacks:
        reasons.append("the schema lacks " + ", ".join(state.health.lacks[:5]))
    elif not state.health.good:
        reasons.append(f"database {state.health.database}")
    return not reasons, reasons
