"""Paying a basket with any mix of tenders: what is left, change, cash rounding, likely notes.

Cash is rounded per tender, and only where it settles the rest: a part payment is taken as it is. Of any tender ::

    given == amount + rounding + change
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.domain.money import cash_round
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind

MAX_QUICK_AMOUNTS = 5
# Nobody hands over more than this many of the largest note beyond what is due: such a number is a scan or a slip.
MAX_NOTES_BEYOND = 10
# Notes and coins smaller than this part of the amount give sums that nobody counts out.
_LIKELY_PART = 15


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the payment of a basket stands, minor units.

    Args:
        due_minor: what the basket costs.
        paid_minor: what the tenders settle of it.
        left_minor: ``due - paid``, never negative; 0 = settled.
        cash_left_minor: what is left when it is paid in cash, so rounded.
        change_minor: to give back, over all tenders.
        rounding_minor: cash rounding, over all tenders, signed.
    """

    due_minor: int
    paid_minor: int
    left_minor: int
    cash_left_minor: int
    change_minor: int
    rounding_minor: int


def settle(total_minor: int, tenders: Sequence[Tender], shop: Shop) -> Settlement:
    """Work out what is paid and what is left.

    Args:
        total_minor: what the basket costs, minor units.
        shop: its cash step and rounding count here.
    """
    paid_minor = sum(tender.amount_minor for tender in tenders)
    left_minor = max(0, total_minor - paid_minor)
    return Settlement(
        due_minor=total_minor,
        paid_minor=paid_minor,
        left_minor=left_minor,
        cash_left_minor=cash_round(left_minor, shop.cash_step_minor, shop.cash_rounding),
        change_minor=sum(tender.change_minor for tender in tenders),
        rounding_minor=sum(tender.rounding_minor for tender in tenders),
    )


def cash_tender(tender_id: str, left_minor: int, given_minor: int, shop: Shop) -> Tender:
    """Take cash towards what is left, with change and cash rounding.

    Cash that reaches what is left, exact or rounded, settles it. Coins smaller than the step are taken too: a sum
    between the exact and the rounded amount settles without change.

    Args:
        tender_id: id for the new tender.
        left_minor: what is still to pay, above 0.
        given_minor: what was handed over; 0 only where what is left rounds to nothing.

    Returns:
        The tender; its ``amount_minor`` is below ``left_minor`` for a part payment.

    Raises:
        BadInput: ``TENDER_NOT_POSITIVE``, ``TENDER_ABOVE_DUE`` (``left_minor``) when nothing is left,
            ``TENDER_TOO_LARGE`` (``max_minor``).
    """
    rounded = cash_round(left_minor, shop.cash_step_minor, shop.cash_rounding)
    if given_minor < 0 or left_minor <= 0 or (given_minor == 0 and rounded > 0):
        check_tender(TenderKind.CASH, given_minor, left_minor)
    limit = most_cash_minor(left_minor, shop)
    if given_minor > limit:
        raise BadInput(ErrorCode.TENDER_TOO_LARGE, max_minor=limit)
    low, high = sorted((left_minor, rounded))
    if given_minor < low:
        return Tender(tender_id, TenderKind.CASH, given_minor, given_minor)
    settled_minor = rounded if given_minor > high else given_minor
    return Tender(
        tender_id,
        TenderKind.CASH,
        amount_minor=left_minor,
        given_minor=given_minor,
        change_minor=given_minor - settled_minor,
        rounding_minor=settled_minor - left_minor,
    )


def most_cash_minor(left_minor: int, shop: Shop) -> int:
    """Return the largest sum of cash that is believed for what is left, minor units."""
    if not shop.notes_minor:
        return shop.max_line_minor
    return left_minor + MAX_NOTES_BEYOND * max(shop.notes_minor)


def quick_amounts(left_minor: int, shop: Shop) -> tuple[int, ...]:
    """Return the exact amount (after cash rounding) and the next likely notes, ascending, at most five.

    A likely sum is what is left, brought up to a multiple of a note or coin that is not tiny beside it: for 13.37
    that is 14, 15, 20 and 50.
    """
    if left_minor <= 0:
        return ()
    exact = cash_round(left_minor, shop.cash_step_minor, shop.cash_rounding)
    likely = {
        -(-left_minor // note) * note for note in shop.notes_minor if note > 0 and note * _LIKELY_PART >= left_minor
    }
    return (exact, *sorted(amount for amount in likely if amount > exact)[: MAX_QUICK_AMOUNTS - 1])


def check_tender(kind: TenderKind, amount_minor: int, left_minor: int) -> None:
    """Refuse an amount that is not above zero, or that a tender without change cannot take.

    Args:
        amount_minor: what the tender is to settle; for cash what is handed over.
        left_minor: what is still to pay.

    Raises:
        BadInput: ``TENDER_NOT_POSITIVE``; ``TENDER_ABOVE_DUE`` (``left_minor``) when nothing is left, or for anything
            but cash above what is left.
    """
    if amount_minor <= 0 < left_minor:
        raise BadInput(ErrorCode.TENDER_NOT_POSITIVE)
    if left_minor <= 0 or (kind is not TenderKind.CASH and amount_minor > left_minor):
        raise BadInput(ErrorCode.TENDER_ABOVE_DUE, left_minor=max(0, left_minor))


def without_tender(tenders: Sequence[Tender], tender_id: str, total_minor: int, shop: Shop) -> tuple[Tender, ...]:
    """Take a tender back and work the cash after it out again.

    Cash that settled the rest before may be a part payment now, without rounding or change; the others keep what they
    settle. Cash of 0 that only rounded a rest away goes with the reason for it. An id that is not there changes
    nothing.

    Args:
        total_minor: what the basket costs, minor units.

    Raises:
        NotAllowed: ``TENDER_NOT_REMOVABLE`` for a card payment, which only the terminal can undo.
    """
    kept: list[Tender] = []
    for tender in tenders:
        if tender.id == tender_id:
            if tender.kind is TenderKind.CARD:
                raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
            continue
        standing = settle(total_minor, kept, shop)
        if tender.kind is not TenderKind.CASH or standing.left_minor == 0:
            kept.append(tender)
        elif tender.given_minor > 0 or standing.cash_left_minor == 0:
            kept.append(cash_tender(tender.id, standing.left_minor, tender.given_minor, shop))
    return tuple(kept)
