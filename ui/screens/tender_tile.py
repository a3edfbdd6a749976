"""A large key for one way to pay: what it is, what a press takes, or why it cannot be used."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from ui.theme import GRID, RADIUS, TOUCH_PRIMARY, Theme, Type, font

_ROOMY = 192


class TenderTile(QAbstractButton):
    """One tender.

    Args:
        name: such as ``Cash``; ``key`` as printed, such as ``F5``.
        icon: name of its icon.
    """

    def __init__(self, theme: Theme, name: str, key: str, icon: str) -> None:
        super().__init__()
        self._theme = theme
        self._key = key
        self._icon = icon
        self._detail = ""
        self.setText(name)
        self.setMinimumSize(128, 2 * TOUCH_PRIMARY)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self.update)

    @property
    def detail(self) -> str:
        """What stands under the name."""
        return self._detail

    def show_state(self, detail: str, enabled: bool) -> None:
        """Show the amount that a press takes, or the reason why it takes nothing."""
        self._detail = detail
        self.setEnabled(enabled)
        self.setAccessibleName(f"{self.text()} {self._key}, {detail}")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for two lines."""
        return QSize(160, 2 * TOUCH_PRIMARY)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Icon and key on top, name, and one or two lines below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._theme.colour
        on = self.isEnabled()
        ink, soft = colour("text" if on else "faint"), colour("soft" if on else "faint")
        painter.setPen(QPen(colour("line_strong" if on else "line"), 1))
        painter.setBrush(colour("pressed" if self.isDown() else "surface" if on else "raised"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent_text"), 2))
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), RADIUS - 2, RADIUS - 2)
        inner = self.rect().adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        mark = colour("accent_text") if on else ink
        painter.drawPixmap(inner.topLeft(), self._theme.pixmap(self._icon, mark.name(), 28, self.devicePixelRatioF()))
        painter.setFont(font(Type.SMALL))
        painter.setPen(soft)
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight), self._key)
        self._paint_words(painter, inner, ink, soft)
        painter.end()

    def _paint_words(self, painter: QPainter, inner: QRect, ink: QColor, soft: QColor) -> None:
        amount = self.isEnabled()
        below = font(Type.BODY if amount else Type.SMALL, QFont.Weight.Medium if amount else QFont.Weight.Normal)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        # Two lines whether it needs them or not: the names of neighbours stand at one height.
        detail_height = 2 * QFontMetrics(font(Type.BODY)).lineSpacing()
        detail = QRect(inner.x(), inner.bottom() - detail_height + 1, inner.width(), detail_height)
        name = font(Type.BIG if inner.width() >= _ROOMY else Type.TITLE, QFont.Weight.DemiBold)
        height = QFontMetrics(name).height()
        painter.setFont(name)
        painter.setPen(ink)
        text = QFontMetrics(name).elidedText(self.text(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(QRect(inner.x(), detail.y() - height - 2, inner.width(), height), flags, text)
        painter.setFont(below)
        painter.setPen(soft)
        painter.drawText(detail, flags, self._detail)
