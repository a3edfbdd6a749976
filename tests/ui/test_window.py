"""The window: where it leads, what it hears, how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pos_desktop.services.changes import Changes
from pos_desktop.services.views import SyncState, SyncStatus
from pos_desktop.settings import Settings
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_shop import NOW, SHOP
from tests.ui.fake_till import FakeTill
from ui.app import SCREENS, WARM_UP, MainWindow
from ui.screens.base import Screen
from ui.screens.lock import LockScreen
from ui.theme import DARK

if TYPE_CHECKING:
    from pos_desktop.services.till import Till

BURGER = "4000001000012"


def test_every_screen_can_be_shown_and_left_by_esc(hands: Hands) -> None:
    for name in SCREENS:
        if name in ("lock", "sale", "payment"):
            continue
        hands.window.go(name)
        hands.settle()
        assert hands.window.screen_name == name
        for _ in range(3):
            hands.key(Qt.Key.Key_Escape)
        assert hands.window.screen_name == "sale", name


def test_back_leads_where_one_came_from(hands: Hands) -> None:
    hands.window.go("held")
    hands.window.go("sync")
    hands.settle()
    hands.window.back()
    assert hands.window.screen_name == "held"
    hands.window.back()
    assert hands.window.screen_name == "sale"
    hands.window.back()
    assert hands.window.screen_name == "sale"


def test_the_window_opens_with_one_screen_and_makes_the_common_ones_while_nobody_needs_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    assert list(window._screens) == ["lock"]
    qtbot.waitUntil(lambda: not window._warm_up.isActive(), timeout=20_000)
    assert set(window._screens) == {"lock", *WARM_UP}
    assert window.screen_name == "lock"


def test_a_scan_on_a_screen_without_use_for_it_is_said_and_not_sold(hands: Hands, till: FakeTill) -> None:
    hands.window.go("sync")
    hands.settle()
    hands.scan(BURGER)
    assert "not used on this screen" in hands.message
    assert till.calls["baskets.scan"] == 0


def test_a_scan_under_a_dialog_waits_until_it_is_closed(hands: Hands, qtbot: QtBot) -> None:
    dialog = QDialog(hands.window)
    button = QPushButton("delete", dialog)
    button.setDefault(True)
    dialog.open()
    qtbot.waitUntil(dialog.isVisible)
    hands.scan(BURGER)
    shown = hands.sale.view
    assert dialog.isVisible()
    assert shown is not None
    assert shown.basket.lines == ()
    dialog.close()
    hands.window._tick()
    hands.settle()
    after = hands.sale.view
    assert after is not None
    assert [line.name for line in after.basket.lines] == ["Cheeseburger"]


def test_a_refusal_that_comes_late_is_shown_where_the_cashier_is(hands: Hands, till: FakeTill) -> None:
    gate = till.gate("baskets.scan")
    hands.scan("4006381333931", wait=False)
    hands.window.go("sync")
    gate.set()
    hands.settle()
    assert hands.window.screen_name == "sync"
    assert "not in this shop's list" in hands.message


def test_a_payment_that_begins_late_does_not_open_a_locked_till(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    gate = till.gate("checkout.begin")
    hands.tap(hands.sale.parts.pay_button, wait=False)
    QTest.keyClick(hands.window, Qt.Key.Key_F11)
    gate.set()
    hands.settle()
    assert hands.window.screen_name == "lock"


@pytest.mark.parametrize("name", [name for name in SCREENS if name != "lock"])
def test_nothing_but_the_lock_is_shown_while_nobody_is_logged_in(window: MainWindow, name: str) -> None:
    window.go(name)
    assert window.screen_name == "lock"


def test_a_touch_on_the_glass_is_a_tap(hands: Hands) -> None:
    hands.scan(BURGER)
    touch_screen = QTest.createTouchDevice()
    _touch(hands, touch_screen, hands.sale.parts.action_keys["more"])
    assert hands.sale.lines.panel == "more"
    _touch(hands, touch_screen, hands.sale.parts.more_panel.close_button)
    grid = hands.sale.parts.grid
    _touch(hands, touch_screen, grid.viewport(), grid.visualRect(grid.products.cell(2)).center())
    shown = hands.sale.view
    assert shown is not None
    assert [line.name for line in shown.basket.lines] == ["Cheeseburger", "Whole milk 3.5 % 1 l"]


def _touch(hands: Hands, device: QPointingDevice, widget: QWidget, at: QPoint | None = None) -> None:
    handle = hands.window.windowHandle()
    where = widget.mapTo(hands.window, widget.rect().center() if at is None else at)
    QTest.touchEvent(handle, device).press(0, where).commit()
    QTest.touchEvent(handle, device).release(0, where).commit()
    hands.settle()


@pytest.fixture
def quick_to_lock(
    open_window: OpenWindow, till: FakeTill, settings: Settings, qtbot: QtBot
) -> tuple[Hands, Callable[[int], None]]:
    """A till that locks itself after two seconds, and a way to let seconds pass."""
    window = open_window(replace(settings, idle_lock_s=2))
    window.desk.session = till.staff.log_in("emp_1", "1111")
    window.go("sale")
    hands = Hands(window, qtbot)
    hands.settle()

    def pass_seconds(seconds: int) -> None:
        hands.now_ms += seconds * 1_000
        window._tick()

    return hands, pass_seconds


def test_the_till_locks_itself_when_nobody_is_there(quick_to_lock: tuple[Hands, Callable[[int], None]]) -> None:
    hands, pass_seconds = quick_to_lock
    pass_seconds(1)
    hands.key(Qt.Key.Key_F1)
    pass_seconds(1)
    hands.tap(hands.sale.parts.table.viewport())
    pass_seconds(1)
    assert hands.window.screen_name == "sale"
    pass_seconds(1)
    assert hands.window.screen_name == "lock"


def test_it_does_not_lock_itself_in_the_middle_of_a_call(
    quick_to_lock: tuple[Hands, Callable[[int], None]], till: FakeTill
) -> None:
    hands, pass_seconds = quick_to_lock
    gate = till.gate("baskets.scan")
    hands.sale.scanned(BURGER)
    pass_seconds(3)
    assert hands.window.screen_name == "sale"
    gate.set()
    hands.settle()


def test_the_chip_follows_the_sync(hands: Hands, till: FakeTill) -> None:
    till.sync_status = SyncStatus(SyncState.OFFLINE, NOW, 3, 0, NOW, NOW, "timeout", ())
    till.changes.publish(Changes.SYNC)
    hands.settle()
    assert hands.sale.sync_chip.accessibleName().endswith("3 to send")
    till.sync_status = SyncStatus(SyncState.UP_TO_DATE, NOW, 0, 2, "", NOW, "", ())
    till.changes.publish(Changes.SYNC)
    hands.settle()
    assert hands.sale.sync_chip.accessibleName() == "Needs attention · 2 refused"


def test_news_from_another_thread_reach_the_screen(hands: Hands, till: FakeTill) -> None:
    hands.scan(BURGER)
    shown = hands.sale.view
    assert shown is not None
    thread = threading.Thread(target=till.baskets.attach_customer, args=(shown.basket.id, "CUST_002"))
    thread.start()
    thread.join()
    hands.settle()
    assert hands.sale.parts.customer.lines.head.startswith("Jane Smith")


def test_another_language_is_taken_into_use_at_once(hands: Hands) -> None:
    hands.scan(BURGER)
    hands.window.apply_settings(replace(hands.window.desk.settings, language="de"))
    hands.settle()
    assert hands.sale.parts.pay_button.text() == "Zahlen 8,99\xa0€"


def test_another_theme_is_taken_into_use_at_once(hands: Hands) -> None:
    hands.window.apply_settings(replace(hands.window.desk.settings, theme="dark"))
    hands.settle()
    corner = hands.window.grab().toImage().pixelColor(hands.window.width() - 2, hands.window.height() - 2)
    assert corner.name() == DARK.ground


@pytest.mark.parametrize("left_handed", [False, True])
def test_left_hands_get_the_basket_on_the_right(
    open_window: OpenWindow, till: FakeTill, settings: Settings, left_handed: bool, qtbot: QtBot
) -> None:
    window = open_window(replace(settings, left_handed=left_handed))
    window.desk.session = till.staff.log_in("emp_1", "1111")
    window.go("sale")
    hands = Hands(window, qtbot)
    hands.settle()
    parts = hands.sale.parts
    basket = parts.table.mapTo(window, QPoint(0, 0)).x()
    tiles = parts.grid.mapTo(window, QPoint(0, 0)).x()
    assert (basket > tiles) == left_handed


def test_a_till_without_a_shop_says_so_and_wakes_up_when_it_comes(
    open_window: OpenWindow, till: FakeTill, qtbot: QtBot
) -> None:
    till.shop = None  # type: ignore[assignment]
    window = open_window()
    assert window.desk.texts.currency == "EUR"
    till.shop = replace(SHOP, currency="CHF")
    till.changes.publish(Changes.SETTINGS)
    qtbot.waitUntil(lambda: window.desk.texts.currency == "CHF")
    qtbot.waitUntil(lambda: cast(LockScreen, window.current).tiles != {})


def test_closing_ends_every_thread(open_window: OpenWindow, qtbot: QtBot) -> None:
    before = set(threading.enumerate())
    window = open_window()
    assert set(threading.enumerate()) - before
    window.close()
    assert set(threading.enumerate()) - before == set()


def test_news_after_closing_reach_nobody(open_window: OpenWindow, till: FakeTill) -> None:
    window = open_window()
    window.close()
    till.changes.publish(Changes.BASKET, "basket_0001")
    assert not window.desk.tasks.busy


def test_a_window_that_cannot_be_opened_leaves_no_thread_and_no_ear(
    till: FakeTill, settings: Settings, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    def broken() -> type[Screen]:
        raise RuntimeError("no such screen")

    before = set(threading.enumerate())
    monkeypatch.setitem(cast("dict[str, Callable[[], type[Screen]]]", SCREENS), "lock", broken)
    with pytest.raises(RuntimeError, match="no such screen"):
        MainWindow(cast("Till", till), settings)
    assert set(threading.enumerate()) - before == set()
    assert till.changes._listeners == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of the machine can be changed on POSIX only")
def test_before_the_shop_is_known_the_clock_is_the_machines(
    open_window: OpenWindow, till: FakeTill, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        monkeypatch.setenv("TZ", "XXX-05:30")
        time.tzset()
        till.shop = None  # type: ignore[assignment]
        window = open_window()
        window.desk.now = lambda: "2026-11-20T09:42:00.000Z"
        window.current.show_clock()
        assert window.current.clock.text() == "15:12"
        till.shop = SHOP
        till.changes.publish(Changes.SETTINGS)
        qtbot.waitUntil(lambda: window.current.clock.text() == "10:42")
    finally:
        monkeypatch.undo()
        time.tzset()
