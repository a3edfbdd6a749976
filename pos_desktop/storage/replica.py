"""``replica.sqlite`` from both sides: the till reads it, the sync process writes it page by page."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.storage.database import Connection, Database
from pos_desktop.storage.replica_rows import MARKED, UPSERTS, BadPage, delete
from pos_desktop.storage.replica_tables import CUSTOMER_INDEXES, REPLICA_SCHEMA, TABLES

_UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    OverflowError,
    TypeError,
    IndexError,
)
"""What a row of the wrong shape comes to: a missing value, one of another kind, one too large, a row too short."""


class ReplicaReader:
    """Read access for the till. A file that was swapped for a new one is noticed at the next read.

    Args:
        path: the replica; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = str(path)
        self._lock = threading.Lock()
        self._now: _Opened | None = None

    @contextmanager
    def read(self) -> Iterator[Connection | None]:
        """Give a connection on one snapshot, or None while there is no replica of this release's schema."""
        opened = self._borrow()
        if opened is None:
            yield None
            return
        try:
            with opened.database.read() as connection:
                yield connection
        finally:
            self._give_back(opened)

    def _borrow(self) -> _Opened | None:
        try:
            status = os.stat(self._name)  # noqa: PTH116 - at every read: Path.stat() takes three times as long
        except FileNotFoundError:
            return None
        stamp = (status.st_dev, status.st_ino)
        with self._lock:
            if self._now is None or stamp != self._now.stamp:
                self._retire()
                database = Database(self._path, read_only=True, synchronous="NORMAL")
                try:
                    current = _is_current(database)
                except BaseException:
                    database.close()
                    raise
                if not current:
                    database.close()
                    return None
                self._now = _Opened(database, stamp)
            self._now.readers += 1
            return self._now

    def _give_back(self, opened: _Opened) -> None:
        with self._lock:
            opened.readers -= 1
            if opened.retired and opened.readers == 0:
                opened.database.close()

    def _retire(self) -> None:
        # Another thread may be in the middle of a read of the file that was swapped away: the last one closes it.
        if self._now is not None:
            self._now.retired = True
            if self._now.readers == 0:
                self._now.database.close()
        self._now = None

    def close(self) -> None:
        """Let go of the file, when the last read is over."""
        with self._lock:
            self._retire()


@dataclass(slots=True)
class _Opened:
    """A replica file that is open, and how many reads are under way on it."""

    database: Database
    stamp: tuple[int, int]
    readers: int = 0
    retired: bool = False


def _is_current(database: Database) -> bool:
    with database.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one()) == REPLICA_SCHEMA


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """Where the copy of a collection stands.

    Args:
        cursor: opaque, of the server; empty before the first page.
        complete: every page up to a head of the server has been here once.
        synced_at: when the copy was last known to equal the server's, UTC ISO 8601, or empty.
    """

    name: str
    cursor: str
    schema_v: int
    server_epoch: str
    complete: bool
    row_count: int
    expected: int
    synced_at: str


def collections(replica: Connection) -> dict[str, CollectionRow]:
    """Read where every collection stands."""
    rows = replica.exec_driver_sql(
        "SELECT name, cursor, schema_v, server_epoch, complete, row_count, expected, synced_at FROM collections"
    )
    return {row[0]: CollectionRow(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6], row[7]) for row in rows}


def equalled_at(replica: Connection, name: str) -> str:
    """Tell when a collection was last known to equal the server's; empty before it was loaded whole once."""
    found = replica.exec_driver_sql(
        "SELECT synced_at FROM collections WHERE name = ? AND complete = 1", (name,)
    ).scalar()
    return "" if found is None else str(found)


