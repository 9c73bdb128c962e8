"""The edge on its two databases: every test that asks for ``settings`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from edge.clients import Browser, Site, migrate_now, running
from edge_api.app import create_app
from edge_api.settings import Secret, Settings
from edge_api.stores import tables
from servers import Postgres

EXAMPLES = Path(__file__).parent.parent / "contract" / "examples"
SECRET = "a secret of thirty-two characters at least"


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
    for name in ("catalog.json", "awards.json"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    made = Settings(
        data=tmp_path / "data",
        catalog=tmp_path / "catalog.json",
        awards=tmp_path / "awards.json",
        secret_key=Secret(SECRET),
        rate_limits=False,
        debug=True,
    )
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("empty_file"), made.data)
        return made
    url = request.getfixturevalue("shared_database")
    with psycopg.connect(url, autocommit=True) as connection:
        for table in tables.metadata.tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    return msgspec.structs.replace(made, database_url=Secret(url), pool=4)


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """Give a running edge with as many browsers as a test wants."""
    app = create_app(settings)
    with running(app) as client:
        yield Site(app, client, settings)


@pytest.fixture
def browser(site: Site) -> Browser:
    """Give a browser that has never been here."""
    return site.browser()
