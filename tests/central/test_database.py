"""The server's own file: migrated from inside, durable, and the same as its description."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

from central_api import tables
from central_api.database import open_engine, read, write
from central_api.migrate import is_current, upgrade
from central_api.server_epoch import server_epoch


def test_the_migrated_schema_is_the_described_one(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    upgrade(engine)
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []
        assert is_current(connection)
    engine.dispose()


def test_migrating_again_changes_nothing_not_even_the_epoch(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    upgrade(engine)
    with read(engine) as connection:
        before = server_epoch(connection)
    upgrade(engine)
    with read(engine) as connection:
        assert server_epoch(connection) == before
    engine.dispose()


def test_several_processes_may_migrate_at_once(tmp_path: Path) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}") for _ in range(3)]
    threads = [threading.Thread(target=upgrade, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read(engines[0]) as connection:
        assert is_current(connection)
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.meta)).scalar_one() == 1
    for engine in engines:
        engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    upgrade(engine)
    with write(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CommandError, match="9999"):
        upgrade(engine)
    engine.dispose()


def test_every_connection_is_durable_and_strict(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    with read(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    engine.dispose()


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.sqlite'}")
    upgrade(engine)

    def fail() -> None:
        with write(engine) as connection:
            connection.execute(sa.insert(tables.meta).values(key="x", value="y"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with read(engine) as connection:
        assert connection.execute(sa.select(tables.meta.c.key)).scalars().all() == ["epoch"]
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="needs a SQLite file"):
        open_engine(url)


def test_every_table_leads_with_the_tenant_and_every_name_fits_postgresql() -> None:
    for table in tables.metadata.sorted_tables:
        if table.name != "meta":
            assert next(iter(table.columns)).name == "tenant_id"
        names = [str(index.name) for index in table.indexes] + [str(one.name) for one in table.constraints]
        assert all(name != "None" and len(name) <= 63 for name in names), names
