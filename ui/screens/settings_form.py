"""One setting on screen: its name, a control that fits its kind, and what is wrong with what was typed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.settings import Setting, Value
from ui.text import Texts
from ui.theme import GRID, Theme
from ui.widgets.buttons import ActionButton
from ui.widgets.labels import label, repolish


class Choice(QWidget):
    """A row of keys of which one is on.

    Signals:
        chosen(object): another value was chosen.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str, options: tuple[tuple[Value, str], ...]) -> None:
        super().__init__()
        self._value: Value = options[0][0]
        self.buttons: dict[Value, ActionButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for value, text in options:
            button = ActionButton(theme, text)
            button.setCheckable(True)
            button.name_it(f"{name}: {text}")
            button.clicked.connect(partial(self._on_clicked, value))
            self.buttons[value] = button
            row.addWidget(button, 1)

    @property
    def value(self) -> Value:
        """What is on."""
        return self._value

    def show_value(self, value: Value) -> None:
        """Switch one on."""
        self._value = value
        for each, button in self.buttons.items():
            button.setChecked(each == value)

    def _on_clicked(self, value: Value) -> None:
        changed = value != self._value
        self.show_value(value)
        if changed:
            self.chosen.emit(value)


class SettingRow(QWidget):
    """A setting.

    Args:
        restart: it takes effect only at the next start.
        fixed: it is shown and cannot be changed here.

    Signals:
        edited(): its value was changed by hand.
    """

    edited = Signal()

    def __init__(self, theme: Theme, texts: Texts, setting: Setting, *, restart: bool, fixed: bool = False) -> None:
        super().__init__()
        self.setting = setting
        self._texts = texts
        self.choice: Choice | None = None
        self.field: QLineEdit | None = None
        name = texts.t(setting.label_key)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, GRID, 0, GRID)
        row.setSpacing(2 * GRID)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(name, "body", wrap=True))
        hint = self._hint(restart=restart, fixed=fixed)
        if hint:
            words.addWidget(label(hint, "small", "soft", wrap=True))
        self.trouble = label("", "small", "bad", wrap=True)
        self.trouble.hide()
        words.addWidget(self.trouble)
        row.addLayout(words, 1)
        control = self._make_control(theme, name)
        control.setFixedWidth(312)
        control.setEnabled(not fixed)
        row.addWidget(control, 0, Qt.AlignmentFlag.AlignTop)

    def show_value(self, value: Value) -> None:
        """Show what is in force."""
        if self.choice is not None:
            self.choice.show_value(value)
        elif self.field is not None:
            self.field.setText(str(value))
        self._complain("")

    def read(self) -> Value:
        """What is chosen or typed.

        Raises:
            BadInput: SETTING_OUT_OF_RANGE; the reason is shown beside the field too.
        """
        if self.choice is not None:
            return self.choice.value
        assert self.field is not None
        try:
            value = self.setting.parse(self.field.text().strip())
        except UserError:
            self._complain(self._texts.t("settings.allowed", allowed=self.setting.allowed))
            raise
        self._complain("")
        return value

    def _hint(self, *, restart: bool, fixed: bool) -> str:
        key = f"{self.setting.label_key}.hint"
        parts = [self._texts.t(key)] if self._texts.has(key) else []
        if restart:
            parts.append(self._texts.t("settings.restart"))
        if fixed:
            parts.append(self._texts.t("settings.fixed"))
        return " · ".join(parts)

    def _make_control(self, theme: Theme, name: str) -> QWidget:
        options: tuple[tuple[Value, str], ...] = ()
        if isinstance(self.setting.default, bool):
            options = ((True, self._texts.t("settings.on")), (False, self._texts.t("settings.off")))
        elif self.setting.choices:
            options = tuple((value, self._word(value)) for value in self.setting.choices)
        if options:
            self.choice = Choice(theme, name, options)
            self.choice.chosen.connect(lambda _value: self.edited.emit())
            return self.choice
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.field.setMaxLength(500)
        self.field.textEdited.connect(lambda _text: self.edited.emit())
        return self.field

    def _word(self, value: Value) -> str:
        key = f"settings.choice.{value}"
        return self._texts.t(key) if self._texts.has(key) else str(value)

    def _complain(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        if self.field is not None:
            self.field.setProperty("wrong", bool(text))
            repolish(self.field)
