"""One SQLite file with ``read()`` and ``write()`` blocks, and its faults as typed errors.

Settings of the connection: WAL, ``foreign_keys``, ``synchronous=FULL`` where the file holds facts (a commit returns
only after the log is on the disk; sqlite.org/pragma.html#pragma_synchronous). Statements on the path of a sale go
straight to the driver, because building them anew costs more than the disk.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from pos_desktop.domain.errors import ErrorCode, StorageTrouble

BUSY_TIMEOUT_S = 5.0

_CODES = {
    sqlite3.SQLITE_BUSY: ErrorCode.DATABASE_LOCKED,
    sqlite3.SQLITE_LOCKED: ErrorCode.DATABASE_LOCKED,
    sqlite3.SQLITE_READONLY: ErrorCode.DATABASE_READ_ONLY,
    sqlite3.SQLITE_PERM: ErrorCode.DATABASE_READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: ErrorCode.DATABASE_READ_ONLY,
    sqlite3.SQLITE_FULL: ErrorCode.DISK_FULL,
    sqlite3.SQLITE_IOERR: ErrorCode.DISK_FULL,
    sqlite3.SQLITE_CORRUPT: ErrorCode.DATABASE_DAMAGED,
    sqlite3.SQLITE_NOTADB: ErrorCode.DATABASE_DAMAGED,
}
_ERRNO = {
    errno.ENOSPC: ErrorCode.DISK_FULL,
    errno.EDQUOT: ErrorCode.DISK_FULL,
    errno.EROFS: ErrorCode.DATABASE_READ_ONLY,
    errno.EACCES: ErrorCode.DATABASE_READ_ONLY,
    errno.EPERM: ErrorCode.DATABASE_READ_ONLY,
}


def storage_trouble(error: BaseException, path: Path) -> StorageTrouble | None:
    """Tell an environment's fault from a bug.

    Args:
        error: what SQLite or SQLAlchemy raised.
        path: the file, named in the error.

    Returns:
        The typed error, or None when the error is a bug of ours.
    """
    original = error.orig if isinstance(error, DatabaseError) else error
    if isinstance(original, OSError):
        reason = _ERRNO.get(original.errno or 0)
        return StorageTrouble(reason, file=path.name) if reason else None
    code = getattr(original, "sqlite_errorcode", None)
    if code is None:
        return None
    known = _CODES.get(code & 0xFF)
    return StorageTrouble(known, file=path.name) if known else None


class Database:
    """A SQLite file as seen by this process.

    Each thread holds one connection. Writers of this process take turns on a lock, so that SQLite's own busy handler
    only ever waits for the other process.

    Args:
        path: the file; its folder exists.
        read_only: open without the right to write (for the replica).
        synchronous: ``FULL`` for facts, ``NORMAL`` for what can be fetched again.
        busy_timeout_s: how long a writer waits for another process, seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        synchronous: str = "FULL",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self.path = path
        self._read_only = read_only
        self._synchronous = synchronous
        self._busy_timeout_s = busy_timeout_s
        self._writing = threading.Lock()
        self._local = threading.local()
        self._open: list[Connection] = []
        self._closed = False
        self._engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        event.listen(self._engine, "connect", self._prepare)

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self._read_only else "rwc"
        return sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        if not self._read_only:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute(f"PRAGMA synchronous={self._synchronous}")
            cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.close()

    def _connection(self) -> Connection:
        if self._closed:
            # A plugin that comes back after the till was closed must not open its files again behind it.
            raise RuntimeError(f"{self.path.name} is closed")
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = self._engine.connect()
            self._local.connection = connection
            self._open.append(connection)
        return connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on one snapshot of the file.

        Raises:
            StorageTrouble: the file is locked, damaged or cannot be read.
        """
        with self._translated():
            connection = self._connection()
            nested = connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]
            if nested:
                yield connection
                return
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one transaction: all of the block is kept, durably, or nothing of it.

        Raises:
            StorageTrouble: the file is locked or read-only, the disk is full, or the file is damaged.
        """
        with self._translated(), self._writing:
            connection = self._connection()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                # A full disk may have rolled back already; a second ROLLBACK would hide the reason.
                if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
                    connection.exec_driver_sql("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, sqlite3.Error) as error:
            trouble = storage_trouble(error, self.path)
            if trouble is None:
                raise
            raise trouble from error

    def close(self) -> None:
        """Close the connections of every thread; the file is not opened again through this object."""
        self._closed = True
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._engine.dispose()
