"""What tills are sent: pages of the change feed, and where each collection stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from central_api import tables
from central_api.clock import now
from central_api.customers import columns_of_row, select_rows, shown
from central_api.feed import TABLE_OF, Standing, read_cursor, standings, write_cursor
from central_api.server_epoch import server_epoch
from central_api.terminals import Terminal
from sync.protocol import Collection, Head, PullResponse

SCHEMA_V: dict[Collection, int] = dict.fromkeys(Collection, 1)
_COLUMNS: dict[Collection, Sequence[str]] = {
    Collection.SETTINGS: ("id", "row_version", "body"),
    Collection.EMPLOYEES: ("id", "row_version", "name", "role", "colour", "pin_hash", "active"),
    Collection.TAXES: ("id", "row_version", "name", "kind", "rate_ppm", "amount_minor", "inclusive"),
    Collection.CATEGORIES: ("id", "row_version", "name", "colour", "position"),
    Collection.PRODUCTS: (
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
    ),
    Collection.CUSTOMERS: columns_of_row(),
    Collection.CUSTOMER_ALIASES: ("id", "row_version", "kind", "value", "customer_id"),
}

Row = tuple[int, list[Any]]
"""A feed position and the values of a row in the order of its columns."""


def pull(
    connection: sa.Connection, terminal: Terminal, device_epoch: str, collection: Collection, cursor: str, limit: int
) -> PullResponse:
    """Read one page of a collection: what changed or went after a cursor, in the order of the changes.

    A row that changes while a till pages through is found again further on, with its newer version.

    Args:
        device_epoch: the asking installation, for ``own_seq``.
        cursor: empty to start from the beginning.
        limit: rows and tombstones together, at least 1.

    Raises:
        ApiProblem: 410 ``cursor_gone``, 400 ``bad_cursor``.
    """
    epoch = server_epoch(connection)
    standing = standings(connection, terminal.tenant_id).get(collection, Standing())
    head = standing.newest
    after = read_cursor(cursor, collection, epoch, head)
    rows = _READERS[collection](connection, terminal, device_epoch, after, limit + 1)
    graves = _tombstones(connection, terminal, collection, after, limit + 1)
    positions = sorted([position for position, _ in rows] + [position for position, _ in graves])
    more = len(positions) > limit
    upto = positions[limit - 1] if more else head
    return PullResponse(
        collection=collection,
        server_epoch=epoch,
        server_time=now(),
        schema_v=SCHEMA_V[collection],
        columns=list(_COLUMNS[collection]),
        rows=[row for position, row in rows if position <= upto],
        deleted=[grave for position, grave in graves if position <= upto],
        next=write_cursor(collection, epoch, upto),
        more=more,
        count=0 if more else _count(connection, terminal, collection, standing),
    )


def heads(connection: sa.Connection, terminal: Terminal) -> list[Head]:
    """Where every collection stands for a terminal."""
    epoch = server_epoch(connection)
    known = standings(connection, terminal.tenant_id)
    told = []
    for collection in Collection:
        standing = known.get(collection, Standing())
        cursor = write_cursor(collection, epoch, standing.newest)
        count = _count(connection, terminal, collection, standing)
        told.append(Head(collection=collection, cursor=cursor, count=count))
    return told


def _mine(terminal: Terminal, collection: Collection) -> list[sa.ColumnElement[bool]]:
    table = TABLE_OF[collection]
    mine = [table.c.tenant_id == terminal.tenant_id]
    if collection is Collection.SETTINGS:
        mine.append(table.c.store_id == terminal.store_id)
    return mine


def _count(connection: sa.Connection, terminal: Terminal, collection: Collection, standing: Standing) -> int:
    if collection is not Collection.SETTINGS:
        return standing.live
    # A terminal is shown those of its own store: a few rows.
    counted = sa.select(sa.func.count()).select_from(tables.settings).where(*_mine(terminal, collection))
    return int(connection.execute(counted).scalar_one())


def _tombstones(
    connection: sa.Connection, terminal: Terminal, collection: Collection, after: int, limit: int
) -> list[tuple[int, tuple[str, int]]]:
    g = tables.tombstones
    found = connection.execute(
        sa.select(g.c.feed_seq, g.c.id, g.c.row_version, g.c.store_id)
        .where(
            g.c.tenant_id == terminal.tenant_id,
            g.c.collection == collection.value,
            g.c.feed_seq > after,
            sa.or_(g.c.store_id.is_(None), g.c.store_id == terminal.store_id),
        )
        .order_by(g.c.feed_seq)
        .limit(limit)
    )
    return [
        (row.feed_seq, (row.id.removeprefix(f"{row.store_id}:") if row.store_id else row.id, row.row_version))
        for row in found
    ]


def _after(terminal: Terminal, collection: Collection, after: int, limit: int, *columns: Any) -> sa.Select[Any]:
    table = TABLE_OF[collection]
    return (
        sa.select(table.c.feed_seq, *columns)
        .where(*_mine(terminal, collection), table.c.feed_seq > after)
        .order_by(table.c.feed_seq)
        .limit(limit)
    )


def _plain(collection: Collection) -> Callable[[sa.Connection, Terminal, str, int, int], list[Row]]:
    table = TABLE_OF[collection]
    columns = [table.c[name] for name in _COLUMNS[collection] if name in table.c]

    def rows(connection: sa.Connection, terminal: Terminal, _epoch: str, after: int, limit: int) -> list[Row]:
        found = connection.execute(_after(terminal, collection, after, limit, *columns)).all()
        return [(row[0], list(row[1:])) for row in found]

    return rows


def _settings(connection: sa.Connection, terminal: Terminal, _epoch: str, after: int, limit: int) -> list[Row]:
    s = tables.settings
    found = connection.execute(_after(terminal, Collection.SETTINGS, after, limit, s.c.name, s.c.row_version, s.c.body))
    return [(row[0], [row[1], row[2], msgspec.Raw(row[3].encode())]) for row in found]


def _products(connection: sa.Connection, terminal: Terminal, _epoch: str, after: int, limit: int) -> list[Row]:
    p = tables.products
    names = [name for name in _COLUMNS[Collection.PRODUCTS] if name in p.c]
    found = connection.execute(
        _after(terminal, Collection.PRODUCTS, after, limit, *[p.c[name] for name in names])
    ).all()
    if not found:
        return []
    upto = found[-1].feed_seq
    barcodes = _lists(connection, terminal, tables.product_barcodes, "code", after, upto)
    taxes = _lists(connection, terminal, tables.product_taxes, "tax_id", after, upto)
    rows = []
    for product in found:
        values = product._asdict()
        values |= {"barcodes": barcodes.get(product.id, []), "tax_ids": taxes.get(product.id, [])}
        rows.append((product.feed_seq, [values[name] for name in _COLUMNS[Collection.PRODUCTS]]))
    return rows


def _lists(
    connection: sa.Connection, terminal: Terminal, table: sa.Table, column: str, after: int, upto: int
) -> dict[str, list[str]]:
    p = tables.products
    found = connection.execute(
        sa.select(table.c.product_id, table.c[column])
        .join(p, sa.and_(p.c.tenant_id == table.c.tenant_id, p.c.id == table.c.product_id))
        .where(p.c.tenant_id == terminal.tenant_id, p.c.feed_seq > after, p.c.feed_seq <= upto)
        .order_by(table.c.product_id, table.c.position)
    )
    lists: dict[str, list[str]] = {}
    for product_id, value in found:
        lists.setdefault(product_id, []).append(value)
    return lists


def _customers(connection: sa.Connection, terminal: Terminal, epoch: str, after: int, limit: int) -> list[Row]:
    c = tables.customers.c
    selected = select_rows(connection, terminal, epoch).add_columns(c.feed_seq).where(c.feed_seq > after)
    # Fetched at once: asking the driver for row after row takes as long as the rows themselves.
    found = connection.execute(selected.order_by(c.feed_seq).limit(limit)).all()
    return [(row[-1], shown(row[:-1])) for row in found]


_READERS: dict[Collection, Callable[[sa.Connection, Terminal, str, int, int], list[Row]]] = {
    Collection.SETTINGS: _settings,
    Collection.EMPLOYEES: _plain(Collection.EMPLOYEES),
    Collection.TAXES: _plain(Collection.TAXES),
    Collection.CATEGORIES: _plain(Collection.CATEGORIES),
    Collection.PRODUCTS: _products,
    Collection.CUSTOMERS: _customers,
    Collection.CUSTOMER_ALIASES: _plain(Collection.CUSTOMER_ALIASES),
}
