"""Baskets put aside: what is in them, back to the counter, or away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketSummary, BasketView, EmployeeView
from ui.desk import Desk
from ui.screens.base import Screen
from ui.screens.basket_column import BasketColumn
from ui.screens.row_list import Row, RowList
from ui.theme import GRID, TOUCH_PRIMARY, Type
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import label, rule

REASONS = ("void_left", "void_mistake", "void_training")


class HeldScreen(Screen):
    """A list at the left, the basket chosen at the right, and what can be done with it below."""

    title_key = "held.title"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._people: dict[str, str] = {}
        self._busy = False
        self._asking = False
        self.list = RowList(self.theme, self.t("held.list"))
        self.empty = label(self.t("held.empty"), "body", "soft", wrap=True)
        self.basket = BasketColumn(self.theme, self.texts)
        self.recall = ActionButton(
            self.theme, self.t("held.recall"), hint=self.t("key.enter"), icon="play", kind=Kind.PRIMARY,
            size=Type.TITLE, height=80,
        )  # fmt: skip
        self.void = ActionButton(
            self.theme, self.t("held.void"), hint=self.t("key.del"), icon="trash-2", kind=Kind.DANGER,
            height=TOUCH_PRIMARY,
        )  # fmt: skip
        self.reasons = [
            ActionButton(self.theme, self.t(f"sale.{reason}"), kind=Kind.DANGER, height=TOUCH_PRIMARY)
            for reason in REASONS
        ]
        self.keep = ActionButton(
            self.theme, self.t("held.keep"), hint=self.t("key.esc"), icon="undo-2", height=TOUCH_PRIMARY
        )
        self._connect()
        self._build()

    # Coming and going

    def enter(self, **params: object) -> None:
        """Show what is held now."""
        self.setFocus()
        self._busy = False
        self._ask_why(False)
        self._load()

    def refresh(self, changes: Changes, subject: str) -> None:
        """Another window of the shop, or a lookup, changed a basket."""
        if changes & Changes.BASKET:
            self._load()

    def step_back(self) -> None:
        """Out of the question why, then out of here."""
        if self._asking:
            self._ask_why(False)
        else:
            super().step_back()

    def keys(self) -> dict[int, Callable[[], None]]:
        """Enter recalls, Del voids, arrows choose."""
        return {
            Qt.Key.Key_Return: self.recall_chosen,
            Qt.Key.Key_Enter: self.recall_chosen,
            Qt.Key.Key_Delete: partial(self._ask_why, True),
            Qt.Key.Key_Up: partial(self.list.step, -1),
            Qt.Key.Key_Down: partial(self.list.step, 1),
        }

    # What a press does

    def recall_chosen(self) -> None:
        """Put the chosen basket back on the counter."""
        basket_id = self.list.chosen
        if basket_id is not None and not self._busy and not self._asking:
            self._busy = True
            self.run(partial(self.desk.till.baskets.recall, basket_id), self._recalled, self._refused)

    def void_chosen(self, reason: str) -> None:
        """Throw the chosen basket away, with its reason."""
        basket_id = self.list.chosen
        if basket_id is not None and not self._busy:
            self._busy = True
            void = partial(self.desk.till.baskets.void, basket_id, reason, self.desk.employee_id)
            self.run(void, self._voided, self._refused)

    # What comes back

    def _load(self) -> None:
        self.run(self._read, self._show)

    def _read(self) -> tuple[tuple[BasketSummary, ...], tuple[EmployeeView, ...]]:
        return self.desk.till.baskets.held(), self.desk.till.staff.employees()

    def _show(self, answer: tuple[tuple[BasketSummary, ...], tuple[EmployeeView, ...]]) -> None:
        held, people = answer
        self._people = {person.id: person.name for person in people}
        self.list.show_rows([self._row(summary) for summary in held])
        self.empty.setVisible(not held)
        self.list.setVisible(bool(held))
        self._side.setVisible(bool(held))
        if held and self.list.chosen is None:
            self.list.choose(held[0].id)
        elif held:
            self._preview(self.list.chosen or "")

    def _row(self, summary: BasketSummary) -> Row:
        when = self.texts.recent(summary.updated_at, self.desk.now())
        title = summary.label or summary.customer_name or self.t("held.guest", when=self.texts.time(summary.opened_at))
        who = self._people.get(summary.employee_id, "")
        detail = self.t("held.since", when=when, who=who) if who else when
        lines = self.t("held.lines", n=summary.lines)
        return Row(summary.id, title, detail, right=self.texts.money(summary.total_minor), right_detail=lines)

    def _preview(self, basket_id: str) -> None:
        if basket_id:
            self._ask_why(False)
            self.run(partial(self.desk.till.baskets.get, basket_id), self.basket.show_basket)

    def _recalled(self, view: BasketView) -> None:
        self._busy = False
        self.desk.navigator.go("sale", basket_id=view.basket.id)

    def _voided(self, _none: None) -> None:
        self._busy = False
        self._ask_why(False)
        self.say(self.t("held.voided"), "done")
        self._load()

    def _refused(self, trouble: UserError) -> None:
        self._busy = False
        self.refuse(trouble)

    def _ask_why(self, asking: bool) -> None:
        if asking and self.list.chosen is None:
            return
        self._asking = asking
        self._actions.setVisible(not asking)
        self._why.setVisible(asking)

    # Layout

    def _connect(self) -> None:
        self.list.picked.connect(self._preview)
        self.list.taken.connect(self.recall_chosen)
        self.recall.clicked.connect(self.recall_chosen)
        self.void.clicked.connect(partial(self._ask_why, True))
        self.keep.clicked.connect(partial(self._ask_why, False))
        for button, reason in zip(self.reasons, REASONS, strict=True):
            button.clicked.connect(partial(self.void_chosen, self.t(f"sale.{reason}")))

    def _build(self) -> None:
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        self.empty.setContentsMargins(4 * GRID, 4 * GRID, 4 * GRID, 0)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        left.addWidget(self.list, 1)
        left.addWidget(self.empty, 1)
        row.addLayout(left, 7)
        self._side = QWidget()
        side = QHBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(0)
        edge = rule()
        edge.setMaximumHeight(16_777_215)
        edge.setMinimumHeight(0)
        edge.setFixedWidth(1)
        side.addWidget(edge)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.basket, 1)
        column.addWidget(rule())
        self._actions, self._why = self._build_actions(), self._build_reasons()
        column.addWidget(self._actions)
        column.addWidget(self._why)
        self._why.hide()
        side.addLayout(column)
        row.addWidget(self._side, 6)

    def _build_actions(self) -> QWidget:
        face = QWidget()
        row = QHBoxLayout(face)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(GRID)
        self.void.setMinimumHeight(80)
        row.addWidget(self.void, 2)
        row.addWidget(self.recall, 3)
        return face

    def _build_reasons(self) -> QWidget:
        face = QWidget()
        column = QVBoxLayout(face)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(label(self.t("held.void_why"), "strong", wrap=True))
        for button in self.reasons:
            column.addWidget(button)
        column.addWidget(self.keep)
        return face
