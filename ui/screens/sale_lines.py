"""What a cashier does to the lines of a basket, and the panels that take the place of the tiles for it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from pos_desktop.domain.basket import BasketLine
from pos_desktop.services.views import BasketView
from ui.sale_entry import Entry, Mode
from ui.sale_model import price_reasons

if TYPE_CHECKING:
    from ui.screens.sale import SaleScreen

ONE_MILLI = 1_000
PANELS = ("tiles", "line", "more", "void")
VOID_REASONS = {"void_left": "customer_left", "void_mistake": "mistake", "void_training": "training"}


class SaleLines(QObject):
    """Works on the lines of the basket that a sale screen shows."""

    def __init__(self, screen: SaleScreen) -> None:
        super().__init__(screen)
        self._screen = screen
        self._parts = screen.parts
        self._desk = screen.desk

    # Panels

    @property
    def panel(self) -> str:
        """Which panel is open; ``tiles`` for none."""
        return PANELS[self._parts.side.currentIndex()]

    def open_panel(self, name: str) -> None:
        """Put a panel in the place of the tiles; the same key closes it again."""
        self._parts.side.setCurrentIndex(0 if self.panel == name else PANELS.index(name))

    def close_panel(self) -> bool:
        """Show the tiles; False when they were shown already."""
        was_open = self.panel != "tiles"
        self._parts.side.setCurrentIndex(0)
        return was_open

    def open_line(self, line_id: str) -> None:
        """Open a line."""
        self._parts.side.setCurrentIndex(PANELS.index("line"))
        self._show_line(line_id)

    def open_chosen(self) -> None:
        """Open the chosen line."""
        line_id = self._parts.table.chosen_id
        if line_id is not None:
            self.open_line(line_id)

    def view_changed(self) -> None:
        """Show an open line as it is now; close it when it has gone."""
        if self.panel == "line":
            self._show_line(self._parts.line_panel.line_id)

    def act(self, name: str) -> None:
        """Do what a button of a panel says."""
        baskets, panel = self._desk.till.baskets, self._parts.line_panel
        if name in ("quantity", "price", "percent", "amount_off"):
            self.line_key(Mode(name))
        elif name == "note":
            self._screen.typing.arm(Entry(Mode.NOTE, panel.line_id, panel.title.text()))
            line = self._line(panel.line_id)
            self._parts.box.setText(line.note if line else "")
        elif name == "no_discount":
            self._screen.change(lambda basket: baskets.set_line_discount(basket, panel.line_id, None))
        elif name == "remove":
            self.remove(panel.line_id)
        elif name == "basket_percent":
            self._screen.typing.arm(Entry(Mode.BASKET_PERCENT, "", self._screen.t("sale.basket_discount")))
        elif name == "no_basket_discount":
            self._screen.change(lambda basket: baskets.set_basket_discount(basket, None))
        elif name in ("sync", "settings"):
            self._desk.navigator.go(name)
        elif name == "void":
            self._parts.side.setCurrentIndex(PANELS.index("void"))
        elif name in VOID_REASONS:
            self.close_panel()
            self._screen.void(VOID_REASONS[name])

    # Lines

    def line_key(self, mode: Mode) -> None:
        """Quantity, price or discount of the open or chosen line."""
        line = self._line(self._chosen_id())
        if line is None:
            self._screen.typing.drop()
            self._screen.say(self._screen.t("sale.no_line"), "warn")
            self._desk.navigator.beep()
            return
        self._screen.message.clear()
        self._screen.typing.line_key(mode, line.id, line.name)

    def discount_key(self) -> None:
        """Percent first; pressed again an amount."""
        percent = self._screen.typing.entry.mode is Mode.PERCENT
        self.line_key(Mode.AMOUNT_OFF if percent else Mode.PERCENT)

    def step_chosen(self, step: int) -> None:
        """One more (+1) or less (-1) of the chosen line."""
        line_id = self._chosen_id()
        if line_id is not None:
            self.step(line_id, step)

    def step(self, line_id: str, step: int) -> None:
        """One more (+1) or less (-1); the last one less removes the line."""
        line = self._line(line_id)
        if line is None:
            return
        self._screen.message.clear()
        if step < 0 and line.quantity_milli <= ONE_MILLI:
            self.remove(line_id)
            return
        self._screen.change(partial(self._stepped, line_id=line_id, step=step))

    def remove_chosen(self) -> None:
        """Remove the open or chosen line."""
        line_id = self._chosen_id()
        if line_id is not None:
            self.remove(line_id)

    def remove(self, line_id: str) -> None:
        """Take a line out, and offer to put it back."""
        view, line = self._screen.view, self._line(line_id)
        if view is None or line is None:
            return
        position = view.basket.lines.index(line)
        self.close_panel()
        baskets = self._desk.till.baskets

        def offer_undo(after: BasketView) -> None:
            self._screen.show_view(after)
            self._screen.message.say(
                self._screen.t("sale.removed", name=line.name),
                "info",
                self._screen.t("app.undo"),
                lambda: self._screen.change(lambda basket: baskets.restore_line(basket, line, position)),
            )

        self._screen.run(partial(baskets.remove_line, view.basket.id, line_id), offer_undo)

    def _stepped(self, basket_id: str, line_id: str, step: int) -> BasketView:
        # Reads the quantity where it is changed: two quick taps must count as two.
        baskets = self._desk.till.baskets
        view = baskets.get(basket_id)
        line = next((line for line in view.basket.lines if line.id == line_id), None)
        if line is None:
            return view
        wanted = line.quantity_milli + step * ONE_MILLI
        if wanted <= 0:
            return baskets.remove_line(basket_id, line_id)
        return baskets.set_quantity(basket_id, line_id, wanted)

    def _chosen_id(self) -> str | None:
        return self._parts.line_panel.line_id if self.panel == "line" else self._parts.table.chosen_id

    def _line(self, line_id: str | None) -> BasketLine | None:
        lines = self._screen.view.basket.lines if self._screen.view else ()
        return next((line for line in lines if line.id == line_id), None)

    def _show_line(self, line_id: str) -> None:
        view, line = self._screen.view, self._line(line_id)
        if view is None or line is None:
            self.close_panel()
            return
        priced = view.priced.lines[view.basket.lines.index(line)]
        reasons = price_reasons(line, priced, self._screen.texts)
        code = [self._screen.t("sale.code", code=line.barcode)] if line.barcode else []
        self._parts.line_panel.show_line(line_id, line.name, [*reasons, *code], discounted=line.discount is not None)
