"""How Alembic runs: on the connection that it is handed, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from central_api.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
