"""Where an edge under test keeps its data: an empty database of either kind, and the example courses."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import psycopg
import pytest
from psycopg import sql

from edge_api.settings import Secret, Settings
from edge_api.stores import tables

EXAMPLES = Path(__file__).parent.parent / "contract" / "examples"
SECRET = "a secret of thirty-two characters at least"


def fresh_settings(request: pytest.FixtureRequest, folder: Path) -> Settings:
    """Return settings for an empty database of the kind that the fixture's parameter names."""
    for name in ("catalog.json", "awards.json"):
        shutil.copy(EXAMPLES / name, folder / name)
    made = Settings(
        data=folder / "data",
        catalog=folder / "catalog.json",
        awards=folder / "awards.json",
        secret_key=Secret(SECRET),
        rate_limits=False,
        # However busy the machine is, twenty writers in a queue for one row are all served.
        statement_ms=60_000,
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
