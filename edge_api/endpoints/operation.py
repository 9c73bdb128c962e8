"""An operation: one method of one path, what it needs of the asker, what it takes and gives.

    public    no cookie and no Authorization reach the handler, so no answer can depend on them; cacheable
    open      a session if there is one
    learner   a session
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

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

Access = Literal["public", "open", "learner", "account", "fresh", "probe"]
Handler = Callable[[Request], Awaitable[Response]]

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
        self._operations = {**operations, **({"HEAD": operations["GET"]} if "GET" in operations else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["route"] = self._path
        operation = self._operations.get(scope["method"])
        if operation is None:
            allow = ", ".join(sorted(self._operations))
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": allow})
        if operation.access in {"public", "probe"}:
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _UNSEEN]
            response = await operation.handler(Request(scope, receive))
        else:
            request = Request(scope, receive)
            await door.enter(request, operation.access)
            response = await operation.handler(request)
            door.leave(request, response)
        await response(scope, receive, send)
