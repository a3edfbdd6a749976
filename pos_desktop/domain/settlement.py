"""Paying a basket with any mix of tenders: what is left, change, cash rounding, likely notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the payment of a basket stands, minor units.

    Args:
        due_minor: what the basket costs.
        paid_minor: what the tenders settle of it.
        left_minor: ``due - paid``, never negative; 0 = settled.
        change_minor: to give back, over all tenders.
        rounding_minor: cash rounding, over all tenders, signed.
    """

    due_minor: int
    paid_minor: int
    left_minor: int
    change_minor: int
    rounding_minor: int


def settle(total_minor: int, tenders: Sequence[Tender], shop: Shop) -> Settlement:
    """Work out what is paid and what is left."""
    raise NotImplementedError


def cash_tender(tender_id: str, left_minor: int, given_minor: int, shop: Shop) -> Tender:
    """Take cash towards what is left, with change and cash rounding."""
    raise NotImplementedError


def quick_amounts(left_minor: int, shop: Shop) -> tuple[int, ...]:
    """Return the exact amount (after cash rounding) and the next likely notes, ascending, at most five."""
    raise NotImplementedError


def check_tender(kind: TenderKind, amount_minor: int, left_minor: int) -> None:
    """Refuse an amount that is not above zero, or that a tender without change cannot take."""
    raise NotImplementedError


def without_tender(
    tenders: Sequence[Tender], tender_id: str, total_minor: int, shop: Shop
) -> tuple[Tender, ...]:
    """Take a tender back and work the cash after it out again."""
    raise NotImplementedError
