"""A row of chips that a finger can push sideways: categories, and open baskets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from ui.theme import GRID, TOUCH, Theme, Type
from ui.widgets.buttons import ActionButton, Face
from ui.widgets.finger import SLOP


class ChipStrip(QScrollArea):
    """One chip of several is chosen.

    Args:
        theme: colours.
        widest: of one chip, pixels; longer words are elided.

    Signals:
        chosen(str): the key of the chip that was pressed.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, widest: int = 220) -> None:
        super().__init__()
        self._theme = theme
        self._widest = widest
        self._from = QPoint()
        self._start = 0
        self._pushed = False
        self._keys: list[tuple[str, str, str]] = []
        self.chips: dict[str, ActionButton] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(TOUCH)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setObjectName("strip")
        self._row = QHBoxLayout(inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        self._row.addStretch(1)
        self.setWidget(inner)

    def show_chips(self, chips: list[tuple[str, str, str]], chosen: str) -> None:
        """Show chips ``(key, word, hint)``; chips that stay the same keep their place and focus."""
        keys = [key for key, _, _ in chips]
        if keys != [key for key, _, _ in self._keys]:
            self._rebuild(chips)
            self._keys = []
        for key, word, hint in set(chips) - set(self._keys):
            self.chips[key].set_text(word, hint)
            self.chips[key].setFixedWidth(min(self._widest, self.chips[key].sizeHint().width()))
        self._keys = chips
        self.choose(chosen)

    def choose(self, key: str) -> None:
        """Mark a chip and bring it into view."""
        for name, chip in self.chips.items():
            chip.setChecked(name == key)
        if key in self.chips:
            self.ensureWidgetVisible(self.chips[key], 4 * GRID, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel pushes it sideways: there is nothing above or below."""
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A finger that moves pushes the strip; one that does not presses the chip."""
        if not isinstance(watched, ActionButton) or not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress:
            self._from = event.globalPosition().toPoint()
            self._start = self.horizontalScrollBar().value()
            self._pushed = False
        elif event.type() == QEvent.Type.MouseMove and event.buttons():
            moved = event.globalPosition().toPoint().x() - self._from.x()
            if abs(moved) > SLOP:
                self._pushed = True
                watched.setDown(False)
            if self._pushed:
                self.horizontalScrollBar().setValue(self._start - moved)
                return True
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pushed:
            return True
        return False

    def _rebuild(self, chips: list[tuple[str, str, str]]) -> None:
        for chip in self.chips.values():
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for place, (key, word, hint) in enumerate(chips):
            face = Face.STACKED if hint else Face.ROW
            chip = ActionButton(self._theme, word, hint=hint, face=face, size=Type.SMALL)
            chip.setCheckable(True)
            chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            chip.installEventFilter(self)
            chip.clicked.connect(lambda _checked=False, key=key: self._on_clicked(key))
            self.chips[key] = chip
            self._row.insertWidget(place, chip)

    def _on_clicked(self, key: str) -> None:
        self.choose(key)
        self.chosen.emit(key)
