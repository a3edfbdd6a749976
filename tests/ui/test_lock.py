from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from pos_desktop.services.changes import Changes
from pos_desktop.services.views import SyncState, SyncStatus
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_shop import NOW
from tests.ui.fake_till import FakeTill
from ui.app import MainWindow
from ui.screens.lock import LockScreen


@pytest.fixture
def at_lock(window: MainWindow, qtbot: QtBot) -> Hands:
    return Hands(window, qtbot)


def lock(hands: Hands) -> LockScreen:
    return cast(LockScreen, hands.window.current)


def test_a_cashier_logs_in_by_touch(at_lock: Hands) -> None:
    screen = lock(at_lock)
    at_lock.tap(screen.tiles["emp_1"])
    for _ in range(4):
        at_lock.tap(screen.keypad.keys["1"])
    assert screen.dots.count == 4
    at_lock.tap(screen.log_in_button)
    assert at_lock.window.screen_name == "sale"
    assert at_lock.sale.parts.cashier.text() == "Anna Berg"


def test_a_cashier_logs_in_by_keyboard_alone(at_lock: Hands) -> None:
    at_lock.key(Qt.Key.Key_Down)
    at_lock.key(Qt.Key.Key_Down)
    at_lock.type("2222")
    at_lock.key(Qt.Key.Key_Return)
    assert at_lock.window.screen_name == "sale"
    assert at_lock.window.desk.employee_id == "emp_2"


def test_a_wrong_pin_says_how_many_tries_are_left_and_forgets_what_was_typed(at_lock: Hands) -> None:
    screen = lock(at_lock)
    at_lock.tap(screen.tiles["emp_1"])
    at_lock.type("9999")
    at_lock.key(Qt.Key.Key_Return)
    assert at_lock.window.screen_name == "lock"
    assert at_lock.message == "That PIN is wrong. Tries left: 2."
    assert screen.message.tone == "bad"
    assert screen.dots.count == 0


def test_after_too_many_tries_the_door_stays_shut_and_says_for_how_long(at_lock: Hands) -> None:
    at_lock.tap(lock(at_lock).tiles["emp_1"])
    for _ in range(4):
        at_lock.type("0000")
        at_lock.key(Qt.Key.Key_Return)
    assert "30 seconds" in at_lock.message


def test_digits_go_nowhere_while_nobody_is_chosen(at_lock: Hands) -> None:
    at_lock.type("1111")
    assert lock(at_lock).dots.count == 0
    assert not lock(at_lock).log_in_button.isEnabled()


def test_esc_forgets_the_digits_then_the_person(at_lock: Hands) -> None:
    screen = lock(at_lock)
    at_lock.tap(screen.tiles["emp_1"])
    at_lock.type("11")
    at_lock.key(Qt.Key.Key_Escape)
    assert (screen.dots.count, screen.tiles["emp_1"].isChecked()) == (0, True)
    at_lock.key(Qt.Key.Key_Escape)
    assert not screen.tiles["emp_1"].isChecked()


def test_a_scan_on_the_lock_screen_sells_nothing_and_says_why(at_lock: Hands, till: FakeTill) -> None:
    at_lock.scan("4000001000012")
    assert at_lock.message == "Tap your name, then type your PIN."
    assert till.calls["baskets.scan"] == 0


def test_two_quick_presses_of_log_in_ask_once(at_lock: Hands, till: FakeTill) -> None:
    screen = lock(at_lock)
    gate = till.gate("staff.log_in")
    at_lock.tap(screen.tiles["emp_1"])
    at_lock.type("1111")
    at_lock.tap(screen.log_in_button, wait=False)
    at_lock.tap(screen.log_in_button, wait=False)
    gate.set()
    at_lock.settle()
    assert till.calls["staff.log_in"] == 1


def test_locking_keeps_the_basket_and_logs_out(hands: Hands, till: FakeTill) -> None:
    hands.scan("4000001000012")
    basket_id = hands.sale.view.basket.id if hands.sale.view else ""
    hands.key(Qt.Key.Key_F11)
    assert hands.window.screen_name == "lock"
    assert hands.window.desk.session is None
    assert till.calls["staff.log_out"] == 1
    assert lock(hands).waiting.text() == "1 open basket waiting"
    hands.tap(lock(hands).tiles["emp_2"])
    hands.type("2222")
    hands.key(Qt.Key.Key_Return)
    view = hands.sale.view
    assert view is not None
    assert view.basket.id == basket_id
    assert [line.name for line in view.basket.lines] == ["Cheeseburger"]


def test_the_state_of_the_sync_is_in_sight_before_log_in(window: MainWindow, till: FakeTill, qtbot: QtBot) -> None:
    till.sync_status = SyncStatus(SyncState.OFFLINE, NOW, 3, 0, NOW, NOW, "refused", ())
    window._read_status()
    qtbot.waitUntil(lambda: "3 to send" in window.current.sync_chip.accessibleName())
    assert window.current.sync_chip.accessibleName().startswith("Offline since")


def test_a_till_that_is_still_loading_says_why_nobody_is_there(at_lock: Hands, till: FakeTill, qtbot: QtBot) -> None:
    people, till.staff.people = till.staff.people, ()
    screen = lock(at_lock)
    nobody = at_lock.window.desk.texts.t("lock.nobody")
    till.changes.publish(Changes.STAFF)
    qtbot.waitUntil(lambda: screen.message.text == nobody)
    assert screen.tiles == {}
    till.staff.people = people
    till.changes.publish(Changes.STAFF)
    qtbot.waitUntil(lambda: len(screen.tiles) == len(people))
    assert screen.message.text == ""


def test_on_a_wide_screen_the_names_stand_under_their_heading(open_window: OpenWindow) -> None:
    window = open_window(size=(1920, 1080))
    first, second = list(cast("LockScreen", window.current).tiles.values())[:2]
    assert first.mapTo(window, QPoint(0, 0)).x() <= 48
    assert second.x() - first.geometry().right() <= 16
