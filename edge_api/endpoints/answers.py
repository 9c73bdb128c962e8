"""Answers: JSON with an explicit Cache-Control, and every error as problem+json from one function."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge_api.problems import TYPE, Problem, Unavailable, from_status
from edge_api.stores.database import DatabaseDown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

Raw = tuple[bytes, bytes]

PERSONAL = "private, no-store"
_NOT_MODIFIED = 304


class Ready:
    """An answer whose fields are bytes already: nothing is left to do but to send it."""

    def __init__(self, status: int, headers: list[Raw], body: bytes = b"") -> None:
        self._start = {"type": "http.response.start", "status": status, "headers": headers}
        self._body = {"type": "http.response.body", "body": body}

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send(self._start)
        await send(self._body)


def personal(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that is one learner's business."""
    return _json(msgspec.json.encode(value), status, {"Cache-Control": PERSONAL, **(headers or {})})


def nothing(headers: dict[str, str] | None = None) -> Response:
    """Return the empty answer to something that is done."""
    return Response(status_code=204, headers={"Cache-Control": PERSONAL, **(headers or {})})


def public(request: Request, value: Any, cache_control: str) -> Response:
    """Return an answer for everybody, or 304 where the asker has it already."""
    body = msgspec.json.encode(value)
    # Weak: a proxy that compresses the body changes its bytes and not what it says.
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": cache_control, "ETag": etag, "Vary": "Accept-Encoding"}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return _json(body, 200, headers)


def problem(error: Exception, request_id: str) -> Response:
    """Return the one answer to anything that went wrong."""
    if isinstance(error, DatabaseDown):
        error = Unavailable("database", "Nothing is half done; try again soon.")
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        error = from_status(error.status_code)
        error.headers.update(headers)
    if not isinstance(error, Problem):
        error = Problem("broken", "It has been written down. Nothing is half done.")
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(error.body(request_id), error.status, headers, TYPE)


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, "application/json")


def _matches(header: str, etag: str) -> bool:
    # Weak comparison (RFC 9110, 13.1.2): with or without W/, the opaque part decides.
    wanted = etag.removeprefix("W/")
    return header.strip() == "*" or wanted in {each.strip().removeprefix("W/") for each in header.split(",")}
