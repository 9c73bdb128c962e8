"""The edge as it is run: every test that asks for ``settings`` runs on SQLite alone, and on PostgreSQL with Redis.

Four pairs would cost twice the time and prove little more: SQLite with Redis is nobody's edge, and PostgreSQL without
Redis is what the fault tests make of the second pair.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clients import Browser, Site, migrate_now, running
from edge.places import fresh_settings
from edge_api.app import create_app
from edge_api.endpoints.probes import Health
from edge_api.metrics import Metrics
from edge_api.services.edge import Edge
from edge_api.settings import Secret, Settings
from servers import Postgres


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with an empty SQLite database, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    migrate_now(Settings(data=folder))
    return folder


@pytest.fixture(scope="session")
def shared_database(postgres_server: Postgres) -> str:
    """Give the address of a PostgreSQL database with the present schema, to be emptied before each test."""
    url = postgres_server.create("edge")
    migrate_now(Settings(database_url=Secret(url)))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give settings for an empty database of each kind, with the example courses."""
    return fresh_settings(request, tmp_path)


async def no_chores(_edge: Edge, _metrics: Metrics, stop: asyncio.Event) -> None:
    """Leave the chores to the test: one that ran by the clock would change rows between two of its statements."""
    await stop.wait()


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """Give a running edge with as many browsers as a test wants."""
    app = create_app(settings)
    # However busy the machine is, a probe of a test waits for its answer.
    app.state.health = Health(patience=60)
    app.state.chores = no_chores
    with running(app) as client:
        yield Site(app, client, settings)


@pytest.fixture
def browser(site: Site) -> Browser:
    """Give a browser that has never been here."""
    return site.browser()
