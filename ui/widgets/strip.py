"""A row of chips that a finger can push sideways: categories, and open baskets."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from ui.theme import GRID, TOUCH, Theme, Type
from ui.widgets.buttons import ActionButton, Face


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
        self.setStyleSheet("QScrollArea, QWidget#strip { background: transparent; }")
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
        for key, word, hint in chips:
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
            chip.clicked.connect(lambda _checked=False, key=key: self._on_clicked(key))
            self.chips[key] = chip
            self._row.insertWidget(place, chip)

    def _on_clicked(self, key: str) -> None:
        self.choose(key)
        self.chosen.emit(key)
