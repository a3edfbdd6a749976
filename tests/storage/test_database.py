"""``read()`` and ``write()``: all or nothing, and each fault of disk or file under its own name with nothing changed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.storage import meta
from pos_desktop.storage.database import Connection, Database
from pos_desktop.storage.till_store import TILL_FILE, open_till
from tests.support.rights import as_ordinary_user, reachable_folder
from tests.support.till_file import content


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_till(tmp_path, busy_timeout_s=0.05)
    with opened.write() as connection:
        meta.put(connection, "kept", "value")
    yield opened
    opened.close()


def test_a_block_that_ends_well_is_kept(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        meta.put(connection, "kept", "other")
    with closing(sqlite3.connect(tmp_path / TILL_FILE)) as other:
        assert other.execute("SELECT value FROM meta").fetchall() == [("other",)]


def _write_and_raise(connection: Connection, fault: type[BaseException]) -> None:
    meta.put(connection, "kept", "other")
    meta.put(connection, "more", "rows")
    raise fault


def _write_much(connection: Connection) -> None:
    for number in range(200):
        meta.put(connection, f"key {number}", "x" * 2_000)


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
def test_of_a_block_that_raises_nothing_is_kept(database: Database, tmp_path: Path, fault: type[BaseException]) -> None:
    before = content(tmp_path)
    with pytest.raises(fault), database.write() as connection:
        _write_and_raise(connection, fault)
    assert content(tmp_path) == before
    with database.write() as connection:
        meta.put(connection, "the next", "block works")


def test_a_read_inside_a_write_sees_what_was_written_so_far(database: Database) -> None:
    with database.write() as connection:
        meta.put(connection, "kept", "inside")
        with database.read() as inner:
            assert meta.get(inner, "kept") == "inside"
        meta.put(connection, "still", "writing")
    with database.read() as connection:
        assert meta.get(connection, "still") == "writing"


def test_a_read_stays_on_one_snapshot_while_others_write(database: Database) -> None:
    def write() -> None:
        with database.write() as inside:
            meta.put(inside, "kept", "later")

    with database.read() as connection:
        assert meta.get(connection, "kept") == "value"
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert meta.get(connection, "kept") == "value"
    with database.read() as connection:
        assert meta.get(connection, "kept") == "later"


def test_writers_of_several_threads_take_turns_and_lose_nothing(database: Database) -> None:
    def count() -> None:
        for _ in range(25):
            with database.write() as connection:
                meta.put(connection, "count", str(int(meta.get(connection, "count") or 0) + 1))

    writers = [threading.Thread(target=count) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.read() as connection:
        assert meta.get(connection, "count") == "100"


def test_facts_are_on_the_disk_when_a_block_ends(database: Database) -> None:
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_locked_file_is_named_and_nothing_changes(database: Database, tmp_path: Path) -> None:
    before = content(tmp_path)
    with closing(sqlite3.connect(tmp_path / TILL_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageTrouble) as trouble, database.write() as connection:
            meta.put(connection, "kept", "other")
        other.execute("ROLLBACK")
    assert trouble.value.code is ErrorCode.DATABASE_LOCKED
    assert trouble.value.params == {"file": TILL_FILE}
    assert content(tmp_path) == before
    with database.write() as connection:
        meta.put(connection, "kept", "when it is free again")


def test_a_full_disk_is_named_and_nothing_changes(database: Database, tmp_path: Path) -> None:
    before = content(tmp_path)
    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageTrouble) as trouble, database.write() as connection:
        _write_much(connection)
    assert trouble.value.code is ErrorCode.DISK_FULL
    assert content(tmp_path) == before
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    with database.write() as connection:
        meta.put(connection, "kept", "when there is room again")


def test_a_file_that_became_read_only_is_named_and_nothing_changes() -> None:
    with reachable_folder() as folder:
        open_till(folder).close()
        before = content(folder)
        (folder / TILL_FILE).chmod(0o444)
        folder.chmod(0o555)
        with as_ordinary_user():
            database = Database(folder / TILL_FILE, busy_timeout_s=0.05)
            with pytest.raises(StorageTrouble) as trouble, database.write() as connection:
                meta.put(connection, "kept", "other")
            database.close()
        folder.chmod(0o755)
        assert trouble.value.code is ErrorCode.DATABASE_READ_ONLY
        assert content(folder) == before


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    with closing(open_till(tmp_path)) as database, database.write() as connection:
        for number in range(500):
            meta.put(connection, f"key {number:04}", "x" * 500)
    path = tmp_path / TILL_FILE
    raw = bytearray(path.read_bytes())
    raw[8 * 4096 :] = b"\xff" * (len(raw) - 8 * 4096)
    path.write_bytes(raw)
    with closing(Database(path)) as database, pytest.raises(StorageTrouble) as trouble, database.read() as connection:
        connection.exec_driver_sql("SELECT sum(length(value)) FROM meta").scalar_one()
    assert trouble.value.code is ErrorCode.DATABASE_DAMAGED


def test_a_mistake_of_ours_is_not_dressed_up_as_trouble_with_the_disk(database: Database, tmp_path: Path) -> None:
    before = content(tmp_path)
    with pytest.raises(sqlite3.OperationalError), database.write() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('kept', 'twice')")
    assert content(tmp_path) == before


def test_a_closed_file_is_not_opened_again_behind_the_till(tmp_path: Path) -> None:
    database = open_till(tmp_path)
    database.close()
    with pytest.raises(RuntimeError, match=r"till\.sqlite is closed"), database.read():
        pass
    assert not (tmp_path / f"{TILL_FILE}-wal").exists()
