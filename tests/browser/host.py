"""A plain static host for a built site, with the failures that a service worker meets: gone, slow, full of holes."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from builder.text.media import media_type


class Host:
    """Serves a folder on a port of its own; ``asked`` counts the paths, ``ranges`` those asked for in part.

    ``is_down`` hangs up on everybody, ``gone`` answers 404, ``instead`` answers 200 with a page, ``broken`` 500.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.ranges: Counter[str] = Counter()
        self.is_down = False
        self.gone: set[str] = set()
        self.instead: set[str] = set()
        self.broken: set[str] = set()
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                host.answer(self)

            do_POST = do_GET  # noqa: N815 - the library's word

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request as a good static host does: types, validators, no guesses."""
        path = unquote(urlsplit(request.path).path)
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self.is_down:
            request.close_connection = True
            return
        self.asked[path] += 1
        if "Range" in request.headers:
            self.ranges[path] += 1
        if path in self.broken:
            self._send(request, 500, b"<h1>Trouble</h1>", "text/html")
        elif path in self.instead:
            self._send(request, 200, b"<!doctype html><h1>Not what you asked for</h1>", "text/html; charset=utf-8")
        elif path.startswith("/api/"):
            self._send(request, 200, b'{"learner": null}', "application/json")
        else:
            self._file(request, path)

    def _file(self, request: BaseHTTPRequestHandler, path: str) -> None:
        file = self.folder / path.lstrip("/")
        if file.is_dir():
            if not path.endswith("/"):
                request.send_response(301)
                request.send_header("Location", path + "/")
                request.send_header("Content-Length", "0")
                request.end_headers()
                return
            file /= "index.html"
        if path in self.gone or not file.is_file():
            self._send(request, 404, b"<h1>Not found</h1>", "text/html; charset=utf-8")
            return
        self._send(request, 200, file.read_bytes(), media_type(file.name))

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and request.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", tag)
        request.send_header("Cache-Control", "no-cache")
        request.end_headers()
        request.wfile.write(body)
