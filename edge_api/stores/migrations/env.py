"""Alembic's way in: it migrates on the connection that ``edge_api.stores.migrations.migrate`` hands it."""

from alembic import context

from edge_api.stores.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
