"""What stands in the window: which bytes, status and headers answer a path.

Nothing is decided here that production would decide otherwise, but for two things: a line in each page lets it follow
the author's work, and the service worker keeps nothing.
"""

from __future__ import annotations

import html
import json
import re
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from builder.io.serve.rules import Rules, read_rules
from builder.io.serve.shown import Shown
from builder.manifest import File
from builder.text.policy import TRUSTED

LIVE = "/-/live"
SCRIPT = "/-/live.js"

# Pages while the first build has not come to its end; the overlay says why.
WAITING = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>Coursewright</title></head><body></body></html>"
)
NOT_FOUND = WAITING.replace("<body>", "<body>Not found")

# An author looks at pages as they are now, so a worker that keeps old ones gives way to one that does nothing. It stays
# registered: the first page after a worker that unregisters itself under open pages waits for ever in Chromium.
WORKER = """addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((keys) => Promise.all(keys.map((key) => caches.delete(key))))));
"""

_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)


class Answer(NamedTuple):
    """What goes back to the browser."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class Window:
    """The state of the site that is shown; the builds put a new one in, requests only look."""

    def __init__(self) -> None:
        self.shown: Shown | None = None
        self._rules = Rules()

    def show(self, shown: Shown) -> None:
        """Put a new state of the site in; its rules are read again when they have changed."""
        before, self.shown = self.shown, shown
        for name in ("_headers", "_redirects"):
            if not before or before.files.get(name) != shown.files.get(name):
                self._rules = read_rules(self._text("_headers"), self._text("_redirects"))

    def answer(self, path: str, known: str = "") -> Answer:
        """Return the answer for a decoded path; ``known`` is the browser's If-None-Match."""
        if self.shown is None:
            return _html(HTTPStatus.SERVICE_UNAVAILABLE, WAITING.encode(), "waiting", {"retry-after": "1"})
        target, status = self._redirect(path)
        if target:
            return Answer(status, {"location": target})
        name = self.name(path)
        if name == "sw.js":
            headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "no-cache"}
            return Answer(HTTPStatus.OK, headers, WORKER.encode())
        return self._missing(path) if name is None else self._file(path, name, HTTPStatus.OK, known)

    def digest(self, path: str) -> str:
        """Return what stands for the page that a browser sees at this path."""
        if self.shown is None:
            return "waiting"
        name = self.name(path)
        file = self.shown.files.get(name or "404.html")
        return file.digest if file else "missing"

    def has(self, path: str) -> bool:
        """Tell whether there is a page or a file at this path."""
        return self.name(path) is not None

    def _redirect(self, path: str) -> tuple[str, int]:
        """Return where a path leads and with which status: aliases, folders without their slash, the site's base."""
        assert self.shown
        encoded, base = quote(path, safe="/-._~!$&'()*+,;=:@"), self.shown.base
        if encoded in self._rules.redirects:
            return self._rules.redirects[encoded]
        if base and path in ("/", base):
            return base + "/", HTTPStatus.FOUND
        if not path.endswith("/") and self.name(path) is None and self.name(path + "/") is not None:
            return encoded + "/", HTTPStatus.MOVED_PERMANENTLY
        return "", 0

    def name(self, path: str) -> str | None:
        """Return the name in the output folder of what answers a path."""
        if self.shown is None or not path.startswith(self.shown.base + "/"):
            return None
        name = path[len(self.shown.base) + 1 :]
        if not name or name.endswith("/"):
            name += "index.html"
        return name if name in self.shown.files else None

    def _missing(self, path: str) -> Answer:
        assert self.shown
        if "404.html" in self.shown.files:
            return self._file(path, "404.html", HTTPStatus.NOT_FOUND, "")
        return _html(HTTPStatus.NOT_FOUND, NOT_FOUND.encode(), "missing", {})

    def _file(self, path: str, name: str, status: HTTPStatus, known: str) -> Answer:
        assert self.shown
        file: File = self.shown.files[name]
        live = file.type.startswith("text/html")
        tag = f'"{file.digest[:32]}{"-live" if live else ""}"'
        rules = self._rules.headers_of(path)
        headers = {
            **rules,
            **{key.lower(): value for key, value in file.headers.items()},
            "content-type": file.type,
            "etag": tag,
        }
        if status == HTTPStatus.OK and tag in known:
            return Answer(HTTPStatus.NOT_MODIFIED, headers)
        try:
            body = (self.shown.folder / name).read_bytes()
        except OSError:
            # Moved away by a build between the look and the read; the browser is told in a moment.
            return _html(HTTPStatus.NOT_FOUND, NOT_FOUND.encode(), "missing", {})
        return Answer(status, headers, with_client(body, file.digest) if live else body)

    def _text(self, name: str) -> str:
        assert self.shown
        try:
            return (self.shown.folder / name).read_text(encoding="utf-8")
        except OSError:
            return ""


def with_client(page: bytes, digest: str) -> bytes:
    """Return a page with the client in it, first in its head, before any policy that the page sets itself.

    The client compares pages as text, which trusted types would not let it.
    """
    page = page.replace(TRUSTED.encode(), b"", 1)
    tag = f'<script src="{SCRIPT}" data-digest="{html.escape(digest)}" defer></script>'.encode()
    found = _HEAD.search(page)
    at = found.end() if found else 0
    return page[:at] + tag + page[at:] if found else tag + page


def _html(status: HTTPStatus, page: bytes, digest: str, headers: dict[str, str]) -> Answer:
    return Answer(
        status,
        {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", **headers},
        with_client(page, digest),
    )


def as_event(message: dict[str, object]) -> bytes:
    """Return a message as a server-sent event."""
    return f"data: {json.dumps(message)}\n\n".encode()
