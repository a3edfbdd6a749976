"""The sale screen by real keys and touches, on a till that behaves like one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pos_desktop.domain.basket import BasketLine, BasketState
from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.domain.shop import EmbeddedPattern, EmbeddedValue
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketView
from tests.support.quiet import LogWatch
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.app import MainWindow
from ui.sale_entry import Mode
from ui.widgets.basket_table import ITEM, QUANTITY

BURGER, MILK, BREAD = "4000001000012", "4000001000036", "4000001000043"


def view(hands: Hands) -> BasketView:
    shown = hands.sale.view
    assert shown is not None
    return shown


def lines(hands: Hands) -> list[tuple[str, int]]:
    return [(line.name, line.quantity_milli // 1000) for line in view(hands).basket.lines]


def first(hands: Hands) -> BasketLine:
    return view(hands).basket.lines[0]


# Scanning


def test_a_scan_is_a_line_and_shows_large(hands: Hands) -> None:
    hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 1)]
    assert hands.sale.parts.band.name.text() == "Cheeseburger"
    assert hands.sale.parts.band.price.text() == "€8.99"
    assert hands.sale.parts.total.text() == "8.99"
    assert hands.sale.parts.pay_button.text() == "Pay €8.99"
    assert hands.sale.parts.box.text() == ""


def test_the_same_scan_again_counts_up(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 2)]
    assert hands.sale.parts.band.price.text() == "2 × €8.99"


def test_scans_faster_than_the_disk_are_all_taken(hands: Hands, till: FakeTill) -> None:
    gate = till.gate("baskets.scan")
    for code in (BURGER, MILK, BREAD, BURGER):
        hands.scan(code, wait=False)
    gate.set()
    hands.settle()
    assert lines(hands) == [("Cheeseburger", 2), ("Whole milk 3.5 % 1 l", 1), ("Rye bread 750 g", 1)]


def test_a_scan_before_the_first_basket_is_there_is_not_lost(window: MainWindow, till: FakeTill, qtbot: QtBot) -> None:
    gate = till.gate("baskets.start")
    window.desk.session = till.staff.log_in("emp_1", "1111")
    window.go("sale")
    hands = Hands(window, qtbot)
    hands.scan(BURGER, wait=False)
    gate.set()
    hands.settle()
    assert lines(hands) == [("Cheeseburger", 1)]


def test_a_scan_works_whatever_has_the_focus(hands: Hands) -> None:
    for widget in (hands.sale.parts.table, hands.sale.parts.grid, hands.sale.parts.pay_button):
        widget.setFocus()
        hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 3)]
    assert hands.window.screen_name == "sale"


def test_an_unknown_code_is_shown_with_what_can_be_done(hands: Hands) -> None:
    hands.scan("4006381333931")
    band = hands.sale.parts.band
    assert band.name.text() == "4006381333931"
    assert band.search_button.isVisible()
    assert band.open_button.isVisible()
    assert hands.sale.message.tone == "bad"
    assert lines(hands) == []


def test_an_unknown_code_can_be_sold_as_an_open_item(hands: Hands) -> None:
    hands.scan("4006381333931")
    hands.tap(hands.sale.parts.band.open_button)
    hands.type("3.5")
    hands.key(Qt.Key.Key_Return)
    line = first(hands)
    assert (line.barcode, line.unit_price_minor) == ("4006381333931", 350)
    assert not hands.sale.parts.band.open_button.isVisible()


def test_a_number_before_a_scan_is_how_many(hands: Hands) -> None:
    hands.type("3")
    hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 3)]
    hands.type("2")
    hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 5)]


def test_a_code_typed_by_hand_and_entered_is_sold(hands: Hands) -> None:
    hands.type(BURGER)
    assert lines(hands) == []
    hands.key(Qt.Key.Key_Return)
    assert lines(hands) == [("Cheeseburger", 1)]


def test_an_overlong_scan_is_refused_and_changes_nothing(hands: Hands) -> None:
    hands.scan("9" * 90)
    assert "too long" in hands.message
    assert lines(hands) == []


def test_a_scan_of_a_card_brings_its_customer(hands: Hands, till: FakeTill) -> None:
    hands.scan("CARD_123456")
    assert hands.sale.parts.customer.lines.head == "Looking up CARD_123456 …"
    till.customers.lookup("CARD_123456", view(hands).basket.id)
    hands.settle()
    assert hands.sale.parts.customer.lines.head.startswith("Bob Wilson")


def test_a_phone_number_typed_anywhere_identifies_the_customer(hands: Hands) -> None:
    hands.type("+1234567890")
    hands.key(Qt.Key.Key_Return)
    assert view(hands).basket.customer_identifier == "+1234567890"


def test_a_bug_in_a_service_is_said_and_the_till_goes_on(hands: Hands, till: FakeTill, expected_logs: LogWatch) -> None:
    expected_logs("met a bug")
    till.fail_once("baskets.scan", RuntimeError("broken"))
    hands.scan(BURGER)
    assert "Something went wrong" in hands.message
    hands.scan(BURGER)
    assert lines(hands) == [("Cheeseburger", 1)]


def test_a_full_disk_is_said_and_changes_nothing(hands: Hands, till: FakeTill) -> None:
    till.fail_once("baskets.scan", StorageTrouble(ErrorCode.DISK_FULL))
    hands.scan(BURGER)
    assert "disk is full" in hands.message
    assert lines(hands) == []


# Lines


def test_the_steppers_count_every_tap(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    table = hands.sale.parts.table
    rect = table.visualRect(table.lines.index(0, QUANTITY))
    gate = till.gate("baskets.set_quantity")
    for _ in range(3):
        hands.tap(table.viewport(), QPoint(rect.right() - 20, rect.center().y()), wait=False)
    gate.set()
    hands.settle()
    assert lines(hands) == [("Cheeseburger", 4)]
    hands.tap_cell(table, 0, QUANTITY, at_x=20)
    assert lines(hands) == [("Cheeseburger", 3)]


def test_one_less_than_one_removes_the_line_and_undo_brings_it_back(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.scan(MILK)
    hands.tap_cell(hands.sale.parts.table, 0, QUANTITY, at_x=20)
    assert lines(hands) == [("Whole milk 3.5 % 1 l", 1)]
    assert hands.message == "Cheeseburger removed."
    hands.tap(hands.sale.message.action)
    assert lines(hands) == [("Cheeseburger", 1), ("Whole milk 3.5 % 1 l", 1)]


def test_del_removes_the_chosen_line(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.scan(MILK)
    hands.key(Qt.Key.Key_Up)
    hands.key(Qt.Key.Key_Delete)
    assert lines(hands) == [("Whole milk 3.5 % 1 l", 1)]


def test_a_swipe_to_the_left_removes_a_line(hands: Hands) -> None:
    hands.scan(BURGER)
    table = hands.sale.parts.table
    rect = table.visualRect(table.lines.index(0, ITEM))
    hands.drag(table.viewport(), rect.center(), rect.center() - QPoint(150, 0))
    assert lines(hands) == []


def test_a_finger_that_scrolls_opens_nothing(hands: Hands, till: FakeTill) -> None:
    for product in till.products[:20]:
        till.baskets.add_product(view(hands).basket.id, product.id)
    hands.settle()
    table = hands.sale.parts.table
    table.verticalScrollBar().setValue(0)
    hands.drag(table.viewport(), QPoint(300, 400), QPoint(300, 200))
    assert table.verticalScrollBar().value() == 200
    assert hands.sale.lines.panel == "tiles"


def test_a_tap_opens_the_line_and_esc_closes_it(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.tap_cell(hands.sale.parts.table, 0, ITEM)
    assert hands.sale.lines.panel == "line"
    assert hands.sale.parts.line_panel.title.text() == "Cheeseburger"
    assert "1 × 8.99 = 8.99" in hands.sale.parts.line_panel.reasons.text()
    hands.key(Qt.Key.Key_Escape)
    assert hands.sale.lines.panel == "tiles"
    assert lines(hands) == [("Cheeseburger", 1)]


@pytest.mark.parametrize("number_first", [True, False])
def test_quantity_by_function_key(hands: Hands, number_first: bool) -> None:
    hands.scan(BURGER)
    if number_first:
        hands.type("12")
        hands.key(Qt.Key.Key_F2)
    else:
        hands.key(Qt.Key.Key_F2)
        hands.type("12")
        hands.key(Qt.Key.Key_Return)
    assert lines(hands) == [("Cheeseburger", 12)]


def test_price_by_touch(hands: Hands) -> None:
    hands.scan(BURGER)
    parts = hands.sale.parts
    hands.tap(parts.mode_keys["price"])
    assert parts.mode_keys["price"].isChecked()
    for key in ("7", ".", "5"):
        hands.tap(parts.keypad.keys[key])
    hands.tap(parts.enter_key)
    assert first(hands).unit_price_minor == 750
    assert not parts.mode_keys["price"].isChecked()


def test_discount_is_percent_first_and_an_amount_when_pressed_again(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.key(Qt.Key.Key_F4)
    modes = [hands.sale.typing.entry.mode]
    hands.key(Qt.Key.Key_F4)
    modes.append(hands.sale.typing.entry.mode)
    assert modes == [Mode.PERCENT, Mode.AMOUNT_OFF]
    hands.type("2")
    hands.key(Qt.Key.Key_Return)
    discount = first(hands).discount
    assert discount is not None
    assert (discount.kind.value, discount.value) == ("amount", 200)


@pytest.mark.parametrize(
    ("key", "number", "said"),
    [
        (Qt.Key.Key_F2, "0", "more than 0"),
        (Qt.Key.Key_F2, "1000000000000", "larger than this till allows"),
        (Qt.Key.Key_F4, "101", "between 0 and 100"),
        (Qt.Key.Key_F3, "1.234", "is not a number"),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_changes_nothing(
    hands: Hands, key: Qt.Key, number: str, said: str
) -> None:
    hands.scan(BURGER)
    before = first(hands)
    hands.key(key)
    hands.type(number)
    hands.key(Qt.Key.Key_Return)
    assert said in hands.message
    assert hands.sale.message.tone == "bad"
    assert first(hands) == before


def test_a_function_key_without_a_line_says_what_is_missing(hands: Hands) -> None:
    hands.key(Qt.Key.Key_F2)
    assert hands.message == "There is no line yet. Scan an item first."


def test_a_scan_while_a_price_is_half_typed_is_a_scan(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.key(Qt.Key.Key_F3)
    hands.type("99")
    hands.scan(MILK)
    assert lines(hands) == [("Cheeseburger", 1), ("Whole milk 3.5 % 1 l", 1)]
    assert first(hands).unit_price_minor == 899
    assert hands.sale.typing.entry.mode is Mode.NONE


def test_a_scan_while_a_line_is_open_is_a_scan(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.tap_cell(hands.sale.parts.table, 0, ITEM)
    hands.sale.parts.line_panel.buttons["remove"].setFocus()
    hands.scan(MILK)
    assert lines(hands) == [("Cheeseburger", 1), ("Whole milk 3.5 % 1 l", 1)]
    assert hands.sale.lines.panel == "tiles"


def test_a_note_is_written_on_a_line(hands: Hands) -> None:
    hands.scan(BREAD)
    hands.tap_cell(hands.sale.parts.table, 0, ITEM)
    hands.tap(hands.sale.parts.line_panel.buttons["note"])
    hands.type("sliced")
    hands.key(Qt.Key.Key_Return)
    assert first(hands).note == "sliced"


# Tiles and search


def test_a_tile_is_sold_by_a_tap(hands: Hands) -> None:
    grid = hands.sale.parts.grid
    hands.tap(grid.viewport(), grid.visualRect(grid.products.cell(0)).center())
    assert lines(hands) == [("Cheeseburger", 1)]


def test_typing_anywhere_searches(hands: Hands) -> None:
    hands.sale.parts.table.setFocus()
    hands.type("choc")
    products = hands.sale.parts.grid.products
    assert hands.sale.parts.box.text() == "choc"
    assert [products.cell(place).data() for place in range(products.total)] == ["Dark chocolate 70 %"]


def test_a_till_without_a_keyboard_has_letters_on_its_screen(hands: Hands) -> None:
    parts = hands.sale.parts
    hands.tap(parts.keyboard_button)
    letters = parts.touch_keys
    assert letters is not None
    for letter in "choc":
        hands.tap(letters.keys[letter])
    assert parts.box.text() == "choc"
    assert min(key.width() for key in letters.keys.values()) >= 48
    hands.tap(parts.grid.viewport(), parts.grid.visualRect(parts.grid.products.cell(0)).center())
    assert lines(hands) == [("Dark chocolate 70 %", 1)]
    assert not letters.isVisible()


def test_the_chosen_line_stays_in_view_under_the_letters(hands: Hands, till: FakeTill) -> None:
    for product in till.products[:10]:
        till.baskets.add_product(view(hands).basket.id, product.id)
    hands.settle()
    table = hands.sale.parts.table
    hands.tap(hands.sale.parts.keyboard_button)
    rect = table.visualRect(table.currentIndex())
    assert table.currentIndex().row() == 9
    assert table.viewport().rect().contains(rect)


def test_a_scanned_weighed_article_asks_for_its_weight(hands: Hands) -> None:
    hands.scan("4000001000029")
    assert hands.message == "Type the weight of Apples Elstar in kg, then OK."
    hands.type("1.25")
    hands.key(Qt.Key.Key_Return)
    assert [line.quantity_milli for line in view(hands).basket.lines] == [1_250]


def test_a_label_from_the_scales_is_not_asked_for_its_weight_again(hands: Hands, till: FakeTill) -> None:
    pattern = EmbeddedPattern("28IIIIIVVVVVC", EmbeddedValue.WEIGHT, 3)
    hands.window.desk.shop = replace(till.shop, embedded_patterns=(pattern,))
    apples = till.catalogue.by_id("APPLE")
    till.products.append(replace(apples, id="LABEL", barcodes=("2812345010006",)))
    hands.scan("2812345010006")
    assert first(hands).quantity_milli == 1_000
    assert hands.message == ""


def test_categories_are_pushed_sideways_by_a_finger(hands: Hands) -> None:
    chips = hands.sale.parts.chips
    second = chips.chips["cat_1"]
    hands.drag(second, second.rect().center(), second.rect().center() - QPoint(120, 0))
    assert chips.horizontalScrollBar().value() > 0
    assert chips.chips[""].isChecked()


def test_enter_sells_the_only_hit(hands: Hands) -> None:
    hands.type("choc")
    hands.key(Qt.Key.Key_Return)
    assert lines(hands) == [("Dark chocolate 70 %", 1)]
    assert hands.sale.parts.box.text() == ""


def test_of_several_hits_one_is_chosen_by_the_arrows(hands: Hands) -> None:
    hands.type("bakery")
    hands.key(Qt.Key.Key_Return)
    hands.key(Qt.Key.Key_Right)
    hands.key(Qt.Key.Key_Return)
    assert lines(hands) == [("Bakery no. 7", 1)]


def test_a_search_without_a_hit_says_so(hands: Hands) -> None:
    hands.type("zzz")
    hands.key(Qt.Key.Key_Return)
    assert hands.message == "Nothing found for “zzz”."


def test_a_weighed_product_asks_for_its_weight(hands: Hands) -> None:
    hands.type("elstar")
    hands.key(Qt.Key.Key_Return)
    assert hands.message == "Type the weight of Apples Elstar in kg, then OK."
    hands.type("0.45")
    hands.key(Qt.Key.Key_Return)
    assert first(hands).quantity_milli == 450


def test_a_category_narrows_the_tiles(hands: Hands) -> None:
    hands.tap(hands.sale.parts.chips.chips["cat_2"])
    products = hands.sale.parts.grid.products
    shown = [products.product(place) for place in range(products.total)]
    assert {product.category_id for product in shown if product is not None} == {"cat_2"}
    assert None not in shown


def test_pages_come_as_they_are_scrolled_into_view(hands: Hands, till: FakeTill) -> None:
    grid = hands.sale.parts.grid
    asked = till.calls["catalogue.products"]
    assert grid.products.product(100) is None
    hands.settle()
    assert grid.products.product(100) is not None
    assert till.calls["catalogue.products"] == asked + 1


# Baskets


def test_plus_opens_a_second_basket_and_the_tabs_switch(hands: Hands) -> None:
    hands.scan(BURGER)
    one = view(hands).basket.id
    hands.tap(hands.sale.parts.new_button)
    two = view(hands).basket.id
    assert lines(hands) == []
    hands.scan(MILK)
    tabs = hands.sale.parts.tabs.chips
    assert list(tabs) == [one, two]
    assert tabs[two].accessibleName() == "Basket 2 1.29"
    hands.tap(tabs[one])
    assert lines(hands) == [("Cheeseburger", 1)]


def test_an_answer_for_another_basket_does_not_show_in_this_one(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    one = view(hands).basket.id
    hands.key(Qt.Key.Key_F9)
    gate = till.gate("baskets.scan")
    hands.scan(MILK, wait=False)
    hands.tap(hands.sale.parts.tabs.chips[one], wait=False)
    gate.set()
    hands.settle()
    assert view(hands).basket.id == one
    assert lines(hands) == [("Cheeseburger", 1)]


def test_hold_puts_the_basket_aside_and_begins_a_new_one(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    held = view(hands).basket.id
    hands.key(Qt.Key.Key_F6)
    assert till.kept[held].basket.state is BasketState.HELD
    assert lines(hands) == []
    assert hands.message.startswith("The basket is held")


def test_an_empty_basket_is_not_held(hands: Hands) -> None:
    hands.key(Qt.Key.Key_F6)
    assert "nothing in the basket" in hands.message


def test_voiding_takes_a_reason(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    gone = view(hands).basket.id
    hands.key(Qt.Key.Key_F10)
    hands.tap(hands.sale.parts.more_panel.buttons["void"])
    assert till.kept[gone].basket.state is BasketState.OPEN
    hands.tap(hands.sale.parts.void_panel.buttons["void_mistake"])
    assert till.kept[gone].basket.state is BasketState.VOIDED
    assert till.baskets.voided_by == ["emp_1"]
    assert lines(hands) == []


def test_a_basket_discount_is_given_and_taken_back(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.key(Qt.Key.Key_F10)
    hands.tap(hands.sale.parts.more_panel.buttons["basket_percent"])
    hands.type("10")
    hands.key(Qt.Key.Key_Return)
    discount = view(hands).basket.discount
    assert discount is not None
    assert discount.value == 1_000
    hands.tap(hands.sale.parts.more_panel.buttons["no_basket_discount"])
    assert view(hands).basket.discount is None


def test_esc_never_loses_a_basket(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.type("12")
    for _ in range(4):
        hands.key(Qt.Key.Key_Escape)
    assert lines(hands) == [("Cheeseburger", 1)]
    assert hands.window.screen_name == "sale"


def test_two_quick_presses_of_pay_begin_once(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    gate = till.gate("checkout.begin")
    hands.tap(hands.sale.parts.pay_button, wait=False)
    QTest.keyClick(hands.window, Qt.Key.Key_F12)
    gate.set()
    hands.settle()
    assert till.calls["checkout.begin"] == 1
    assert hands.window.screen_name == "payment"


def test_an_empty_basket_cannot_be_paid(hands: Hands) -> None:
    assert not hands.sale.parts.pay_button.isEnabled()
    hands.key(Qt.Key.Key_F12)
    assert "nothing in the basket" in hands.message
    assert hands.window.screen_name == "sale"


def test_back_on_the_sale_screen_after_a_sale_there_is_a_new_basket(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    sold = view(hands).basket.id
    till.kept[sold].basket = till.kept[sold].basket.__class__(
        sold, BasketState.COMPLETED, "emp_1", "term_001", till.kept[sold].basket.opened_at
    )
    hands.window.go("sale")
    hands.settle()
    assert view(hands).basket.id != sold
    assert lines(hands) == []


# News


def test_a_customer_found_in_the_background_appears_by_itself(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    till.baskets.attach_customer(view(hands).basket.id, "CUST_001")
    hands.settle()
    assert hands.sale.parts.customer.lines.head == "John Doe · GOLD"
    assert "1,250 points + 8 = 1,258" in hands.sale.parts.customer.lines.detail
    assert hands.sale.parts.tabs.chips[view(hands).basket.id].text() == "John Doe"


def test_an_own_change_is_not_read_again(hands: Hands, till: FakeTill) -> None:
    before = till.calls["baskets.get"]
    hands.scan(BURGER)
    assert till.calls["baskets.get"] == before


def test_new_products_appear_when_the_catalogue_changes(hands: Hands, till: FakeTill) -> None:
    asked = till.calls["catalogue.products"]
    till.changes.publish(Changes.CATALOGUE)
    hands.settle()
    assert till.calls["catalogue.products"] > asked


def test_the_screen_answers_while_the_till_is_busy(hands: Hands, till: FakeTill) -> None:
    gate = till.gate("baskets.scan")
    hands.scan(BURGER, wait=False)
    QTest.keyClick(hands.window, Qt.Key.Key_F10)
    assert hands.sale.lines.panel == "more"
    gate.set()
    hands.settle()
    assert lines(hands) == [("Cheeseburger", 1)]
