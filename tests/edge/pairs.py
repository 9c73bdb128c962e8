"""Edges that run in this process: one, or two of one service with a Redis of their own to be mistreated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import redis as client

from edge.clients import Browser, Site, running, wait_until
from edge_api import keys
from edge_api.app import create_app
from edge_api.endpoints.probes import Health
from edge_api.metrics import Metrics
from edge_api.services.edge import Edge
from edge_api.settings import Secret, Settings
from edge_api.stores.redis import Redis
from servers import Redis as Server

T = TypeVar("T")


@dataclass
class Pair:
    """Two instances of one service, and their Redis."""

    one: Site
    two: Site
    server: Server

    def signed_in(self) -> tuple[Browser, Browser]:
        """Return a browser as each instance sees it, remembered by both."""
        first = self.one.browser().begin()
        second = Browser(self.two.client, dict(first.cookies))
        for _ in range(3):
            assert first.learner
            assert second.learner
        return first, second

    @property
    def fleet(self) -> str:
        """The name by which both claim their Redis."""
        return keys.name_of_fleet(self.one.settings.secret_key.encode())

    def patient(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        """Do something in Redis for the test's own sake, however busy the machine is."""

        async def main() -> T:
            redis = Redis(self.server.url, milliseconds=60_000, fleet=self.fleet)
            try:
                return await work(redis)
            finally:
                await redis.close()

        return asyncio.run(main())

    def command(self, *words: str | int) -> Any:
        """Give Redis a command and return its answer."""

        async def work(redis: Redis) -> Any:
            return (await redis.ask(words)).values[0]

        return self.patient(work)

    def settled(self) -> None:
        """Wait until both are in touch with Redis and believe what it says."""
        for site in (self.one, self.two):
            redis = site.app.state.edge.redis
            wait_until(lambda redis=redis: redis.state == "ok" and redis.trusted_since < 1 << 60)  # type: ignore[misc]  # bound now


async def no_chores(_edge: Edge, _metrics: Metrics, stop: asyncio.Event) -> None:
    """Leave the chores to the test: one that ran by the clock would change rows between two of its statements."""
    await stop.wait()


def incarnation_of(url: str) -> str:
    """Return the name of the incarnation of a Redis as it is now."""
    with client.Redis.from_url(url) as line:
        info = line.info()
        return f"{info['run_id']}-{info['master_replid'][:12]}-{(line.get(keys.era()) or b'').decode()}"


@contextmanager
def site_of(settings: Settings) -> Iterator[Site]:
    """Give a running edge with as many browsers as a test wants."""
    app = create_app(settings)
    # However busy the machine is, a probe of a test waits for its answer.
    app.state.health = Health(patience=60)
    app.state.chores = no_chores
    with running(app) as client:
        yield Site(app, client, settings)


@contextmanager
def pair_of(settings: Settings) -> Iterator[Pair]:
    """Give two instances that hold a Redis of their own to a short deadline."""
    with Server() as server:
        settings = msgspec.structs.replace(settings, redis_url=Secret(server.url), redis_ms=150)
        with site_of(settings) as one, site_of(settings) as two:
            made = Pair(one, two, server)
            made.settled()
            yield made
