"""Finished sales to try receipts and facts with."""

from __future__ import annotations

from pos_desktop.domain.barcodes import receipt_code
from pos_desktop.domain.sales import PricedBasket, Sale
from pos_desktop.domain.tenders import Tender, TenderKind


def make_sale(priced: PricedBasket, tenders: tuple[Tender, ...]) -> Sale:
    """The sale of a priced basket, without a customer."""
    cash = [tender for tender in tenders if tender.kind is TenderKind.CASH]
    return Sale(
        id="0199f0b0-0000-7000-8000-000000000001",
        tenant_id="demo",
        store_id="store_1",
        terminal_id="term_001",
        employee_id="emp_1",
        employee_name="Anna Berg",
        customer_id=None,
        customer_name="",
        receipt_number=5,
        receipt_code=receipt_code("term_001", 5),
        started_at="2026-11-20T10:00:00.000Z",
        completed_at="2026-11-20T10:01:00.000Z",
        business_date="2026-11-20",
        zone="Europe/Berlin",
        currency="EUR",
        decimals=2,
        lines=priced.lines,
        adjustments=priced.adjustments,
        taxes=priced.taxes,
        gross_minor=priced.gross_minor,
        discount_minor=priced.discount_minor,
        net_minor=priced.net_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        rounding_minor=sum(tender.rounding_minor for tender in tenders),
        tenders=tenders,
        loyalty=(),
        credit=(),
        drawer_minor=sum(tender.given_minor - tender.change_minor for tender in cash),
        points_balance_after=None,
        journal_seq=7,
        journal_hash="ab" * 32,
        offline=False,
    )
