"""A completed sale: checked once more, then stored with its lines, taxes, tenders and ledger entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from central_api import tables
from central_api.ingest import Ingest, Rejected, check_terminal
from central_api.ingest_journal import store_sale_link
from central_api.rows import Insert
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.tenders import TenderKind

_SALE = (
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
    "amount_minor",
    "given_minor",
    "change_minor",
    "rounding_minor",
    "points",
    "reference",
    "detail",
)
_TAX = ("name", "rate_ppm", "amount_minor")
_LEDGER = ("tenant_id", "customer_id", "sale_id", "made_at", "terminal_id", "device_epoch", "device_seq")
_of_sale = attrgetter(*_SALE)
_of_line = attrgetter("id", "unit.value", *_LINE)
_of_tax = attrgetter("tax.id", "tax.kind.value", *(f"tax.{name}" for name in _TAX), "net_minor", "tax_minor")
_of_tender = attrgetter("id", "kind.value", *_TENDER)
_line_amounts = attrgetter(
    "gross_minor", "line_discount_minor", "basket_discount_minor", "net_minor", "tax_minor", "total_minor"
)
_tender_amounts = attrgetter("amount_minor", "rounding_minor", "points")
_INSERT_SALE = Insert(tables.sales, "tenant_id", "id", "event_id", "customer_said", "customer_id", *_SALE)
_PLACE = ("tenant_id", "sale_id", "position")
_INSERT_LINE = Insert(tables.sale_lines, *_PLACE, "line_id", "unit", *_LINE)
_INSERT_TAX = Insert(tables.sale_taxes, *_PLACE, "tax_id", "kind", *_TAX, "net_minor", "tax_minor")
_INSERT_TENDER = Insert(tables.sale_tenders, *_PLACE, "tender_id", "kind", *_TENDER)
_INSERT_POINTS = Insert(tables.loyalty_entries, *_LEDGER, "id", "customer_said", "kind", "points", "allowance_points")
_INSERT_CREDIT = Insert(tables.credit_entries, *_LEDGER, "id", "customer_said", "amount_minor")


def differences(sale: Sale) -> list[str]:
    """Name every sum of a sale that does not hold.

    Returns:
        The names of the equations that fail, empty for a sale that adds up.
    """
    lines, tenders = sale.lines, sale.tenders
    gross, line_discount, basket_discount, net, tax, total = _summed(_line_amounts, lines, 6)
    amount, rounding, points = _summed(_tender_amounts, tenders, 3)
    equations = {
        "lines_gross": gross == sale.gross_minor,
        "lines_discount": line_discount + basket_discount == sale.discount_minor,
        "lines_net": net == sale.net_minor,
        "lines_tax": tax == sale.tax_minor,
        "lines_total": total == sale.total_minor,
        "line_net_and_tax": all(line.net_minor + line.tax_minor == line.total_minor for line in lines),
        "line_taxes": all(sum([one.tax_minor for one in line.taxes]) == line.tax_minor for line in lines),
        "net_and_tax": sale.net_minor + sale.tax_minor == sale.total_minor,
        "taxes": sum([one.tax_minor for one in sale.taxes]) == sale.tax_minor,
        "tenders": amount == sale.total_minor,
        "tender_given": all(
            one.given_minor == one.amount_minor + one.rounding_minor + one.change_minor for one in tenders
        ),
        "rounding": rounding == sale.rounding_minor,
        "drawer": sum([one.given_minor - one.change_minor for one in tenders if one.kind is TenderKind.CASH])
        == sale.drawer_minor,
        "points": points == -sum([entry.points for entry in sale.loyalty if entry.kind == "redeem"]),
        "credit": sum([one.amount_minor for one in tenders if one.kind is TenderKind.CREDIT])
        == -sum([entry.amount_minor for entry in sale.credit]),
    }
    return [name for name, holds in equations.items() if not holds]


def _summed(amounts: Callable[[Any], tuple[int, ...]], parts: Iterable[object], width: int) -> list[int]:
    return [sum(column) for column in zip((0,) * width, *map(amounts, parts), strict=True)]


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
    customer_id = ingest.known.customer(sale.customer_id) if sale.customer_id else None
    _add_sale(ingest, sale, customer_id)
    _add_ledger(ingest, sale, customer_id)
    store_sale_link(ingest, sale)
    if customer_id is not None:
        ingest.effects.order(customer_id, sale.total_minor, sale.completed_at)


def _check_place(ingest: Ingest, sale: Sale) -> None:
    if sale.tenant_id != ingest.tenant_id:
        raise Rejected("wrong_terminal", "The sale names another tenant than the terminal's.")
    # A terminal that was moved may still hold sales of the store it came from.
    if not ingest.known.has_store(sale.store_id):
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


def _add_sale(ingest: Ingest, sale: Sale, customer_id: str | None) -> None:
    rows, tenant_id, sale_id = ingest.rows, ingest.tenant_id, sale.id
    rows.add(_INSERT_SALE, (tenant_id, sale_id, ingest.item.id, sale.customer_id, customer_id, *_of_sale(sale)))
    key = (tenant_id, sale_id)
    rows.add(_INSERT_LINE, *[(*key, place, *_of_line(line)) for place, line in enumerate(sale.lines)])
    rows.add(_INSERT_TAX, *[(*key, place, *_of_tax(tax)) for place, tax in enumerate(sale.taxes)])
    rows.add(_INSERT_TENDER, *[(*key, place, *_of_tender(tender)) for place, tender in enumerate(sale.tenders)])


def _add_ledger(ingest: Ingest, sale: Sale, customer_id: str | None) -> None:
    made = (ingest.tenant_id, customer_id, sale.id, sale.completed_at)
    origin = (*made, ingest.terminal.id, ingest.device_epoch, ingest.item.device_seq)
    for entry in sale.loyalty:
        row = (entry.id, entry.customer_id, entry.kind, entry.points, entry.allowance_points)
        ingest.rows.add(_INSERT_POINTS, (*origin, *row))
    for paid in sale.credit:
        ingest.rows.add(_INSERT_CREDIT, (*origin, paid.id, paid.customer_id, paid.amount_minor))
