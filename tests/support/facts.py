"""Facts as a till makes them, priced by the real rules, for tests of what carries and keeps them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from pos_desktop.domain.basket import Basket, BasketLine, BasketState
from pos_desktop.domain.catalogue import TaxKind, TaxRule, Unit
from pos_desktop.domain.events import (
    BasketVoided,
    CustomerEnrolled,
    JournalWritten,
    LookupLogged,
    Payload,
    freeze,
)
from pos_desktop.domain.journal import GENESIS_HASH, entry_hash
from pos_desktop.domain.pricing import price
from pos_desktop.domain.sales import CreditEntry, LoyaltyEntry, Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from sync.protocol import PushItem, PushRequest
from tests.support.central import SHOP

NOON = "2026-11-20T12:00:00.000Z"
EPOCH = "epoch-1"
VAT = TaxRule("vat_19", "VAT 19 %", TaxKind.PERCENT, 190_000, 0, inclusive=True)


def new_id() -> str:
    """An id that no other fact has."""
    return str(uuid.uuid4())


def sale(
    *,
    sale_id: str | None = None,
    customer_id: str | None = None,
    unit_price_minor: int = 899,
    quantity_milli: int = 1_000,
    lines: int = 1,
    redeem_points: int = 0,
    credit_minor: int = 0,
    completed_at: str = NOON,
    terminal_id: str = "term_001",
    receipt_number: int = 1,
    journal_seq: int = 1,
    shop: Shop = SHOP,
    **fields: Any,
) -> Sale:
    """A paid basket of equal lines.

    Args:
        redeem_points: paid with points, a cent each; then ``credit_minor`` from store credit; the rest in cash.
        fields: of :class:`Sale`, put in as they are.
    """
    sale_id = sale_id or new_id()
    basket_lines = tuple(
        BasketLine(
            new_id(),
            "BURGER",
            "Cheeseburger",
            None,
            Unit.PIECE,
            quantity_milli,
            unit_price_minor,
            unit_price_minor,
            (VAT,),
        )
        for _ in range(lines)
    )
    basket = Basket(sale_id, BasketState.PAYING, "emp_1", terminal_id, NOON, customer_id, lines=basket_lines)
    priced = price(basket, shop)
    cash = priced.total_minor - redeem_points - credit_minor
    tenders = [Tender(new_id(), TenderKind.CASH, cash, cash)] if cash else []
    if redeem_points:
        tenders.append(Tender(new_id(), TenderKind.POINTS, redeem_points, redeem_points, points=redeem_points))
    if credit_minor:
        tenders.append(Tender(new_id(), TenderKind.CREDIT, credit_minor, credit_minor))
    loyalty = []
    if customer_id is not None:
        loyalty.append(LoyaltyEntry(new_id(), customer_id, "earn", cash // 100))
    if customer_id is not None and redeem_points:
        loyalty.append(LoyaltyEntry(new_id(), customer_id, "redeem", -redeem_points))
    credit = [CreditEntry(new_id(), customer_id, -credit_minor)] if customer_id is not None and credit_minor else []
    done = Sale(
        id=sale_id,
        tenant_id=shop.tenant_id,
        store_id=shop.store_id,
        terminal_id=terminal_id,
        employee_id="emp_1",
        employee_name="Anna Berg",
        customer_id=customer_id,
        customer_name="",
        receipt_number=receipt_number,
        receipt_code=f"R-{terminal_id}-{receipt_number}",
        started_at=NOON,
        completed_at=completed_at,
        business_date=completed_at[:10],
        zone=shop.zone,
        currency=shop.currency,
        decimals=shop.decimals,
        lines=priced.lines,
        adjustments=priced.adjustments,
        taxes=priced.taxes,
        gross_minor=priced.gross_minor,
        discount_minor=priced.discount_minor,
        net_minor=priced.net_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        rounding_minor=0,
        tenders=tuple(tenders),
        loyalty=tuple(loyalty),
        credit=tuple(credit),
        drawer_minor=cash,
        points_balance_after=None,
        journal_seq=journal_seq,
        journal_hash=f"{journal_seq:064x}",
        offline=False,
    )
    return replace(done, **fields)


def enrolment(customer_id: str, *, phone: str = "", email: str = "", card: str = "", **fields: Any) -> CustomerEnrolled:
    """A person who became a customer."""
    plain = CustomerEnrolled(customer_id, "Ada", "Neu", phone, email, card, "term_001", "emp_1", NOON)
    return replace(plain, **fields)


def lookup(lookup_id: str | None = None, **fields: Any) -> LookupLogged:
    """A lookup that found nobody."""
    plain = LookupLogged(
        lookup_id or new_id(), None, "term_001", "+99******99", "phone", "not_found", 1, 12, None, NOON, ""
    )
    return replace(plain, **fields)


def void(basket_id: str | None = None, **fields: Any) -> BasketVoided:
    """A basket that was thrown away."""
    return replace(
        BasketVoided(basket_id or new_id(), "term_001", "emp_1", NOON, "changed their mind", 2, 1_798), **fields
    )


def journal(seq: int, previous_hash: str = GENESIS_HASH, *, body: str = "{}", **fields: Any) -> JournalWritten:
    """A journal entry whose hash is right."""
    hashed = entry_hash(previous_hash, seq, "logged_in", NOON, body)
    return replace(JournalWritten(seq, "logged_in", NOON, body, previous_hash, hashed, ""), **fields)


def item(device_seq: int, fact: Payload, *, item_id: str | None = None) -> PushItem:
    """A fact, frozen for the way."""
    frozen = freeze(fact)
    return PushItem(
        device_seq=device_seq,
        id=item_id or new_id(),
        kind=frozen.kind.value,
        schema_v=frozen.schema_v,
        sha256=frozen.sha256,
        made_at=NOON,
        payload=frozen.payload.decode(),
    )


def batch(items: Sequence[PushItem], *, device_epoch: str = EPOCH, oldest_seq: int = 1) -> PushRequest:
    """Items as a till sends them."""
    return PushRequest(device_epoch=device_epoch, sent_at=NOON, oldest_seq=oldest_seq, batch=list(items))


def with_(one: PushItem, **fields: Any) -> PushItem:
    """An item with some fields changed."""
    return msgspec.structs.replace(one, **fields)
