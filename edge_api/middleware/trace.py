"""The outermost layer: request ids, the access log, metrics, Server-Timing, and the answer to what nobody expected."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

from edge_api import keys, logs
from edge_api.endpoints.answers import problem
from edge_api.problems import Problem
from edge_api.stores import monitor

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from edge_api.metrics import Metrics

log = logging.getLogger("edge.access")

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_QUIET = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})


class Trace:
    """Watches one request from first byte to last."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, debug: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and write down what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ACCEPTABLE_ID.fullmatch(given) else keys.new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        logs.request_id.set(request_id)
        watch = monitor.Watch()
        monitor.current.set(watch)
        started = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = message["headers"]
                # Whatever forgot to say how it may be kept, may not be.
                silent = not any(name == b"cache-control" for name, _ in said)
                message["headers"] = [
                    *said,
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"server-timing", self._timing(watch, time.perf_counter() - started).encode()),
                    *([(b"cache-control", b"no-store")] if silent else []),
                ]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if not isinstance(error, Problem):
                log.exception("unexpected failure")
            if status:
                raise
            await problem(error, request_id)(scope, receive, sending)
        finally:
            self._enter(scope, status, time.perf_counter() - started, watch)

    def _timing(self, watch: monitor.Watch, seconds: float) -> str:
        trips = f', redis;dur={watch.trip_seconds * 1000:.0f};desc="{watch.trips}"' if watch.trips else ""
        if self._debug:
            detail = f'"{watch.count}q {watch.duplicates} again"'
            return f"db;dur={watch.seconds * 1000:.3f};desc={detail}, total;dur={seconds * 1000:.3f}{trips}"
        return f'db;dur={watch.seconds * 1000:.0f};desc="{watch.count}q", total;dur={seconds * 1000:.0f}{trips}'

    def _enter(self, scope: Scope, status: int, seconds: float, watch: monitor.Watch) -> None:
        route = scope.get("state", {}).get("route", "none")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        labels = {
            "http_request_method": method,
            "http_route": route,
            "http_response_status_code": str(status),
        }
        self._metrics.observe("http_server_request_duration_seconds", seconds, **labels)
        if watch.count:
            self._metrics.observe("db_client_operation_duration_seconds", watch.seconds, http_route=route)
            self._metrics.add("db_client_operations_total", watch.count, http_route=route)
        if route in _QUIET or not log.isEnabledFor(logging.INFO):
            return
        line: dict[str, Any] = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        if watch.count:
            line |= {"queries": watch.count, "again": watch.duplicates, "db_ms": round(watch.seconds * 1000, 1)}
        if "cache" in scope.get("state", {}):
            line["cache"] = scope["state"]["cache"]
        log.info("request", extra=line)
