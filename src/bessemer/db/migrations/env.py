"""Alembic's entry point: runs on the connection that `bessemer.db.upgrade` hands over."""

from alembic import context

from bessemer.db.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
