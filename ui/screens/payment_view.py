"""The payment screen's face: where everything stands and what it shows. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from pos_desktop.domain.loyalty import points_value_minor
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.views import BasketView, RedeemableView
from ui import amount_entry, payment_model
from ui.payment_model import Stage, Tile
from ui.screens.basket_column import BasketColumn
from ui.screens.payment_panels import CardPanel, PointsPanel, SettledPanel, TakenRow, UnknownPanel, show_large
from ui.screens.tender_tile import TenderTile
from ui.text import Texts
from ui.theme import GRID, TOUCH_PRIMARY, Theme, Type
from ui.widgets.buttons import ActionButton
from ui.widgets.keypad import Keypad
from ui.widgets.labels import label, rule

QUICK = 5
HIGHEST_KEY = 112
WIDEST = 960
_SHORT = 9  # characters of an amount that a fifth of the row has room for
TENDERS = (
    (TenderKind.CASH, "F5", "banknote"),
    (TenderKind.CARD, "F6", "credit-card"),
    (TenderKind.POINTS, "F7", "star"),
    (TenderKind.CREDIT, "F8", "wallet"),
)
_PANELS = {Stage.CHOOSE: 0, Stage.CARD: 1, Stage.UNKNOWN: 2, Stage.POINTS: 3, Stage.SETTLED: 4}


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the screen shows, read in one go on the database thread."""

    view: BasketView
    redeemable: RedeemableView
    quick: tuple[int, ...]
    shop: Shop | None


