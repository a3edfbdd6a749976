"""The number keys. They type into whatever the screen says, never into what happens to have the focus."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from ui.theme import GRID, TOUCH_PRIMARY, Theme, Type
from ui.widgets.buttons import ActionButton

BACKSPACE = "back"
ROWS = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"), ("0", ".", BACKSPACE))


class Keypad(QWidget):
    """Twelve number keys in a grid, with room for a screen's own keys at their right.

    Args:
        theme: colours.
        decimal_mark: as printed on its key.
        backspace_name: what the erasing key is called for who cannot see it.
        size: of the figures, pixels.
        decimal: False puts ``00`` where the decimal mark would be.

    Signals:
        pressed(str): a digit, ``.`` or :data:`BACKSPACE`.
    """

    pressed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        decimal_mark: str,
        backspace_name: str,
        *,
        size: int = Type.TITLE,
        decimal: bool = True,
    ) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        self.keys: dict[str, ActionButton] = {}
        for row, keys in enumerate(ROWS):
            for column, key in enumerate(keys):
                code = "00" if key == "." and not decimal else key
                face = decimal_mark if code == "." else code
                icon = "delete" if code == BACKSPACE else ""
                button = ActionButton(theme, "" if icon else face, icon=icon, size=size, height=TOUCH_PRIMARY)
                if icon:
                    button.name_it(backspace_name)
                button.clicked.connect(partial(self.pressed.emit, code))
                self.keys[code] = button
                self.place(button, row, column)

    def place(self, button: QWidget, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        """Put a key into the grid; columns 3 and above are the screen's own."""
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.addWidget(button, row, column, rows, columns)
        for each in range(column, column + columns):
            self._grid.setColumnStretch(each, 1)
