"""A completed sale: checked once more, then stored with its lines, taxes, tenders and ledger entries."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.customers import resolve
from central_api.database import take_turns
from central_api.ingest import Ingest, Rejected, check_terminal
from central_api.ingest_journal import store_sale_link
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.tenders import TenderKind

_SAME_NAME = (
    "store_id",
    "terminal_id",
    "employee_id",
    "employee_name",
    "customer_name",
    "receipt_number",
    "receipt_code",
    "started_at",
    "completed_at",
    "business_date",
    "currency",
    "decimals",
    "gross_minor",
    "discount_minor",
    "net_minor",
    "tax_minor",
    "total_minor",
    "rounding_minor",
    "drawer_minor",
    "points_balance_after",
    "journal_seq",
    "journal_hash",
    "offline",
)
_LINE = (
    "product_id",
    "name",
    "barcode",
    "unit",
    "quantity_milli",
    "unit_price_minor",
    "list_price_minor",
    "gross_minor",
    "line_discount_minor",
    "basket_discount_minor",
    "net_minor",
    "tax_minor",
    "total_minor",
    "note",
)
_TENDER = (
    "kind",
    "amount_minor",
    "given_minor",
    "change_minor",
    "rounding_minor",
    "points",
    "reference",
    "detail",
)


def differences(sale: Sale) -> list[str]:
    """Name every sum of a sale that does not hold.

    Returns:
        The names of the equations that fail, empty for a sale that adds up.
    """
    lines, tenders = sale.lines, sale.tenders
    cash = [tender for tender in tenders if tender.kind is TenderKind.CASH]
    equations = {
        "lines_gross": sum(line.gross_minor for line in lines) == sale.gross_minor,
        "lines_discount": sum(line.line_discount_minor + line.basket_discount_minor for line in lines)
        == sale.discount_minor,
        "lines_net": sum(line.net_minor for line in lines) == sale.net_minor,
        "lines_tax": sum(line.tax_minor for line in lines) == sale.tax_minor,
        "lines_total": sum(line.total_minor for line in lines) == sale.total_minor,
        "line_net_and_tax": all(line.net_minor + line.tax_minor == line.total_minor for line in lines),
        "line_taxes": all(sum(tax.tax_minor for tax in line.taxes) == line.tax_minor for line in lines),
        "net_and_tax": sale.net_minor + sale.tax_minor == sale.total_minor,
        "taxes": sum(tax.tax_minor for tax in sale.taxes) == sale.tax_minor,
        "tenders": sum(tender.amount_minor for tender in tenders) == sale.total_minor,
        "tender_given": all(
            tender.given_minor == tender.amount_minor + tender.rounding_minor + tender.change_minor
            for tender in tenders
        ),
        "rounding": sum(tender.rounding_minor for tender in tenders) == sale.rounding_minor,
        "drawer": sum(tender.given_minor - tender.change_minor for tender in cash) == sale.drawer_minor,
        "points": sum(tender.points for tender in tenders)
        == -sum(entry.points for entry in sale.loyalty if entry.kind == "redeem"),
        "credit": sum(tender.amount_minor for tender in tenders if tender.kind is TenderKind.CREDIT)
        == -sum(entry.amount_minor for entry in sale.credit),
    }
    return [name for name, holds in equations.items() if not holds]


def take_sale(ingest: Ingest, sale: Sale) -> None:
    """Store a completed sale, version 1.

    A customer that is not known here yet is no reason to refuse: the sale and its ledger entries wait under the id that
    the till gave, and are attached when the enrolment arrives.

    Raises:
        Rejected: ``wrong_terminal``, ``unknown_store``, ``sums_differ`` or ``bad_ledger``.
    """
    check_terminal(ingest, sale.terminal_id)
    _check_place(ingest, sale)
    _check_ledger(sale)
    failing = differences(sale)
    if failing:
        raise Rejected("sums_differ", "These sums do not hold: " + ", ".join(failing))
    customer_id = _who(ingest, sale.customer_id) if sale.customer_id else None
    _insert_sale(ingest, sale, customer_id)
    _insert_ledger(ingest, sale, customer_id)
    store_sale_link(ingest, sale)
    if customer_id is not None:
        ingest.effects.order(customer_id, sale.total_minor, sale.completed_at)


def _who(ingest: Ingest, said: str) -> str | None:
    known = resolve(ingest.connection, ingest.tenant_id, said)
    if known is None:
        # The enrolment may be on its way in this moment: then it must see this sale, or this sale must see it.
        take_turns(ingest.connection, f"{ingest.tenant_id} id {said}")
        known = resolve(ingest.connection, ingest.tenant_id, said)
    return known


def _check_place(ingest: Ingest, sale: Sale) -> None:
    if sale.tenant_id != ingest.tenant_id:
        raise Rejected("wrong_terminal", "The sale names another tenant than the terminal's.")
    if sale.store_id == ingest.terminal.store_id:
        return
    # A terminal that was moved may still hold sales of the store it came from.
    stores = tables.stores
    known = sa.select(stores.c.id).where(stores.c.tenant_id == ingest.tenant_id, stores.c.id == sale.store_id)
    if ingest.connection.execute(known).first() is None:
        raise Rejected("unknown_store", "The sale names a store that is not known here.")


def _check_ledger(sale: Sale) -> None:
    kinds = [entry.kind for entry in sale.loyalty]
    if len(set(kinds)) != len(kinds) or not set(kinds) <= {"earn", "redeem"}:
        raise Rejected("bad_ledger", "A sale has at most one earn and one redeem entry.")
    if any(entry.points < 0 for entry in sale.loyalty if entry.kind == "earn"):
        raise Rejected("bad_ledger", "An earn entry takes points away.")
    if any(entry.points > 0 for entry in sale.loyalty if entry.kind == "redeem"):
        raise Rejected("bad_ledger", "A redeem entry gives points.")
    named = {entry.customer_id for entry in sale.loyalty} | {entry.customer_id for entry in sale.credit}
    if named - {sale.customer_id}:
        raise Rejected("bad_ledger", "A ledger entry names another customer than the sale.")


def _insert_sale(ingest: Ingest, sale: Sale, customer_id: str | None) -> None:
    connection = ingest.connection
    of_sale = {"tenant_id": ingest.tenant_id, "sale_id": sale.id}
    connection.execute(
        sa.insert(tables.sales),
        {
            "tenant_id": ingest.tenant_id,
            "id": sale.id,
            "event_id": ingest.item.id,
            "customer_said": sale.customer_id,
            "customer_id": customer_id,
            **{name: getattr(sale, name) for name in _SAME_NAME},
        },
    )
    lines = [
        {**of_sale, "position": position, "line_id": line.id, **{name: getattr(line, name) for name in _LINE}}
        for position, line in enumerate(sale.lines)
    ]
    taxes = [
        {
            **of_sale,
            "position": position,
            "tax_id": amount.tax.id,
            "name": amount.tax.name,
            "kind": amount.tax.kind,
            "rate_ppm": amount.tax.rate_ppm,
            "amount_minor": amount.tax.amount_minor,
            "net_minor": amount.net_minor,
            "tax_minor": amount.tax_minor,
        }
        for position, amount in enumerate(sale.taxes)
    ]
    tenders = [
        {**of_sale, "position": position, "tender_id": tender.id, **{name: getattr(tender, name) for name in _TENDER}}
        for position, tender in enumerate(sale.tenders)
    ]
    for table, rows in ((tables.sale_lines, lines), (tables.sale_taxes, taxes), (tables.sale_tenders, tenders)):
        if rows:
            connection.execute(sa.insert(table), rows)


def _insert_ledger(ingest: Ingest, sale: Sale, customer_id: str | None) -> None:
    common = {
        "tenant_id": ingest.tenant_id,
        "customer_id": customer_id,
        "sale_id": sale.id,
        "made_at": sale.completed_at,
        "terminal_id": ingest.terminal.id,
        "device_epoch": ingest.device_epoch,
        "device_seq": ingest.item.device_seq,
    }
    loyalty = [
        {
            **common,
            "id": entry.id,
            "customer_said": entry.customer_id,
            "kind": entry.kind,
            "points": entry.points,
            "allowance_points": entry.allowance_points,
        }
        for entry in sale.loyalty
    ]
    credit = [
        {**common, "id": entry.id, "customer_said": entry.customer_id, "amount_minor": entry.amount_minor}
        for entry in sale.credit
    ]
    if loyalty:
        ingest.connection.execute(sa.insert(tables.loyalty_entries), loyalty)
    if credit:
        ingest.connection.execute(sa.insert(tables.credit_entries), credit)
