"""The server's answers: the site as production serves it, the edge beside it, and what keeps open pages current."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response, StreamingResponse

from builder.io.serve.audience import Audience
from builder.io.serve.window import LIVE, SCRIPT

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_CLIENT = (Path(__file__).parent / "client.js").read_bytes()


class Front:
    """The application: the edge under /api, the live connection under /-/, the site everywhere else."""

    def __init__(self, audience: Audience, edge: App | None, *, guarded: bool) -> None:
        self.audience = audience
        self.edge = edge
        self.guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if self.guarded and not _is_local(_header(scope, b"host")):
            # A name of somebody else's that leads to this machine: their page would read the author's drafts.
            await _plain(421, "This server answers to localhost only; --host opens it to others.")(scope, receive, send)
        elif self.edge and (path == "/api" or path.startswith("/api/")):
            await self.edge(scope, receive, send)
        else:
            await self._answer(scope, path)(scope, receive, send)

    def _answer(self, scope: Scope, path: str) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"allow": "GET, HEAD"})
        if path == LIVE:
            query = parse_qs(scope["query_string"].decode("latin-1"))
            page, digest = (query.get(name, [""])[0] for name in ("page", "digest"))
            return StreamingResponse(
                self.audience.listen(_decoded(page), digest),
                media_type="text/event-stream",
                headers={"cache-control": "no-store"},
            )
        if path == SCRIPT:
            return Response(_CLIENT, media_type="text/javascript", headers={"cache-control": "no-cache"})
        answer = self.audience.window.answer(path, _header(scope, b"if-none-match"))
        return Response(answer.body, answer.status, answer.headers)


def _plain(status: int, text: str) -> Response:
    return Response(text + "\n", status, media_type="text/plain")


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name in _LOOPBACK or name.endswith(".localhost")


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _decoded(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)
