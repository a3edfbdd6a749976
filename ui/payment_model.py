"""What the payment screen offers, worked out from the basket: no widget knows a rule of paying."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.customers import CustomerStatus
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.views import BasketView, RedeemableView


class Stage(StrEnum):
    """What the right-hand side shows."""

    CHOOSE = "choose"
    CARD = "card"
    UNKNOWN = "unknown"
    POINTS = "points"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Tile:
    """One way to pay.

    Args:
        amount_minor: what a press would take, 0 when nothing.
        why_not: key of the sentence that says why it cannot be used now, or empty when it can.
        points: for ``points``: how many may be spent.
    """

    kind: TenderKind
    amount_minor: int
    why_not: str = ""
    points: int = 0

    @property
    def enabled(self) -> bool:
        """Whether a press does something."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class CardStep:
    """One step of a card payment; ``state`` is ``done``, ``now`` or ``later``."""

    key: str
    state: str


_CARD_STEPS = ("connecting", "present_card", "enter_pin", "authorising")


def stage(view: BasketView, card_running: bool, points_open: bool) -> Stage:
    """Choose what to show.

    Args:
        card_running: a card payment was started and has not come back.
        points_open: the cashier opened the points panel.
    """
    if card_running:
        return Stage.CARD
    if view.card_unknown is not None:
        return Stage.UNKNOWN
    if view.left_minor <= 0:
        return Stage.SETTLED
    return Stage.POINTS if points_open else Stage.CHOOSE


def tiles(
    view: BasketView, redeemable: RedeemableView, typed_minor: int | None, has_terminal: bool
) -> tuple[Tile, ...]:
    """Return the ways to pay, always in the same order and number: the hand learns their places.

    Args:
        typed_minor: amount on the keypad, or None when nothing is typed.
        has_terminal: a card terminal is set up.
    """
    left = view.left_minor
    wanted = left if typed_minor is None else typed_minor
    return (
        Tile(TenderKind.CASH, wanted, _nothing_to_pay(left)),
        Tile(TenderKind.CARD, wanted, _why_no_card(left, wanted, has_terminal)),
        _points_tile(view, redeemable),
        _credit_tile(view, wanted),
    )


def _nothing_to_pay(left_minor: int) -> str:
    return "" if left_minor > 0 else "payment.why.settled"


def _why_no_card(left_minor: int, wanted_minor: int, has_terminal: bool) -> str:
    if left_minor <= 0:
        return "payment.why.settled"
    if not has_terminal:
        return "payment.why.no_terminal"
    return "payment.why.above_left" if wanted_minor > left_minor else ""


def _points_tile(view: BasketView, redeemable: RedeemableView) -> Tile:
    if view.left_minor <= 0:
        return Tile(TenderKind.POINTS, 0, "payment.why.settled")
    if redeemable.points > 0:
        return Tile(TenderKind.POINTS, redeemable.value_minor, "", redeemable.points)
    return Tile(TenderKind.POINTS, 0, f"payment.why.points.{_points_reason(view, redeemable)}")


def _points_reason(view: BasketView, redeemable: RedeemableView) -> str:
    if view.customer is None:
        return "no_customer"
    return redeemable.reason


def _credit_tile(view: BasketView, wanted_minor: int) -> Tile:
    if view.left_minor <= 0:
        return Tile(TenderKind.CREDIT, 0, "payment.why.settled")
    if view.customer is None:
        return Tile(TenderKind.CREDIT, 0, "payment.why.credit.no_customer")
    if view.customer.customer.status is CustomerStatus.BLOCKED:
        return Tile(TenderKind.CREDIT, 0, "payment.why.credit.blocked")
    spent = sum(tender.amount_minor for tender in view.tenders if tender.kind is TenderKind.CREDIT)
    usable = min(view.customer.credit_minor - spent, view.left_minor)
    if usable <= 0:
        return Tile(TenderKind.CREDIT, 0, "payment.why.credit.none")
    return Tile(TenderKind.CREDIT, min(usable, wanted_minor))


def card_steps(progress: str) -> tuple[CardStep, ...]:
    """Return the steps of a card payment as they stand.

    Args:
        progress: the last code the terminal gave; one that is not a step counts as the last step.
    """
    if progress == "insert_card":
        progress = "present_card"
    reached = _CARD_STEPS.index(progress) if progress in _CARD_STEPS else len(_CARD_STEPS) - 1
    return tuple(
        CardStep(f"card.{step}", "done" if index < reached else "now" if index == reached else "later")
        for index, step in enumerate(_CARD_STEPS)
    )


def taken_text(tender: Tender, name: str) -> str:
    """What was taken, in as few words as tell it apart.

    Args:
        name: what this kind of tender is called.
    """
    if tender.kind is TenderKind.CARD and tender.detail:
        return tender.detail
    return " · ".join(part for part in (name, tender.detail) if part)


def removable(tender: Tender) -> bool:
    """A card payment is money that has moved: it is reversed, never just taken off."""
    return tender.kind is not TenderKind.CARD
