"""Scanner and typist use the same keys; only their pace tells them apart. The clock is the test's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.scan_router import ScanRouter

ENTER = int(Qt.Key.Key_Return)


class Bench:
    """A window with a field and a default button, a router, and a clock that only the test moves."""

    def __init__(self) -> None:
        self.now_ms = 1_000
        self.scans: list[str] = []
        self.pressed: list[str] = []
        self.window = QWidget()
        column = QVBoxLayout(self.window)
        self.field = QLineEdit()
        self.button = QPushButton("pay")
        self.button.clicked.connect(lambda: self.pressed.append("pay"))
        self.field.returnPressed.connect(lambda: self.pressed.append("enter"))
        column.addWidget(self.field)
        column.addWidget(self.button)
        self.window.show()
        self.window.activateWindow()
        self.field.setFocus()
        self.router = ScanRouter(35, 4, clock=lambda: self.now_ms)
        self.router.scanned.connect(self.scans.append)
        self.router.install()

    def key(self, text: str, gap_ms: int, widget: QWidget | None = None, key: int = 0) -> None:
        """Press and let go of a key, ``gap_ms`` after the last."""
        self.now_ms += gap_ms
        target = widget or self.field
        code = key or (ord(text.upper()) if text.isascii() else 0)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, text)
            QCoreApplication.sendEvent(target, event)

    def burst(self, code: str, gap_ms: int = 5, widget: QWidget | None = None, end: int = ENTER) -> None:
        """A scanner's burst with its end."""
        for place, char in enumerate(code):
            self.key(char, gap_ms if place else 500, widget)
        self.key("\r", gap_ms, widget, end)

    def type(self, text: str, gap_ms: int = 120) -> None:
        """A person's typing; each character is waited for."""
        for char in text:
            self.key(char, gap_ms)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench()
    # Keys that were held are handed to who has the focus, which must not be the window of the test before.
    qtbot.waitUntil(made.field.hasFocus)
    yield made
    made.router.remove()
    made.window.close()


def test_a_burst_is_one_scan_and_is_not_typed(bench: Bench) -> None:
    bench.burst("4006381333931")
    assert bench.scans == ["4006381333931"]
    assert bench.field.text() == ""
    assert bench.pressed == []


def test_a_burst_ended_by_tab_is_a_scan_and_the_focus_stays(bench: Bench) -> None:
    bench.burst("4006381333931", end=int(Qt.Key.Key_Tab))
    assert bench.scans == ["4006381333931"]
    assert bench.field.hasFocus()


def test_a_scan_over_a_button_does_not_press_it(bench: Bench) -> None:
    bench.button.setFocus()
    bench.burst("4006381333931", widget=bench.button)
    assert bench.scans == ["4006381333931"]
    assert bench.pressed == []


def test_slow_typing_reaches_the_field(bench: Bench, qtbot: QtBot) -> None:
    bench.type("milk")
    qtbot.waitUntil(lambda: bench.field.text() == "milk")
    assert bench.scans == []


def test_slow_digits_with_enter_are_typing(bench: Bench, qtbot: QtBot) -> None:
    bench.type("123456")
    bench.key("\r", 200, key=ENTER)
    assert bench.scans == []
    assert bench.field.text() == "123456"
    assert bench.pressed == ["enter"]


def test_a_burst_that_is_too_short_is_typed(bench: Bench) -> None:
    bench.burst("12")
    assert bench.scans == []
    assert bench.field.text() == "12"
    assert bench.pressed == ["enter"]


def test_fast_fingers_without_enter_lose_nothing(bench: Bench, qtbot: QtBot) -> None:
    for char in "apples":
        bench.key(char, 20)
    qtbot.waitUntil(lambda: bench.field.text() == "apples")
    assert bench.scans == []


def test_typing_before_a_scan_stays_typing(bench: Bench) -> None:
    bench.key("7", 500)
    bench.burst("4006381333931")
    assert bench.field.text() == "7"
    assert bench.scans == ["4006381333931"]


