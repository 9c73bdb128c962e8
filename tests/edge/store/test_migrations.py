"""Migrations: the same schema on both databases, safe to run by two at once, and kind to the release before."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from edge_api.services.edge import connect
from edge_api.settings import Secret, Settings
from edge_api.stores.database import Database
from edge_api.stores.migrations import config, migrate
from edge_api.stores.tables import metadata

PREVIOUS = Path(__file__).parent / "previous_release.json"
SCRIPTS = ScriptDirectory.from_config(config(None))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give settings for a database without any table."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return Settings(data=tmp_path, database_url=Secret(url), secret_key=Secret("x" * 32))


def run(settings: Settings, work: Any) -> Any:
    async def main() -> Any:
        database = connect(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


def test_migrations_make_what_the_code_names(fresh: Settings) -> None:
    """Nothing more, nothing less: no difference between the tables in the code and in the database."""

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async def work(database: Database) -> tuple[list[str], list[Any], list[str]]:
        lacking = await database.lacks()
        await database.run(migrate)
        async with database.read() as connection:
            return lacking, await connection.run_sync(differences), await database.lacks()

    before, found, after = run(fresh, work)
    assert "learner" in before
    assert found == []
    assert after == []


def test_two_may_migrate_at_once(fresh: Settings) -> None:
    """Instances that start together wait for each other; the second finds nothing left to do."""

    async def work(database: Database) -> list[str]:
        others = [connect(fresh) for _ in range(3)]
        await asyncio.gather(*(each.run(migrate) for each in (database, *others)))
        for other in others:
            await other.close()
        return await database.lacks()

    assert run(fresh, work) == []


def test_every_migration_says_what_it_is() -> None:
    """Expand or contract; an expand migration takes nothing away."""
    for script in SCRIPTS.walk_revisions():
        module = importlib.import_module(f"edge_api.stores.migrations.versions.{Path(script.path).stem}")
        assert module.phase in {"expand", "contract"}
        if module.phase == "expand":
            source = Path(script.path).read_text(encoding="utf-8")
            assert not re.search(r"drop_|rename|nullable=False\)\)$|alter_column", source.partition("def upgrade")[2])


def test_new_columns_of_old_tables_are_optional() -> None:
    """The release before does not fill what it does not know."""
    for path in Path(SCRIPTS.dir, "versions").glob("[0-9]*.py"):
        for added in re.findall(r"op\.add_column\(.*", path.read_text(encoding="utf-8")):
            assert "nullable=True" in added or "server_default" in added


def test_the_previous_releases_queries_pass_on_this_schema(fresh: Settings) -> None:
    """During a rolling deploy the old release works on the new schema: each of its statements still prepares."""
    statements = json.loads(PREVIOUS.read_text(encoding="utf-8"))["postgresql" if fresh.database_url else "sqlite"]
    assert len(statements) > 20
    run(fresh, lambda database: database.run(migrate))
    if fresh.database_url:
        with psycopg.connect(fresh.database_url, autocommit=True) as connection:
            for number, statement in enumerate(statements):
                connection.execute(f"PREPARE old_{number} AS {statement}".encode())
        return
    import sqlite3

    line = sqlite3.connect(fresh.data / "edge.sqlite3")
    for statement in statements:
        line.execute(f"EXPLAIN {statement}", [None] * statement.count("?"))
    line.close()


def test_a_migrated_file_is_left_alone(fresh: Settings) -> None:
    """Migrating again changes nothing and keeps what is there."""

    async def work(database: Database) -> int:
        from sqlalchemy import text

        await database.run(migrate)
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO learner_day (learner_id, day) VALUES ('a', '2026-11-23')"))
        await database.run(migrate)
        async with database.read() as connection:
            return int((await connection.execute(text("SELECT count(*) FROM learner_day"))).scalar_one())

    assert run(fresh, work) == 1


def test_the_data_folder_is_ours_alone(tmp_path: Path) -> None:
    """Made with the first start, closed to other users, kept out of version control."""
    settings = Settings(data=tmp_path / "new")

    async def close(database: Database) -> None:
        await database.run(migrate)

    run(msgspec.structs.replace(settings), close)
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
