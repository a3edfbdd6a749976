"""A list of rows, each with a name, a second line, an amount and marks: held baskets, customers, receipts, lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.theme import GRID, RADIUS, Theme, Type, font
from ui.widgets.finger import FingerScroll

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole

_INKS = {
    "": "soft",
    "trouble": "bad_text",
    "attention": "warn_text",
    "accent": "accent_text",
    "done": "done_text",
}
_GROUNDS = {
    "": "raised",
    "trouble": "bad_soft",
    "attention": "warn_soft",
    "accent": "accent_soft",
    "done": "done_soft",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one row shows.

    Args:
        key: given back when the row is chosen.
        lead: stands before the title in a column of its own, such as a quantity.
        right: an amount, right-aligned; ``right_detail`` under it.
        marks: (text, tone) of small labels after the title.
    """

    key: str
    title: str
    detail: str = ""
    lead: str = ""
    right: str = ""
    right_detail: str = ""
    marks: tuple[tuple[str, str], ...] = ()

    @property
    def spoken(self) -> str:
        """The row as a screen reader says it."""
        marks = (text for text, _tone in self.marks)
        return ", ".join(part for part in (self.lead, self.title, self.detail, *marks, self.right) if part)


class RowModel(QAbstractListModel):
    """Rows as a model."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, or what is said of it."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.spoken
        return None


class RowDelegate(QStyledItemDelegate):
    """Paints a :class:`Row`.

    Args:
        compact: rows that are only read: lower, and with a column for the quantity.
    """

    def __init__(self, theme: Theme, *, compact: bool) -> None:
        super().__init__()
        self._theme = theme
        self._compact = compact

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A finger's height where it can be chosen."""
        row: Row = index.data(ROW)
        height = (52 if row.detail else 36) if self._compact else 72
        return QSize(100, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, then the columns from the outside in, so that the name gets what is left."""
        row: Row = index.data(ROW)
        state: QStyle.StateFlag = option.state
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._compact:
            self._paint_ground(painter, rect, chosen=bool(state & QStyle.StateFlag.State_Selected))
        # the scroll bar is as wide as the margin: amounts stand in one line with and without it
        barred = isinstance(option.widget, QListView) and option.widget.verticalScrollBar().isVisible()
        box = rect.adjusted(2 * GRID, 0, 0 if barred else -2 * GRID, 0)
        box = self._paint_right(painter, box, row)
        if row.lead or self._compact:
            box = self._paint_lead(painter, box, row)
        self._paint_words(painter, box, row)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, *, chosen: bool) -> None:
        colour = self._theme.colour
        if chosen:
            painter.fillRect(rect, colour("accent_soft"))
            painter.fillRect(QRect(rect.x(), rect.y(), 4, rect.height()), colour("accent"))
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), colour("line"))

    def _paint_right(self, painter: QPainter, box: QRect, row: Row) -> QRect:
        if not row.right and not row.right_detail:
            return box
        strong = font(Type.BODY, QFont.Weight.Normal if self._compact else QFont.Weight.DemiBold)
        small = font(Type.SMALL)
        width = max(
            QFontMetrics(strong).horizontalAdvance(row.right), QFontMetrics(small).horizontalAdvance(row.right_detail)
        )
        column = QRect(box.right() - width, box.y(), width + 1, box.height())
        top, bottom = _halves(column, bool(row.right_detail or (self._compact and row.detail)))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(strong)
        painter.setPen(self._theme.colour("text"))
        painter.drawText(top, int(right), row.right)
        if row.right_detail:
            painter.setFont(small)
            painter.setPen(self._theme.colour("soft"))
            painter.drawText(bottom, int(right), row.right_detail)
        return box.adjusted(0, 0, -(width + 2 * GRID), 0)

    def _paint_lead(self, painter: QPainter, box: QRect, row: Row) -> QRect:
        letters = font(Type.BODY)
        width = max(32, QFontMetrics(letters).horizontalAdvance(row.lead))
        top, _bottom = _halves(QRect(box.x(), box.y(), width, box.height()), bool(row.detail))
        painter.setFont(letters)
        painter.setPen(self._theme.colour("soft"))
        painter.drawText(top, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), row.lead)
        return box.adjusted(width + GRID + 4, 0, 0, 0)

    def _paint_words(self, painter: QPainter, box: QRect, row: Row) -> None:
        words = font(Type.BODY, QFont.Weight.Normal if self._compact else QFont.Weight.DemiBold)
        top, bottom = _halves(box, bool(row.detail))
        small = QFontMetrics(font(Type.SMALL))
        marks = sum(small.horizontalAdvance(text) + 3 * GRID for text, _tone in row.marks)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        metrics = QFontMetrics(words)
        title = metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, max(40, top.width() - marks))
        painter.setFont(words)
        painter.setPen(self._theme.colour("text"))
        painter.drawText(top, left, title)
        x = top.x() + metrics.horizontalAdvance(title) + GRID
        for text, tone in row.marks:
            x = self._paint_mark(painter, x, top, text, tone)
        if row.detail:
            painter.setFont(font(Type.SMALL))
            painter.setPen(self._theme.colour("soft"))
            painter.drawText(bottom, left, small.elidedText(row.detail, Qt.TextElideMode.ElideRight, bottom.width()))

    def _paint_mark(self, painter: QPainter, x: int, line: QRect, text: str, tone: str) -> int:
        letters = font(Type.SMALL, QFont.Weight.Medium)
        width = QFontMetrics(letters).horizontalAdvance(text) + 2 * GRID
        box = QRectF(x, line.center().y() - 11, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(_GROUNDS[tone]))
        painter.drawRoundedRect(box, RADIUS - 2, RADIUS - 2)
        painter.setPen(QPen(QColor(self._theme.colour(_INKS[tone]))))
        painter.setFont(letters)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        return x + width + GRID


def _halves(box: QRect, two: bool) -> tuple[QRect, QRect]:
    """Where the first and the second line stand: close together, in the middle of the row."""
    if not two:
        return box, QRect()
    middle = box.center().y()
    return (
        QRect(box.x(), middle - 24, box.width(), 26),
        QRect(box.x(), middle + 2, box.width(), 20),
    )


class RowList(QListView):
    """A list of :class:`Row`.

    Args:
        name: what a screen reader calls it.
        compact: rows are only read, not chosen.

    Signals:
        picked(str): a row became the current one, by touch or arrow keys; carries its key.
        taken(str): a row was confirmed by Enter.
    """

    picked = Signal(str)
    taken = Signal(str)

    def __init__(self, theme: Theme, name: str, *, compact: bool = False) -> None:
        super().__init__()
        self.rows = RowModel()
        self._delegate = RowDelegate(theme, compact=compact)
        self._quiet = False
        self.setModel(self.rows)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(name)
        self.setUniformItemSizes(not compact)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if not compact else Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(
            QAbstractItemView.SelectionMode.NoSelection if compact else QAbstractItemView.SelectionMode.SingleSelection
        )
        self.selectionModel().currentChanged.connect(self._on_current)
        self._finger = FingerScroll(self)
        if not compact:
            self._finger.tapped.connect(self._on_tapped)
        theme.changed.connect(self.viewport().update)

    @property
    def chosen(self) -> str | None:
        """Key of the current row, or None."""
        index = self.currentIndex()
        row = index.data(ROW) if index.isValid() else None
        return row.key if row is not None else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows; the current one stays current while it is still there, without a signal."""
        before = self.chosen
        self._quiet = True
        self.rows.show(rows)
        if before is not None:
            self._select(before)
        self._quiet = False

    def choose(self, key: str) -> bool:
        """Make a row the current one.

        Returns:
            Whether it is there.
        """
        return self._select(key)

    def step(self, by: int) -> None:
        """Go up or down, for arrow keys typed elsewhere."""
        count = len(self.rows.rows)
        if count:
            row = self.currentIndex().row() + by if self.currentIndex().isValid() else 0
            self.choose(self.rows.rows[max(0, min(count - 1, row))].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter confirms; keys that a list has no use for go on to the screen."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen is not None:
            self.taken.emit(self.chosen)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def _on_tapped(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self._select(index.data(ROW).key)

    def _select(self, key: str) -> bool:
        for number, row in enumerate(self.rows.rows):
            if row.key == key:
                index = self.rows.index(number)
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
                self.scrollTo(index)
                return True
        return False

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._quiet:
            self.picked.emit(current.data(ROW).key)
