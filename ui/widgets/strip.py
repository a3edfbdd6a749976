"""A row of chips that a finger can push sideways, with a key at each end that leads on: categories, open baskets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ui.theme import GRID, TOUCH, Theme, Type
from ui.widgets.buttons import ActionButton, Face
from ui.widgets.finger import SLOP

END = TOUCH + GRID


class StripEnd(QWidget):
    """The key over one end of a strip, on the ground of the bar that it lies in."""

    def __init__(self, theme: Theme, ground: str, icon: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ground = ground
        self.key = ActionButton(theme, "", icon=icon)
        self.key.name_it(name)
        self.key.setFixedWidth(TOUCH)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        forward = icon == "chevron-right"
        column.addWidget(self.key, 0, Qt.AlignmentFlag.AlignRight if forward else Qt.AlignmentFlag.AlignLeft)
        self.hide()
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Hide the chip underneath: half a word beside the key would look like a part of it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(self._ground))
        painter.end()


class ChipStrip(QScrollArea):
    """One chip of several is chosen.

    Args:
        theme: colours.
        names: of the keys that lead back and on, for who cannot see them.
        widest: of one chip, pixels; longer words are elided.
        ground: token of the colour behind it.

    Signals:
        chosen(str): the key of the chip that was pressed.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, names: tuple[str, str], widest: int = 220, ground: str = "ground") -> None:
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
        self.back = StripEnd(theme, ground, "chevron-left", names[0], self)
        self.on = StripEnd(theme, ground, "chevron-right", names[1], self)
        self.back.key.clicked.connect(self._go_back)
        self.on.key.clicked.connect(self._go_on)
        bar = self.horizontalScrollBar()
        bar.valueChanged.connect(self._show_ends)
        bar.rangeChanged.connect(self._show_ends)
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
            self._bring(self.chips[key])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The keys stay at the ends."""
        super().resizeEvent(event)
        self.back.setGeometry(0, 0, END, self.height())
        self.on.setGeometry(self.width() - END, 0, END, self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel pushes it sideways: there is nothing above or below."""
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A finger that moves pushes the strip; one that does not presses the chip."""
        if isinstance(watched, ActionButton) and event.type() == QEvent.Type.FocusIn:
            self._bring(watched)
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

    def _bring(self, chip: ActionButton) -> None:
        # Not Qt's own way: that takes a chip under one of the keys for one in sight.
        bar = self.horizontalScrollBar()
        self._row.activate()
        least, most = chip.geometry().right() - self.width() + END + 1, chip.x() - END
        bar.setValue(min(max(bar.value(), least), most))

    def _show_ends(self) -> None:
        bar = self.horizontalScrollBar()
        self.back.setVisible(bar.value() > 0)
        self.on.setVisible(bar.value() < bar.maximum())

    def _go_on(self) -> None:
        # The first chip that is not whole becomes the first in sight: none is skipped.
        bar, seen = self.horizontalScrollBar(), self.width() - END
        cut = [chip.x() for chip in self.chips.values() if chip.geometry().right() - bar.value() > seen]
        bar.setValue(max(bar.value() + END, cut[0] - END) if cut else bar.maximum())

    def _go_back(self) -> None:
        bar = self.horizontalScrollBar()
        cut = [chip.geometry().right() for chip in self.chips.values() if chip.x() - bar.value() < END]
        bar.setValue(min(bar.value() - END, cut[-1] - self.width() + END) if cut else 0)

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
