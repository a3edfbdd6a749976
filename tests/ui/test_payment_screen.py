"""Payment by real keys and touches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.services.changes import Changes
from pos_desktop.settings import Settings
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from tests.ui.paying import Paying, pay

CASH, CARD, POINTS, CREDIT = TenderKind.CASH, TenderKind.CARD, TenderKind.POINTS, TenderKind.CREDIT


@pytest.fixture
def at_counter(open_window: OpenWindow, settings: Settings, till: FakeTill, qtbot: QtBot) -> Hands:
    """A cashier at a till with a card terminal."""
    window = open_window(replace(settings, card_terminal="tcp://127.0.0.1:7000"))
    window.desk.session = till.staff.log_in("emp_1", "1111")
    return Hands(window, qtbot)


@pytest.fixture
def paying(at_counter: Hands, till: FakeTill) -> Paying:
    return pay(at_counter, till)


@pytest.fixture
def paying_john(at_counter: Hands, till: FakeTill) -> Paying:
    return pay(at_counter, till, "CUST_001")


def kinds(paying: Paying) -> list[TenderKind]:
    return [tender.kind for tender in paying.basket.tenders]


# Cash


def test_the_screen_shows_what_is_to_pay_and_the_basket_beside_it(paying: Paying) -> None:
    assert paying.view.left.text() == "€17.98"
    assert paying.view.basket.total.text() == "€17.98"
    assert [row.title for row in paying.view.basket.lines.rows.rows] == ["Cheeseburger"]
    assert paying.basket.basket.state is BasketState.PAYING


def test_one_key_takes_the_exact_cash_and_finishes(paying: Paying) -> None:
    paying.hands.key(Qt.Key.Key_F5)
    assert paying.shown == "receipt"
    sale = paying.till.sold[paying.basket_id]
    assert [(tender.kind, tender.given_minor, tender.change_minor) for tender in sale.tenders] == [(CASH, 1798, 0)]


def test_typed_cash_and_enter_give_change(paying: Paying) -> None:
    paying.hands.type("50")
    assert paying.view.entry.text() == "€50.00"
    paying.hands.key(Qt.Key.Key_Return)
    assert paying.till.sold[paying.basket_id].tenders[0].change_minor == 5000 - 1798


def test_cash_typed_on_the_keypad_is_the_same(paying: Paying) -> None:
    for key in ("2", "0", ".", "5"):
        paying.hands.tap(paying.view.keypad.keys[key])
    paying.hands.tap(paying.view.tiles[CASH])
    assert paying.till.sold[paying.basket_id].tenders[0].given_minor == 2050


def test_a_likely_note_is_one_touch(paying: Paying) -> None:
    assert [button.text() for button in paying.view.quick if button.isVisible()][:2] == ["17.98", "20.00"]
    paying.hands.tap(paying.view.quick[1])
    assert paying.till.sold[paying.basket_id].tenders[0].given_minor == 2000


def test_less_cash_leaves_a_rest_and_can_be_taken_back(paying: Paying) -> None:
    paying.hands.type("10")
    paying.hands.key(Qt.Key.Key_F5)
    assert paying.view.left.text() == "€7.98"
    assert kinds(paying) == [CASH]
    paying.hands.tap(paying.view.taken_rows[0].remove)
    assert paying.view.left.text() == "€17.98"
    assert kinds(paying) == []


def test_enter_without_an_amount_pays_nothing(paying: Paying) -> None:
    paying.hands.key(Qt.Key.Key_Return)
    assert paying.shown == "payment"
    assert kinds(paying) == []


def test_touched_twice_at_once_it_is_one_sale_and_one_tender(paying: Paying, till: FakeTill) -> None:
    gate = till.gate("checkout.pay_cash")
    paying.hands.tap(paying.view.tiles[CASH], wait=False)
    paying.hands.tap(paying.view.tiles[CASH], wait=False)
    gate.set()
    paying.hands.settle()
    assert till.calls["checkout.pay_cash"] == 1
    assert len(till.sold[paying.basket_id].tenders) == 1


def test_the_window_answers_while_the_disk_is_slow(paying: Paying, till: FakeTill, qtbot: QtBot) -> None:
    gate = till.gate("checkout.finalise")
    paying.hands.tap(paying.view.tiles[CASH], wait=False)
    qtbot.waitUntil(lambda: till.calls["checkout.finalise"] == 1)
    assert paying.shown == "payment"
    assert not paying.view.settled_panel.finish.isEnabled()
    gate.set()
    paying.hands.settle()
    assert paying.shown == "receipt"


def test_a_full_disk_keeps_the_payment_and_can_be_tried_again(paying: Paying, till: FakeTill) -> None:
    till.fail_once("checkout.finalise", StorageTrouble(ErrorCode.DISK_FULL))
    paying.hands.key(Qt.Key.Key_F5)
    assert paying.shown == "payment"
    assert paying.hands.message != ""
    assert paying.view.settled_panel.finish.isVisible()
    paying.hands.key(Qt.Key.Key_F12)
    assert paying.shown == "receipt"
    assert len(till.sold) == 1


def test_f12_twice_is_one_sale(paying: Paying, till: FakeTill) -> None:
    till.fail_once("checkout.finalise", StorageTrouble(ErrorCode.DISK_FULL))
    paying.hands.key(Qt.Key.Key_F5)
    gate = till.gate("checkout.finalise")
    finish = paying.view.settled_panel.finish
    paying.hands.tap(finish, wait=False)
    paying.hands.tap(finish, wait=False)
    gate.set()
    paying.hands.settle()
    assert till.calls["checkout.finalise"] == 2
    assert len(till.sold) == 1


def test_a_basket_that_costs_nothing_is_finished_by_one_key(at_counter: Hands, till: FakeTill) -> None:
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_open_item(basket_id, "Gift", 0)
    at_counter.window.go("payment", basket_id=basket_id)
    at_counter.settle()
    at_counter.key(Qt.Key.Key_F12)
    assert basket_id in till.sold


# Esc


def test_esc_goes_back_to_the_basket(paying: Paying) -> None:
    paying.hands.key(Qt.Key.Key_Escape)
    assert paying.shown == "sale"
    assert paying.basket.basket.state is BasketState.OPEN
    assert len(paying.basket.basket.lines) == 1


def test_esc_first_forgets_what_is_typed(paying: Paying) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_Escape)
    assert paying.shown == "payment"
    assert paying.view.entry.text() == ""


def test_esc_with_money_taken_stays_and_says_why(paying: Paying) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_F5)
    paying.hands.key(Qt.Key.Key_Escape)
    assert paying.shown == "payment"
    assert paying.hands.message != ""


# Card


def test_a_card_pays_all_that_is_left(paying: Paying) -> None:
    paying.hands.key(Qt.Key.Key_F6)
    assert paying.shown == "receipt"
    assert paying.till.sold[paying.basket_id].tenders[0].detail == "VISA **** 1234"


def test_the_terminals_steps_are_shown_and_it_can_be_cancelled(paying: Paying, till: FakeTill, qtbot: QtBot) -> None:
    till.gate("checkout.pay_card")
    paying.hands.tap(paying.view.tiles[CARD], wait=False)
    panel = paying.view.card_panel
    qtbot.waitUntil(lambda: till.calls["checkout.pay_card"] == 1)
    qtbot.waitUntil(lambda: "Bank is answering, now" in spoken_steps(paying))
    assert panel.isVisible()
    QTest.keyClick(paying.screen, Qt.Key.Key_Escape)
    paying.hands.settle()
    assert till.calls["checkout.cancel_card"] == 1
    assert paying.shown == "payment"
    assert kinds(paying) == []
    assert paying.hands.message == "Card payment cancelled. Nothing was charged."


def spoken_steps(paying: Paying) -> list[str]:
    return [words.accessibleName() for _picture, words in paying.view.card_panel._steps]


def test_a_declined_card_leaves_the_basket_to_be_paid_otherwise(paying: Paying, till: FakeTill) -> None:
    till.card_script = ["decline"]
    paying.hands.key(Qt.Key.Key_F6)
    assert paying.hands.message != ""
    assert paying.view.tiles[CASH].isVisible()
    paying.hands.key(Qt.Key.Key_F5)
    assert paying.shown == "receipt"


def test_an_unknown_outcome_blocks_a_second_charge_until_the_terminal_is_asked(paying: Paying, till: FakeTill) -> None:
    till.card_script = ["unknown", "approve"]
    paying.hands.key(Qt.Key.Key_F6)
    assert paying.view.unknown_panel.isVisible()
    paying.hands.key(Qt.Key.Key_F6)
    paying.hands.key(Qt.Key.Key_F5)
    assert till.calls["checkout.pay_card"] == 1
    assert till.calls["checkout.pay_cash"] == 0
    paying.hands.key(Qt.Key.Key_Return)
    assert paying.shown == "receipt"
    assert [tender.kind for tender in till.sold[paying.basket_id].tenders] == [CARD]


def test_a_terminal_that_stays_silent_keeps_the_question_open(paying: Paying, till: FakeTill) -> None:
    till.card_script = ["unknown", "silent"]
    paying.hands.key(Qt.Key.Key_F6)
    paying.hands.tap(paying.view.unknown_panel.ask)
    assert paying.view.unknown_panel.isVisible()
    assert paying.view.unknown_panel.ask.isEnabled()
    assert paying.hands.message != ""


def test_a_terminal_that_says_it_refused_frees_the_tenders(paying: Paying, till: FakeTill) -> None:
    till.card_script = ["unknown", "decline"]
    paying.hands.key(Qt.Key.Key_F6)
    paying.hands.tap(paying.view.unknown_panel.ask)
    assert paying.view.tiles[CASH].isVisible()
    assert paying.basket.card_unknown is None


def test_the_next_customer_can_be_served_while_a_card_is_unknown(paying: Paying, till: FakeTill) -> None:
    till.card_script = ["unknown"]
    paying.hands.key(Qt.Key.Key_F6)
    paying.hands.tap(paying.view.unknown_panel.leave)
    assert paying.shown == "sale"
    assert paying.basket.basket.state is BasketState.PAYING
    assert paying.basket.card_unknown is not None


def test_a_card_payment_is_given_back_only_when_asked_twice(paying: Paying, till: FakeTill) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_F6)
    row = paying.view.taken_rows[0]
    paying.hands.tap(row.remove)
    assert kinds(paying) == [CARD]
    paying.hands.tap(row.remove)
    assert till.calls["checkout.reverse_card"] == 1
    assert kinds(paying) == []


def test_more_than_is_left_is_refused_to_a_card(paying: Paying, till: FakeTill) -> None:
    paying.hands.type("20")
    assert not paying.view.tiles[CARD].isEnabled()
    paying.hands.key(Qt.Key.Key_F6)
    assert till.calls["checkout.pay_card"] == 0
    assert paying.hands.message == "A card gives no change"


def test_without_a_terminal_the_card_says_so(hands: Hands, till: FakeTill) -> None:
    paying = pay(hands, till)
    assert not paying.view.tiles[CARD].isEnabled()
    assert paying.view.tiles[CARD].detail == "No card terminal set up"


# Points and credit


def test_points_and_credit_need_a_customer(paying: Paying) -> None:
    assert paying.view.tiles[POINTS].detail == "Needs a customer"
    assert not paying.view.tiles[CREDIT].isEnabled()


def test_all_points_are_spent_by_two_keys(paying_john: Paying) -> None:
    paying_john.hands.key(Qt.Key.Key_F7)
    assert paying_john.view.points_panel.worth.text() == "€12.50"
    paying_john.hands.key(Qt.Key.Key_Return)
    assert [(tender.kind, tender.points) for tender in paying_john.basket.tenders] == [(POINTS, 1250)]
    assert paying_john.view.left.text() == "€5.48"


def test_fewer_points_can_be_typed(paying_john: Paying) -> None:
    paying_john.hands.key(Qt.Key.Key_F7)
    paying_john.hands.type("300")
    assert paying_john.view.points_panel.worth.text() == "€3.00"
    paying_john.hands.key(Qt.Key.Key_Return)
    assert paying_john.basket.tenders[0].points == 300


def test_more_points_than_there_are_change_nothing(paying_john: Paying) -> None:
    paying_john.hands.key(Qt.Key.Key_F7)
    paying_john.hands.type("1300")
    paying_john.hands.key(Qt.Key.Key_Return)
    assert paying_john.basket.tenders == ()
    assert paying_john.hands.message != ""
    assert paying_john.view.points_panel.isVisible()


def test_offline_the_allowance_bounds_the_points(at_counter: Hands, till: FakeTill) -> None:
    till.online = False
    paying = pay(at_counter, till, "CUST_001")
    paying.hands.key(Qt.Key.Key_F7)
    assert paying.view.points_panel.most.text() == "Up to 625 points may be spent while offline."


def test_esc_leaves_the_points_and_nothing_else(paying_john: Paying) -> None:
    paying_john.hands.key(Qt.Key.Key_F7)
    paying_john.hands.key(Qt.Key.Key_Escape)
    assert paying_john.shown == "payment"
    assert paying_john.view.tiles[CASH].isVisible()


def test_three_tenders_together_pay_the_basket(paying_john: Paying, till: FakeTill) -> None:
    paying_john.hands.key(Qt.Key.Key_F7)
    paying_john.hands.type("500")
    paying_john.hands.key(Qt.Key.Key_Return)
    paying_john.hands.type("2")
    paying_john.hands.key(Qt.Key.Key_F8)
    paying_john.hands.key(Qt.Key.Key_F6)
    tenders = till.sold[paying_john.basket_id].tenders
    assert [(tender.kind, tender.amount_minor) for tender in tenders] == [(POINTS, 500), (CREDIT, 200), (CARD, 1098)]


# Scans


def test_a_loyalty_card_scanned_at_payment_is_looked_up(paying: Paying) -> None:
    paying.hands.scan("CARD_123456")
    assert paying.basket.basket.customer_identifier == "CARD_123456"
    assert paying.shown == "payment"


def test_one_more_thing_scanned_at_payment_is_added(paying: Paying) -> None:
    paying.hands.scan("4000001000036")
    assert paying.view.left.text() == "€19.27"
    assert paying.basket.basket.state is BasketState.PAYING


def test_nothing_is_added_once_money_was_taken(paying: Paying) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_F5)
    paying.hands.scan("4000001000036")
    assert len(paying.basket.basket.lines) == 1
    assert paying.hands.message != ""


def test_a_scan_never_types_an_amount(paying: Paying) -> None:
    paying.hands.scan("9999999999994")
    assert paying.view.entry.text() == ""
    assert kinds(paying) == []


# Around


def test_a_sync_panel_visit_comes_back_to_the_same_payment(paying: Paying) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_F5)
    paying.hands.tap(paying.screen.sync_chip)
    assert paying.shown == "sync"
    paying.hands.key(Qt.Key.Key_Escape)
    assert paying.shown == "payment"
    assert paying.view.left.text() == "€12.98"


def test_every_tender_has_a_finger_wide_key_with_a_name(paying: Paying) -> None:
    for tile in paying.view.tiles.values():
        assert min(tile.width(), tile.height()) >= 64
        assert tile.accessibleName() != ""
    for key in (*paying.view.keypad.keys.values(), *paying.view.quick):
        assert key.height() >= 64
    assert paying.view.tiles[CASH].accessibleName().startswith("Cash F5")


# To be read


def test_the_last_four_digits_of_a_card_stay_in_sight(paying: Paying, till: FakeTill) -> None:
    paying.hands.type("5")
    paying.hands.key(Qt.Key.Key_F6)
    kept = till.find(paying.basket_id)
    kept.tenders = (replace(kept.tenders[0], detail="MASTERCARD DEBIT CONTACTLESS **** 1234"),)
    till.changes.publish(Changes.BASKET, paying.basket_id)
    paying.hands.settle()
    row = paying.view.taken_rows[0]
    assert row.name.shown.startswith("MASTER")
    assert row.name.shown.endswith("1234")
    paying.hands.tap(row.remove)
    assert row.remove.text() == "Give back"
    assert row.name.shown.endswith("1234")


@pytest.mark.parametrize(("inclusive", "word"), [(True, "Incl. tax"), (False, "Plus tax")])
def test_the_tax_is_said_as_on_the_sale_screen(paying: Paying, till: FakeTill, inclusive: bool, word: str) -> None:
    line = till.find(paying.basket_id).basket.lines[0]
    taxed = replace(line, taxes=tuple(replace(each, inclusive=inclusive) for each in line.taxes))
    till.set_basket(paying.basket_id, lines=(taxed,))
    paying.hands.settle()
    assert paying.view.basket.tax_name.text() == word


def test_a_basket_without_tax_does_not_speak_of_it(paying: Paying, till: FakeTill) -> None:
    line = till.find(paying.basket_id).basket.lines[0]
    till.set_basket(paying.basket_id, lines=(replace(line, taxes=()),))
    paying.hands.settle()
    assert not paying.view.basket.tax_name.isVisible()


def test_the_basket_says_in_words_that_its_customer_is_blocked(at_counter: Hands, till: FakeTill) -> None:
    paying = pay(at_counter, till, "CUST_005")
    assert paying.view.basket.count.text() == "2 items · Blocked"


def test_the_basket_names_tier_and_vip(at_counter: Hands, till: FakeTill) -> None:
    assert pay(at_counter, till, "CUST_002").view.basket.count.text() == "2 items · PLATINUM · VIP"


def test_the_keys_stay_where_they_are_whatever_is_beside_them(paying_john: Paying) -> None:
    key = paying_john.view.keypad.keys["7"]
    choosing = key.geometry(), key.mapTo(paying_john.view, key.rect().topLeft())
    paying_john.hands.key(Qt.Key.Key_F7)
    assert paying_john.view.points_panel.isVisible()
    assert (key.geometry(), key.mapTo(paying_john.view, key.rect().topLeft())) == choosing


def test_on_a_large_screen_the_keys_stay_together_and_below_a_hands_width(paying: Paying) -> None:
    paying.hands.window.resize(1920, 1080)
    paying.hands.settle()
    view = paying.view
    assert (paying.hands.window.width(), paying.hands.window.height()) == (1920, 1080)
    assert max(key.height() for key in view.keypad.keys.values()) <= 120
    assert view.tiles[CASH].height() <= 248
    assert max(tile.width() for tile in view.tiles.values()) <= 260
    foot = view.keypad.mapTo(view, view.keypad.rect().bottomLeft()).y()
    assert abs(view.tiles[POINTS].mapTo(view, view.tiles[POINTS].rect().bottomLeft()).y() - foot) <= 2
