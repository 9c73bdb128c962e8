"""Where an edge under test keeps its data: an empty database of either kind, and the example courses.

    sqlite      a file, and no Redis: the smallest edge, where everything is exact by SQL alone
    postgresql  with Redis: the fleet's edge, where speed may not change an answer

The two other pairs are what these become in the fault tests, where Redis goes and returns.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest
import redis
from psycopg import sql

from edge.clients import migrate_now
from edge_api.settings import Secret, Settings
from edge_api.stores import tables
from servers import Postgres, Redis

EXAMPLES = Path(__file__).parent.parent / "contract" / "examples"
SECRET = "a secret of thirty-two characters at least"


@contextmanager
def own_database(server: Postgres, folder: Path, items: Mapping[str, str]) -> Iterator[Settings]:
    """Give settings for a migrated PostgreSQL of one's own, over awards of these lessons and their courses."""
    awards = folder / "awards.json"
    lessons = {item: {"kind": "lesson", "course": course, "xp": 10} for item, course in items.items()}
    awards.write_text(json.dumps({"version": 1, "items": lessons, "achievements": [], "levels": {"step": 100}}))
    name = f"own_{uuid.uuid4().hex[:8]}"
    made = Settings(
        awards=awards,
        catalog=EXAMPLES / "catalog.json",
        database_url=Secret(server.create(name)),
        secret_key=Secret(SECRET),
        statement_ms=60_000,
    )
    migrate_now(made)
    yield made
    server.drop(name)


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
    # Not the fixture that empties it: places for a whole file of tests want one too.
    shared: Redis = request.getfixturevalue("redis_server")
    with redis.Redis.from_url(shared.url) as line:
        line.flushall()
    with psycopg.connect(url, autocommit=True) as connection:
        for table in tables.metadata.tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    return msgspec.structs.replace(
        made,
        database_url=Secret(url),
        pool=4,
        redis_url=Secret(shared.url),
        # However busy the machine is, what Redis has to say is waited for.
        redis_ms=60_000,
    )
