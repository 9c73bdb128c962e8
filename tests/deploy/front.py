"""A proxy in front of the S3 server: it records requests, refuses what R2 refuses, slows down, throttles, hangs up."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple
from urllib.parse import urlsplit

from deploy.listening import Listening


class Request(NamedTuple):
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    size: int


Answer = tuple[int, str] | None
_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Front(Listening):
    """``rule`` may answer a request itself: (status, S3 error code); None lets it through. (0, "") hangs up.

    ``loses`` lets a request through and hangs up instead of passing its answer on.
    """

    def __init__(self, behind: str, *, latency: float = 0.0) -> None:
        self.seen: list[Request] = []
        self.rule: Callable[[Request], Answer] = lambda _request: None
        self.loses: Callable[[Request], bool] = lambda _request: False
        self._behind = urlsplit(behind)
        self._latency = latency
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 1 << 16

            def log_message(self, *_: object) -> None:
                pass

            def handle_expect_100(self) -> bool:
                answer = super().handle_expect_100()
                self.wfile.flush()
                return answer

            def handle_any(self) -> None:
                front.handle(self)

        for method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.handle_any)

        super().__init__(Handler)

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, or pass it on."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, length)
        self.seen.append(request)
        time.sleep(self._latency)
        answer = self.rule(request)
        if answer is None:
            status, passed, data = self._pass(handler, body)
            if self.loses(request):
                self.hang_up(handler)
            else:
                self._reply(handler, status, passed, data)
        elif answer[0] == 0:
            self.hang_up(handler)
        else:
            text = f"<?xml version='1.0'?><Error><Code>{answer[1]}</Code><Message>told by the test</Message></Error>"
            self._reply(handler, answer[0], {"Content-Type": "application/xml"}, text.encode())

    def hang_up(self, handler: BaseHTTPRequestHandler) -> None:
        """Break the connection instead of answering."""
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    def _pass(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self._behind.hostname or "", self._behind.port)
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in {"connection", "expect"}:
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        data = response.read()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        if handler.command == "HEAD":
            headers["Content-Length"] = response.getheader("Content-Length") or "0"
        connection.close()
        return response.status, headers, data

    def _reply(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if "Content-Length" not in headers:
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(data)
