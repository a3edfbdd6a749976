"""What takes the place of the tiles for a moment: one line of the basket, or the basket and the till as a whole.

They are parts of the screen, not dialogs: the basket stays in sight, and a scan is never in the wrong place.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ui.text import Texts
from ui.theme import GRID, Theme
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import ElidedLabel, label


class SidePanel(QFrame):
    """A title, a close button and a grid of actions.

    Signals:
        closed(): its close button was pressed.
        acted(str): an action was pressed, by its name.
    """

    closed = Signal()
    acted = Signal(str)

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme = theme
        self._texts = texts
        outer = QVBoxLayout(self)
        # The tiles run up to the edge of the screen; a panel keeps its distance like the keypad below it.
        outer.setContentsMargins(0, 0, GRID, 0)
        card = QFrame()
        card.setProperty("card", True)
        outer.addWidget(card)
        self.title = ElidedLabel("", "title")
        self.close_button = ActionButton(theme, texts.t("app.close"), hint=texts.t("key.esc"), kind=Kind.QUIET)
        self.close_button.clicked.connect(self.closed)
        self.buttons: dict[str, ActionButton] = {}
        self.column = QVBoxLayout(card)
        self.column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        self.column.setSpacing(GRID)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        self.column.addLayout(head)

    def action(self, name: str, text: str, kind: Kind = Kind.PLAIN, icon: str = "", hint: str = "") -> ActionButton:
        """A button that reports ``name``."""
        button = ActionButton(self._theme, text, kind=kind, icon=icon, hint=hint)
        button.clicked.connect(lambda: self.acted.emit(name))
        self.buttons[name] = button
        return button


class LinePanel(SidePanel):
    """One line: why it costs what it costs, and all that can be done to it."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.line_id = ""
        self.reasons = label("", "small", "soft", wrap=True)
        self.reasons.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.reasons, 1)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        names = (
            ("quantity", texts.t("sale.quantity"), Kind.PLAIN, "F2"),
            ("price", texts.t("sale.price"), Kind.PLAIN, "F3"),
            ("percent", texts.t("sale.percent_off"), Kind.PLAIN, "F4"),
            ("amount_off", texts.t("sale.amount_off", currency=texts.currency), Kind.PLAIN, ""),
            ("no_discount", texts.t("sale.no_discount"), Kind.PLAIN, ""),
            ("note", texts.t("sale.note"), Kind.PLAIN, ""),
        )
        for place, (name, text, kind, hint) in enumerate(names):
            grid.addWidget(self.action(name, text, kind, hint=hint), place // 2, place % 2)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        remove = self.action("remove", texts.t("app.remove"), Kind.DANGER, "trash-2", texts.t("key.del"))
        grid.addWidget(remove, 3, 0, 1, 2)
        self.column.addLayout(grid)
        _in_order((*self.buttons.values(), self.close_button))

    def show_line(self, line_id: str, name: str, reasons: Sequence[str], *, discounted: bool) -> None:
        """Show a line and the steps to its price."""
        self.line_id = line_id
        self.title.setText(name)
        self.reasons.setText("\n".join(reasons))
        self.buttons["no_discount"].setEnabled(discounted)


class MorePanel(SidePanel):
    """The basket and the till as a whole."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.title.setText(texts.t("sale.more_title"))
        grid = QGridLayout()
        grid.setSpacing(GRID)
        names = (
            ("basket_percent", texts.t("sale.basket_discount"), "percent"),
            ("no_basket_discount", texts.t("sale.no_discount"), "undo-2"),
            ("sync", texts.t("sale.sync"), "refresh-cw"),
            ("settings", texts.t("sale.settings"), "settings"),
        )
        for place, (name, text, icon) in enumerate(names):
            grid.addWidget(self.action(name, text, Kind.PLAIN, icon), place // 2, place % 2)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        grid.addWidget(self.action("void", texts.t("sale.void"), Kind.DANGER, "trash-2"), 2, 0, 1, 2)
        self.column.addLayout(grid)
        self.column.addStretch(1)
        _in_order((*self.buttons.values(), self.close_button))


class VoidPanel(SidePanel):
    """Why a basket is thrown away; choosing the reason does it."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.title.setText(texts.t("sale.void_why"))
        for name in ("void_left", "void_mistake", "void_training"):
            self.column.addWidget(self.action(name, texts.t(f"sale.{name}"), Kind.DANGER))
        self.column.addStretch(1)
        _in_order((*self.buttons.values(), self.close_button))


def _in_order(widgets: Sequence[QWidget]) -> None:
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)
