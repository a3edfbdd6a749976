"""Opening ``till.sqlite``: one owner, a known version, an honest file."""

from __future__ import annotations

import importlib
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from pos_desktop.domain.errors import ErrorCode, NotAllowed, StorageTrouble
from pos_desktop.storage.database import BUSY_TIMEOUT_S, Database, storage_trouble

TILL_FILE = "till.sqlite"
REPLICA_FILE = "replica.sqlite"
HEAD_REVISION = "0001"
"""Newest migration of ``till.sqlite``; a test holds it equal to the head of the migration scripts."""


class OwnerLock:
    """Keeps a second till off the same files for as long as it is held.

    Raises:
        NotAllowed: ``till_already_open`` when another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+b")
        try:
            _lock(self._file.fileno())
        except OSError as error:
            self._file.close()
            raise NotAllowed(ErrorCode.TILL_ALREADY_OPEN, folder=str(path.parent)) from error

    def release(self) -> None:
        """Let go; the next till may open the files."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def revision(path: Path) -> str:
    """Tell the migration a file stands at, empty for a new file."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as file:
            row = file.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return ""
        raise
    return str(row[0]) if row else ""


def open_till(folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Open the file of facts, bringing an older one up to date after a backup beside it.

    Args:
        folder: where ``till.sqlite`` lies or is to be made.
        busy_timeout_s: how long a writer waits for another process, seconds.

    Raises:
        StorageTrouble: the file is of a newer release, damaged, read-only, or the disk is full.
    """
    path = folder / TILL_FILE
    try:
        found = revision(path)
        if found != HEAD_REVISION:
            _migrate(path, found)
        return _opened(path, busy_timeout_s)
    except (sqlite3.Error, OSError) as error:
        trouble = storage_trouble(error, path)
        if trouble is None:
            raise
        raise trouble from error


def _opened(path: Path, busy_timeout_s: float) -> Database:
    database = Database(path, busy_timeout_s=busy_timeout_s)
    try:
        # Better now than at the first sale: a file that cannot be written is no till's.
        with database.write() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM meta").scalar_one()
    except BaseException:
        database.close()
        raise
    return database


def _migrate(path: Path, found: str) -> None:
    # Alembic costs a third of a second to import: only a file that needs it pays.
    upgrade: Callable[[Path], None] = importlib.import_module("pos_desktop.storage.migrate").upgrade
    known: Callable[[str], bool] = importlib.import_module("pos_desktop.storage.migrate").is_known
    if found and not known(found):
        raise StorageTrouble(ErrorCode.DATABASE_NEWER, file=path.name, found=found, known=HEAD_REVISION)
    if found:
        backup(path, path.with_name(f"{path.name}.before-{HEAD_REVISION}"))
    upgrade(path)


def backup(path: Path, target: Path) -> None:
    """Copy a live file, consistently, and make the copy durable.

    Args:
        path: the SQLite file.
        target: the copy; replaced when it exists.
    """
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
