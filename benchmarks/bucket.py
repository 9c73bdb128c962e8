"""An S3 server in memory with latency: as much of the protocol as deploy tools use, and a count of what they ask.

moto answers a few hundred requests a second on one core, so with it a benchmark of 10,000 objects measures moto. This
one answers some thousands, holds every object, and waits the latency on its event loop, where a thousand wait at once.
It speaks to loopback only and checks no signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 1000  # S3's own limit of a listing
Answer = tuple[int, dict[str, str], bytes]

_NOT_FOUND: Answer = (404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
_TAKEN: Answer = (412, {}, b"<Error><Code>PreconditionFailed</Code></Error>")
_KEPT = ("cache-control", "content-type", "content-encoding", "content-disposition", "content-language")


class Object(NamedTuple):
    """An object: bytes, headers that are given back, its ETag and when it was written."""

    data: bytes
    headers: dict[str, str]
    etag: str
    written: float


class Tally(NamedTuple):
    """What was asked since the last reset: requests by method, bytes of bodies that came in."""

    requests: dict[str, int]
    received: int


class Bucket:
    """One bucket, whatever its name, at ``url``; each answer is ``latency`` seconds late."""

    def __init__(self, latency: float) -> None:
        self.objects: dict[str, Object] = {}
        self._latency = latency
        self._requests: dict[str, int] = {}
        self._received = 0
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Begin to count anew."""
        self._requests, self._received = {}, 0

    def tally(self) -> Tally:
        """Return the count."""
        return Tally(dict(sorted(self._requests.items())), self._received)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._one(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        await asyncio.sleep(self._latency)
        url = urlsplit(target)
        key = unquote(url.path).lstrip("/").partition("/")[2]
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        status, fields, data = self._answer(method, key, query, headers, _plain(headers, body))
        name = "LIST" if method == "GET" and not key else "COPY" if "x-amz-copy-source" in headers else method
        self._requests[name] = self._requests.get(name, 0) + 1
        self._received += len(body)
        length = fields.pop("content-length", str(len(data)))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{head}\r\n".encode("latin-1"))
        writer.write(b"" if method == "HEAD" else data)
        await writer.drain()

    def _answer(self, method: str, key: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        if method == "PUT":
            return self._put(key, headers, body)
        if method == "POST":  # DeleteObjects
            for part in body.decode().split("<Key>")[1:]:
                self.objects.pop(part.partition("</Key>")[0], None)
            return 200, {"Content-Type": "application/xml"}, b"<DeleteResult></DeleteResult>"
        if method == "DELETE":
            self.objects.pop(key, None)
            return 204, {}, b""
        if not key:
            return self._list(query)
        held = self.objects.get(key)
        if held is None:
            return _NOT_FOUND
        fields = held.headers | {"ETag": held.etag, "Last-Modified": formatdate(held.written, usegmt=True)}
        return 200, fields | {"content-length": str(len(held.data))}, held.data

    def _put(self, key: str, headers: dict[str, str], body: bytes) -> Answer:
        held = self.objects.get(key)
        if headers.get("if-none-match") == "*" and held is not None:
            return _TAKEN
        if "if-match" in headers and (held is None or held.etag != headers["if-match"]):
            return _TAKEN
        kept = {name: value for name, value in headers.items() if name in _KEPT or name.startswith("x-amz-meta-")}
        kept = {name: value for name, value in kept.items() if value != "aws-chunked"}
        source = headers.get("x-amz-copy-source")
        if source is not None:
            origin = self.objects.get(unquote(source).lstrip("/").partition("/")[2])
            if origin is None:
                return _NOT_FOUND
            body = origin.data
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        self.objects[key] = Object(body, kept, etag, time.time())
        if source is None:
            return 200, {"ETag": etag}, b""
        stamp = _iso(time.time())
        text = f"<CopyObjectResult><ETag>{escape(etag)}</ETag><LastModified>{stamp}</LastModified></CopyObjectResult>"
        return 200, {"Content-Type": "application/xml"}, text.encode()

    def _list(self, query: dict[str, str]) -> Answer:
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = keys[:_PAGE]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(held.data)}</Size><ETag>{escape(held.etag)}</ETag>"
            f"<LastModified>{_iso(held.written)}</LastModified><StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
            for held in [self.objects[key]]
        )
        more = len(keys) > _PAGE
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        head = f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        text = f"<?xml version='1.0'?><ListBucketResult>{head}{rows}</ListBucketResult>"
        return 200, {"Content-Type": "application/xml"}, text.encode()


def _plain(headers: dict[str, str], body: bytes) -> bytes:
    """Take off the aws-chunked coding that some clients put around a body."""
    if "aws-chunked" not in headers.get("content-encoding", "") and "STREAMING" not in headers.get(
        "x-amz-content-sha256", ""
    ):
        return body
    found, at = b"", 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].partition(b";")[0], 16)
        if size == 0:
            return found
        found += body[end + 2 : end + 2 + size]
        at = end + 4 + size


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))
