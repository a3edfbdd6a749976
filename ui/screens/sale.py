"""The sale screen: scan, tap, type; see the basket grow; pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.catalogue import Product, Unit
from pos_desktop.domain.errors import ErrorCode, UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketSummary, BasketView, LookupState, ScanKind, ScanResult
from ui.desk import Desk
from ui.sale_entry import Entry, Mode
from ui.sale_model import customer_lines, line_rows, newest_price, tab_text, totals_text
from ui.screens.base import Screen
from ui.screens.sale_layout import SaleParts
from ui.screens.sale_lines import SaleLines
from ui.screens.sale_tiles import SaleTiles
from ui.screens.sale_typing import Command, SaleTyping

ONE_MILLI = 1_000


class SaleScreen(Screen):
    """Where a cashier spends the day."""

    framed = False

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._basket_id: str | None = None
        self._view: BasketView | None = None
        self._waiting: list[Callable[[], None]] = []
        self._starting = False
        self._begun = False
        self._open: tuple[BasketSummary, ...] = ()
        self.tiles = SaleTiles(self)
        self.parts = SaleParts(desk, self.message, self.sync_chip, self.clock, self.tiles.grid)
        self.parts.arrange(self)
        self.tiles.attach(self.parts.chips, self.parts.box)
        self.typing = SaleTyping(desk, self.parts, self)
        self.lines = SaleLines(self)
        self._connect()

    @property
    def view(self) -> BasketView | None:
        """The basket that is shown."""
        return self._view

    # Entered, left, kept fresh

    def enter(self, **params: object) -> None:
        """Show a basket.

        Args:
            basket_id: which; without it the one shown last, or a new one when that is closed.
        """
        session = self.desk.session
        self.parts.cashier.setText(session.employee.name if session else "")
        wanted = params.get("basket_id")
        if isinstance(wanted, str):
            self._basket_id = wanted
        self._begun = False
        self.lines.close_panel()
        self.typing.drop()
        self.message.clear()
        self.tiles.load_categories()
        self._load_open(self._settle)
        self.parts.box.setFocus()

    def leave(self) -> None:
        """Keep the basket, forget what was half typed."""
        self.typing.drop()

    def refresh(self, changes: Changes, subject: str) -> None:
        """News from a lookup, a plugin or the sync."""
        if changes & Changes.CATALOGUE:
            self.tiles.load_categories()
        if changes & (Changes.BASKET | Changes.CUSTOMER | Changes.SETTINGS) and self._basket_id is not None:
            if not subject or subject == self._basket_id or changes & (Changes.CUSTOMER | Changes.SETTINGS):
                self.run(partial(self.desk.till.baskets.get, self._basket_id), self.show_view)
            self._load_open(self._show_tabs)

    def scanned(self, code: str) -> None:
        """A scan goes to the basket, whatever is open or half typed."""
        milli = self.typing.take_multiplier()
        # The basket first: what is tidied here is tidied while the line is being written.
        self._with_basket(lambda: self._scan(code, milli))
        self.lines.close_panel()
        self.message.clear()

    def typed(self, text: str) -> bool:
        """Typing anywhere goes to the search box."""
        self.parts.box.setFocus()
        self.parts.box.insert(text)
        return True

    def step_back(self) -> None:
        """Close what is open, forget what is typed; the basket stays."""
        panel_open = self.lines.close_panel()
        if not panel_open:
            self.typing.drop()
        self.message.clear()
        self.parts.box.setFocus()

    def keys(self) -> dict[int, Callable[[], None]]:
        """The ten common actions, and the arrows through the basket."""
        key, table = Qt.Key, self.parts.table
        return {
            key.Key_F1: self._focus_box,
            key.Key_F2: partial(self.lines.line_key, Mode.QUANTITY),
            key.Key_F3: partial(self.lines.line_key, Mode.PRICE),
            key.Key_F4: self.lines.discount_key,
            key.Key_F5: self._open_customer,
            key.Key_F6: self._hold,
            key.Key_F7: partial(self.desk.navigator.go, "held"),
            key.Key_F8: partial(self.desk.navigator.go, "receipt"),
            key.Key_F9: self._new,
            key.Key_F10: partial(self.lines.open_panel, "more"),
            key.Key_F11: self.desk.navigator.lock,
            key.Key_F12: self.pay,
            key.Key_Up: partial(table.choose_next, -1),
            key.Key_Down: partial(table.choose_next, 1),
            key.Key_Delete: self.lines.remove_chosen,
            key.Key_Plus: partial(self.lines.step_chosen, 1),
            key.Key_Minus: partial(self.lines.step_chosen, -1),
            key.Key_Return: self.typing.enter,
            key.Key_Enter: self.typing.enter,
        }

    # What the shop does with a basket

    def pay(self) -> None:
        """Go on to payment; pressed twice it begins once."""
        view = self._view
        if view is None or self._begun:
            return
        self._begun = True
        if view.basket.state is BasketState.PAYING:
            self._to_payment(view)
        else:
            work = partial(self.desk.till.checkout.begin, view.basket.id, self.desk.employee_id)
            self.run(work, self._to_payment, self._on_not_begun)

    def change(self, command: Command) -> None:
        """Change the basket and show it."""
        self._with_basket(lambda: self.run(partial(command, self._basket_id or ""), self.show_view))

    def _connect(self) -> None:
        parts, typing = self.parts, self.typing
        typing.commanded.connect(self._on_commanded)
        typing.coded.connect(lambda code: self._with_basket(lambda: self._scan(code, None)))
        typing.identified.connect(self._identify)
        typing.worded.connect(self.tiles.choose_by_words)
        typing.refused.connect(self.refuse)
        typing.nothing.connect(self.lines.open_chosen)
        self.tiles.chosen.connect(self._on_tile)
        parts.table.stepped.connect(self.lines.step)
        parts.table.opened.connect(self.lines.open_line)
        parts.table.swiped.connect(self.lines.remove)
        parts.customer.clicked.connect(self._open_customer)
        parts.pay_button.clicked.connect(self.pay)
        parts.tabs.chosen.connect(self._switch)
        parts.new_button.clicked.connect(self._new)
        parts.lock_button.clicked.connect(self.desk.navigator.lock)
        parts.band.search.connect(self._search_instead)
        parts.band.sell_open.connect(self._sell_open)
        parts.mode_keys["quantity"].clicked.connect(partial(self.lines.line_key, Mode.QUANTITY))
        parts.mode_keys["price"].clicked.connect(partial(self.lines.line_key, Mode.PRICE))
        parts.mode_keys["discount"].clicked.connect(self.lines.discount_key)
        parts.action_keys["hold"].clicked.connect(self._hold)
        parts.action_keys["held"].clicked.connect(partial(self.desk.navigator.go, "held"))
        parts.action_keys["receipts"].clicked.connect(partial(self.desk.navigator.go, "receipt"))
        parts.action_keys["more"].clicked.connect(partial(self.lines.open_panel, "more"))
        for panel in (parts.line_panel, parts.more_panel, parts.void_panel):
            panel.closed.connect(self.step_back)
            panel.acted.connect(self.lines.act)

    # Baskets

    def _load_open(self, then: Callable[[tuple[BasketSummary, ...]], None]) -> None:
        self.run(self.desk.till.baskets.open_baskets, then)

    def _settle(self, baskets: tuple[BasketSummary, ...]) -> None:
        """Choose which basket to show: the one from before, an empty one, or a new one."""
        by_id = {basket.id: basket for basket in baskets}
        first_time = self._view is None
        if self._basket_id not in by_id:
            idle = [basket.id for basket in baskets if not basket.lines and not basket.customer_name]
            latest = max(baskets, key=lambda basket: basket.updated_at).id if baskets and first_time else None
            self._basket_id = latest or (idle[0] if idle else None)
        if self._basket_id is None:
            self._start()
        else:
            self._show_tabs(baskets)
            self.run(partial(self.desk.till.baskets.get, self._basket_id), self._show_first)

    def _start(self) -> None:
        if self._starting:
            return
        self._starting = True
        start = partial(self.desk.till.baskets.start, self.desk.employee_id, self.desk.till.terminal_id)
        self.run(start, self._on_started, self._on_not_started)

    def _new(self) -> None:
        self.lines.close_panel()
        self.typing.drop()
        self.message.clear()
        self._start()

    def _on_started(self, view: BasketView) -> None:
        self._starting = False
        self._basket_id = view.basket.id
        self._show_first(view)
        self._load_open(self._show_tabs)

    def _on_not_started(self, trouble: UserError) -> None:
        self._starting = False
        self._waiting.clear()
        self.refuse(trouble)

    def _with_basket(self, do: Callable[[], None]) -> None:
        # A scan may come before the basket is there; it waits, and nothing is lost.
        if self._view is not None and self._view.basket.id == self._basket_id:
            do()
        else:
            self._waiting.append(do)

    def _switch(self, basket_id: str) -> None:
        self._basket_id = basket_id
        self.lines.close_panel()
        self.typing.drop()
        self.message.clear()
        self.run(partial(self.desk.till.baskets.get, basket_id), self._show_first)

    def _gone(self, sentence: str) -> None:
        self._basket_id = None
        self._load_open(self._settle)
        self.say(self.t(sentence), "done")

    def _hold(self) -> None:
        if self._view is not None:
            hold = partial(self.desk.till.baskets.hold, self._view.basket.id, "")
            self.run(hold, lambda _none: self._gone("sale.basket_held"))

    def void(self, reason: str) -> None:
        if self._view is not None:
            void = partial(self.desk.till.baskets.void, self._view.basket.id, reason, self.desk.employee_id)
            self.run(void, lambda _none: self._gone("sale.basket_voided"))

    def _to_payment(self, view: BasketView) -> None:
        if self.isHidden():
            return  # somebody went elsewhere meanwhile; the basket waits as it is
        self.desk.navigator.go("payment", basket_id=view.basket.id)

    def _on_not_begun(self, trouble: UserError) -> None:
        self._begun = False
        self.refuse(trouble)

    # Lines

    def _scan(self, code: str, milli: int | None) -> None:
        basket_id = self._basket_id or ""
        self.run(partial(self._scan_so_many, basket_id, code, milli), self._on_scan, partial(self._on_no_scan, code))

    def _scan_so_many(self, basket_id: str, code: str, milli: int | None) -> ScanResult:
        # On the database thread: both steps belong to one scan, and nothing may come between them.
        baskets = self.desk.till.baskets
        result = baskets.scan(basket_id, code)
        if milli is None or milli == ONE_MILLI or result.kind is not ScanKind.PRODUCT or result.view is None:
            return result
        view = result.view
        line = next((line for line in view.basket.lines if line.id == view.last_line_id), None)
        if line is None or line.unit is not Unit.PIECE:
            return result
        many = baskets.set_quantity(basket_id, line.id, line.quantity_milli - ONE_MILLI + milli)
        return ScanResult(result.kind, many, result.identifier, result.sale_id)

    def _on_scan(self, result: ScanResult) -> None:
        if result.view is not None:
            self.show_view(result.view)
        if result.kind is ScanKind.RECEIPT:
            self.desk.navigator.go("receipt", sale_id=result.sale_id)
        elif result.kind is ScanKind.BADGE:
            self.say(self.t("scan.badge"))
        elif result.kind is ScanKind.PRODUCT and result.view is not None:
            self.typing.ask_weight(result.view)

    def _on_no_scan(self, code: str, trouble: UserError) -> None:
        if trouble.code is ErrorCode.UNKNOWN_BARCODE:
            self.parts.band.show_unknown(code)
        self.refuse(trouble)

    def _identify(self, identifier: str) -> None:
        self.change(lambda basket: self.desk.till.baskets.identify(basket, identifier))

    def _on_tile(self, product: Product) -> None:
        self.lines.close_panel()
        milli = self.typing.take_multiplier()
        self.message.clear()
        if not self.typing.ask_for(product, milli):
            baskets = self.desk.till.baskets
            self.change(lambda basket: baskets.add_product(basket, product.id, milli or ONE_MILLI))
        self.parts.box.setFocus()

    def _on_commanded(self, command: Command) -> None:
        self.message.clear()
        self.change(command)

    # Showing

    def _show_first(self, view: BasketView) -> None:
        """A basket that was not shown before: its last line goes into the band."""
        self._view = None
        self.parts.band.clear()
        self.show_view(view)

    def show_view(self, view: BasketView) -> None:
        """Show a basket as it is now; one that is no longer on screen is left alone."""
        if view.basket.id != self._basket_id:
            return
        before, self._view = self._view, view
        texts, parts = self.texts, self.parts
        parts.table.show_rows(line_rows(view, texts))
        shop = self.desk.shop
        programme = shop.programme if shop is not None else None
        parts.customer.show_lines(customer_lines(view, programme, texts, self.desk.now()))
        items, tax = totals_text(view, texts)
        parts.items.setText(items)
        parts.tax.setText(tax)
        parts.total.setText(texts.amount(view.due_minor))
        paying = view.basket.state is BasketState.PAYING
        word = "sale.continue_payment" if paying else "sale.pay"
        parts.pay_button.set_text(self.t(word, amount=texts.money(view.left_minor)))
        parts.pay_button.setEnabled(bool(view.basket.lines))
        self._show_newest(before, view)
        self._show_own_tab(view)
        self.lines.view_changed()
        if view.hint and self.texts.has(view.hint) and (before is None or before.hint != view.hint):
            self.say(self.t(view.hint), "info")
        if before is None:
            waiting, self._waiting = self._waiting, []
            for do in waiting:
                do()

    def _show_newest(self, before: BasketView | None, view: BasketView) -> None:
        line = next((line for line in view.basket.lines if line.id == view.last_line_id), None)
        if line is None:
            if before is not None and not view.basket.lines:
                self.parts.band.clear()
            return
        if before is not None and line in before.basket.lines and not self.parts.band.unknown_code:
            return
        price = newest_price(view, line, self.texts)
        self.tiles.with_product(line.product_id, partial(self.parts.band.show_item, line.name, price))

    def _show_tabs(self, baskets: tuple[BasketSummary, ...]) -> None:
        self._open = baskets
        chips = [
            (basket.id, tab_text(basket, number, self.texts), self.texts.amount(basket.total_minor))
            for number, basket in enumerate(baskets, 1)
        ]
        self.parts.tabs.show_chips(chips, self._basket_id or "")

    def _show_own_tab(self, view: BasketView) -> None:
        name = view.customer.customer.name if view.customer else ""
        self._open = tuple(
            replace(basket, customer_name=name, total_minor=view.due_minor, lines=len(view.basket.lines))
            if basket.id == view.basket.id
            else basket
            for basket in self._open
        )
        self._show_tabs(self._open)

    def _open_customer(self) -> None:
        view = self._view
        if view is None:
            return
        missing = view.lookup in (LookupState.NOT_FOUND, LookupState.UNREACHABLE)
        text = view.basket.customer_identifier or "" if missing else ""
        enrol = view.customer is None and view.lookup is LookupState.NOT_FOUND
        self.desk.navigator.go("customer", basket_id=view.basket.id, text=text, enrol=enrol)

    def _search_instead(self) -> None:
        self.parts.band.clear()
        self.say(self.t("sale.prompt.search"))
        self._focus_box()

    def _sell_open(self, code: str) -> None:
        self.typing.arm(Entry(Mode.OPEN_ITEM, code, self.t("sale.open_item")))

    def _focus_box(self) -> None:
        self.parts.box.setFocus()
        self.parts.box.selectAll()
