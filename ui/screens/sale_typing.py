"""What is typed on the sale screen, from the keypad or the keyboard, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from pos_desktop.domain.barcodes import EmbeddedCode, read_scan
from pos_desktop.domain.basket import Discount, DiscountKind
from pos_desktop.domain.catalogue import Product, Unit
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.services.views import BasketView
from ui.desk import Desk
from ui.sale_entry import (
    IDLE,
    Entry,
    Mode,
    Typed,
    is_number,
    kind_of,
    multiplier,
    to_basis_points,
    to_milli,
    to_price,
)
from ui.screens.sale_layout import SaleParts
from ui.widgets.keypad import BACKSPACE

if TYPE_CHECKING:
    from pos_desktop.domain.shop import Shop

ONE_MILLI = 1_000

Command = Callable[[str], BasketView]
"""A change of the basket whose id it is given."""

MODE_KEYS = {
    Mode.QUANTITY: "quantity",
    Mode.PRICE: "price",
    Mode.PERCENT: "discount",
    Mode.AMOUNT_OFF: "discount",
}
PROMPTS = {
    Mode.QUANTITY: "sale.prompt.quantity",
    Mode.PRICE: "sale.prompt.price",
    Mode.PERCENT: "sale.prompt.percent",
    Mode.AMOUNT_OFF: "sale.prompt.amount_off",
    Mode.BASKET_PERCENT: "sale.prompt.basket_percent",
    Mode.WEIGHT: "sale.prompt.weight",
    Mode.LINE_WEIGHT: "sale.prompt.weight",
    Mode.OPEN_PRICE: "sale.prompt.open_price",
    Mode.OPEN_ITEM: "sale.prompt.open_price",
    Mode.NOTE: "sale.prompt.note",
}


class SaleTyping(QObject):
    """Keeps the mode, reads the box, and says what is meant.

    Signals:
        commanded(object): a :data:`Command` for the basket.
        coded(str): a code was typed and entered.
        identified(str): a customer's phone or e-mail was typed and entered.
        worded(str): words were entered.
        refused(object): what was typed cannot be taken.
        nothing(): Enter was pressed on an empty box.
    """

    commanded = Signal(object)
    coded = Signal(str)
    identified = Signal(str)
    worded = Signal(str)
    refused = Signal(object)
    nothing = Signal()

    def __init__(self, desk: Desk, parts: SaleParts, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._parts = parts
        self.entry: Entry = IDLE
        parts.box.entered.connect(self.enter)
        parts.enter_key.clicked.connect(self.enter)
        parts.keypad.pressed.connect(self.press)
        self._show()

    @property
    def text(self) -> str:
        """What stands in the box."""
        return self._parts.box.text()

    def press(self, key: str) -> None:
        """Take a key of the keypad."""
        box = self._parts.box
        box.setFocus()
        if key == BACKSPACE:
            box.backspace()
        else:
            box.insert(self._desk.texts.decimal_mark if key == "." else key)

    def arm(self, entry: Entry) -> None:
        """Ask for a number (or a note) for something."""
        self.entry = entry
        self._parts.box.clear()
        self._parts.box.setFocus()
        self._show()

    def drop(self) -> bool:
        """Forget mode and text; False when there was nothing to forget."""
        had = self.entry is not IDLE or bool(self.text)
        self.entry = IDLE
        self._parts.box.clear()
        self._parts.keyboard_button.setChecked(False)
        self._show()
        return had

    def take_multiplier(self) -> int | None:
        """The quantity typed before an item, in thousandths; the box is empty afterwards."""
        milli = multiplier(self.text) if self.entry is IDLE else None
        self.drop()
        return milli

    def line_key(self, mode: Mode, line_id: str, name: str) -> None:
        """A key for a line: with a number in the box it is used at once, otherwise it is asked for."""
        if self.entry is IDLE and is_number(self.text):
            self.entry = Entry(mode, line_id, name)
            self.enter()
        elif self.entry.mode is mode and self.entry.subject == line_id:
            self.drop()
        else:
            self.arm(Entry(mode, line_id, name))

    def ask_for(self, product: Product, quantity_milli: int | None) -> bool:
        """Ask for what is missing to sell a product: its price, or its weight. False when nothing is."""
        if product.open_price:
            self.arm(Entry(Mode.OPEN_PRICE, product.id, product.name))
            return True
        if product.unit is not Unit.PIECE and quantity_milli is None:
            self.arm(Entry(Mode.WEIGHT, product.id, product.name, product.unit.value))
            return True
        return False

    def ask_weight(self, view: BasketView) -> None:
        """Ask for the weight of goods whose code says what they are but not how heavy they were."""
        line = next((line for line in view.basket.lines if line.id == view.last_line_id), None)
        if line is None or line.unit is Unit.PIECE or line.fixed_gross_minor is not None:
            return
        if line.quantity_milli == ONE_MILLI and not _weighed_already(line.barcode, self._desk.shop):
            self.arm(Entry(Mode.LINE_WEIGHT, line.id, line.name, line.unit.value))

    def enter(self) -> None:
        """Enter, or the OK key."""
        if self.entry is not IDLE:
            self._apply()
            return
        text = self.text.strip()
        kind = kind_of(text)
        if kind is Typed.NOTHING:
            self.nothing.emit()
        elif kind is Typed.WORDS:
            self.worded.emit(text)
        else:
            self.drop()
            (self.coded if kind is Typed.CODE else self.identified).emit(text)

    def _apply(self) -> None:
        command = self._command(self.entry, self.text)
        if command is None:
            self._parts.box.selectAll()
            self._parts.box.setFocus()
            self.refused.emit(BadInput(ErrorCode.AMOUNT_UNREADABLE, text=self.text))
            return
        self.drop()
        self.commanded.emit(command)

    def _command(self, entry: Entry, text: str) -> Command | None:
        baskets = self._desk.till.baskets
        if entry.mode is Mode.NOTE:
            return lambda basket: baskets.set_note(basket, entry.subject, text.strip())
        if entry.mode in (Mode.QUANTITY, Mode.LINE_WEIGHT, Mode.WEIGHT):
            return self._quantity_command(entry, to_milli(text))
        if entry.mode in (Mode.PERCENT, Mode.BASKET_PERCENT):
            return self._discount_command(entry, DiscountKind.PERCENT, to_basis_points(text))
        price = to_price(text, self._desk.texts.decimals)
        if entry.mode is Mode.AMOUNT_OFF:
            return self._discount_command(entry, DiscountKind.AMOUNT, price)
        return None if price is None else self._price_command(entry, price)

    def _quantity_command(self, entry: Entry, milli: int | None) -> Command | None:
        baskets = self._desk.till.baskets
        if milli is None:
            return None
        if entry.mode is Mode.WEIGHT:
            return lambda basket: baskets.add_product(basket, entry.subject, milli)
        return lambda basket: baskets.set_quantity(basket, entry.subject, milli)

    def _discount_command(self, entry: Entry, kind: DiscountKind, value: int | None) -> Command | None:
        baskets = self._desk.till.baskets
        if value is None:
            return None
        discount = Discount(kind, value) if value else None
        if entry.mode is Mode.BASKET_PERCENT:
            return lambda basket: baskets.set_basket_discount(basket, discount)
        return lambda basket: baskets.set_line_discount(basket, entry.subject, discount)

    def _price_command(self, entry: Entry, price_minor: int) -> Command:
        baskets = self._desk.till.baskets
        if entry.mode is Mode.PRICE:
            return lambda basket: baskets.set_price(basket, entry.subject, price_minor)
        if entry.mode is Mode.OPEN_PRICE:
            return lambda basket: baskets.add_product(basket, entry.subject, 1000, price_minor)
        return partial(
            baskets.add_open_item, name=entry.name, unit_price_minor=price_minor, barcode=entry.subject or None
        )

    def _show(self) -> None:
        parts, t = self._parts, self._desk.texts.t
        marked = MODE_KEYS.get(self.entry.mode)
        for name, key in parts.mode_keys.items():
            key.setChecked(name == marked)
        if self.entry is IDLE:
            parts.box.setPlaceholderText(t("sale.search"))
            return
        parts.box.setPlaceholderText(self.entry.name)
        parts.message.say(t(PROMPTS[self.entry.mode], name=self.entry.name, unit=self.entry.unit), "info")


def _weighed_already(barcode: str | None, shop: Shop | None) -> bool:
    # The code on a label from the scales holds the weight, be it a kilogram to the gram.
    if barcode is None or shop is None:
        return False
    try:
        return isinstance(read_scan(barcode, shop), EmbeddedCode)
    except BadInput:
        return False
