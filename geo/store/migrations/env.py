"""Alembic's entry: runs on the connection that geo.store.prepare hands over, never on one of its own."""

from alembic import context

from geo.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
