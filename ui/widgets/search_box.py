"""The one box that is always ready: for scans typed by hand, words, numbers and customers."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from ui.theme import GRID, TOUCH, Theme, Type, font

PASSED_ON_WHEN_EMPTY = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Home, Qt.Key.Key_End)
PASSED_ON = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class SearchBox(QLineEdit):
    """A field that hands on the keys it has no use for, so that it can keep the focus all day.

    Args:
        theme: colours.
        hint: the key that leads here, as printed.

    Signals:
        entered(): Enter was pressed.
    """

    entered = Signal()

    def __init__(self, theme: Theme, hint: str) -> None:
        super().__init__()
        self._theme = theme
        self._hint = hint
        self.setObjectName("search")
        self.setFixedHeight(TOUCH)
        self.setMaxLength(120)
        self.setTextMargins(28, 0, 0, 0)
        theme.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """Room for a code of thirteen digits."""
        return QSize(190, TOUCH)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type; hand on what moves through the basket."""
        key = event.key()
        numpad = bool(event.modifiers() & Qt.KeyboardModifier.KeypadModifier)
        stepping = numpad and event.text() in ("+", "-") and not self.text()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif key in PASSED_ON or stepping or (key in PASSED_ON_WHEN_EMPTY and not self.text()):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field with a lens at its left."""
        super().paintEvent(event)
        painter = QPainter(self)
        lens = self._theme.pixmap("scan-barcode", self._theme.tokens.soft, 24, self.devicePixelRatioF())
        painter.drawPixmap(QPoint(GRID + 2, (self.height() - 24) // 2), lens)
        if not self.text():
            painter.setFont(font(Type.SMALL))
            painter.setPen(self._theme.colour("soft"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(0, 0, -2 * GRID, 0), right, self._hint)
        painter.end()
