"""Migrations of the schema, each marked ``expand`` or ``contract``.

An expand migration only adds, so the release before this one goes on working on the new schema; a contract migration
removes what no running release needs any more, and ships one release after the code that stopped using it. One
process at a time migrates: PostgreSQL's advisory lock, or SQLite's only writer, sees to that.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

# Any number will do, as long as nothing else in the database uses it.
_LOCK = 7_263_401_118


def migrate(connection: Connection) -> None:
    """Bring the database to this release's schema, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        # Whoever waits for another instance's migration may wait long; whoever alters tables must not.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    command.upgrade(config(connection), "head")


def config(connection: Connection | None) -> Config:
    """Return Alembic's configuration for a connection."""
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).parent))
    alembic.attributes["connection"] = connection
    return alembic
