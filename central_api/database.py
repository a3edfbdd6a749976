"""Opening the server's database: SQLite by default, PostgreSQL by its address alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

_WRITES = "central_writes"
BUSY_TIMEOUT_S = 5


def open_engine(database_url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sa.Engine:
    """Open a pool of connections; nothing is created or migrated here.

    Args:
        database_url: such as ``sqlite:////var/lib/till/central.sqlite`` or ``postgresql://user@host/central``.
        busy_timeout_s: how long a writer waits for another one on SQLite.

    Returns:
        An engine for :func:`read` and :func:`write`.
    """
    url = sa.make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10)
    if url.database in (None, "", ":memory:"):
        raise ValueError("the central API needs a SQLite file: a database in memory is lost with its process")
    engine = sa.create_engine(
        url, connect_args={"timeout": busy_timeout_s, "check_same_thread": False}, pool_size=8, max_overflow=32
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # isolation_level None: the driver must not begin transactions by itself, or BEGIN IMMEDIATE comes too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A reader that turns writer in the middle fails at once when another wrote meanwhile; so writers say so first.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def read(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A consistent view of the database for the length of the block."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def write(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: committed when the block ends, undone when it raises. On SQLite there is one writer at a time."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


def take_turns(connection: sa.Connection, *names: str) -> None:
    """Let one transaction at a time act on what these names stand for, until it ends.

    Where rows do not exist yet there is none to lock. SQLite needs nothing: it has one writer.

    Args:
        names: such as a tenant and a phone number; empty ones are passed over.
    """
    if connection.dialect.name != "postgresql":
        return
    for name in sorted(filter(None, names)):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
