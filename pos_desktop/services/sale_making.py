"""From a paid basket to the immutable document of a sale. Pure but for the ids it is handed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from pos_desktop.domain import loyalty
from pos_desktop.domain.barcodes import receipt_code
from pos_desktop.domain.events import FrozenFact, freeze
from pos_desktop.domain.journal import canonical
from pos_desktop.domain.sales import CreditEntry, LoyaltyEntry, Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.services.views import BasketView


@dataclass(frozen=True, slots=True)
class Register:
    """Where and when a sale is made.

    Args:
        completed_at: UTC ISO 8601; ``business_date`` in the store's zone.
        offline: no contact with the centre at that moment.
        may_spend_balance: the redeemed balance was confirmed online, so nothing of it counts against the allowance.
    """

    shop: Shop
    terminal_id: str
    employee_name: str
    completed_at: str
    business_date: str
    offline: bool
    new_id: Callable[[], str]
    may_spend_balance: bool


@dataclass(frozen=True, slots=True)
class SaleDraft:
    """A sale that only lacks its place in the journal."""

    sale: Sale

    def journal_body(self) -> str:
        """What the journal says of the sale: its numbers and the hash of everything else in it."""
        return journal_body(self.sale)

    def sealed(self, journal_seq: int, journal_hash: str) -> Sale:
        """The sale with its place in the journal."""
        return replace(self.sale, journal_seq=journal_seq, journal_hash=journal_hash)

    @staticmethod
    def freeze(sale: Sale) -> FrozenFact:
        """The bytes that travel."""
        return freeze(sale)


def journal_body(sale: Sale) -> str:
    """Give what the journal says of a sale, sealed or not: its place in the journal is no part of it."""
    bare = replace(sale, journal_seq=0, journal_hash="")
    digest = hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()
    return canonical(
        {
            "sale_id": sale.id,
            "receipt_code": sale.receipt_code,
            "total_minor": sale.total_minor,
            "drawer_minor": sale.drawer_minor,
            "sha256": digest,
        }
    )


def make_sale(view: BasketView, register: Register, receipt_number: int) -> SaleDraft:
    """Compose the document of a sale from stored results; nothing is computed a second time.

    Args:
        view: the basket, priced and settled.
        receipt_number: gapless per terminal.
    """
    shop, basket, priced = register.shop, view.basket, view.priced
    entries = _loyalty(view, register)
    cash = [tender for tender in view.tenders if tender.kind is TenderKind.CASH]
    balance_after = None
    if view.customer is not None:
        balance_after = view.customer.points + sum(entry.points for entry in entries)
    sale = Sale(
        id=basket.id,
        tenant_id=shop.tenant_id,
        store_id=shop.store_id,
        terminal_id=register.terminal_id,
        employee_id=basket.employee_id,
        employee_name=register.employee_name,
        customer_id=basket.customer_id,
        customer_name="" if view.customer is None else view.customer.customer.name,
        receipt_number=receipt_number,
        receipt_code=receipt_code(register.terminal_id, receipt_number),
        started_at=basket.opened_at,
        completed_at=register.completed_at,
        business_date=register.business_date,
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
        rounding_minor=sum(tender.rounding_minor for tender in view.tenders),
        tenders=view.tenders,
        loyalty=entries,
        credit=_credit(view, register),
        drawer_minor=sum(tender.given_minor - tender.change_minor for tender in cash),
        points_balance_after=balance_after,
        journal_seq=0,
        journal_hash="",
        offline=register.offline,
    )
    return SaleDraft(sale)


def _loyalty(view: BasketView, register: Register) -> tuple[LoyaltyEntry, ...]:
    # The row may be gone (a tombstone, a replica being loaded anew) after points were taken: they are booked all the
    # same, to the id that the basket has, for the ledger is what the centre compares the tenders with.
    if view.basket.customer_id is None:
        return ()
    customer_id = view.basket.customer_id
    entries: list[LoyaltyEntry] = []
    spent = sum(tender.points for tender in view.tenders)
    if spent:
        from_allowance = 0 if register.may_spend_balance else spent
        entries.append(LoyaltyEntry(register.new_id(), customer_id, "redeem", -spent, from_allowance))
    by_points = sum(tender.amount_minor for tender in view.tenders if tender.kind is TenderKind.POINTS)
    tier = "" if view.customer is None else view.customer.customer.tier
    earned = loyalty.points_earned(max(0, view.priced.total_minor - by_points), register.shop.programme, tier)
    if earned:
        entries.append(LoyaltyEntry(register.new_id(), customer_id, "earn", earned))
    return tuple(entries)


def _credit(view: BasketView, register: Register) -> tuple[CreditEntry, ...]:
    spent = sum(tender.amount_minor for tender in view.tenders if tender.kind is TenderKind.CREDIT)
    if not spent or view.basket.customer_id is None:
        return ()
    return (CreditEntry(register.new_id(), view.basket.customer_id, -spent),)