def sync_state(replica: Connection) -> dict[str, str]:
    """Read what the sync process says of itself."""
    return {str(row[0]): str(row[1]) for row in replica.exec_driver_sql("SELECT key, value FROM sync_state")}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the server sent it: rows in the order of ``columns``, and tombstones ``(id, row_version)``."""

    collection: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    deleted: Sequence[tuple[str, int]]
    cursor: str
    more: bool
    count: int
    schema_v: int
    server_epoch: str


class ReplicaWriter:
    """The one writer of the replica.

    Args:
        path: made when it does not exist; a damaged file, or one of another schema, is put aside as ``*.old`` and built
            anew, since all of it can be fetched again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = self._open()

    def _open(self) -> Database:
        if self.path.exists():
            database = Database(self.path, synchronous="NORMAL")
            try:
                if _is_current(database):
                    return database
            except StorageTrouble as trouble:
                if trouble.code is not ErrorCode.DATABASE_DAMAGED:
                    database.close()
                    raise
            database.close()
            put_aside(self.path)
        partial = self.path.with_suffix(".part")
        for leftover in _with_logs(partial):
            leftover.unlink(missing_ok=True)
        database = Database(partial, synchronous="NORMAL")
        with database.write() as connection:
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"PRAGMA user_version = {REPLICA_SCHEMA}")
        database.close()
        partial.replace(self.path)
        return Database(self.path, synchronous="NORMAL")

    def apply(self, page: Page, now: str) -> None:
        """Write a page and its cursor in one transaction.

        Args:
            page: rows guarded by ``row_version``: an older or repeated row changes nothing.
            now: UTC ISO 8601.

        Raises:
            BadPage: it lacks columns or values that this release needs.
        """
        with self.database.write() as connection:
            try:
                UPSERTS[page.collection](connection, page.columns, page.rows)
            except _UNSTORABLE as error:
                raise BadPage(f"{page.collection}: {error}") from error
            if page.deleted:
                delete(connection, page.collection, page.deleted)
            if not page.more:
                _sweep(connection, page.collection)
            if not page.more and page.collection == "customers":
                for statement in CUSTOMER_INDEXES.split(";\n"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)
            _keep_cursor(connection, page, now)

    def forget(self, collection: str) -> None:
        """Start a collection over: its cursor is no longer known to the server.

        Rows stay readable until they are replaced. They are marked, because a server that was restored may send lower
        versions than these; what is still marked when the whole collection has come is no longer there, and goes.
        """
        with self.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE {collection} SET row_version = {MARKED}")
            connection.exec_driver_sql(
                "UPDATE collections SET cursor = '', complete = 0, row_count = 0 WHERE name = ?", (collection,)
            )

    def expect(self, counts: Mapping[str, int]) -> None:
        """Note how many rows a collection that is still loading will have."""
        with self.database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO collections (name, cursor, schema_v, server_epoch, complete, row_count, expected, synced_at)"
                " VALUES (?, '', 0, '', 0, 0, ?, '') ON CONFLICT (name) DO UPDATE SET expected = excluded.expected"
                " WHERE complete = 0",
                list(counts.items()),
            )

    def confirm(self, names: Sequence[str], now: str) -> None:
        """Note that collections equalled the server's at an instant, UTC ISO 8601."""
        with self.database.write() as connection:
            for name in names:
                connection.exec_driver_sql(
                    "UPDATE collections SET synced_at = ? WHERE name = ? AND complete = 1", (now, name)
                )

    def put_state(self, values: dict[str, str]) -> None:
        """Keep what the sync process says of itself."""
        with self.database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO sync_state (key, value) VALUES (?,?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                list(values.items()),
            )

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()


def put_aside(path: Path) -> None:
    """Rename a replica to ``*.old`` together with its log: a log left behind would be taken for the next file's."""
    for file, old in zip(_with_logs(path), _with_logs(path.with_suffix(".old")), strict=True):
        old.unlink(missing_ok=True)
        if file.exists():
            file.replace(old)


def _with_logs(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + end) for end in ("", "-wal", "-shm"))


def _sweep(connection: Connection, collection: str) -> None:
    was_complete = connection.exec_driver_sql("SELECT complete FROM collections WHERE name = ?", (collection,)).scalar()
    if was_complete:
        return
    gone = connection.exec_driver_sql(f"SELECT id, {MARKED} FROM {collection} WHERE row_version = {MARKED}").all()
    if gone:
        delete(connection, collection, [(str(row[0]), int(row[1])) for row in gone])


def _keep_cursor(connection: Connection, page: Page, now: str) -> None:
    have = connection.exec_driver_sql(f"SELECT count(*) FROM {page.collection}").scalar_one() if not page.more else None
    connection.exec_driver_sql(
        "INSERT INTO collections (name, cursor, schema_v, server_epoch, complete, row_count, expected, synced_at)"
        " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor,"
        " schema_v = excluded.schema_v, server_epoch = excluded.server_epoch,"
        " complete = max(complete, excluded.complete),"
        " row_count = CASE WHEN ? THEN excluded.row_count ELSE row_count + ? END,"
        " expected = max(excluded.expected, CASE WHEN ? THEN 0 ELSE expected END),"
        " synced_at = CASE WHEN excluded.synced_at = '' THEN synced_at ELSE excluded.synced_at END",
        (
            page.collection,
            page.cursor,
            page.schema_v,
            page.server_epoch,
            int(not page.more),
            len(page.rows) if have is None else have,
            page.count,
            "" if page.more else now,
            int(have is not None),
            len(page.rows),
            int(have is not None),
        ),
    )
