"""``replica.sqlite`` from both sides: the till reads it, the sync process writes it page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from pos_desktop.storage.database import Database
from pos_desktop.storage.replica_tables import CUSTOMER_INDEXES, REPLICA_SCHEMA, TABLES

_json = msgspec.json.Encoder()


class ReplicaReader:
    """Read access for the till. A file that was swapped for a new one is noticed at the next read.

    Args:
        path: the replica; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._stamp: tuple[int, int] | None = None

    @contextmanager
    def read(self) -> Iterator[Connection | None]:
        """Give a connection on one snapshot, or None while there is no replica of this release's schema."""
        database = self._current()
        if database is None:
            yield None
            return
        with database.read() as connection:
            yield connection

    def _current(self) -> Database | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        stamp = (status.st_dev, status.st_ino)
        with self._lock:
            if stamp != self._stamp:
                if self._database is not None:
                    self._database.close()
                    self._database, self._stamp = None, None
                database = Database(self._path, read_only=True, synchronous="NORMAL")
                if not _is_current(database):
                    database.close()
                    return None
                self._database, self._stamp = database, stamp
            return self._database

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database, self._stamp = None, None


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
        path: made when it does not exist; a file of another schema is put aside as ``*.old`` and built anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = self._open()

    def _open(self) -> Database:
        if self.path.exists():
            database = Database(self.path, synchronous="NORMAL")
            if _is_current(database):
                return database
            database.close()
            self.path.replace(self.path.with_suffix(".old"))
        partial = self.path.with_suffix(".part")
        partial.unlink(missing_ok=True)
        database = Database(partial, synchronous="NORMAL")
        with database.write() as connection:
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"PRAGMA user_version = {REPLICA_SCHEMA}")
        with database.read() as connection:
            pass
        database.close()
        partial.replace(self.path)
        return Database(self.path, synchronous="NORMAL")

    def apply(self, page: Page, now: str) -> None:
        """Write a page and its cursor in one transaction.

        Args:
            page: rows guarded by ``row_version``: an older or repeated row changes nothing.
            now: UTC ISO 8601.
        """
        with self.database.write() as connection:
            _UPSERTS[page.collection](connection, page.columns, page.rows)
            if page.deleted:
                _delete(connection, page.collection, page.deleted)
            if not page.more and page.collection == "customers":
                for statement in CUSTOMER_INDEXES.split(";\n"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)
            _keep_cursor(connection, page, now)

    def forget(self, collection: str) -> None:
        """Start a collection over: its cursor is no longer known to the server. Rows stay until they are replaced."""
        with self.database.write() as connection:
            connection.exec_driver_sql("UPDATE collections SET cursor = '', complete = 0 WHERE name = ?", (collection,))

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


def _delete(connection: Connection, collection: str, deleted: Sequence[tuple[str, int]]) -> None:
    if collection == "products":
        for row_id, version in deleted:
            _unlist(connection, row_id, version)
    connection.exec_driver_sql(
        f"DELETE FROM {collection} WHERE id = ? AND row_version <= ?", [tuple(item) for item in deleted]
    )


def _unlist(connection: Connection, product_id: str, version: int) -> None:
    row = connection.exec_driver_sql(
        "SELECT rowid FROM products WHERE id = ? AND row_version <= ?", (product_id, version)
    ).scalar()
    if row is not None:
        connection.exec_driver_sql("DELETE FROM product_search WHERE rowid = ?", (row,))
        connection.exec_driver_sql("DELETE FROM product_codes WHERE product_id = ?", (product_id,))


def _plain_upsert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(columns)
    marks = ",".join("?" for _ in columns)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    return (
        f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {sets}"
        f" WHERE excluded.row_version > {table}.row_version"
    )


def _in_order(columns: Sequence[str], wanted: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    # A newer server may send more columns, in another order; what this release does not know it leaves.
    places = [columns.index(name) for name in wanted]
    return [tuple(_cell(row[place]) for place in places) for row in rows]


def _cell(value: Any) -> Any:
    return _json.encode(value).decode() if isinstance(value, (list, dict)) else value


def _simple(
    table: str, wanted: tuple[str, ...]
) -> Callable[[Connection, Sequence[str], Sequence[Sequence[Any]]], None]:
    statement = _plain_upsert(table, wanted)

    def upsert(connection: Connection, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            connection.exec_driver_sql(statement, _in_order(columns, wanted, rows))

    return upsert


_PRODUCT_COLUMNS = (
    "id",
    "row_version",
    "sku",
    "name",
    "category_id",
    "unit",
    "price_minor",
    "barcodes",
    "tax_ids",
    "colour",
    "picture",
    "open_price",
    "favourite",
    "stock_milli",
)


def _products(connection: Connection, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    statement = _plain_upsert("products", _PRODUCT_COLUMNS)
    barcodes_at = columns.index("barcodes")
    for raw, row in zip(rows, _in_order(columns, _PRODUCT_COLUMNS, rows), strict=True):
        product_id, version, sku, name = row[0], row[1], row[2], row[3]
        known = connection.exec_driver_sql("SELECT row_version FROM products WHERE id = ?", (product_id,)).scalar()
        if known is not None and known >= version:
            continue
        _unlist(connection, product_id, version)
        connection.exec_driver_sql(statement, row)
        connection.exec_driver_sql(
            "INSERT INTO product_search (rowid, name, sku) SELECT rowid, ?, ? FROM products WHERE id = ?",
            (name, sku, product_id),
        )
        codes = dict.fromkeys([*(str(code) for code in raw[barcodes_at]), str(sku)])
        connection.exec_driver_sql(
            "INSERT INTO product_codes (code, product_id) VALUES (?,?)"
            " ON CONFLICT (code) DO UPDATE SET product_id = excluded.product_id",
            [(code, product_id) for code in codes],
        )


_CUSTOMER_COLUMNS = (
    "id",
    "row_version",
    "first_name",
    "last_name",
    "phone",
    "phone_e164",
    "email",
    "card",
    "tier",
    "status",
    "vip",
    "points",
    "credit_minor",
    "total_spent_minor",
    "total_orders",
    "note",
    "own_seq",
)


def folded_name(first_name: str, last_name: str) -> str:
    """Give the form in which names are searched: last name first, case-folded."""
    return f"{last_name} {first_name}".strip().casefold()


def _customers(connection: Connection, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    statement = _plain_upsert("customers", (*_CUSTOMER_COLUMNS, "email_folded", "name_folded", "first_folded"))
    connection.exec_driver_sql(
        statement,
        [
            (*row, str(row[6]).casefold(), folded_name(row[2], row[3]), folded_name(row[3], row[2]))
            for row in _in_order(columns, _CUSTOMER_COLUMNS, rows)
        ],
    )


_UPSERTS: dict[str, Callable[[Connection, Sequence[str], Sequence[Sequence[Any]]], None]] = {
    "settings": _simple("settings", ("id", "row_version", "body")),
    "employees": _simple("employees", ("id", "row_version", "name", "role", "colour", "pin_hash", "active")),
    "taxes": _simple("taxes", ("id", "row_version", "name", "kind", "rate_ppm", "amount_minor", "inclusive")),
    "categories": _simple("categories", ("id", "row_version", "name", "colour", "position")),
    "products": _products,
    "customers": _customers,
    "customer_aliases": _simple("customer_aliases", ("id", "row_version", "kind", "value", "customer_id")),
}
