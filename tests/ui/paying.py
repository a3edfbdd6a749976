"""Baskets to be paid for, and the way to the payment screen."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.services.views import BasketView
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.payment import PaymentScreen
from ui.screens.payment_view import PaymentView


@dataclass(frozen=True)
class Paying:
    """The payment screen with a basket of two cheeseburgers: 17.98."""

    hands: Hands
    till: FakeTill
    basket_id: str

    @property
    def screen(self) -> PaymentScreen:
        screen = self.hands.window.current
        assert isinstance(screen, PaymentScreen)
        return screen

    @property
    def view(self) -> PaymentView:
        return self.screen.view

    @property
    def basket(self) -> BasketView:
        return self.till.view(self.basket_id)

    @property
    def shown(self) -> str:
        """Which screen is in front."""
        return self.hands.window.screen_name


def pay(hands: Hands, till: FakeTill, customer_id: str | None = None) -> Paying:
    """Fill a basket and go to payment."""
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, "BURGER", 2000)
    if customer_id is not None:
        till.baskets.attach_customer(basket_id, customer_id)
    hands.window.go("payment", basket_id=basket_id)
    hands.settle()
    return Paying(hands, till, basket_id)
