"""The rows that facts become: put aside while facts are checked, then written a table at a time.

A statement of its own for every row of every sale is what a push would spend nearly all its time on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from central_api.tables import metadata

_RANK = {table: rank for rank, table in enumerate(metadata.sorted_tables)}


class Insert:
    """How rows of one table are handed over: tuples in the order of these columns; the others take their defaults.

    The driver is asked directly: values must be what it takes as they are (texts, whole numbers, truth values, bytes,
    None), an enumeration's member by its value.
    """

    def __init__(self, table: sa.Table, *columns: str) -> None:
        names = [table.c[name].name for name in columns]
        self.rank = _RANK[table]
        self._head = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES "
        self._width = len(names)

    def text(self, dialect: sa.Dialect) -> str:
        """The statement as the driver of a database reads it."""
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        return f"{self._head}({', '.join([mark] * self._width)})"


class Rows:
    """Rows that are not written yet."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._waiting: dict[Insert, list[tuple[Any, ...]]] = {}
        self.added = 0

    def add(self, insert: Insert, *rows: tuple[Any, ...]) -> None:
        """Put rows aside, to be written with the next :meth:`flush`."""
        self._waiting.setdefault(insert, []).extend(rows)
        self.added += len(rows)

    def flush(self) -> None:
        """Write everything that was put aside, tables that others refer to first.

        Raises:
            sqlalchemy.exc.IntegrityError: for a row that is there already. Then the caller undoes all of them.
        """
        waiting, self._waiting = self._waiting, {}
        for insert in sorted(waiting, key=lambda one: one.rank):
            if waiting[insert]:
                self._connection.exec_driver_sql(insert.text(self._connection.dialect), waiting[insert])
