"""Routes whose answers are kept: what of a request counts, which groups its answer belongs to, how it is sent again.

A route says so itself (``Operation.keeping``); nothing is kept because of its address or its type, and personal routes
have no way here. What makes an answer sees nothing but what is in its key: the canonical path, the parameters that the
route has understood, the codings that we send (none; the proxy compresses, docs/decisions/0295). No cookie, no
host, no other header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from edge_api.endpoints import door
from edge_api.endpoints.answers import Ready
from edge_api.groups import EVERYTHING
from edge_api.problems import Problem, Refused
from edge_api.services.cache import fields, rules
from edge_api.services.cache.cache import Served, Visit
from edge_api.services.cache.rules import Asked, Stored
from edge_api.services.cache.status import MEMORY, Member, shown

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from edge_api.endpoints.answers import Raw

_OK, _NOT_MODIFIED = 200, 304
_GONE = frozenset({404, 410})
# All clients are equal to whoever makes an answer: the one coding that we send.
_ENCODING = (("accept-encoding", "identity"),)
_WISHES = frozenset({"if-none-match", "if-modified-since"})
_OF_A_BODY = frozenset({b"content-length", b"content-type"})
_OURS = frozenset({"age", "cache-status", "cache-groups"})
# What so many addresses come down to is remembered; a crowd asks for a few dozen.
_UNDERSTOOD = 1024


class Plan(msgspec.Struct, frozen=True):
    """What a request comes down to: the parameters that count, the groups, for how long "there is none" is believed."""

    query: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    missing_seconds: int = 0


Keeping = Callable[[Request], Plan]


class _Understood(msgspec.Struct, frozen=True):
    """What an address comes down to: its plan, the query in its one form, the visit."""

    plan: Plan
    query: str
    visit: Visit


class _Missing(msgspec.Struct, frozen=True):
    """A remembered "there is none": whoever asks gets a problem of their own, with their own request's id."""

    code: str
    detail: str


class Kept:
    """A public handler whose answers are kept."""

    def __init__(self, app: ASGIApp, keeping: Keeping) -> None:
        self._app = app
        self._keeping = keeping
        self._understood: dict[tuple[str, bytes, str], _Understood] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or make it and keep it."""
        request = Request(scope, receive)
        if _alone(request):
            await self._pass(request, receive, send)
            return
        services, asked = door.edge(request), self._understand(request)
        plan = asked.plan

        async def make(conditions: fields.Fields) -> Stored:
            return await self._make(scope, asked.query, conditions, plan)

        served = await services.cache.answer(asked.visit, make)
        scope["state"]["cache"] = shown(served.members)
        await _response(request, served, plan)(scope, receive, send)

    def _understand(self, request: Request) -> _Understood:
        """Return what the address comes down to; that is the same for as long as the documents are."""
        digest = door.edge(request).documents.digest
        said = (request.scope["path"], request.scope["query_string"], digest)
        found = self._understood.get(said)
        if found is None:
            plan = self._keeping(request)
            query = urlencode(sorted(plan.query))
            # What else an answer is made from: this code, and what the builder wrote. In a deploy a fleet has two of
            # each.
            words = "\n".join((request.scope["path"], query, request.app.state.release, digest))
            key = hashlib.sha256(words.encode()).hexdigest()[:40]
            found = _Understood(plan, query, Visit(key, request.state.route, plan.groups, Asked("GET", _ENCODING)))
            if len(self._understood) >= _UNDERSTOOD:
                self._understood.clear()
            self._understood[said] = found
        return found

    async def _pass(self, request: Request, receive: Receive, send: Send) -> None:
        """Let a request by that no kept answer may serve, and whose answer is not kept."""
        bypass = shown((Member(MEMORY, fwd="bypass"),))
        labels = {"layer": "l1", "route": request.state.route, "outcome": "bypass"}
        request.app.state.metrics.add("edge_cache_requests_total", **labels)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Cache-Status"] = bypass
            await send(message)

        await self._app(request.scope, receive, sending)

    async def _make(self, scope: Scope, query: str, conditions: fields.Fields, plan: Plan) -> Stored:
        inner = {
            **scope,
            "method": "GET",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in (*_ENCODING, *conditions)],
            "state": dict(scope["state"]),
        }
        taken = _Taken()
        try:
            await self._app(inner, _nothing, taken)
        except Problem as problem:
            if problem.status not in _GONE or not plan.missing_seconds:
                raise
            body = msgspec.json.encode(_Missing(problem.code, problem.detail))
            said = (("cache-control", f"max-age={plan.missing_seconds}"),)
            return Stored(problem.status, said, body, 0, 0)
        return taken.stored()


class _Taken:
    """Takes an answer down instead of sending it."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Take a part."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    def stored(self) -> Stored:
        """Return the whole."""
        said = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._start["headers"])
        return Stored(self._start["status"], said, bytes(self._body), 0, 0)


def _alone(request: Request) -> bool:
    """Tell whether a request has what no kept answer may depend on: credentials, or a body."""
    headers = request.headers
    return "authorization" in headers or headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _response(request: Request, served: Served, plan: Plan) -> Ready:
    status, stored = shown(served.members), served.stored
    if stored.status in _GONE:
        missing = msgspec.json.decode(stored.body, type=_Missing)
        raise Refused(missing.code, missing.detail, {"Cache-Status": status})
    said = [*_said(stored.fields, plan.groups), (b"cache-status", status.encode())]
    if served.age is not None:
        said.append((b"age", b"%d" % served.age))
    wish = tuple(pair for pair in request.headers.items() if pair[0] in _WISHES)
    if wish and stored.status == _OK:
        same = rules.not_modified(stored, Asked("GET", wish))
        labels = {"layer": "http", "route": request.state.route, "outcome": "hit" if same else "miss"}
        request.app.state.metrics.add("edge_cache_requests_total", **labels)
        if same:
            return Ready(_NOT_MODIFIED, [pair for pair in said if pair[0] not in _OF_A_BODY])
    return Ready(stored.status, said, stored.body)


@lru_cache(maxsize=_UNDERSTOOD)
def _said(kept: fields.Fields, groups: tuple[str, ...]) -> tuple[Raw, ...]:
    """Return the fields of a kept answer as they are sent, but for what is another thing each time."""
    pairs = (*fields.without(kept, _OURS), ("cache-groups", fields.strings((*groups, EVERYTHING))))
    return tuple((name.encode(), value.encode("latin-1")) for name, value in pairs)


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
