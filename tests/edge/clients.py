"""Browsers, as the edge's tests need them: a cookie jar, an Origin, and the words of the contract."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import text
from starlette.applications import Starlette

from edge_api.groups import EVERYTHING
from edge_api.services.edge import connect
from edge_api.settings import Settings
from edge_api.stores import touched
from edge_api.stores.migrations import migrate
from edge_api.stores.redis import RedisDown

T = TypeVar("T")

# So long no start and no answer takes on the busiest machine; what takes longer will never come.
PATIENCE = 120

HELLO = "learn-solidity/basics/hello"
PRAGMA = "learn-solidity/basics/hello#pragma"
STORAGE = "learn-solidity/basics/storage"
LOCATIONS = "learn-solidity/basics/storage#locations"
OVERFLOW = "learn-solidity/basics/storage#overflow"
COUNTER = "learn-solidity/basics/storage#counter"
ERC20 = "learn-solidity/erc20"


def wait_until(true: Callable[[], bool]) -> None:
    """Ask again until the answer is yes."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def migrate_now(settings: Settings) -> None:
    """Bring a database to the present schema; in a thread of its own, for a browser may hold this one's event loop."""

    async def work() -> None:
        database = connect(settings)
        await database.run(migrate)
        await database.close()

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    thread.join()


def event(item: str, kind: str = "lesson.read", at: str = "2026-11-23T10:00:00Z", **more: Any) -> dict[str, Any]:
    """Return an event as a page makes it."""
    return {"id": str(uuid.uuid4()), "type": kind, "item": item, "at": at, **more}


def answer(item: str, *choices: int, **more: Any) -> dict[str, Any]:
    """Return an answer to a quiz."""
    return event(item, "quiz.answered", choices=list(choices), **more)


class Client:
    """Speaks to an application in this process, whose event loop runs beside the test."""

    def __init__(self, portal: BlockingPortal, app: Starlette, base_url: str) -> None:
        self.portal = portal
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request."""

        async def send() -> httpx.Response:
            self._client.cookies.clear()
            return await self._client.request(method, path, **more)

        return self.run(send)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Send a GET without a cookie."""
        return self.request("GET", path, **more)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine in the application's event loop."""
        result: T = self.portal.call(work)
        return result


@contextmanager
def running(app: Starlette, base_url: str = "http://localhost") -> Iterator[Client]:
    """Run an application's lifespan and give a client for it."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
    ):
        yield Client(portal, app, base_url)


@dataclass
class Browser:
    """One browser: its cookies, and what its pages send with every request."""

    client: Any
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Origin": "http://localhost"})

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request and keep the cookies of its answer."""
        headers = {**self.headers, **more.pop("headers", {})}
        if self.cookies:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        response: httpx.Response = self.client.request(method, path, headers=headers, **more)
        for name, value in response.cookies.items():
            self.cookies[name] = value
        if 'session=""' in response.headers.get("set-cookie", ""):
            self.cookies.clear()
        return response

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Send a GET."""
        return self.send("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        """Send a POST."""
        return self.send("POST", path, **({} if json is None else {"json": json}), **more)

    def put(self, path: str, json: Any, **more: Any) -> httpx.Response:
        """Send a PUT."""
        return self.send("PUT", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        """Send a DELETE."""
        return self.send("DELETE", path, **more)

    def begin(self) -> Browser:
        """Begin an anonymous session."""
        assert self.post("/api/session").status_code == 201
        return self

    def tell(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send a batch of events and return the answer."""
        response = self.post("/api/progress", {"events": list(events)})
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    @property
    def learner(self) -> dict[str, Any] | None:
        """Who the edge says this is."""
        found: dict[str, Any] | None = self.get("/api/session").json()["learner"]
        return found


@dataclass
class Site:
    """A running edge in this process."""

    app: Starlette
    client: Client
    settings: Settings

    def browser(self) -> Browser:
        """Return a browser that has never been here."""
        return Browser(self.client)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement on the edge's own database; what changes rows behind its back empties Redis too."""
        edge = self.app.state.edge

        async def work() -> list[Any]:
            async with edge.database.write() as connection:
                result = await connection.execute(text(statement), values)
                rows = list(result.all()) if result.returns_rows else []
                if not result.returns_rows:
                    touched.touch(connection, "group", EVERYTHING)
            return rows

        async def start_over() -> bool:
            try:
                await edge.redis.ask(("FLUSHALL",), seconds=PATIENCE)
            except RedisDown:
                return False
            async with edge.database.read() as connection:
                boards = await connection.execute(text("SELECT DISTINCT scope, period FROM xp_total"))
            for scope, period in boards.all():
                await edge.standings.make(scope, period, PATIENCE)
            return True

        rows = self.client.run(work)
        if edge.redis is not None and not statement.strip().startswith("SELECT"):
            # On a busy machine a heartbeat may have been missed: the next one finds Redis there.
            wait_until(lambda: self.client.run(start_over))
        return rows

    def learner_id(self, browser: Browser) -> str:
        """Return the inner id of a browser's learner."""
        learner = browser.learner
        assert learner is not None
        (row,) = self.sql("SELECT id FROM learner WHERE handle = :handle", handle=learner["handle"])
        return str(row.id)

    def enrol(self, browser: Browser) -> str:
        """Make a browser's learner an account without a ceremony; browser tests go through the real one."""
        from edge_api.services import visibility
        from edge_api.stores import learners
        from edge_api.stores.writes import execute

        learner_id = self.learner_id(browser)

        async def work() -> None:
            database = self.app.state.edge.database
            async with database.write() as connection:
                await execute(connection, learners.change(learner_id, anonymous=False))
                learner = await learners.lock(database, connection, learner_id)
                assert learner is not None
                await visibility.relist(connection, learner, listed=learner.visible)

        self.client.run(work)
        self.sql("UPDATE session SET authenticated_at = created_at WHERE learner_id = :id", id=learner_id)
        return learner_id

    def account(self, *events: dict[str, Any]) -> Browser:
        """Return a browser whose learner has an account and has sent these events."""
        browser = self.browser().begin()
        self.enrol(browser)
        if events:
            browser.tell(*events)
        return browser
