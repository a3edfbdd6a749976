"""Where everything stands on the sale screen. Nothing in here decides anything."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ui.desk import Desk
from ui.screens.touch_keys import TouchKeys
from ui.theme import BAR, GRID, TOUCH, TOUCH_PRIMARY, Theme, Type
from ui.widgets.basket_table import BasketTable
from ui.widgets.buttons import ActionButton, Face, Kind
from ui.widgets.customer_strip import CustomerStrip
from ui.widgets.keypad import Keypad
from ui.widgets.labels import ElidedLabel, label
from ui.widgets.last_band import LastBand
from ui.widgets.message_line import MessageLine
from ui.widgets.search_box import SearchBox
from ui.widgets.side_panels import LinePanel, MorePanel, VoidPanel
from ui.widgets.strip import ChipStrip
from ui.widgets.sync_chip import SyncChip
from ui.widgets.tile_grid import TileGrid

SHARES = {"scan_first": (60, 40), "tiles_first": (45, 55)}


class SaleParts:
    """The widgets of the sale screen.

    Args:
        desk: theme, words and settings.
        message, sync_chip, clock: of the screen, placed in here.
        grid: the product tiles.
    """

    def __init__(self, desk: Desk, message: MessageLine, sync_chip: SyncChip, clock: QLabel, grid: TileGrid) -> None:
        theme, texts = desk.theme, desk.texts
        self._desk = desk
        self.message = message
        ends = (texts.t("strip.back"), texts.t("strip.on"))
        self.tabs = ChipStrip(theme, ends, widest=176, ground="raised")
        self.new_button = ActionButton(theme, "", icon="plus", hint="F9")
        self.new_button.name_it(f"{texts.t('sale.new_basket')} F9")
        self.box = SearchBox(theme, "F1")
        self.box.setMaximumWidth(440)
        self.box.setAccessibleName(texts.t("sale.search_name"))
        self.cashier = ElidedLabel("", "small")
        self.clock = clock
        self.sync_chip = sync_chip
        self.lock_button = ActionButton(theme, "", icon="lock", hint="F11")
        self.lock_button.name_it(f"{texts.t('sale.lock')} F11")
        self.touch_keys: TouchKeys | None = None
        self._letters = QWidget()
        self._letters.hide()
        self.keyboard_button = ActionButton(theme, "", icon="keyboard")
        self.keyboard_button.name_it(texts.t("touch_keys.show"))
        self.keyboard_button.setCheckable(True)
        self.keyboard_button.toggled.connect(self._show_touch_keys)
        self.band = LastBand(theme, texts)
        self.table = BasketTable(theme, texts)
        self.customer = CustomerStrip(theme, "F5")
        self.items = ElidedLabel("", "small", "soft")
        self.tax = ElidedLabel("", "small", "soft")
        self.to_pay = label(texts.t("sale.to_pay"), "strong", "soft")
        self.total = label("", "huge")
        # The line box of this size is a little higher than its row; without room the comma would lose its tail.
        self.total.setMinimumHeight(TOUCH + GRID)
        self.total.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pay_button = ActionButton(theme, "", hint="F12", kind=Kind.PRIMARY, size=Type.BIG, height=TOUCH_PRIMARY)
        self.pay_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.chips = ChipStrip(theme, ends)
        self.grid = grid
        self.side = QStackedWidget()
        self.line_panel = LinePanel(theme, texts)
        self.more_panel = MorePanel(theme, texts)
        self.void_panel = VoidPanel(theme, texts)
        self.keypad = Keypad(theme, texts.decimal_mark, texts.t("keypad.back"))
        self.mode_keys = self._mode_keys(theme)
        self.enter_key = ActionButton(theme, texts.t("sale.enter"), kind=Kind.PRIMARY, size=Type.TITLE)
        self.action_keys = self._action_keys(theme)
        self._fill_keypad()

    def arrange(self, screen: QWidget) -> None:
        """Put everything in its place."""
        column = QVBoxLayout(screen)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        halves = QHBoxLayout()
        halves.setSpacing(0)
        settings = self._desk.settings
        basket, tiles = SHARES[settings.layout]
        parts: list[tuple[QWidget, int]] = [(self._basket_half(), basket), (self._tile_half(), tiles)]
        if settings.left_handed:
            parts.reverse()
        for part, share in parts:
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            halves.addWidget(part, share)
        column.addLayout(halves, 1)
        self._order()

    def _mode_keys(self, theme: Theme) -> dict[str, ActionButton]:
        t = self._desk.texts.t
        words = {
            "quantity": ("sale.quantity", "F2"),
            "price": ("sale.price", "F3"),
            "discount": ("sale.discount", "F4"),
        }
        keys = {name: _key(theme, t(word), hint) for name, (word, hint) in words.items()}
        for key in keys.values():
            key.setCheckable(True)
        return keys

    def _action_keys(self, theme: Theme) -> dict[str, ActionButton]:
        t = self._desk.texts.t
        words = {
            "hold": ("sale.hold", "F6"),
            "held": ("sale.held", "F7"),
            "receipts": ("sale.receipts", "F8"),
            "more": ("sale.more", "F10"),
        }
        return {name: _key(theme, t(word), hint) for name, (word, hint) in words.items()}

    def _fill_keypad(self) -> None:
        for row, key in enumerate((*self.mode_keys.values(), self.enter_key)):
            self.keypad.place(key, row, 3)
        for row, key in enumerate(self.action_keys.values()):
            self.keypad.place(key, row, 4)

    def _bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("ground", "bar")
        bar.setFixedHeight(BAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(GRID, 4, GRID, 4)
        row.setSpacing(GRID)
        row.addWidget(self.tabs, 3)
        row.addWidget(self.new_button)
        row.addWidget(self.box, 2)
        row.addWidget(self.keyboard_button)
        who = QVBoxLayout()
        who.setSpacing(0)
        who.addWidget(self.cashier)
        who.addWidget(self.clock)
        holder = QWidget()
        holder.setFixedWidth(92)
        holder.setLayout(who)
        who.setContentsMargins(4, 2, 0, 2)
        row.addWidget(holder)
        row.addWidget(self.sync_chip)
        row.addWidget(self.lock_button)
        return bar

    def _basket_half(self) -> QFrame:
        half = QFrame()
        half.setObjectName("half")
        half.setProperty("ground", "surface")
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.band)
        column.addWidget(self.table, 1)
        if self._letters_in_basket:
            column.addWidget(self._letters)
        column.addWidget(self.customer)
        column.addWidget(self._totals())
        pay = QVBoxLayout()
        pay.setContentsMargins(GRID, 0, GRID, GRID)
        pay.addWidget(self.pay_button)
        column.addLayout(pay)
        return half

    @property
    def _letters_in_basket(self) -> bool:
        # Ten letters need the wider half to be as wide as a finger each.
        return self._desk.settings.layout == "scan_first"

    def _show_touch_keys(self, shown: bool) -> None:
        if self.touch_keys is None:
            # Half a hundred keys that most tills never need: made when first asked for.
            self.touch_keys = TouchKeys(self._desk.theme, self._desk.texts)
            holder = QVBoxLayout(self._letters)
            edge = GRID if self._letters_in_basket else 0
            holder.setContentsMargins(edge, 0, GRID, edge)
            holder.addWidget(self.touch_keys)
        self._letters.setVisible(shown)
        if not self._letters_in_basket:
            self.keypad.setVisible(not shown)
        self.box.setFocus()

    def _totals(self) -> QFrame:
        totals = QFrame()
        totals.setFixedHeight(TOUCH + GRID)
        row = QHBoxLayout(totals)
        row.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        row.setSpacing(GRID)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.items)
        words.addWidget(self.tax)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(self.to_pay, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.total, 0, Qt.AlignmentFlag.AlignVCenter)
        return totals

    def _tile_half(self) -> QFrame:
        half = QFrame()
        half.setObjectName("half")
        column = QVBoxLayout(half)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        inner = QVBoxLayout()
        inner.setContentsMargins(GRID, GRID, 0, GRID)
        inner.setSpacing(GRID)
        tiles = QWidget()
        stack = QVBoxLayout(tiles)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(GRID)
        chips = QHBoxLayout()
        # A tile ends a gap before its cell does; the keys of the strip end where the tiles do.
        chips.setContentsMargins(0, 0, GRID, 0)
        chips.addWidget(self.chips)
        stack.addLayout(chips)
        stack.addWidget(self.grid, 1)
        for part in (tiles, self.line_panel, self.more_panel, self.void_panel):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            self.side.addWidget(part)
        inner.addWidget(self.side, 1)
        if not self._letters_in_basket:
            inner.addWidget(self._letters)
        keys = QHBoxLayout()
        keys.setContentsMargins(0, 0, GRID, 0)
        keys.addWidget(self.keypad)
        inner.addLayout(keys)
        column.addLayout(inner, 1)
        return half

    def _order(self) -> None:
        order = (
            self.box,
            self.keyboard_button,
            self.table,
            self.customer,
            self.pay_button,
            self.grid,
            *self.keypad.keys.values(),
            *self.mode_keys.values(),
            self.enter_key,
            *self.action_keys.values(),
            self.new_button,
            self.sync_chip,
            self.lock_button,
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)


def _key(theme: Theme, word: str, hint: str) -> ActionButton:
    return ActionButton(theme, word, hint=hint, face=Face.STACKED, size=Type.SMALL, height=TOUCH_PRIMARY)
