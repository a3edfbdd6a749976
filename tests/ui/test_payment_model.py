from __future__ import annotations

from dataclasses import replace

import pytest

from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.views import BasketView, RedeemableView
from tests.ui.fake_till import FakeTill
from ui import payment_model
from ui.payment_model import Stage, Tile

NO_POINTS = RedeemableView(0, 0, "no_customer")


def basket(customer_id: str | None = None) -> BasketView:
    till = FakeTill()
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, "BURGER", 2000)
    if customer_id is not None:
        till.baskets.attach_customer(basket_id, customer_id)
    return till.checkout.begin(basket_id)


def offered(
    view: BasketView, redeemable: RedeemableView = NO_POINTS, typed: int | None = None
) -> dict[TenderKind, Tile]:
    return {tile.kind: tile for tile in payment_model.tiles(view, redeemable, typed, has_terminal=True)}


def test_without_typing_every_tender_proposes_what_is_left() -> None:
    tiles = offered(basket())
    assert tiles[TenderKind.CASH].amount_minor == 1798
    assert tiles[TenderKind.CARD].amount_minor == 1798


def test_cash_may_be_more_than_what_is_left_and_a_card_may_not() -> None:
    tiles = offered(basket(), typed=5000)
    assert tiles[TenderKind.CASH].enabled
    assert tiles[TenderKind.CARD].why_not == "payment.why.above_left"


def test_a_till_without_a_terminal_says_so() -> None:
    tiles = payment_model.tiles(basket(), NO_POINTS, None, has_terminal=False)
    assert tiles[1].why_not == "payment.why.no_terminal"


def test_a_guest_has_neither_points_nor_credit() -> None:
    tiles = offered(basket())
    assert tiles[TenderKind.POINTS].why_not == "payment.why.points.no_customer"
    assert tiles[TenderKind.CREDIT].why_not == "payment.why.credit.no_customer"


def test_credit_offers_no_more_than_there_is() -> None:
    view = basket("CUST_001")
    assert offered(view)[TenderKind.CREDIT].amount_minor == 1798
    assert offered(view, typed=500)[TenderKind.CREDIT].amount_minor == 500
    spent = replace(view, tenders=(Tender("t", TenderKind.CREDIT, 1900, 1900),))
    assert offered(spent)[TenderKind.CREDIT].amount_minor == 100


def test_a_blocked_customer_cannot_spend_credit() -> None:
    assert offered(basket("CUST_005"))[TenderKind.CREDIT].why_not == "payment.why.credit.blocked"


def test_points_say_what_bounds_them() -> None:
    view = basket("CUST_001")
    tile = offered(view, RedeemableView(0, 0, "too_old"))[TenderKind.POINTS]
    assert tile.why_not == "payment.why.points.too_old"
    assert offered(view, RedeemableView(1250, 1250, "balance"))[TenderKind.POINTS].points == 1250


def test_a_settled_basket_takes_nothing_more() -> None:
    view = replace(basket("CUST_001"), left_minor=0)
    assert all(tile.why_not == "payment.why.settled" for tile in offered(view).values())
    assert payment_model.stage(view, card_running=False, points_open=True) is Stage.SETTLED


def test_an_unknown_card_outcome_is_shown_before_anything_else_can_be_chosen() -> None:
    view = replace(basket(), card_unknown="intent")
    assert payment_model.stage(view, card_running=False, points_open=True) is Stage.UNKNOWN


@pytest.mark.parametrize(
    ("progress", "states"),
    [
        ("connecting", ["now", "later", "later", "later"]),
        ("insert_card", ["done", "now", "later", "later"]),
        ("enter_pin", ["done", "done", "now", "later"]),
        ("something_new", ["done", "done", "done", "now"]),
    ],
)
def test_card_steps_move_forward(progress: str, states: list[str]) -> None:
    assert [step.state for step in payment_model.card_steps(progress)] == states
