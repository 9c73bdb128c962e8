"""An operation: one method of one path, what it needs of the asker, what it takes and gives.

    public    no cookie and no Authorization reach the handler, so no answer can depend on them; cacheable
    open      a session if there is one
    learner   a session
    progress  like learner; a cookie that a sign-in to another learner has just replaced still adds what was under way
    account   a session of somebody with a passkey, signed in on this device
    fresh     like account, and signed in within the last quarter of an hour; an anonymous learner's own word is enough
    probe     for machines beside us; never routed from outside

The same value makes the route, the rights check and the OpenAPI document: they can't disagree.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge_api.endpoints import door
from edge_api.endpoints.keeping import Keeping, Kept
from edge_api.groups import EVERYTHING
from edge_api.problems import Refused
from edge_api.services.cache import relay
from edge_api.services.cache.fields import strings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Access = Literal["public", "open", "learner", "progress", "account", "fresh", "probe"]
Handler = Callable[[Request], Awaitable[Response]]

_GROUPS = 32
_UNSEEN = frozenset({b"cookie", b"authorization", b"proxy-authorization"})


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of the path or the query, and its JSON Schema."""

    name: str
    place: Literal["path", "query"]
    schema: dict[str, Any]
    meaning: str


class Operation(msgspec.Struct, frozen=True):
    """One row of the table of routes."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Handler
    access: Access
    meaning: str
    takes: Any = None
    gives: Any = None
    status: int = 200
    media: str = "application/json"
    problems: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    keeping: Keeping | None = None


def routes(operations: tuple[Operation, ...]) -> list[Route]:
    """Return one route for each path, which knows all of the path's methods."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return [Route(path, _Resource(path, methods)) for path, methods in paths.items()]


class _Resource:
    """All operations of a path, as an ASGI application."""

    def __init__(self, path: str, operations: dict[str, Operation]) -> None:
        self._path = path
        found = {method: _application(operation) for method, operation in operations.items()}
        self._applications = {**found, **({"HEAD": found["GET"]} if "GET" in found else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["route"] = self._path
        application = self._applications.get(scope["method"])
        if application is None:
            allow = ", ".join(sorted(self._applications))
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": allow})
        await application(scope, receive, send)


def _application(operation: Operation) -> ASGIApp:
    if operation.access not in {"public", "probe"}:
        return _Personal(operation.handler, operation.access)
    plain = _Public(operation.handler)
    return plain if operation.keeping is None else Kept(plain, operation.keeping)


class _Public:
    """A handler that never learns who asks."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _UNSEEN]
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)


class _Personal:
    """A handler behind the door: session and rights on the way in, the cookie on the way out."""

    def __init__(self, handler: Handler, access: Access) -> None:
        self._handler = handler
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await door.enter(request, self._access)
        changed: set[str] = set()
        relay.changed.set(changed)
        try:
            response = await self._handler(request)
        except Refused as refused:
            await door.reconsider(request, refused)
            raise
        door.leave(request, response)
        if changed:
            # One member for every cache's least limit of 32 groups (RFC 9875): "all" stands for more.
            told = sorted(changed) if len(changed) <= _GROUPS else [EVERYTHING]
            response.headers["Cache-Group-Invalidation"] = strings(told)
        await response(scope, receive, send)
