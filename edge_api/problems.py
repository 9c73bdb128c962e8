"""Every error answer, as one small tree of exceptions that one handler turns into ``application/problem+json``.

    Problem                 status, code, title; detail and headers where they help
    ├── Refused             the request is wrong, and will be tomorrow                    400 … 422
    └── Unavailable         the request is right, the moment is not: Retry-After          429, 503

The catalogue of codes stands in ``CODES``; docs/operations.md lists it, and a test compares the two.
"""

from __future__ import annotations

import random
from http import HTTPStatus

import msgspec

TYPE = "application/problem+json"

CODES: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request can't be understood"),
    "bad-path": (400, "The path is not in its canonical form"),
    "bad-host": (400, "This host is not served here"),
    "bad-parameter": (400, "A query parameter is wrong"),
    "bad-json": (400, "The body is not JSON"),
    "no-session": (401, "There is no session"),
    "sign-in-again": (401, "Sign in again first"),
    "passkey-refused": (401, "The passkey was not accepted"),
    "code-refused": (401, "The recovery code was not accepted"),
    "cross-site": (403, "The request comes from another site"),
    "not-found": (404, "There is nothing here"),
    "bad-cursor": (404, "There is no such page"),
    "unknown-course": (404, "There is no such course"),
    "method-not-allowed": (405, "The method is not for this path"),
    "slow-body": (408, "The body took too long"),
    "session-renewed": (409, "The session was renewed"),
    "handle-taken": (409, "The handle belongs to somebody else"),
    "passkey-known": (409, "The passkey is registered already"),
    "last-passkey": (409, "This is the only passkey"),
    "needs-passkey": (409, "This needs an account with a passkey"),
    "too-many-passkeys": (409, "There are enough passkeys"),
    "too-large": (413, "The body is too large"),
    "not-json": (415, "The body must be application/json"),
    "bad-body": (422, "The body does not have the right form"),
    "bad-handle": (422, "The handle can't be used"),
    "slow-down": (429, "Too many requests"),
    "broken": (500, "Something broke on our side"),
    "elsewhere": (502, "Another instance answers"),
    "overloaded": (503, "Too busy at the moment"),
    "draining": (503, "This instance is going away"),
    "database": (503, "The database does not answer"),
}


class Problem(Exception):  # noqa: N818 - RFC 9457's word for it
    """An answer of status 400 or above; ``detail`` is a sentence for people, never an inner secret."""

    def __init__(self, code: str, detail: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.status, self.title = CODES[code]

    def body(self, request_id: str) -> bytes:
        """Return the problem as JSON, with the request's id for whoever reports it."""
        fields = {"type": f"urn:coursewright:{self.code}", "title": self.title, "status": self.status}
        if self.detail:
            fields["detail"] = self.detail
        return msgspec.json.encode({**fields, "code": self.code, "request_id": request_id})


class Refused(Problem):
    """The request itself is wrong."""


class Unavailable(Problem):
    """Try again later; the wait is spread, so that a crowd does not come back at once."""

    def __init__(self, code: str, detail: str = "", wait: float = 1.0, headers: dict[str, str] | None = None) -> None:
        spread = 1 + int(wait + random.random() * 2)  # noqa: S311 - spreads retries, guards nothing
        super().__init__(code, detail, {"Retry-After": str(spread), **(headers or {})})


def from_status(status: int) -> Problem:
    """Return the problem for a status that the framework raised by itself."""
    for code, (known, _) in CODES.items():
        if known == status:
            return Problem("not-found" if status == HTTPStatus.NOT_FOUND else code)
    return Problem("bad-request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "broken")
