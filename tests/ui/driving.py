"""Hands for the tests: keys, bursts, taps, and waiting until the till has answered."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ui.app import MainWindow
from ui.screens.sale import SaleScreen
from ui.widgets.basket_table import BasketTable

BY_HAND_MS = 150
BY_SCANNER_MS = 5


class Hands:
    """Drives a window as a cashier does.

    The router's clock is in these hands: whether keys came fast or slowly is said by the test, not by the machine.
    """

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.now_ms = 1_000_000
        self._qtbot = qtbot
        window.router._clock = lambda: self.now_ms
        window.router.last_input_ms = self.now_ms

    @property
    def sale(self) -> SaleScreen:
        """The sale screen, which must be shown."""
        screen = self.window.current
        assert isinstance(screen, SaleScreen)
        return screen

    @property
    def message(self) -> str:
        """What the message line says."""
        return self.window.current.message.text

    def settle(self) -> None:
        """Wait until every call has been answered and every held key handed on."""
        for _ in range(3):
            # News from other threads is delivered first; it may start further calls.
            QApplication.processEvents()
            self._qtbot.waitUntil(lambda: not self.window.desk.tasks.busy and not self.window.router.holding)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.now_ms += BY_HAND_MS
        QTest.keyClick(self._focus(), key, modifiers)
        self.settle()

    def type(self, text: str) -> None:
        """Type as a person does: each key has arrived before the next."""
        for char in text:
            self.now_ms += BY_HAND_MS
            QTest.keyClicks(self._focus(), char)
            self.settle()

    def scan(self, code: str, *, wait: bool = True) -> None:
        """A scanner's burst into whatever has the focus."""
        self.now_ms += BY_HAND_MS
        for char in code:
            self.now_ms += BY_SCANNER_MS
            QTest.keyClicks(self._focus(), char)
        self.now_ms += BY_SCANNER_MS
        QTest.keyClick(self._focus(), Qt.Key.Key_Return)
        if wait:
            self.settle()

    def tap(self, widget: QWidget, at: QPoint | None = None, *, wait: bool = True) -> None:
        """Touch a widget, in its middle unless told where."""
        where = widget.rect().center() if at is None else at
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
        if wait:
            self.settle()

    def tap_cell(self, table: BasketTable, row: int, column: int, at_x: int | None = None) -> None:
        """Touch a cell of the basket, ``at_x`` pixels from its left."""
        rect = table.visualRect(table.lines.index(row, column))
        where = rect.center() if at_x is None else QPoint(rect.x() + at_x, rect.center().y())
        self.tap(table.viewport(), where)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Put a finger down, move it, lift it."""
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for step in range(1, 5):
            QTest.mouseMove(widget, start + (end - start) * step / 4)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
        self.settle()

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.window
