"""Fingers, eyes and keyboards: what can be pressed is large enough, named, in sight, and found by Tab."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from pos_desktop.settings import Settings
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.app import SCREENS, MainWindow
from ui.theme import TOUCH, TOUCH_PRIMARY
from ui.widgets.buttons import ActionButton

SIZES = ((1024, 768), (1366, 768), (1920, 1080))


def show(window: MainWindow, till: FakeTill, name: str, qtbot: QtBot) -> Hands:
    """Show a screen with a basket of 14 lines behind it."""
    hands = Hands(window, qtbot)
    if name == "lock":
        return hands
    window.desk.session = till.staff.log_in("emp_1", "1111")
    window.go("sale")
    hands.settle()
    basket_id = hands.sale.view.basket.id if hands.sale.view else ""
    for product in till.products[:14]:
        till.baskets.add_product(basket_id, product.id)
    till.baskets.attach_customer(basket_id, "CUST_006")
    hands.settle()
    if name == "payment":
        hands.sale.pay()
    elif name != "sale":
        window.go(name)
    hands.settle()
    return hands


def pressables(screen: QWidget) -> list[QWidget]:
    """Everything on a screen that can be pressed or typed into now."""
    kinds = (QAbstractButton, QLineEdit)
    return [each for kind in kinds for each in screen.findChildren(kind) if each.isVisible()]


def in_window(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def trouble_with(widget: QWidget, window: QWidget) -> str:
    """What is wrong with something that can be pressed, empty when nothing is."""
    if not widget.accessibleName():
        return "no name"
    if widget.height() < TOUCH or widget.width() < TOUCH:
        return f"too small, {widget.width()} x {widget.height()}"
    seen = widget.visibleRegion()
    cut = not window.rect().contains(in_window(widget, window)) and seen.boundingRect().height() < TOUCH
    return "cut off" if cut and not seen.isEmpty() else ""


def reached_by_tab(window: QWidget) -> set[QWidget]:
    """Everything that Tab leads to, in one round."""
    found: set[QWidget] = set()
    while len(found) < 200:
        window.focusNextChild()
        focused = QApplication.focusWidget()
        if focused is None or focused in found:
            break
        found.add(focused)
    return found


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", SCREENS)
def test_what_can_be_pressed_is_named_large_enough_in_sight_in_full_and_found_by_tab(
    open_window: OpenWindow, till: FakeTill, settings: Settings, name: str, language: str, qtbot: QtBot
) -> None:
    window = open_window(replace(settings, language=language))
    hands = show(window, till, name, qtbot)
    things = pressables(window.current)
    assert things
    troubles = [(each.accessibleName(), trouble_with(each, window)) for each in things]
    assert [trouble for trouble in troubles if trouble[1]] == []
    named_by_people = hands.sale.parts.tabs.chips.values() if name == "sale" else ()
    words = [each for each in things if isinstance(each, ActionButton) and each not in named_by_people]
    assert [each.text() for each in words if not each.shows_whole_word()] == []
    reached = reached_by_tab(window)
    assert [each.accessibleName() for each in things if each.isEnabled() and each not in reached] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", ["scan_first", "tiles_first"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_ten_lines_the_keypad_and_pay_are_in_sight_together(
    open_window: OpenWindow,
    till: FakeTill,
    settings: Settings,
    size: tuple[int, int],
    layout: str,
    language: str,
    qtbot: QtBot,
) -> None:
    window = open_window(replace(settings, layout=layout, language=language), size)
    hands = show(window, till, "sale", qtbot)
    parts = hands.sale.parts
    assert (window.width(), window.height()) == size
    assert parts.table.viewport().height() >= 10 * TOUCH
    for each in (parts.pay_button, parts.total, parts.customer, parts.box, parts.message, parts.sync_chip):
        assert window.rect().contains(in_window(each, window))
    assert parts.keypad.isVisible()


def test_the_largest_keys_are_the_ones_used_most(hands: Hands) -> None:
    parts = hands.sale.parts
    keys = [parts.pay_button, parts.enter_key, *parts.keypad.keys.values(), *parts.mode_keys.values()]
    assert [key.accessibleName() for key in keys if key.height() < TOUCH_PRIMARY] == []
    assert [key.accessibleName() for key in keys if key.width() < TOUCH_PRIMARY] == []


def test_function_keys_are_printed_on_what_they_press(hands: Hands) -> None:
    names = {each.accessibleName() for each in pressables(hands.window.current)}
    printed = {name.rsplit(" ", 1)[-1] for name in names}
    for number in range(2, 13):
        assert f"F{number}" in printed


def test_every_printed_function_key_does_something(hands: Hands) -> None:
    keys = hands.sale.keys()
    assert [number for number in range(1, 13) if Qt.Key(int(Qt.Key.Key_F1) + number - 1) not in keys] == []


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("panel", ["line", "more", "void"])
def test_no_word_in_a_panel_is_cut_short(
    open_window: OpenWindow, till: FakeTill, settings: Settings, panel: str, language: str, qtbot: QtBot
) -> None:
    window = open_window(replace(settings, language=language))
    hands = show(window, till, "sale", qtbot)
    hands.sale.lines.open_panel(panel)
    hands.settle()
    shown = [each for each in hands.sale.parts.side.findChildren(ActionButton) if each.isVisible()]
    assert len(shown) >= 4
    assert [each.text() for each in shown if not each.shows_whole_word()] == []
