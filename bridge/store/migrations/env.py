"""Run by Alembic, with the connection that ``upgrade`` put into the configuration's attributes."""

from __future__ import annotations

from alembic import context

from bridge.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can change little of a table; a batch builds a new one and copies.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
