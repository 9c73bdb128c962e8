"""A released site as a CDN hands it out: the compressed files that the build left, types, validators, long lives."""

from __future__ import annotations

import hashlib
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from builder.text.media import media_type

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = {"br": ".br", "gzip": ".gz"}


class Static:
    """Serves a folder on a port of its own, from the moment it is entered."""

    def __init__(self, folder: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one piece: two small writes would wait for each other (Nagle).
            wbufsize = -1

            def do_GET(self) -> None:
                _answer(self, folder)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _answer(request: BaseHTTPRequestHandler, folder: Path) -> None:
    path = unquote(urlsplit(request.path).path)
    file = folder / path.lstrip("/")
    file = file / "index.html" if path.endswith("/") else file
    status = HTTPStatus.OK
    if not file.is_file():
        file, status = folder / "404.html", HTTPStatus.NOT_FOUND
    accepted = request.headers.get("Accept-Encoding", "")
    encoding = next(
        (name for name, end in ENCODINGS.items() if name in accepted and file.with_name(file.name + end).is_file()), ""
    )
    body = file.with_name(file.name + ENCODINGS.get(encoding, "")).read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if status == HTTPStatus.OK and request.headers.get("If-None-Match") == tag:
        status, body = HTTPStatus.NOT_MODIFIED, b""
    lasting = "/assets/" in path
    request.send_response(status)
    for name, value in {
        "Content-Type": media_type(file.name),
        "Content-Encoding": encoding,
        "Content-Length": str(len(body)),
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "max-age=0, must-revalidate",
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }.items():
        if value:
            request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
