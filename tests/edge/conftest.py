"""The edge as it is run: every test that asks for ``settings`` runs on SQLite alone, and on PostgreSQL with Redis.

Four pairs would cost twice the time and prove little more: SQLite with Redis is nobody's edge, and PostgreSQL without
Redis is what the fault tests make of the second pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clients import Browser, Site, migrate_now
from edge.pairs import Pair, pair_of, site_of
from edge.places import fresh_settings
from edge_api.settings import Secret, Settings
from servers import Postgres, Redis


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


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """Give a running edge with as many browsers as a test wants."""
    with site_of(settings) as made:
        yield made


@pytest.fixture
def pair(settings: Settings, redis_server: Redis) -> Iterator[Pair]:
    """Give two instances of one service and a Redis that a test may stop, freeze and empty."""
    assert redis_server
    with pair_of(settings) as made:
        yield made


@pytest.fixture
def browser(site: Site) -> Browser:
    """Give a browser that has never been here."""
    return site.browser()
