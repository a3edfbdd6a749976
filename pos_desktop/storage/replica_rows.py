"""Rows of a page into the tables of ``replica.sqlite``, each guarded by its ``row_version``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from pos_desktop.storage.database import Connection

_json = msgspec.json.Encoder()
MARKED = -1
"""Version of a row that waits for its successor or its end; the server's versions start at 1."""
_STRUCTURED = frozenset({"body", "barcodes", "tax_ids"})
"""Columns whose cells are objects or lists; they are kept as JSON texts."""


class BadPage(Exception):
    """What the server sent cannot be stored; nothing of it was."""


def delete(connection: Connection, collection: str, deleted: Sequence[tuple[str, int]]) -> None:
    """Delete rows whose tombstone ``(id, row_version)`` is not older than they are."""
    if collection == "products":
        versions = dict(deleted)
        _unlist(connection, [key for key in _places(connection, versions) if key[2] <= versions[key[0]]])
    connection.exec_driver_sql(
        f"DELETE FROM {collection} WHERE id = ? AND row_version <= ?", [tuple(item) for item in deleted]
    )


def _places(connection: Connection, product_ids: Iterable[str]) -> list[tuple[str, int, int]]:
    """Find the id, rowid and version of those products that are here."""
    rows = connection.exec_driver_sql(
        "SELECT id, rowid, row_version FROM products WHERE id IN (SELECT value FROM json_each(?))",
        (_json.encode(list(product_ids)).decode(),),
    )
    return [(str(row[0]), int(row[1]), int(row[2])) for row in rows]


def _unlist(connection: Connection, places: Sequence[tuple[str, int, int]]) -> None:
    """Take products out of search and out of the codes."""
    if places:
        connection.exec_driver_sql("DELETE FROM product_search WHERE rowid = ?", [(rowid,) for _, rowid, _ in places])
        connection.exec_driver_sql("DELETE FROM product_codes WHERE product_id = ?", [(key,) for key, _, _ in places])


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
    missing = set(wanted).difference(columns)
    if missing:
        raise BadPage(f"columns are missing: {', '.join(sorted(missing))}")
    pick = itemgetter(*(columns.index(name) for name in wanted))
    structured = [place for place, name in enumerate(wanted) if name in _STRUCTURED]
    if not structured:
        return [pick(row) for row in rows]
    return [_with_json(pick(row), structured) for row in rows]


def _with_json(row: tuple[Any, ...], structured: Sequence[int]) -> tuple[Any, ...]:
    cells = list(row)
    for place in structured:
        cells[place] = _json.encode(cells[place]).decode()
    return tuple(cells)


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
    given: dict[str, tuple[tuple[Any, ...], list[str]]] = {}
    for row, raw in zip(_in_order(columns, _PRODUCT_COLUMNS, rows), rows, strict=True):
        # The newest of a product counts, in the place of its change: of two that claim a code the later one has it.
        if row[0] not in given or row[1] > given[row[0]][0][1]:
            given.pop(row[0], None)
            given[row[0]] = row, [*raw[columns.index("barcodes")], row[2]]
    places = _places(connection, given)
    old = {product_id: version for product_id, _, version in places}
    new = {product_id: one for product_id, one in given.items() if one[0][1] > old.get(product_id, MARKED)}
    if not new:
        return
    _unlist(connection, [place for place in places if place[0] in new])
    connection.exec_driver_sql(_plain_upsert("products", _PRODUCT_COLUMNS), [row for row, _ in new.values()])
    connection.exec_driver_sql(
        "INSERT INTO product_search (rowid, name, sku) VALUES (?,?,?)",
        [(rowid, new[product_id][0][3], new[product_id][0][2]) for product_id, rowid, _ in _places(connection, new)],
    )
    connection.exec_driver_sql(
        "INSERT INTO product_codes (code, product_id) VALUES (?,?)"
        " ON CONFLICT (code) DO UPDATE SET product_id = excluded.product_id",
        [(str(code), product_id) for product_id, (_, codes) in new.items() for code in dict.fromkeys(codes)],
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


UPSERTS: dict[str, Callable[[Connection, Sequence[str], Sequence[Sequence[Any]]], None]] = {
    "settings": _simple("settings", ("id", "row_version", "body")),
    "employees": _simple("employees", ("id", "row_version", "name", "role", "colour", "pin_hash", "active")),
    "taxes": _simple("taxes", ("id", "row_version", "name", "kind", "rate_ppm", "amount_minor", "inclusive")),
    "categories": _simple("categories", ("id", "row_version", "name", "colour", "position")),
    "products": _products,
    "customers": _customers,
    "customer_aliases": _simple("customer_aliases", ("id", "row_version", "kind", "value", "customer_id")),
}