def test_two_scans_right_after_each_other_are_two(bench: Bench) -> None:
    bench.burst("4006381333931")
    bench.burst("CARD_123456")
    assert bench.scans == ["4006381333931", "CARD_123456"]


def test_a_space_pressed_and_released_quickly_still_presses_a_button(bench: Bench, qtbot: QtBot) -> None:
    bench.button.setFocus()
    bench.key(" ", 500, bench.button, int(Qt.Key.Key_Space))
    qtbot.waitUntil(lambda: bench.pressed == ["pay"])


def test_enter_alone_goes_through_at_once(bench: Bench) -> None:
    bench.key("\r", 500, key=ENTER)
    assert bench.pressed == ["enter"]


def test_a_held_down_key_is_no_scanner(bench: Bench, qtbot: QtBot) -> None:
    bench.now_ms += 500
    for repeat in (False, True, True, True, True):
        bench.now_ms += 30
        event = QKeyEvent(QEvent.Type.KeyPress, ord("1"), Qt.KeyboardModifier.NoModifier, "1", repeat)
        QCoreApplication.sendEvent(bench.field, event)
    bench.key("\r", 30, key=ENTER)
    assert bench.scans == []
    assert bench.field.text() == "11111"


def test_shortcuts_are_not_held_back(bench: Bench) -> None:
    bench.field.setText("abc")
    QTest.keyClick(bench.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert bench.field.selectedText() == "abc"


def test_a_group_separator_belongs_to_the_code(bench: Bench) -> None:
    bench.key("0", 500)
    for char in "1040":
        bench.key(char, 5)
    bench.key("\x1d", 5, key=int(Qt.Key.Key_BracketRight))
    bench.key("9", 5)
    bench.key("\r", 5, key=ENTER)
    assert bench.scans == ["01040\x1d9"]


def test_a_scan_is_taken_while_a_dialog_is_open(bench: Bench, qtbot: QtBot) -> None:
    dialog = QDialog(bench.window)
    button = QPushButton("delete", dialog)
    button.setDefault(True)
    deleted: list[bool] = []
    button.clicked.connect(lambda: deleted.append(True))
    dialog.open()
    qtbot.waitUntil(dialog.isVisible)
    bench.burst("4006381333931", widget=button)
    assert bench.scans == ["4006381333931"]
    assert deleted == []
    dialog.close()


def test_a_timer_that_comes_late_waits_for_the_rest_of_the_burst(bench: Bench) -> None:
    for place, char in enumerate("400638"):
        bench.key(char, 5 if place else 500)
    # The screen was busy: the timer fires long after it was due, the other characters still lie in the queue.
    bench.now_ms += 400
    bench.router._on_silence()
    assert bench.router.holding
    bench.now_ms -= 395
    for char in "1333931":
        bench.key(char, 5)
    bench.key("\r", 5, key=ENTER)
    assert bench.scans == ["4006381333931"]


def test_removing_the_router_hands_on_what_it_held(bench: Bench) -> None:
    bench.key("x", 500)
    assert bench.field.text() == ""
    bench.router.remove()
    assert bench.field.text() == "x"
    bench.router.install()


def test_whatever_the_pace_every_character_arrives_once_and_in_order(bench: Bench) -> None:
    @given(st.lists(st.tuples(st.sampled_from("0123456789abcXYZ-_ "), st.integers(1, 200)), max_size=25))
    def check(strokes: list[tuple[str, int]]) -> None:
        bench.field.clear()
        bench.now_ms += 1_000
        for char, gap_ms in strokes:
            bench.key(char, gap_ms)
        bench.router.release()
        assert bench.field.text() == "".join(char for char, _ in strokes)

    check()


def test_any_burst_from_four_characters_on_is_a_scan_as_it_was_read(bench: Bench) -> None:
    @given(st.text(st.sampled_from("0123456789ABCDEFabcdef_-+@."), min_size=4, max_size=200), st.integers(1, 35))
    def check(code: str, gap_ms: int) -> None:
        bench.scans.clear()
        bench.burst(code, gap_ms)
        assert bench.scans == [code]
        assert bench.field.text() == ""

    check()
