"""A receipt as it will look on paper, to be scrolled through."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from ui.pdf import Paper
from ui.theme import GRID, LIGHT, Theme
from ui.widgets.finger import FingerScroll

_SCALE = 1.15


class ReceiptPaper(QScrollArea):
    """Shows a receipt; paper stays white in every theme."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._sheet = _Sheet(theme)
        self.setWidget(self._sheet)
        self.setWidgetResizable(True)
        self._sheet.setAutoFillBackground(False)  # setWidget switches it on, and the ground would not be the theme's
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._finger = FingerScroll(self)

    def show_html(self, html: str) -> None:
        """Show a receipt from its beginning; an empty text shows no paper."""
        self._sheet.paper = Paper(html) if html else None
        self._sheet.setFixedHeight(self._sheet.sizeHint().height())
        self._sheet.update()
        self.verticalScrollBar().setValue(0)

    @property
    def text(self) -> str:
        """What can be read on it."""
        return self._sheet.paper.document.toPlainText() if self._sheet.paper else ""


class _Sheet(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.paper: Paper | None = None
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As long as the paper."""
        if self.paper is None:
            return QSize(1, 1)
        return (self.paper.size * _SCALE).toSize() + QSize(0, 4 * GRID)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paper in the middle, a hairline around it."""
        if self.paper is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self.paper.size * _SCALE
        painter.translate(round((self.width() - size.width()) / 2), 2 * GRID)
        painter.setPen(self._theme.colour("line"))
        painter.setBrush(QColor(LIGHT.surface))
        painter.drawRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1))
        painter.scale(_SCALE, _SCALE)
        self.paper.draw(painter)
        painter.end()
