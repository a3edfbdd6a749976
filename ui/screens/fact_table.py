"""A table that is only read: a header, rows of text, one column that takes what room is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ui.theme import TOUCH, Theme
from ui.widgets.finger import FingerScroll

Index = QModelIndex | QPersistentModelIndex
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FactModel(QAbstractTableModel):
    """Texts by row and column.

    Args:
        headers: a title for each column.
        numeric: columns that are aligned to the right.
    """

    def __init__(self, theme: Theme, headers: Sequence[str], numeric: Sequence[int] = ()) -> None:
        super().__init__()
        self._theme = theme
        self._headers = tuple(headers)
        self._numeric = frozenset(numeric)
        self.rows: tuple[tuple[str, ...], ...] = ()
        self._tones: tuple[str, ...] = ()

    def show(self, rows: Sequence[tuple[str, ...]], tones: Sequence[str] = ()) -> None:
        """Replace all rows; ``tones`` names a colour token for each row, empty for the usual one."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self._tones = tuple(tones) or ("",) * len(self.rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many columns."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, colour."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in self._numeric else _LEFT
        if role == Qt.ItemDataRole.ForegroundRole and self._tones[index.row()]:
            return QColor(self._theme.colour(self._tones[index.row()]))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in self._numeric else _LEFT
        return None


class FactTable(QTableView):
    """Shows a :class:`FactModel`.

    Args:
        name: what a screen reader calls it.
        widths: pixels of each column; 0 for the one that takes the rest.

    Signals:
        told(str): a row was tapped; carries its whole text, for a cell may be too narrow for it.
    """

    told = Signal(str)

    def __init__(self, model: FactModel, name: str, widths: Sequence[int]) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(TOUCH)
        self._rows = model
        header = self.horizontalHeader()
        header.setStyleSheet("QHeaderView::section { padding: 0 15px; }")  # cells have a margin beside their padding
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        for column, width in enumerate(widths):
            if width:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                header.resizeSection(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self._finger = FingerScroll(self)
        self._finger.tapped.connect(self._on_tapped)

    def _on_tapped(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.told.emit(" · ".join(filter(None, self._rows.rows[index.row()])))
