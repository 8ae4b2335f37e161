"""Run by Alembic: migrates the connection that `upgrade` left in the config."""

from __future__ import annotations

from alembic import context

from nbsweep.store.migrations import VERSION_TABLE
from nbsweep.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
