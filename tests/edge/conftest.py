"""The edge on its two databases: every test that asks for ``settings`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clients import Browser, Site, migrate_now, running
from edge_api.app import create_app
from edge_api.settings import Secret, Settings

EXAMPLES = Path(__file__).parent.parent / "contract" / "examples"
SECRET = "a secret of thirty-two characters at least"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give settings for an empty database of each kind, with the example courses."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    for name in ("catalog.json", "awards.json"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    made = Settings(
        data=tmp_path / "data",
        catalog=tmp_path / "catalog.json",
        awards=tmp_path / "awards.json",
        database_url=Secret(url),
        secret_key=Secret(SECRET),
        rate_limits=False,
        debug=True,
    )
    migrate_now(made)
    return made


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
