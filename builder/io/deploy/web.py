"""HTTP as a visitor does it: one request, no redirect taken for an answer, never an exception for an answer."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from builder.errors import UsageError

OK = 200
_TIMEOUT = 15.0


class Answer(NamedTuple):
    """What came back; ``status`` is 0 where nothing did, and ``reason`` says why."""

    url: str
    status: int
    reason: str
    headers: dict[str, str]
    body: bytes
    seconds: float

    def told(self) -> str:
        """Return the outcome in a few words."""
        return f"{self.status} {self.reason}".strip() if self.status else self.reason


def get(url: str) -> Answer:
    """Return the answer to a GET."""
    return request("GET", url)


def head(url: str) -> Answer:
    """Return the answer to a HEAD."""
    return request("HEAD", url)


def base(url: str) -> str:
    """Return the path of a site's root, which begins and ends in a slash."""
    path = urlsplit(url).path
    return path if path.endswith("/") else f"{path}/"


def checked(url: str) -> str:
    """Return ``url`` if it can be asked at all."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"“{url}” is no address of a site.", hint="Say --verify-url https://learn.example.org/.")
    return url


def request(method: str, url: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Return the answer to one request; bodies are asked for as they are, not compressed."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    started = time.monotonic()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = {"Accept-Encoding": "identity", "User-Agent": "coursewright-deploy"} | (headers or {})
        connection.request(method, target, body, asked)
        response: HTTPResponse = connection.getresponse()
        data = response.read()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(url, response.status, response.reason, fields, data, time.monotonic() - started)
    except (OSError, HTTPException) as error:
        return Answer(url, 0, str(error) or type(error).__name__, {}, b"", time.monotonic() - started)
    finally:
        connection.close()
