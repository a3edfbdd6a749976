"""One SQLite file with ``read()`` and ``write()`` blocks, and its faults as typed errors.

Settings of the connection: WAL, ``foreign_keys``, ``synchronous=FULL`` where the file holds facts (a commit returns
only after the log is on the disk; sqlite.org/pragma.html#pragma_synchronous). Statements go straight to the driver:
measured, a layer between costs more than SQLite does (``docs/decisions/0012-straight-to-sqlite.md``).
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
        error: what SQLite or the system raised.
        path: the file, named in the error.

    Returns:
        The typed error, or None when the error is a bug of ours.
    """
    if isinstance(error, OSError):
        reason = _ERRNO.get(error.errno or 0)
        return StorageTrouble(reason, file=path.name) if reason else None
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    known = _CODES.get(code & 0xFF)
    return StorageTrouble(known, file=path.name) if known else None


class Rows(sqlite3.Cursor):
    """What a statement gives: iterate over it, or take one of these; a row is a tuple."""

    def scalar(self) -> Any:
        """The first value of the first row, or None without a row."""
        row = self.fetchone()
        self.close()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        """The first value of the one row."""
        return self.one()[0]

    def one(self) -> tuple[Any, ...]:
        """The one row.

        Raises:
            LookupError: there is none, or more than one.
        """
        rows: list[tuple[Any, ...]] = self.fetchmany(2)
        self.close()
        if len(rows) != 1:
            raise LookupError(f"{len(rows) or 'no'} rows where one was expected")
        return rows[0]

    def all(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self.fetchall()


class Connection(sqlite3.Connection):
    """A connection of one thread to one file. Its verb bears the name that it has in SQLAlchemy, as in ``central_api``."""

    def exec_driver_sql(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Perform a statement.

        Args:
            statement: SQL with ``?`` for values.
            parameters: a tuple of values, or a list of tuples to perform it once for each.
        """
        rows = self.cursor(Rows)
        return (
            rows.executemany(statement, parameters) if type(parameters) is list else rows.execute(statement, parameters)
        )


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

    def _connection(self) -> Connection:
        if self._closed:
            # A plugin that comes back after the till was closed must not open its files again behind it.
            raise RuntimeError(f"{self.path.name} is closed")
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _connect(self) -> Connection:
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={'ro' if self._read_only else 'rwc'}",
            uri=True,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
        try:
            if not self._read_only:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(f"PRAGMA synchronous={self._synchronous}")
                connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA cache_size=-16384")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on one snapshot of the file.

        Raises:
            StorageTrouble: the file is locked, damaged or cannot be read.
        """
        try:
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            trouble = storage_trouble(error, self.path)
            if trouble is None:
                raise
            raise trouble from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one transaction: all of the block is kept, durably, or nothing of it.

        Raises:
            StorageTrouble: the file is locked or read-only, the disk is full, or the file is damaged.
        """
        try:
            with self._writing:
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    # A full disk may have rolled back already; a second ROLLBACK would hide the reason.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
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
