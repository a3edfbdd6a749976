"""Finished sales as rows, for lists and reports. The document itself is the frozen payload in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pos_desktop.domain.sales import Sale
from pos_desktop.storage.database import Connection


@dataclass(frozen=True, slots=True)
class SaleRow:
    """The head of a sale in a list; ``synced`` when the centre has it."""

    id: str
    receipt_code: str
    completed_at: str
    customer_name: str
    total_minor: int
    synced: bool
    copies: int


_ROW = (
    "SELECT s.id, s.receipt_code, s.completed_at, s.customer_name, s.total_minor, o.state = 'acked', s.copies"
    " FROM sales s JOIN outbox o ON o.device_seq = s.device_seq"
)


def next_receipt_number(connection: Connection, terminal_id: str) -> int:
    """Tell the number that the next sale of this terminal will get. Valid inside one ``write()`` block."""
    found = connection.exec_driver_sql(
        "SELECT coalesce(max(receipt_number), 0) + 1 FROM sales WHERE terminal_id = ?", (terminal_id,)
    )
    return int(found.scalar_one())


def insert(connection: Connection, sale: Sale, device_seq: int, drawer_id: str) -> None:
    """Write the rows of a sale.

    Args:
        sale: complete and final.
        device_seq: of its fact in the outbox.
        drawer_id: id for the drawer movement; written when the drawer's content changed.
    """
    connection.exec_driver_sql(
        "INSERT INTO sales (id, device_seq, terminal_id, receipt_number, receipt_code, completed_at, business_date,"
        " employee_id, customer_id, customer_name, currency, gross_minor, discount_minor, net_minor, tax_minor,"
        " total_minor, rounding_minor, offline) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            sale.id,
            device_seq,
            sale.terminal_id,
            sale.receipt_number,
            sale.receipt_code,
            sale.completed_at,
            sale.business_date,
            sale.employee_id,
            sale.customer_id,
            sale.customer_name,
            sale.currency,
            sale.gross_minor,
            sale.discount_minor,
            sale.net_minor,
            sale.tax_minor,
            sale.total_minor,
            sale.rounding_minor,
            int(sale.offline),
        ),
    )
    _insert_lines(connection, sale)
    _insert_money(connection, sale, drawer_id)
    _insert_ledgers(connection, sale, device_seq)


def _insert_lines(connection: Connection, sale: Sale) -> None:
    connection.exec_driver_sql(
        "INSERT INTO sale_lines (sale_id, position, product_id, name, quantity_milli, unit_price_minor, gross_minor,"
        " discount_minor, net_minor, tax_minor, total_minor) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        [
            (
                sale.id,
                position,
                line.product_id,
                line.name,
                line.quantity_milli,
                line.unit_price_minor,
                line.gross_minor,
                line.line_discount_minor + line.basket_discount_minor,
                line.net_minor,
                line.tax_minor,
                line.total_minor,
            )
            for position, line in enumerate(sale.lines)
        ],
    )
    if sale.taxes:
        connection.exec_driver_sql(
            "INSERT INTO sale_taxes (sale_id, tax_id, net_minor, tax_minor) VALUES (?,?,?,?)",
            [(sale.id, tax_id, net_minor, tax_minor) for tax_id, (net_minor, tax_minor) in _by_tax(sale).items()],
        )


def _by_tax(sale: Sale) -> dict[str, tuple[int, int]]:
    # A rate that changed while the basket was open gives one tax two entries in the document.
    sums: dict[str, tuple[int, int]] = {}
    for amount in sale.taxes:
        net_minor, tax_minor = sums.get(amount.tax.id, (0, 0))
        sums[amount.tax.id] = (net_minor + amount.net_minor, tax_minor + amount.tax_minor)
    return sums


def _insert_money(connection: Connection, sale: Sale, drawer_id: str) -> None:
    if sale.tenders:
        connection.exec_driver_sql(
            "INSERT INTO sale_tenders (sale_id, id, kind, amount_minor, given_minor, change_minor, rounding_minor,"
            " points, reference) VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (
                    sale.id,
                    tender.id,
                    tender.kind.value,
                    tender.amount_minor,
                    tender.given_minor,
                    tender.change_minor,
                    tender.rounding_minor,
                    tender.points,
                    tender.reference,
                )
                for tender in sale.tenders
            ],
        )
    if sale.drawer_minor:
        connection.exec_driver_sql(
            "INSERT INTO drawer_movements (id, kind, amount_minor, sale_id, employee_id, made_at) VALUES (?,?,?,?,?,?)",
            (drawer_id, "sale", sale.drawer_minor, sale.id, sale.employee_id, sale.completed_at),
        )


def _insert_ledgers(connection: Connection, sale: Sale, device_seq: int) -> None:
    for entry in sale.loyalty:
        connection.exec_driver_sql(
            "INSERT INTO loyalty_entries (id, sale_id, customer_id, kind, points, allowance_points, device_seq,"
            " made_at) VALUES (?,?,?,?,?,?,?,?)",
            (
                entry.id,
                sale.id,
                entry.customer_id,
                entry.kind,
                entry.points,
                entry.allowance_points,
                device_seq,
                sale.completed_at,
            ),
        )
    for movement in sale.credit:
        connection.exec_driver_sql(
            "INSERT INTO credit_entries (id, sale_id, customer_id, amount_minor, device_seq, made_at)"
            " VALUES (?,?,?,?,?,?)",
            (movement.id, sale.id, movement.customer_id, movement.amount_minor, device_seq, sale.completed_at),
        )


def row(connection: Connection, sale_id: str) -> SaleRow | None:
    """Read the head of a sale."""
    found = connection.exec_driver_sql(f"{_ROW} WHERE s.id = ?", (sale_id,)).fetchone()
    return None if found is None else _head(tuple(found))


def _head(found: tuple[Any, ...]) -> SaleRow:
    sale_id, code, completed_at, customer_name, total_minor, synced, copies = found
    return SaleRow(sale_id, code, completed_at, customer_name, total_minor, bool(synced), copies)


def id_by_code(connection: Connection, receipt_code: str) -> str | None:
    """Find the sale that a receipt code names."""
    found = connection.exec_driver_sql("SELECT id FROM sales WHERE receipt_code = ?", (receipt_code,)).scalar()
    return None if found is None else str(found)


def recent(connection: Connection, limit: int) -> list[SaleRow]:
    """Read the newest sales, newest first."""
    rows = connection.exec_driver_sql(f"{_ROW} ORDER BY s.device_seq DESC LIMIT ?", (limit,))
    return [_head(tuple(found)) for found in rows]


def count_copy(connection: Connection, sale_id: str) -> int:
    """Count one more reprint of a sale and tell which copy it is, from 1."""
    found = connection.exec_driver_sql("UPDATE sales SET copies = copies + 1 WHERE id = ? RETURNING copies", (sale_id,))
    return int(found.scalar_one())
