"""The lines of a basket: one row each, a stepper at the left, the amount at the right, the newest marked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ui.sale_model import LineRow
from ui.text import MINUS, Texts
from ui.theme import GRID, RADIUS, TOUCH, Theme, Type, font
from ui.widgets.finger import FingerScroll

QUANTITY, ITEM, AMOUNT = range(3)
STEPPER_WIDTH = 2 * TOUCH + 40
PLAIN_WIDTH = 88
AMOUNT_WIDTH = 124
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1

CENTRE = int(Qt.AlignmentFlag.AlignCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
MOVES = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class BasketModel(QAbstractTableModel):
    """The rows; only those that changed are painted again."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.rows: tuple[LineRow, ...] = ()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines of the basket."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Quantity, item, amount."""
        return 0 if parent.isValid() else 3

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Texts for everybody, the whole row for the painter."""
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.quantity, row.name, row.amount)[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.quantity} {row.name} {row.detail} {row.amount}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """Names of the columns, for who cannot see them."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._texts.t(f"sale.column.{('quantity', 'item', 'amount')[section]}")
        return None

    def show(self, rows: tuple[LineRow, ...]) -> None:
        """Replace the rows, telling the view only what differs."""
        old = self.rows
        common = min(len(old), len(rows))
        if len(rows) > len(old):
            self.beginInsertRows(NOWHERE, len(old), len(rows) - 1)
            self.rows = rows
            self.endInsertRows()
        elif len(rows) < len(old):
            first = next((at for at in range(common) if old[at].id != rows[at].id), common)
            self.beginRemoveRows(NOWHERE, first, first + len(old) - len(rows) - 1)
            self.rows = rows
            self.endRemoveRows()
        else:
            self.rows = rows
        for at in range(common):
            if old[at] != rows[at]:
                self.dataChanged.emit(self.index(at, 0), self.index(at, 2))


class LinePainter(QStyledItemDelegate):
    """Paints a line; the stepper is part of the painting, so that 500 lines cost no more than ten."""

    def __init__(self, theme: Theme, table: BasketTable) -> None:
        super().__init__(table)
        self._theme = theme
        self._table = table
        self._name = Face(font(Type.BODY, QFont.Weight.Medium))
        self._small = Face(font(Type.SMALL))
        self._strong = Face(font(Type.BODY, QFont.Weight.DemiBold))
        self._steps: dict[tuple[str, bool], QPixmap] = {}
        theme.changed.connect(self._steps.clear)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A finger high."""
        return QSize(TOUCH, TOUCH)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, hairline, then the part of the line that belongs to the column."""
        row = self._table.lines.rows[index.row()]
        rect: QRect = option.rect
        column = index.column()
        chosen = row.id == self._table.chosen_id
        colour = self._theme.colour
        painter.fillRect(rect, colour("accent_soft" if chosen else "surface"))
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), colour("line"))
        if row.newest and column == QUANTITY:
            painter.fillRect(QRect(rect.x(), rect.y(), 4, rect.height() - 1), colour("accent"))
        if column == QUANTITY:
            self._paint_quantity(painter, rect, row)
        elif column == ITEM:
            self._paint_item(painter, rect, row)
        else:
            self._paint_amount(painter, rect, row)

    def _paint_quantity(self, painter: QPainter, rect: QRect, row: LineRow) -> None:
        middle = rect
        if self._table.steppers and row.steps:
            held = self._table.held
            for box, sign in ((minus_box(rect), MINUS), (plus_box(rect), "+")):
                painter.drawPixmap(box.topLeft(), self._step(painter, sign, held == (row.id, sign)))
            middle = QRect(minus_box(rect).right(), rect.y(), plus_box(rect).left() - minus_box(rect).right(), TOUCH)
        face = self._strong if self._strong.width(row.quantity) <= middle.width() else self._small
        self._write(painter, middle, CENTRE, row.quantity, face, "text")

    def _step(self, painter: QPainter, sign: str, held: bool) -> QPixmap:
        if (sign, held) not in self._steps:
            self._steps[sign, held] = self._draw_step(sign, held, painter.device().devicePixelRatioF())
        return self._steps[sign, held]

    def _draw_step(self, sign: str, held: bool, ratio: float) -> QPixmap:
        colour = self._theme.colour
        pixmap = QPixmap(QSize(TOUCH, TOUCH) * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QRect(5, 5, TOUCH - 10, TOUCH - 11)
        painter.setPen(QPen(colour("line_strong"), 1))
        painter.setBrush(colour("pressed" if held else "surface"))
        painter.drawRoundedRect(QRectF(face).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        centre = face.center()
        painter.fillRect(QRect(centre.x() - 6, centre.y(), 14, 2), colour("text"))
        if sign == "+":
            painter.fillRect(QRect(centre.x(), centre.y() - 6, 2, 14), colour("text"))
        painter.end()
        return pixmap

    def _paint_item(self, painter: QPainter, rect: QRect, row: LineRow) -> None:
        room = rect.width() - 2 * GRID
        name, small = self._name, self._small
        height = name.height + (small.height if row.detail else 0)
        top = rect.y() + (rect.height() - height) // 2
        box = QRect(rect.x() + GRID, top, room, name.height)
        self._write(painter, box, LEFT, name.elided(row.name, room), name, "text")
        if row.detail:
            box = QRect(rect.x() + GRID, top + name.height, room, small.height)
            self._write(painter, box, LEFT, small.elided(row.detail, room), small, "soft")

    def _paint_amount(self, painter: QPainter, rect: QRect, row: LineRow) -> None:
        box = rect.adjusted(0, 0, -2 * GRID, 0)
        face = self._strong if self._strong.width(row.amount) <= box.width() else self._small
        if row.saved:
            top = rect.y() + (rect.height() - self._strong.height - self._small.height) // 2
            under = QRect(box.x(), top + self._strong.height, box.width(), self._small.height)
            self._write(painter, under, RIGHT, row.saved, self._small, "accent_text")
            box = QRect(box.x(), top, box.width(), self._strong.height)
        self._write(painter, box, RIGHT, row.amount, face, "text")

    def _write(self, painter: QPainter, box: QRect, where: int, text: str, face: Face, ink: str) -> None:
        painter.setFont(face.font)
        painter.setPen(self._theme.colour(ink))
        painter.drawText(box, where, text)


class Face:
    """A font with its measures; measuring costs more than painting, so it is done once for each text."""

    def __init__(self, letters: QFont) -> None:
        self.font = letters
        self._metrics = QFontMetrics(letters)
        self.height = self._metrics.height()
        self.width = lru_cache(512)(self._width)
        self.elided = lru_cache(512)(self._elided)

    def _width(self, text: str) -> int:
        # Wrapped bare, Qt's own method would have all its signatures read at the start: a twentieth of a second.
        return self._metrics.horizontalAdvance(text)

    def _elided(self, text: str, room: int) -> str:
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def minus_box(rect: QRect) -> QRect:
    """Where one less is tapped, in a quantity cell."""
    return QRect(rect.x() + 4, rect.y(), TOUCH, TOUCH)


def plus_box(rect: QRect) -> QRect:
    """Where one more is tapped."""
    return QRect(rect.x() + rect.width() - TOUCH, rect.y(), TOUCH, TOUCH)


class BasketTable(QTableView):
    """The lines of a basket.

    Args:
        theme: colours.
        texts: words.
        steppers: False shows quantities only (payment).

    Signals:
        stepped(str, int): one more (+1) or less (-1) of the line with this id.
        opened(str): the line was tapped.
        swiped(str): the line was pushed out to the left.
    """

    stepped = Signal(str, int)
    opened = Signal(str)
    swiped = Signal(str)

    def __init__(self, theme: Theme, texts: Texts, *, steppers: bool = True) -> None:
        super().__init__()
        self._theme = theme
        self._texts = texts
        self.steppers = steppers
        self.held: tuple[str, str] | None = None
        self.lines = BasketModel(texts)
        self.setModel(self.lines)
        self.setItemDelegate(LinePainter(theme, self))
        self.setAccessibleName(texts.t("sale.lines"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(TOUCH)
        self.verticalHeader().setMinimumSectionSize(TOUCH)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(ITEM, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(QUANTITY, STEPPER_WIDTH if steppers else PLAIN_WIDTH)
        self.setColumnWidth(AMOUNT, AMOUNT_WIDTH)
        self.verticalScrollBar().setSingleStep(TOUCH)
        finger = FingerScroll(self)
        finger.pressed.connect(self._on_pressed)
        finger.released.connect(self._on_released)
        finger.tapped.connect(self._on_tapped)
        finger.swiped.connect(self._on_swiped)
        theme.changed.connect(self.viewport().update)

    @property
    def chosen_id(self) -> str | None:
        """The line that the function keys work on."""
        row = self.currentIndex().row()
        return self.lines.rows[row].id if 0 <= row < len(self.lines.rows) else None

    def show_rows(self, rows: tuple[LineRow, ...]) -> None:
        """Show lines; a line that has just changed becomes the chosen one and comes into view."""
        before = self.chosen_id
        newest_before = next((row.id for row in self.lines.rows if row.newest), None)
        changed = {row for row in rows if row.newest} - set(self.lines.rows)
        self.lines.show(rows)
        newest = next((row.id for row in rows if row.newest), None)
        wanted = newest if changed or newest != newest_before else before
        self.choose(wanted if any(row.id == wanted for row in rows) else (rows[-1].id if rows else None))
        if not rows:
            self.viewport().update()

    def choose(self, line_id: str | None) -> None:
        """Make a line the chosen one."""
        for number, row in enumerate(self.lines.rows):
            if row.id == line_id:
                self.selectRow(number)
                self.scrollTo(self.lines.index(number, ITEM))
                return
        self.clearSelection()

    def choose_next(self, step: int) -> None:
        """Choose the line below (+1) or above (-1)."""
        row = max(0, min(len(self.lines.rows) - 1, self.currentIndex().row() + step))
        if self.lines.rows:
            self.choose(self.lines.rows[row].id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move through the lines; every other key is the screen's."""
        if event.key() in MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chosen line stays in view when the letters take half of the room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:
        """An empty basket says what to do first."""
        super().paintEvent(event)
        if self.lines.rows:
            return
        painter = QPainter(self.viewport())
        middle = self.viewport().rect()
        painter.setFont(font(Type.TITLE, QFont.Weight.DemiBold))
        painter.setPen(self._theme.colour("soft"))
        half = middle.height() // 2
        bottom = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
        painter.drawText(QRect(0, 0, middle.width(), half), bottom, self._texts.t("sale.empty"))
        painter.setFont(font(Type.BODY))
        top = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        painter.drawText(QRect(0, half + GRID, middle.width(), half), top, self._texts.t("sale.empty_hint"))
        painter.end()

    def step_at(self, point: QPoint) -> tuple[LineRow, str] | None:
        """Which stepper lies under a point of the viewport."""
        index = self.indexAt(point)
        if not index.isValid() or index.column() != QUANTITY or not self.steppers:
            return None
        row, rect = self.lines.rows[index.row()], self.visualRect(index)
        if not row.steps:
            return None
        if minus_box(rect).contains(point):
            return row, MINUS
        return (row, "+") if plus_box(rect).contains(point) else None

    def _on_pressed(self, point: QPoint) -> None:
        step = self.step_at(point)
        self.held = (step[0].id, step[1]) if step else None
        self.viewport().update()

    def _on_released(self) -> None:
        self.held = None
        self.viewport().update()

    def _on_tapped(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if not index.isValid():
            return
        row = self.lines.rows[index.row()]
        self.choose(row.id)
        step = self.step_at(point)
        if step is not None:
            self.stepped.emit(row.id, 1 if step[1] == "+" else -1)
        else:
            self.opened.emit(row.id)

    def _on_swiped(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.swiped.emit(self.lines.rows[index.row()].id)
