"""A person at the till: bursts of the scanner, keys and touches on the real window, and eyes that wait for what they see."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from pos_desktop.devices.addresses import parse_tcp
from pos_desktop.devices.simulator_control import Behaviour, order_next
from pos_desktop.domain.errors import UserError
from pos_desktop.services.views import BasketView
from ui.app import MainWindow

PATIENCE_S = 30.0
LOOK_MS = 2
SLOW_KEY_MS = 100
"""Between two keys of a hand: above the gap by which a scanner is told from it."""

_finger: list[QPointingDevice] = []


class NotSeen(AssertionError):
    """What the cashier waited for did not come."""


class Cashier:
    """Works a main window.

    Args:
        window: shown.
        shots: folder for pictures.
    """

    def __init__(self, window: MainWindow, shots: Path) -> None:
        self.window = window
        self.till = window.desk.till
        self._shots = shots
        if not _finger:
            _finger.append(QTest.createTouchDevice())

    # -- eyes ---------------------------------------------------------------------------------------------------------

    def wait(self, seen: Callable[[], bool], what: str) -> None:
        """Look until something is so.

        Raises:
            NotSeen: with ``what`` and the message on screen, when patience ends.
        """
        deadline = time.monotonic() + PATIENCE_S
        while not seen():
            if time.monotonic() > deadline:
                message = self.window.current.message.text
                raise NotSeen(f"{what}; on screen: {self.window.screen_name}, message: {message!r}")
            QTest.qWait(LOOK_MS)

    def calm(self) -> None:
        """Wait until no work is under way."""
        self.wait(lambda: not self.window.desk.tasks.busy, "the till is still busy")

    def on(self, screen: str) -> None:
        """Wait until a screen is shown, and its work is done."""
        self.wait(lambda: self.window.screen_name == screen, f"the {screen} screen")
        self.calm()

    @property
    def basket(self) -> BasketView:
        """The basket on the sale screen, as stored."""
        basket_id = getattr(self.window.screen_named("sale"), "_basket_id", None)
        if basket_id is None:
            raise NotSeen("no basket on the sale screen")
        return self.till.baskets.get(basket_id)

    def message(self) -> str:
        """What the message line says."""
        return self.window.current.message.text

    def sees(self, words: str) -> bool:
        """Whether a visible text or a control's name holds some words."""
        return any(words in text for text in self._texts())

    def _texts(self) -> Iterator[str]:
        for item in self.window.current.findChildren(QWidget):
            if item.isVisible():
                yield item.accessibleName()
                if isinstance(item, QLabel | QAbstractButton):
                    yield item.text()

    def picture(self, name: str) -> None:
        """Keep a picture of the window."""
        self.calm()
        QTest.qWait(LOOK_MS)
        self._shots.mkdir(parents=True, exist_ok=True)
        if not self.window.grab().save(str(self._shots / f"{name}.png")):
            raise NotSeen(f"the picture {name} could not be written")

    # -- hands --------------------------------------------------------------------------------------------------------

    def scan(self, code: str) -> None:
        """Let the scanner type a code, as fast as it does, at whatever has the focus."""
        target = self._focus()
        QTest.keyClicks(target, code)
        QTest.keyClick(target, Qt.Key.Key_Return)
        self.calm()

    def write(self, text: str) -> None:
        """Type like a hand."""
        for character in text:
            QTest.keyClicks(self._focus(), character)
            QTest.qWait(SLOW_KEY_MS)

    def press(self, key: Qt.Key) -> None:
        """Press a key."""
        QTest.keyClick(self._focus(), key)
        QTest.qWait(SLOW_KEY_MS)
        self.calm()

    def touch(self, widget: QWidget) -> None:
        """Touch a control in its middle."""
        self.wait(lambda: widget.isVisible() and widget.isEnabled(), f"{widget.accessibleName()!r} can be touched")
        top = widget.window().windowHandle()
        middle = widget.mapTo(widget.window(), QPoint(widget.width() // 2, widget.height() // 2))
        QTest.touchEvent(top, _finger[0]).press(0, middle).commit()
        QTest.touchEvent(top, _finger[0]).release(0, middle).commit()
        QTest.qWait(LOOK_MS)
        self.calm()

    def touch_named(self, words: str) -> None:
        """Touch the visible button whose name or text begins with some words."""
        self.touch(self.button(words))

    def touch_key(self, key: str) -> None:
        """Touch the button that carries a sentence of the catalogue."""
        self.touch_named(self.window.desk.texts.t(key))

    def button(self, words: str) -> QAbstractButton:
        """Find a visible button by the beginning of its accessible name or text."""
        found: list[QAbstractButton] = []

        def look() -> bool:
            found[:] = [item for item in self._buttons() if _says(item, words)]
            return bool(found)

        self.wait(look, f"a button {words!r}")
        return found[0]

    def field(self, name: str) -> QLineEdit:
        """Find a visible field by its accessible name."""
        for item in self.window.current.findChildren(QLineEdit):
            if item.isVisible() and name in (item.accessibleName(), item.objectName()):
                return item
        raise NotSeen(f"a field {name!r}")

    def _buttons(self) -> Iterator[QAbstractButton]:
        top = QApplication.activeModalWidget() or self.window.current
        return (item for item in top.findChildren(QAbstractButton) if item.isVisible())

    def _focus(self) -> QWidget:
        top = QApplication.activeModalWidget()
        focus = QApplication.focusWidget()
        if focus is not None and focus.window() is (top or self.window):
            return focus
        return top or self.window

    def order_card(self, behaviour: Behaviour) -> None:
        """Tell the simulated payment terminal what shall become of the next payment."""
        order_next(*parse_tcp(self.window.desk.settings.card_terminal, "card_terminal"), behaviour)

    # -- the words of a cashier ---------------------------------------------------------------------------------------

    def log_in(self, name: str, pin: str) -> None:
        """Choose a person by touch and type the PIN."""
        self.on("lock")
        self.touch_named(name)
        self.write(pin)
        self.press(Qt.Key.Key_Return)

    def enter_box(self, text: str) -> None:
        """Type into the one box of the sale screen and press Enter."""
        self.press(Qt.Key.Key_F1)
        self.write(text)
        self.press(Qt.Key.Key_Return)

    def pay(self) -> None:
        """Go to payment."""
        self.press(Qt.Key.Key_F12)
        self.on("payment")

    def cash_exact(self) -> None:
        """Take exactly what is due in cash; the sale finishes itself."""
        self.press(Qt.Key.Key_F5)
        self.on("receipt")

    def cash(self, amount: str) -> None:
        """Take an amount in cash."""
        self.write(amount)
        self.press(Qt.Key.Key_Return)

    def next_customer(self) -> None:
        """Leave the receipt for the next basket."""
        self.on("receipt")
        self.press(Qt.Key.Key_Return)
        self.on("sale")
        self.wait(lambda: not self._basket_or_none_has_lines(), "an empty basket")

    def _basket_or_none_has_lines(self) -> bool:
        try:
            return bool(self.basket.basket.lines)
        except (NotSeen, UserError):
            return True


def _says(item: QAbstractButton, words: str) -> bool:
    return item.accessibleName().startswith(words) or item.text().startswith(words)
