"""Bringing a database to the newest version, from inside the program: nobody has to run a tool."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from central_api import server_epoch, tables
from central_api.database import write

_LOCK = 0x7111


def upgrade(engine: sa.Engine) -> None:
    """Run all migrations that are missing, in one transaction; several processes may start at once.

    Raises:
        alembic.util.CommandError: for a database of a newer version of this program.
    """
    with write(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        command.upgrade(_config(connection), "head")
        if connection.execute(sa.select(tables.meta.c.value).where(tables.meta.c.key == "epoch")).first() is None:
            server_epoch.begin_new_epoch(connection)


def is_current(connection: sa.Connection) -> bool:
    """Whether a database is of exactly the version that this program writes."""
    script = ScriptDirectory.from_config(_config(connection))
    return MigrationContext.configure(connection).get_current_revision() == script.get_current_head()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    # Interpolation: a percent sign in a path would be read as a placeholder.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
