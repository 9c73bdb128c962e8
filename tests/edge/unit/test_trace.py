"""What every answer leaves with, whoever made it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.responses import Response

from edge_api.metrics import Metrics
from edge_api.middleware.trace import Trace

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


@pytest.mark.parametrize(("given", "said"), [(None, "no-store"), ("public, max-age=60", "public, max-age=60")])
def test_an_answer_that_does_not_say_how_it_may_be_kept_may_not_be(given: str | None, said: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {} if given is None else {"Cache-Control": given}
        await Response("x", headers=headers)(scope, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Trace(app, Metrics(), debug=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/")

    answer = asyncio.run(ask())
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == (said, "nosniff")
