"""Baskets put aside."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.errors import ErrorCode, NotAllowed
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.held import HeldScreen


def hold(till: FakeTill, product: str, label: str = "", customer_id: str | None = None) -> str:
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, product)
    if customer_id is not None:
        till.baskets.attach_customer(basket_id, customer_id)
    till.baskets.hold(basket_id, label)
    return basket_id


@pytest.fixture
def two(hands: Hands, till: FakeTill) -> tuple[str, str]:
    """Two held baskets, shown."""
    both = hold(till, "BURGER", "Lady with the dog"), hold(till, "MILK", customer_id="CUST_001")
    hands.window.go("held")
    hands.settle()
    return both


def screen(hands: Hands) -> HeldScreen:
    shown = hands.window.current
    assert isinstance(shown, HeldScreen)
    return shown


def test_each_is_named_by_its_label_or_its_customer(hands: Hands, two: tuple[str, str]) -> None:
    assert [row.title for row in screen(hands).list.rows.rows] == ["Lady with the dog", "John Doe"]
    assert screen(hands).basket.total.text() == "€8.99"


def test_arrows_show_what_is_in_the_next(hands: Hands, two: tuple[str, str]) -> None:
    hands.key(Qt.Key.Key_Down)
    assert [row.title for row in screen(hands).basket.lines.rows.rows] == ["Whole milk 3.5 % 1 l"]


def test_a_touch_shows_what_is_in_another(hands: Hands, two: tuple[str, str]) -> None:
    rows = screen(hands).list
    hands.tap(rows.viewport(), rows.visualRect(rows.rows.index(1)).center())
    assert screen(hands).basket.total.text() == "€1.29"


def test_enter_puts_the_chosen_one_back_on_the_counter(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    hands.key(Qt.Key.Key_Down)
    hands.key(Qt.Key.Key_Return)
    assert hands.window.screen_name == "sale"
    assert till.kept[two[1]].basket.state is BasketState.OPEN
    assert till.kept[two[0]].basket.state is BasketState.HELD
    assert hands.sale.parts.total.text() == "1.29"


def test_recalled_twice_at_once_it_is_recalled_once(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    gate = till.gate("baskets.recall")
    hands.tap(screen(hands).recall, wait=False)
    hands.tap(screen(hands).recall, wait=False)
    gate.set()
    hands.settle()
    assert till.calls["baskets.recall"] == 1


def test_voiding_asks_why_and_keeps_the_reason(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    hands.key(Qt.Key.Key_Delete)
    assert till.kept[two[0]].basket.state is BasketState.HELD
    hands.tap(screen(hands).reasons[0])
    assert till.kept[two[0]].basket.state is BasketState.VOIDED
    assert till.baskets.voided_by == ["emp_1"]
    assert [row.title for row in screen(hands).list.rows.rows] == ["John Doe"]


def test_esc_keeps_the_basket_and_then_leaves(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    hands.key(Qt.Key.Key_Delete)
    hands.key(Qt.Key.Key_Escape)
    assert hands.window.screen_name == "held"
    assert till.calls["baskets.void"] == 0
    hands.key(Qt.Key.Key_Escape)
    assert hands.window.screen_name == "sale"


def test_enter_never_voids(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    hands.key(Qt.Key.Key_Delete)
    hands.key(Qt.Key.Key_Return)
    assert till.calls["baskets.void"] == 0
    assert till.calls["baskets.recall"] == 0


def test_a_refusal_is_said_and_the_list_stays(hands: Hands, till: FakeTill, two: tuple[str, str]) -> None:
    till.fail_once("baskets.recall", NotAllowed(ErrorCode.BASKET_NOT_OPEN))
    hands.key(Qt.Key.Key_Return)
    assert hands.window.screen_name == "held"
    assert hands.message != ""


def test_an_empty_list_says_what_holding_is_for(hands: Hands) -> None:
    hands.window.go("held")
    hands.settle()
    assert screen(hands).empty.isVisible()
    hands.key(Qt.Key.Key_Return)
    hands.key(Qt.Key.Key_Delete)
    assert hands.window.screen_name == "held"
