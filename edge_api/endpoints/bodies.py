"""Bodies of requests: JSON only, of a bounded size, within a bounded time, in a known form."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.requests import ClientDisconnect

from edge_api.endpoints import door
from edge_api.problems import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

# 500 events of a normal size are 100 KB.
LIMIT = 512 * 1024

# An escaped surrogate: one of a pair, or alone, which our parser takes for no JSON at all.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

T = TypeVar("T")


async def read(request: Request, form: type[T]) -> T:
    """Return the body in its form, or refuse it in a sentence that names the field."""
    media, _, rest = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != "application/json" or not _utf8(rest):
        raise Refused("not-json", "Send Content-Type: application/json in UTF-8.")
    try:
        data = await asyncio.wait_for(_bytes(request), door.edge(request).settings.body_seconds)
    except TimeoutError:
        raise Refused("slow-body", headers={"Connection": "close"}) from None
    try:
        return msgspec.json.decode(_whole(data), type=form)
    except msgspec.ValidationError as error:
        raise Refused("bad-body", f"{error}.") from error
    except (ValueError, RecursionError) as error:
        raise Refused("bad-json") from error


def _whole(data: bytes) -> bytes:
    """Return a body in which half a letter, which browsers can send, is a question mark: it spoils nothing else."""
    if _HALF.search(data) is None:
        return data
    return json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace")


async def _bytes(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LIMIT:
        raise _too_large()
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LIMIT:
                raise _too_large()
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise Refused("bad-request", "The body ended early.") from error
    return b"".join(chunks)


def _too_large() -> Refused:
    return Refused("too-large", f"At most {LIMIT} bytes.", {"Connection": "close"})


def _utf8(parameters: str) -> bool:
    charset = parameters.strip().lower()
    return charset in {"", "charset=utf-8", 'charset="utf-8"'}
