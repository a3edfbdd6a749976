"""A payment terminal that does what a test says, and what card tests do again and again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pos_desktop.devices.card_terminal import CardOutcome
from pos_desktop.domain.errors import ErrorCode, PaymentTrouble
from tests.support.till_file import rows
from tests.support.tills import FakeCard, TestTill


class PowerCut(BaseException):
    """The till's process ends here."""


class OnTheTable(FakeCard):
    """A terminal whose answers a test writes down beforehand; ``during`` happens while the till waits."""

    def __init__(self) -> None:
        super().__init__()
        self.payment: CardOutcome | None = None
        self.said: CardOutcome | None = None
        self.undone: list[CardOutcome] = []
        self.during: Callable[[], object] = lambda: None
        self.aborted: list[str] = []

    def pay(self, intent_id: str, amount_minor: int, currency: str, on_progress: Callable[[str], None]) -> CardOutcome:
        """Charge."""
        outcome = self.payment or super().pay(intent_id, amount_minor, currency, on_progress)
        self.during()
        return outcome

    def status(self, intent_id: str) -> CardOutcome:
        """Say what was written down."""
        return super().status(intent_id) if self.said is None else self.said

    def abort(self, intent_id: str) -> bool:
        """Remember it."""
        self.aborted.append(intent_id)
        return super().abort(intent_id)

    def reverse(self, reversal_id: str, intent_id: str) -> CardOutcome:
        """Give the money back."""
        outcome = self.undone.pop(0) if self.undone else super().reverse(reversal_id, intent_id)
        self.during()
        return outcome


def filled(shop: TestTill) -> str:
    """A basket of one cheeseburger at 8.99."""
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    return basket


def refused(code: ErrorCode, attempt: Callable[[], object], reason: str | None = None) -> None:
    """Hold that an attempt is refused with that code, and for that reason."""
    with pytest.raises(PaymentTrouble) as refusal:
        attempt()
    assert refusal.value.code is code
    if reason is not None:
        assert refusal.value.params == {"reason": reason}


def states(shop: TestTill) -> list[str]:
    """How the card payments on disk stand, oldest first."""
    return [row[0] for row in rows(shop.folder, "SELECT state FROM card_intents ORDER BY id")]


def paid_by_card(shop: TestTill) -> tuple[str, str]:
    """A basket of 8.99 with a card tender of 5.00: the ids of both."""
    basket = filled(shop)
    return basket, shop.till.checkout.pay_card(basket, 500, print).tenders[0].id


def cut_power() -> None:
    """Pull the plug."""
    raise PowerCut
