"""Letters and digits for a till that has no keyboard: they go where the focus is, as if typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QLineEdit, QSizePolicy, QWidget

from ui.text import Texts
from ui.theme import TOUCH, Theme, Type
from ui.widgets.buttons import ActionButton

GAP = 4
COLUMNS = 10
ROWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("1234567890", "qwertyuiop", "asdfghjkl'", "zxcvbnm,-_"),
        "de": ("1234567890", "qwertzuiop", "asdfghjklü", "yxcvbnmäöß"),
    }
)
"""The order of the keys that a language is used to, ten in each row."""


class TouchKeys(QWidget):
    """Four rows of characters; below them shift, the signs of an address, space and erase."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme = theme
        self._upper = False
        self.keys: dict[str, ActionButton] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        rows = ROWS.get(texts.language, ROWS["en"])
        for row, characters in enumerate(rows):
            for column, character in enumerate(characters):
                self._place(character, character, row, column, 1)
        last = len(rows)
        self.shift = self._place("shift", "", last, 0, 1, icon="chevron-up", name=texts.t("touch_keys.shift"))
        self.shift.setCheckable(True)
        for column, character in enumerate("@.+-", start=1):
            if character not in self.keys:
                self._place(character, character, last, column, 1)
            else:
                self._place("/", "/", last, column, 1)
        self._place(" ", "", last, 5, 3, name=texts.t("touch_keys.space"))
        self._place("back", "", last, 8, 2, icon="delete", name=texts.t("key.backspace"))

    def press(self, key: str) -> None:
        """Type one key where the focus is."""
        if key == "shift":
            self._set_upper(not self._upper)
            return
        if key == "back":
            _send(Qt.Key.Key_Backspace, "")
            return
        text = key.upper() if self._upper and key != "ß" else key
        _send(Qt.Key(ord(key.upper()[0])), text)
        if key.isalpha():
            self._set_upper(False)

    def ready(self) -> None:
        """A field was entered: a name begins with a capital."""
        field = QApplication.focusWidget()
        self._set_upper(isinstance(field, QLineEdit) and not field.text())

    def _set_upper(self, upper: bool) -> None:
        self._upper = upper
        self.shift.setChecked(upper)
        for key, button in self.keys.items():
            if key.isalpha() and len(key) == 1 and key != "ß":
                button.set_text(key.upper() if upper else key)

    def _place(
        self, key: str, face: str, row: int, column: int, columns: int, *, icon: str = "", name: str = ""
    ) -> ActionButton:
        button = ActionButton(self._theme, face, icon=icon, size=Type.TITLE, height=TOUCH)
        # the field that is typed into must keep the focus
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if name:
            button.name_it(name)
        button.clicked.connect(partial(self.press, key))
        self.keys[key] = button
        self._grid.addWidget(button, row, column, 1, columns)
        for each in range(COLUMNS):
            self._grid.setColumnStretch(each, 1)
        return button


def _send(key: Qt.Key, text: str) -> None:
    target = QApplication.focusWidget() or QApplication.activeWindow()
    if target is None:
        return
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))
