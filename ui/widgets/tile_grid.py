"""The product tiles: painted, not built, and fetched as they come into view, so that 100,000 are as fast as 100."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

import resources
from pos_desktop.domain.catalogue import Product
from pos_desktop.services.views import ProductPage
from ui.sale_model import price_text, stock_text
from ui.text import Texts
from ui.theme import GRID, RADIUS, Theme, Type, font, readable_on
from ui.widgets.finger import FingerScroll

PAGE = 60
TILE_WIDTH = 122
TILE_HEIGHT = 92
MOST_COLUMNS = 5
PICTURE = 36
PRODUCT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class ProductModel(QAbstractTableModel):
    """Products of one choice, page by page, laid out in rows of tiles.

    A table, not a list: Qt lays a wrapped list out item by item, which took a quarter of a second for 100,000.

    Args:
        fetch: asks for the page that starts at an offset; the answer comes back through :meth:`take`.
    """

    def __init__(self, fetch: Callable[[int], None]) -> None:
        super().__init__()
        self._fetch = fetch
        self._columns = 1
        self._pages: dict[int, tuple[Product, ...]] = {}
        self._asked: set[int] = set()
        self.total = 0

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows of tiles, loaded or not."""
        return 0 if parent.isValid() else -(-self.total // self._columns)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Tiles in a row."""
        return 0 if parent.isValid() else self._columns

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The last row may end early."""
        if self.place(index) < self.total:
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """The product, or None while its page is on its way."""
        if role == PRODUCT_ROLE:
            return self.product(self.place(index))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            product = self.product(self.place(index))
            return product.name if product else ""
        return None

    def place(self, index: Index) -> int:
        """Which product of the choice a cell shows; -1 outside."""
        return index.row() * self._columns + index.column() if index.isValid() else -1

    def cell(self, place: int) -> QModelIndex:
        """The cell of a product."""
        return self.index(place // self._columns, place % self._columns)

    def product(self, place: int) -> Product | None:
        """A product of the choice; asks for its page when it has not been loaded."""
        if not 0 <= place < self.total:
            return None
        page, within = divmod(place, PAGE)
        if page in self._pages:
            found = self._pages[page]
            return found[within] if within < len(found) else None
        if page not in self._asked:
            self._asked.add(page)
            self._fetch(page * PAGE)
        return None

    def start(self, page: ProductPage) -> None:
        """Show a new choice from its first page."""
        self.beginResetModel()
        self.total = page.total
        self._pages = {0: page.products}
        self._asked = {0}
        self.endResetModel()

    def take(self, offset: int, page: ProductPage) -> None:
        """A further page has come."""
        self._pages[offset // PAGE] = page.products
        last = min(self.total, offset + PAGE) - 1
        if last >= offset:
            first_row, last_row = offset // self._columns, last // self._columns
            self.dataChanged.emit(self.index(first_row, 0), self.index(last_row, self._columns - 1))

    def lay_out(self, columns: int) -> None:
        """Put so many tiles in a row."""
        if columns != self._columns:
            self.beginResetModel()
            self._columns = columns
            self.endResetModel()


class TilePainter(QStyledItemDelegate):
    """Paints a tile: its colour with its picture, then name, price, and stock when that is low."""

    def __init__(self, theme: Theme, texts: Texts, grid: TileGrid) -> None:
        super().__init__(grid)
        self._theme = theme
        self._texts = texts
        self._grid = grid
        self._name = font(Type.SMALL, QFont.Weight.Medium)
        self._price = font(Type.BODY, QFont.Weight.DemiBold)
        self._small = font(Type.SMALL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One tile."""
        rect: QRect = option.rect
        place = self._grid.products.place(index)
        if place >= self._grid.products.total:
            return
        box = rect.adjusted(0, 0, -GRID, -GRID)
        product = self._grid.products.product(place)
        colour = self._theme.colour
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self._grid.hasFocus() and self._grid.currentIndex() == index
        painter.setPen(QPen(colour("accent_text"), 2) if chosen else QPen(colour("line_strong"), 1))
        painter.setBrush(colour("pressed" if self._grid.held == place else "surface"))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if product is not None:
            price = price_text(product, self._texts)
            roomy = QFontMetrics(self._small).horizontalAdvance(price) <= box.width() - 2 * GRID - PICTURE
            if roomy:
                self._paint_picture(painter, box, product)
            self._paint_words(painter, box, product, price, PICTURE if roomy else 0)
        painter.restore()

    def _paint_picture(self, painter: QPainter, box: QRect, product: Product) -> None:
        chip = QRect(box.x() + GRID, box.bottom() - GRID - 31, 32, 32)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(product.colour))
        painter.drawRoundedRect(chip, RADIUS, RADIUS)
        if product.picture and has_icon(product.picture):
            ink = readable_on(product.colour)
            ratio = painter.device().devicePixelRatioF()
            painter.drawPixmap(chip.x() + 6, chip.y() + 6, self._theme.pixmap(product.picture, ink, 20, ratio))

    def _paint_words(self, painter: QPainter, box: QRect, product: Product, price: str, left: int) -> None:
        colour = self._theme.colour
        room = box.width() - 2 * GRID
        metrics = QFontMetrics(self._name)
        painter.setFont(self._name)
        painter.setPen(colour("text"))
        y = box.y() + 6
        for line in two_lines(product.name, metrics, room):
            painter.drawText(QRect(box.x() + GRID, y, room, metrics.height()), int(Qt.AlignmentFlag.AlignLeft), line)
            y += metrics.height()
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        foot = QRect(box.x() + GRID + left, box.bottom() - GRID - 31, room - left, 32)
        stock = stock_text(product, self._texts)
        painter.setFont(self._fitting(price, foot.width()))
        if stock:
            painter.drawText(foot.adjusted(0, -4, 0, -14), right, price)
            painter.setFont(self._small)
            painter.setPen(colour("warn_text"))
            painter.drawText(foot.adjusted(-GRID, 16, 0, 4), right, stock)
        else:
            painter.drawText(foot, right, price)

    def _fitting(self, text: str, width: int) -> QFont:
        return self._price if QFontMetrics(self._price).horizontalAdvance(text) <= width else self._small


