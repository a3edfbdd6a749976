"""A finished sale: the immutable document that is stored, printed and sent. Its shape is payload version 1."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain.basket import Adjustment, Discount
from pos_desktop.domain.catalogue import TaxRule, Unit
from pos_desktop.domain.tenders import Tender


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """One tax of one line, or of the whole sale.

    Args:
        net_minor: the amount that the tax lies on.
        tax_minor: the tax itself.
    """

    tax: TaxRule
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One priced line.

    Args:
        gross_minor: quantity times unit price, rounded half up, before any reduction.
        line_discount_minor: taken off by the line's own discount.
        basket_discount_minor: this line's share of the basket discount and of all adjustments.
        net_minor: without tax; ``tax_minor`` all taxes; ``total_minor = net + tax`` is what the customer pays for it.
    """

    id: str
    product_id: str
    name: str
    barcode: str | None
    unit: Unit
    quantity_milli: int
    unit_price_minor: int
    list_price_minor: int
    gross_minor: int
    line_discount_minor: int
    basket_discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[TaxAmount, ...]
    discount: Discount | None
    note: str


@dataclass(frozen=True, slots=True)
class AppliedAdjustment:
    """What an adjustment, or the basket discount (``source`` = ``manual``), took off."""

    adjustment: Adjustment
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """What a basket costs now.

    Args:
        gross_minor: sum of the lines before reductions; ``discount_minor`` all reductions together.
        net_minor, tax_minor, total_minor: sums over the lines; ``total = net + tax``.
        taxes: one entry a tax, in order of first appearance.
    """

    lines: tuple[SaleLine, ...]
    adjustments: tuple[AppliedAdjustment, ...]
    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[TaxAmount, ...]


@dataclass(frozen=True, slots=True)
class LoyaltyEntry:
    """One movement of a customer's points. A balance is the sum of these.

    Args:
        kind: ``earn`` or ``redeem``; at most one of each in a sale.
        points: signed.
        allowance_points: for an offline redemption: how much of it was spent from the allowance; else 0.
    """

    id: str
    customer_id: str
    kind: str
    points: int
    allowance_points: int = 0


@dataclass(frozen=True, slots=True)
class CreditEntry:
    """One movement of a customer's store credit, minor units, signed."""

    id: str
    customer_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Sale:
    """A paid basket.

    Args:
        id: UUIDv7, the same as the basket's, for ever.
        receipt_number: gapless per terminal, from 1; ``receipt_code`` what is printed and scanned.
        completed_at: UTC ISO 8601; ``business_date`` the day it counts for (YYYY-MM-DD); ``zone`` the store's.
        rounding_minor: sum of the tenders' cash rounding.
        drawer_minor: what the cash drawer gained (cash given less change).
        journal_seq, journal_hash: the journal entry of this sale.
        offline: the till had no contact with the centre at that moment.
    """

    id: str
    tenant_id: str
    store_id: str
    terminal_id: str
    employee_id: str
    employee_name: str
    customer_id: str | None
    customer_name: str
    receipt_number: int
    receipt_code: str
    started_at: str
    completed_at: str
    business_date: str
    zone: str
    currency: str
    decimals: int
    lines: tuple[SaleLine, ...]
    adjustments: tuple[AppliedAdjustment, ...]
    taxes: tuple[TaxAmount, ...]
    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    rounding_minor: int
    tenders: tuple[Tender, ...]
    loyalty: tuple[LoyaltyEntry, ...]
    credit: tuple[CreditEntry, ...]
    drawer_minor: int
    points_balance_after: int | None
    journal_seq: int
    journal_hash: str
    offline: bool
