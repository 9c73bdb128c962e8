"""The ceiling: one Starlette route with constant JSON, under the edge's own server settings."""

from __future__ import annotations

import argparse
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge_api.wire import Protocol

_BODY = b'{"entries": [' + b", ".join(b'{"rank": 1, "handle": "calm-otter-4821", "xp": 320}' for _ in range(50)) + b"]}"


async def _constant(_request: Request) -> Response:
    return Response(_BODY, media_type="application/json")


def main(arguments: list[str]) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    app = Starlette(routes=[Route("/", _constant), Route("/api/bare", _constant)])
    port = parser.parse_args(arguments).port
    uvicorn.run(app, port=port, log_config=None, access_log=False, server_header=False, http=Protocol)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