_known_icons: dict[str, bool] = {}


def has_icon(name: str) -> bool:
    """Whether the bundled family has an icon of this name."""
    if name not in _known_icons:
        try:
            resources.path(f"icons/{name}.svg")
        except FileNotFoundError:
            _known_icons[name] = False
        else:
            _known_icons[name] = True
    return _known_icons[name]


def two_lines(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """A name broken at a space into at most two lines, the second elided."""
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    words = text.split(" ")
    first = ""
    while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= width:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return [metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)]
    rest = " ".join(words)
    return [first, metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)] if rest else [first]


class TileGrid(QTableView):
    """The tiles.

    Args:
        theme: colours.
        texts: words.
        fetch: see :class:`ProductModel`.

    Signals:
        chosen(object): the :class:`Product` of a tile that was tapped.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, texts: Texts, fetch: Callable[[int], None]) -> None:
        super().__init__()
        self._theme = theme
        self.held = -1
        self.empty_text = ""
        self.products = ProductModel(fetch)
        self.setModel(self.products)
        self.setItemDelegate(TilePainter(theme, texts, self))
        self.setProperty("ground", "plain")
        self.setShowGrid(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(TILE_HEIGHT + GRID)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalScrollBar().setSingleStep(TILE_HEIGHT)
        finger = FingerScroll(self)
        finger.pressed.connect(self._on_pressed)
        finger.released.connect(self._on_released)
        finger.tapped.connect(self._on_tapped)
        theme.changed.connect(self.viewport().update)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as fit, filling the width."""
        self._fit()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the tile under the ring; what the list does not know goes up."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.take(self.products.place(self.currentIndex()))
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        """Show the ring with the focus."""
        super().changeEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tiles, or why there are none."""
        super().paintEvent(event)
        if self.products.total or not self.empty_text:
            return
        painter = QPainter(self.viewport())
        painter.setFont(font(Type.BODY))
        painter.setPen(self._theme.colour("soft"))
        box = self.viewport().rect().adjusted(2 * GRID, 0, -2 * GRID, 0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.empty_text)
        painter.end()

    def take(self, place: int) -> bool:
        """Choose a tile; False when it is not there (yet)."""
        product = self.products.product(place)
        if product is not None:
            self.chosen.emit(product)
        return product is not None

    def _fit(self) -> None:
        width = max(TILE_WIDTH, self.viewport().width())
        columns = max(1, min(MOST_COLUMNS, (width + GRID) // TILE_WIDTH))
        self.horizontalHeader().setDefaultSectionSize(width // columns)
        self.products.lay_out(columns)

    def _on_pressed(self, point: QPoint) -> None:
        self.held = self.products.place(self.indexAt(point))
        self.viewport().update()

    def _on_released(self) -> None:
        self.held = -1
        self.viewport().update()

    def _on_tapped(self, point: QPoint) -> None:
        self.take(self.products.place(self.indexAt(point)))