class PaymentView(QWidget):
    """The basket at the left; what is left, likely amounts, keypad and tenders at the right."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme, self._texts = theme, texts
        self.basket = BasketColumn(theme, texts)
        self.customer = ActionButton(theme, texts.t("payment.customer"), hint="F3", icon="user")
        self.basket.head.addWidget(self.customer)
        self.left_name, self.left = label("", "body", "soft"), label("", "huge")
        self.entry_name, self.entry = label("", "body", "soft"), label("", "huge", "accent")
        self.taken = QVBoxLayout()
        self.taken_rows: list[TakenRow] = []
        self.quick = [ActionButton(theme, "", size=Type.TITLE, height=TOUCH_PRIMARY) for _ in range(QUICK)]
        self.keypad = Keypad(theme, texts.decimal_mark, texts.t("key.backspace"), size=Type.BIG)
        self.tiles = {
            kind: TenderTile(theme, texts.t(f"payment.{kind.value}"), key, icon) for kind, key, icon in TENDERS
        }
        self.card_panel = CardPanel(theme, texts)
        self.unknown_panel = UnknownPanel(theme, texts)
        self.points_panel = PointsPanel(theme, texts)
        self.settled_panel = SettledPanel(theme, texts)
        self.side = QStackedWidget()
        self._build()

    def show_basket(self, view: BasketView, remove: Callable[[Tender], None]) -> None:
        """Show the basket and the tenders taken; ``remove`` is called with one to be taken back."""
        self.basket.show_basket(view)
        for row in self.taken_rows:
            self.taken.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.taken_rows = [self._taken_row(tender, remove) for tender in view.tenders]
        for row in self.taken_rows:
            self.taken.addWidget(row)

    def paint_stage(
        self, standing: Standing, stage: Stage, tiles: tuple[Tile, ...], typed: str, *, saving: bool
    ) -> None:
        """Show where the payment stands.

        Args:
            typed: what the keypad has typed, see :mod:`ui.amount_entry`.
            saving: the sale is being stored.
        """
        texts, view = self._texts, standing.view
        self.left_name.setText(texts.t("payment.left" if view.tenders else "payment.due"))
        show_large(self.left, texts.money(max(0, view.left_minor)))
        self._paint_entry(stage, typed)
        for tile in tiles:
            self._paint_tile(tile)
        self._paint_quick(standing, choosing=stage is Stage.CHOOSE)
        if stage is Stage.POINTS:
            self._paint_points(standing, amount_entry.to_minor(typed, 0))
        self.side.setCurrentIndex(_PANELS[stage])
        typing = stage in (Stage.CHOOSE, Stage.POINTS)
        self.customer.setEnabled(stage is Stage.CHOOSE)
        self.keypad.setEnabled(typing)
        self.keypad.keys["."].setEnabled(typing and stage is not Stage.POINTS and texts.decimals > 0)
        self.settled_panel.show_change(view.change_minor, saving)

    def _paint_entry(self, stage: Stage, typed: str) -> None:
        points = stage is Stage.POINTS
        minor = amount_entry.to_minor(typed, 0 if points else self._texts.decimals)
        shown = minor is not None and stage in (Stage.CHOOSE, Stage.POINTS)
        self.entry_name.setText(self._texts.t("payment.points.entry" if points else "payment.given") if shown else "")
        text = self._texts.number(minor or 0) if points else self._texts.money(minor or 0)
        show_large(self.entry, text if shown else "")

    def _paint_tile(self, tile: Tile) -> None:
        texts = self._texts
        detail = texts.t(tile.why_not) if tile.why_not else texts.money(tile.amount_minor)
        if tile.kind is TenderKind.POINTS and tile.enabled:
            detail = texts.t("payment.points.tile", points=tile.points, value=detail)
        self.tiles[tile.kind].show_state(detail, tile.enabled)

    def _paint_quick(self, standing: Standing, *, choosing: bool) -> None:
        amounts = [self._texts.amount(each) for each in standing.quick]
        long = any(len(amount) > _SHORT for amount in amounts)
        amounts = amounts[:3] if long else amounts
        for number, button in enumerate(self.quick):
            keeps = button.sizePolicy()
            keeps.setRetainSizeWhenHidden(not long)
            button.setSizePolicy(keeps)
            button.setEnabled(choosing)
            button.setVisible(number < len(amounts))
            button.set_text(amounts[number] if number < len(amounts) else "")
        if amounts:
            self.quick[0].name_it(f"{self._texts.t('payment.quick.exact')} {amounts[0]}")

    def _paint_points(self, standing: Standing, typed: int | None) -> None:
        worth = standing.redeemable.value_minor
        if typed is not None and typed != standing.redeemable.points and standing.shop is not None:
            worth = points_value_minor(typed, standing.shop.programme)
        self.points_panel.show_points(standing.view, standing.redeemable, typed, self._texts.money(worth))

    def _taken_row(self, tender: Tender, remove: Callable[[Tender], None]) -> TakenRow:
        texts = self._texts
        name = texts.t(f"payment.{tender.kind.value}")
        amount = texts.amount(tender.given_minor)
        # a card's own name says that it is one, and leaves its digits the room
        shown = payment_model.taken_text(tender, name)
        spoken = texts.t("payment.remove.name", tender=name, amount=amount)
        # money on a card has moved: one press too many must not send it back
        ask = "" if payment_model.removable(tender) else texts.t("card.reverse")
        row = TakenRow(self._theme, shown, amount, spoken, ask)
        row.removed.connect(partial(remove, tender))
        return row

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.basket, 1)
        self.taken.setContentsMargins(0, 0, 0, GRID)
        left.addLayout(self.taken)
        side = QWidget()
        side.setProperty("ground", "surface")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setLayout(left)
        # on a large screen the basket takes what the keys have no use for
        row.addWidget(side, 4)
        edge = rule()
        edge.setMaximumHeight(16_777_215)
        edge.setMinimumHeight(0)
        edge.setFixedWidth(1)
        row.addWidget(edge)
        row.addWidget(self._build_actions(), 7)

    def _build_actions(self) -> QWidget:
        block = QWidget()
        block.setMaximumWidth(WIDEST)
        column = QVBoxLayout(block)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._build_figures())
        column.addSpacing(GRID)
        column.addWidget(label(self._texts.t("payment.quick"), "small", "soft"))
        quick = QHBoxLayout()
        quick.setSpacing(GRID)
        for button in self.quick:
            quick.addWidget(button, 1)
        column.addLayout(quick)
        column.addSpacing(GRID)
        for panel in (self._build_tiles(), self.card_panel, self.unknown_panel, self.points_panel, self.settled_panel):
            self.side.addWidget(panel)
        keys = QWidget()
        keys.setMaximumHeight(4 * HIGHEST_KEY + 3 * GRID)
        actions = QHBoxLayout(keys)
        actions.setContentsMargins(0, 0, 0, 0)
        actions.setSpacing(2 * GRID)
        actions.addWidget(self.keypad, 5)
        actions.addWidget(self.side, 6)
        column.addWidget(keys, 1)
        column.addStretch()
        return block

    def _build_tiles(self) -> QWidget:
        tiles = QWidget()
        grid = QGridLayout(tiles)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID)
        for number, (kind, _key, _icon) in enumerate(TENDERS):
            grid.addWidget(self.tiles[kind], number // 2, number % 2)
        return tiles

    def _build_figures(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addLayout(_figure(self.left_name, self.left, Qt.AlignmentFlag.AlignLeft), 1)
        row.addLayout(_figure(self.entry_name, self.entry, Qt.AlignmentFlag.AlignRight), 1)
        return row


def _figure(name: QLabel, value: QLabel, side: Qt.AlignmentFlag) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    for part in (name, value):
        part.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(part)
    # fixed, so that nothing below moves when a panel of another height takes the place of the tenders
    name.setFixedHeight(3 * GRID)
    value.setFixedHeight(int(Type.HUGE) + GRID)
    return column
