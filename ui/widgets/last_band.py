"""The article scanned last, large enough to be read from two metres; or the code that nobody knows."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from pos_desktop.domain.catalogue import Product
from ui.text import Texts
from ui.theme import BAR, GRID, RADIUS, Theme, Type, font, readable_on
from ui.widgets.buttons import ActionButton
from ui.widgets.labels import ElidedLabel, label
from ui.widgets.tile_grid import has_icon, two_lines


class Picture(QWidget):
    """A product's colour with its icon."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._product: Product | None = None
        self.setFixedSize(40, 40)

    def show_product(self, product: Product | None) -> None:
        """Show a product's picture, or nothing."""
        self._product = product
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A square of its colour."""
        if self._product is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._product.colour))
        painter.drawRoundedRect(QRect(0, 0, 40, 40), RADIUS, RADIUS)
        if self._product.picture and has_icon(self._product.picture):
            ink = readable_on(self._product.colour)
            painter.drawPixmap(8, 8, self._theme.pixmap(self._product.picture, ink, 24, self.devicePixelRatioF()))
        painter.end()


class ArticleName(ElidedLabel):
    """A name in large letters on one line, or in smaller ones on two: the customer reads along."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much as fits."""
        if self.shown == self.text() or self.property("role") != "big":
            super().paintEvent(event)
            return
        painter = QPainter(self)
        letters = font(Type.TITLE, QFont.Weight.DemiBold)
        metrics = QFontMetrics(letters)
        painter.setFont(letters)
        painter.setPen(self.palette().color(self.foregroundRole()))
        lines = two_lines(self.text(), metrics, self.width())
        y = (self.height() - len(lines) * metrics.height()) // 2
        for line in lines:
            painter.drawText(QRect(0, y, self.width(), metrics.height()), int(Qt.AlignmentFlag.AlignLeft), line)
            y += metrics.height()
        painter.end()


class LastBand(QFrame):
    """The band over the basket.

    Signals:
        search(): look for the article of the unknown code by name.
        sell_open(str): sell the unknown code as an open item.
    """

    search = Signal()
    sell_open = Signal(str)

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._code = ""
        self.setFixedHeight(BAR)
        self.setProperty("ground", "bar")
        self.picture = Picture(theme)
        self.name = ArticleName("", "big")
        self.small = ElidedLabel("", "small", "soft")
        self.price = label("", "big")
        self.search_button = ActionButton(theme, texts.t("app.search"), icon="search")
        self.open_button = ActionButton(theme, texts.t("sale.sell_open"))
        self.search_button.clicked.connect(self.search)
        self.open_button.clicked.connect(lambda: self.sell_open.emit(self._code))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        row.setSpacing(GRID + 4)
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addWidget(self.small)
        words.addWidget(self.name)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        row.addWidget(self.search_button)
        row.addWidget(self.open_button)
        row.addWidget(self.price)
        self.clear()

    @property
    def unknown_code(self) -> str:
        """The code that nobody knows, empty when an article is shown."""
        return self._code

    def clear(self) -> None:
        """Show that the till is ready."""
        self._show("", "", None)
        self.name.setText("")
        self.small.setText(self._texts.t("sale.ready"))
        self.small.show()
        self.name.hide()

    def show_item(self, name: str, price: str, product: Product | None) -> None:
        """Show an article; ``product`` gives its picture when it is known already."""
        self._show(name, price, product)

    def show_unknown(self, code: str) -> None:
        """Show a code, and what can be done about it."""
        self._show(code, "", None)
        self._code = code
        self.small.setText(self._texts.t("sale.unknown_code"))
        self.small.show()
        self.search_button.show()
        self.open_button.show()
        _role(self.name, "title")

    def _show(self, name: str, price: str, product: Product | None) -> None:
        self._code = ""
        self.name.setText(name)
        self.name.show()
        self.price.setText(price)
        self.price.setVisible(bool(price))
        self.picture.show_product(product)
        self.picture.setVisible(product is not None)
        self.small.hide()
        self.search_button.hide()
        self.open_button.hide()
        _role(self.name, "big")
        self.setAccessibleName(f"{name} {price}".strip())


def _role(widget: ElidedLabel, role: str) -> None:
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
