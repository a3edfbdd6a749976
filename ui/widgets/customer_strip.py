"""Who buys, always in the same place: a strip that opens the customer screen."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from ui.sale_model import CustomerLines
from ui.theme import GRID, TOUCH, Theme, Type, font
from ui.widgets.labels import elided

GROUNDS = {"": "surface", "warn": "warn_soft", "bad": "bad_soft"}
INKS = {"": "text", "warn": "warn_text", "bad": "bad_text"}


class CustomerStrip(QAbstractButton):
    """Shows :class:`CustomerLines`; ``hint`` is the key that does the same as a tap."""

    def __init__(self, theme: Theme, hint: str) -> None:
        super().__init__()
        self._theme = theme
        self._hint = hint
        self._lines = CustomerLines("", "", "user", "")
        self.setFixedHeight(TOUCH)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def lines(self) -> CustomerLines:
        """What it shows."""
        return self._lines

    def show_lines(self, lines: CustomerLines) -> None:
        """Show who buys."""
        if lines == self._lines:
            return
        self._lines = lines
        self.setText(lines.head)
        self.setAccessibleName(f"{lines.head}, {lines.detail} {self._hint}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(240, TOUCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Icon, two lines, key."""
        lines, colour = self._lines, self._theme.colour
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("pressed" if self.isDown() else GROUNDS[lines.tone]))
        painter.fillRect(QRect(0, 0, self.width(), 1), colour("line"))
        ink = colour(INKS[lines.tone])
        painter.drawPixmap(2 * GRID, 12, self._theme.pixmap(lines.icon, ink.name(), 24, self.devicePixelRatioF()))
        small, strong = font(Type.SMALL), font(Type.BODY, QFont.Weight.DemiBold)
        hint_width = QFontMetrics(small).horizontalAdvance(self._hint)
        x = 4 * GRID + 24 - 4
        room = self.width() - x - hint_width - 4 * GRID
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heights = QFontMetrics(strong).height(), QFontMetrics(small).height()
        y = (self.height() - sum(heights)) // 2
        for text, face, pen, height, tail in (
            (lines.head, strong, ink, heights[0], len(lines.marks)),
            (lines.detail, small, ink if lines.tone else colour("soft"), heights[1], 0),
        ):
            painter.setFont(face)
            painter.setPen(pen)
            painter.drawText(QRect(x, y, room, height), left, elided(text, QFontMetrics(face), room, tail))
            y += height
        painter.setFont(small)
        painter.setPen(colour("soft"))
        painter.drawText(
            QRect(self.width() - hint_width - 2 * GRID, 0, hint_width + 2, self.height()), left, self._hint
        )
        if self.hasFocus():
            painter.setPen(colour("accent_text"))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
        painter.end()
