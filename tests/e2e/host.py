"""A host for built sites, as a CDN would be: static files with ETags, a strict policy for each page, /api/ passed on.

with Host(dist) as host:            host.url; host.api = "http://localhost:8001" passes /api/ on; host.down = True
                                    drops every connection, as a dead network does; host.hold = True keeps answers
                                    back until it is false again; host.broken are the paths of the API that
                                    answer 500; host.seen lists what was asked
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import http.server
import re
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from patience import PATIENCE

_INLINE = re.compile(rb"<(script|style)(?:\s+(?!src)[^>]*)?>(.*?)</\1>", re.DOTALL)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".avif": "image/avif",
    ".webp": "image/webp",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".xml": "application/xml",
}
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


def policy(html: bytes) -> str:
    """Return the strictest policy under which the page's own inline parts run: by their hashes, and nothing else."""
    hashes: dict[str, set[str]] = {"script": set(), "style": set()}
    for tag, text in _INLINE.findall(html):
        hashes[tag.decode()].add(f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'")
    scripts, styles = (" ".join(sorted(hashes[kind])) for kind in ("script", "style"))
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self' {styles}; img-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self'; form-action 'self'; "
        "base-uri 'none'; require-trusted-types-for 'script'; trusted-types coursewright"
    )


class Host(http.server.ThreadingHTTPServer):
    """The host of one folder on a port of its own."""

    daemon_threads = True
    # Pages ask for dozens of files at once; the usual five waiting connections make the rest fail.
    request_queue_size = 128

    def __init__(self, folder: Path, *, api: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.folder = folder
        self.api = api
        self.down = False
        self.hold = False
        self.broken: set[str] = set()
        self.seen: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it answers; browsers trust this name like one with TLS."""
        return f"http://localhost:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Say nothing: browsers leave whenever they like."""


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def _answer(self) -> None:
        if self.server.down:
            self.close_connection = True
            self.connection.close()
            return
        self.server.seen.append(self.path)
        # Read even where nobody wants it: what is left of a body would begin the connection's next request.
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        while self.server.hold:
            time.sleep(0.02)
        path = unquote(urlsplit(self.path).path)
        if path in self.server.broken:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, b"{}", {"Content-Type": "application/problem+json"})
            return
        if path.startswith("/api/"):
            self._pass_on()
            return
        file = self.server.folder / path.lstrip("/")
        if path.endswith("/"):
            file /= "index.html"
        if file.is_file():
            self._file(file, HTTPStatus.OK)
        elif (file / "index.html").is_file():
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": f"{path}/"})
        else:
            self._file(self.server.folder / "404.html", HTTPStatus.NOT_FOUND)

    def _file(self, file: Path, status: HTTPStatus) -> None:
        data = file.read_bytes()
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        kept = "assets" in file.parts
        headers = {
            "Content-Type": _TYPES.get(file.suffix, "application/octet-stream"),
            "ETag": tag,
            "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
        }
        if file.suffix == ".html":
            headers["Content-Security-Policy"] = policy(data)
        if self.headers.get("If-None-Match") == tag and status == HTTPStatus.OK:
            self._send(HTTPStatus.NOT_MODIFIED, b"", headers)
        else:
            self._send(status, data, headers)

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _pass_on(self) -> None:
        """Hand the request to the edge and its answer back, as a CDN does; without an edge there is none."""
        if not self.server.api:
            self._send(HTTPStatus.NOT_FOUND, b"", {})
            return
        line = http.client.HTTPConnection(urlsplit(self.server.api).netloc, timeout=PATIENCE)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        try:
            line.request(self.command, self.path, self.body or None, {**kept, "Host": str(self.headers["Host"])})
            answer = line.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self._send(HTTPStatus.BAD_GATEWAY, b"", {})
        finally:
            line.close()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
