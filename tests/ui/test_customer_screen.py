"""Who is buying: search, ask, enrol."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pos_desktop.domain.customers import CustomerStatus
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.customer import CustomerScreen


@pytest.fixture
def basket_id(hands: Hands, till: FakeTill) -> str:
    """An open basket, and the customer screen for it."""
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, "BURGER")
    hands.window.go("customer", basket_id=basket_id)
    hands.settle()
    return basket_id


def screen(hands: Hands) -> CustomerScreen:
    shown = hands.window.current
    assert isinstance(shown, CustomerScreen)
    return shown


def names(hands: Hands) -> list[str]:
    return [row.title for row in screen(hands).list.rows.rows]


def search(hands: Hands, text: str, qtbot: QtBot) -> None:
    hands.type(text)
    qtbot.waitUntil(lambda: not screen(hands)._pause.isActive())
    hands.settle()


def test_typing_anywhere_searches(hands: Hands, basket_id: str, qtbot: QtBot) -> None:
    hands.window.current.setFocus()
    search(hands, "jo", qtbot)
    assert names(hands) == ["John Doe", "Alice Johnson"]
    assert screen(hands).profile.name.text() == "John Doe"
    assert screen(hands).profile.points.text() == "1,250"


def test_enter_puts_the_first_on_the_basket_and_goes_back(
    hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot
) -> None:
    search(hands, "jane", qtbot)
    hands.key(Qt.Key.Key_Return)
    assert till.kept[basket_id].basket.customer_id == "CUST_002"
    assert hands.window.screen_name == "sale"


def test_enter_right_after_typing_searches_first_and_takes_nobody_by_accident(
    hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot
) -> None:
    search(hands, "john", qtbot)
    screen(hands).box.setText("jane")
    screen(hands)._pause.start()
    hands.key(Qt.Key.Key_Return)
    assert till.kept[basket_id].basket.customer_id is None
    assert names(hands) == ["Jane Smith"]


def test_arrows_choose_another(hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot) -> None:
    search(hands, "jo", qtbot)
    hands.key(Qt.Key.Key_Down)
    assert screen(hands).profile.name.text() == "Alice Johnson"
    hands.key(Qt.Key.Key_Return)
    assert till.kept[basket_id].basket.customer_id == "CUST_004"


def test_a_scanned_card_finds_its_holder(hands: Hands, basket_id: str) -> None:
    hands.scan("CARD_123456")
    assert names(hands) == ["Bob Wilson"]


def test_nobody_found_is_said_with_what_can_be_done(hands: Hands, basket_id: str, qtbot: QtBot) -> None:
    search(hands, "zzz", qtbot)
    assert screen(hands).empty.text() == "Nobody on this till matches “zzz”."
    assert screen(hands).ask.isVisible()
    assert screen(hands).enrol.isVisible()


def test_while_customers_are_loading_nobody_is_called_unknown(
    hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot
) -> None:
    till.loaded = False
    search(hands, "zzz", qtbot)
    assert screen(hands).empty.text().startswith("Not all customers are loaded")


def test_the_centre_is_asked_beside_the_screen(hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot) -> None:
    gate = till.gate("customers.lookup")
    search(hands, "+4915112349999", qtbot)
    till.people["NEW"] = replace(till.people["CUST_002"], id="NEW", first_name="Nora", phone="+4915112349999")
    hands.tap(screen(hands).ask, wait=False)
    qtbot.waitUntil(lambda: till.calls["customers.lookup"] == 1)
    assert not screen(hands).ask.isEnabled()
    gate.set()
    hands.settle()
    assert names(hands) == ["Nora Smith"]
    hands.key(Qt.Key.Key_Return)
    assert till.kept[basket_id].basket.customer_id == "NEW"


def test_a_centre_that_knows_nobody_says_so(hands: Hands, basket_id: str, qtbot: QtBot) -> None:
    search(hands, "+49151", qtbot)
    screen(hands).box.setText("+491510000")
    screen(hands)._search()
    hands.settle()
    hands.key(Qt.Key.Key_F6)
    assert screen(hands).empty.text().startswith("The centre does not know")


def test_a_centre_that_cannot_be_asked_is_not_the_same(
    hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot
) -> None:
    till.online = False
    search(hands, "+491510000", qtbot)
    hands.key(Qt.Key.Key_F6)
    assert screen(hands).empty.text().startswith("The centre cannot be asked")


def test_three_fields_make_a_customer_on_the_basket(hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot) -> None:
    search(hands, "0171555", qtbot)
    hands.key(Qt.Key.Key_F9)
    form = screen(hands).form
    assert form.fields["phone"].text() == "0171555"
    hands.type("Anna Maria Berg")
    hands.key(Qt.Key.Key_Return)
    new = till.people[till.kept[basket_id].basket.customer_id or ""]
    assert (new.first_name, new.last_name, new.phone) == ("Anna Maria", "Berg", "0171555")
    assert hands.window.screen_name == "sale"


def test_a_card_scanned_into_the_form_is_not_typed_into_a_field(hands: Hands, till: FakeTill, basket_id: str) -> None:
    hands.key(Qt.Key.Key_F9)
    hands.type("Cher")
    hands.scan("CARD_777")
    assert screen(hands).form.fields["name"].text() == "Cher"
    assert screen(hands).form.card.text() == "Card CARD_777"
    hands.key(Qt.Key.Key_Return)
    assert till.people[till.kept[basket_id].basket.customer_id or ""].card == "CARD_777"


def test_without_a_name_nobody_is_enrolled_and_nothing_typed_is_lost(
    hands: Hands, till: FakeTill, basket_id: str
) -> None:
    before = len(till.people)
    hands.key(Qt.Key.Key_F9)
    form = screen(hands).form
    hands.key(Qt.Key.Key_Tab)
    hands.type("0171")
    hands.key(Qt.Key.Key_Return)
    assert len(till.people) == before
    assert hands.message != ""
    assert form.isVisible()
    assert form.fields["phone"].text() == "0171"


def test_enrolled_twice_at_once_it_is_one_customer(hands: Hands, till: FakeTill, basket_id: str) -> None:
    before = len(till.people)
    hands.key(Qt.Key.Key_F9)
    hands.type("Cher")
    hands.scan("CARD_777")
    gate = till.gate("customers.enrol")
    hands.tap(screen(hands).form.save, wait=False)
    hands.tap(screen(hands).form.save, wait=False)
    gate.set()
    hands.settle()
    assert len(till.people) == before + 1


def test_esc_closes_the_form_and_then_the_screen(hands: Hands, basket_id: str) -> None:
    hands.key(Qt.Key.Key_F9)
    hands.key(Qt.Key.Key_Escape)
    assert hands.window.screen_name == "customer"
    hands.key(Qt.Key.Key_Escape)
    assert hands.window.screen_name == "sale"


def test_the_customer_of_the_basket_is_shown_and_can_be_taken_off(hands: Hands, till: FakeTill, basket_id: str) -> None:
    till.baskets.attach_customer(basket_id, "CUST_001")
    hands.window.go("customer", basket_id=basket_id)
    hands.settle()
    assert screen(hands).profile.name.text() == "John Doe"
    assert not screen(hands).profile.use.isVisible()
    hands.tap(screen(hands).profile.detach)
    assert till.kept[basket_id].basket.customer_id is None


def test_a_blocked_customer_is_marked(hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot) -> None:
    assert till.people["CUST_005"].status is CustomerStatus.BLOCKED
    search(hands, "eve", qtbot)
    assert screen(hands).list.rows.rows[0].marks == (("Blocked", "trouble"),)
    assert "Blocked" in screen(hands).profile.marks.text()


def test_an_old_balance_shows_its_age(hands: Hands, till: FakeTill, basket_id: str, qtbot: QtBot) -> None:
    till.online = False
    till.people["OLD"] = replace(till.people["CUST_001"], id="OLD", first_name="Olga", phone="+4917000")
    search(hands, "nobody-yet", qtbot)
    screen(hands).box.setText("+4917000")
    hands.key(Qt.Key.Key_F6)
    assert "as of" in screen(hands).profile.points_detail.text()
    assert "625 of them offline" in screen(hands).profile.points_detail.text()
