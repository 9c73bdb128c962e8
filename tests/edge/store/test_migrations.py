"""Migrations: the same schema on both databases, safe to run by two at once, and kind to the release before."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, text

from edge_api.services.edge import connect
from edge_api.settings import Secret, Settings
from edge_api.stores.database import Database
from edge_api.stores.migrations import config, migrate
from edge_api.stores.tables import metadata

# What PostgreSQL takes a statement's values for, and one of each kind.
KINDS = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s"
VALUES = {"text": "'1'", "bigint": "1", "integer": "1", "boolean": "true", "bytea": "''", "text[]": "'{1}'"}
SAMPLES = {str: "1", int: 1, bool: True, bytes: b"1"}
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
    """During a rolling deploy the old release works on the new schema: each of its statements still runs.

    With values of the right kinds: a new column that it does not fill, or a new rule that it does not know, would show.
    """
    statements = json.loads(PREVIOUS.read_text(encoding="utf-8"))["postgresql" if fresh.database_url else "sqlite"]
    assert len(statements) > 20
    run(fresh, lambda database: database.run(migrate))
    if fresh.database_url:
        with psycopg.connect(fresh.database_url) as connection:
            for number, statement in enumerate(statements):
                connection.execute(f"PREPARE old_{number} AS {statement}".encode())
                kinds = connection.execute(KINDS, [f"old_{number}"]).fetchone()
                assert kinds is not None
                values = ", ".join(VALUES[kind] for kind in kinds[0])
                connection.execute(f"EXECUTE old_{number}({values})".removesuffix("()").encode())
                connection.rollback()
        return
    with closing(sqlite3.connect(fresh.data / "edge.sqlite3", isolation_level=None)) as line:
        for statement in statements:
            line.execute("BEGIN")
            line.execute(statement, [1] * statement.count("?")).fetchall()
            line.execute("ROLLBACK")


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_what_an_older_schema_held_is_there_after_migrating(fresh: Settings, revision: str) -> None:
    """From each earlier revision, with rows in all of its tables, also when two instances start at once."""

    def fill(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        command.upgrade(config(connection), revision)
        return {name: filled(connection, name) for name in old_tables(connection)}

    def found(connection: Connection, before: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
        # What a table has gained stands last; an older row has nothing there.
        return {
            name: [tuple(row)[: len(rows[0])] for row in connection.execute(text(f"SELECT * FROM {name}"))]
            for name, rows in before.items()
        }

    async def work(database: Database) -> None:
        async with database.write() as connection:
            before = await connection.run_sync(fill)
        assert len(before) >= 8
        other = connect(fresh)
        await asyncio.gather(database.run(migrate), other.run(migrate))
        await other.close()
        async with database.read() as connection:
            assert await connection.run_sync(lambda sync: found(sync, before)) == before
        assert await database.lacks() == []

    run(fresh, work)


def test_a_migration_that_fails_leaves_the_schema_as_it_was(fresh: Settings) -> None:
    """All of it or nothing: whatever stopped it is put right, and it is run again."""

    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async def work(database: Database) -> None:
        async with database.write() as connection:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), "0001"))
            before = await connection.run_sync(tables)
            await connection.execute(text("CREATE TABLE outbox (words text)"))
        with pytest.raises(Exception, match="already exists"):
            await database.run(migrate)
        async with database.read() as connection:
            assert await connection.run_sync(tables) == before | {"outbox"}
            (revision,) = await connection.execute(text("SELECT version_num FROM alembic_version"))
            assert tuple(revision) == ("0001",)
        async with database.write() as connection:
            await connection.execute(text("DROP TABLE outbox"))
        await database.run(migrate)
        assert await database.lacks() == []

    run(fresh, work)


def old_tables(connection: Connection) -> list[str]:
    """Return the tables that there are, but for the one in which revisions are kept."""
    return sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})


def filled(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    """Put a row into a table, with a value in each column, and return what is there."""
    table = Table(name, MetaData(), autoload_with=connection)
    values = {column.name: SAMPLES[column.type.python_type] for column in table.columns}
    connection.execute(table.insert(), values)
    return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))]


def test_a_migrated_file_is_left_alone(fresh: Settings) -> None:
    """Migrating again changes nothing and keeps what is there."""

    async def work(database: Database) -> int:
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
