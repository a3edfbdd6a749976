"""Payment: what is left, how it is paid, and what has been taken; the basket stays in sight."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.errors import BadInput, ErrorCode, UserError
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketView, RedeemableView, SaleView
from ui import amount_entry, payment_model
from ui.desk import Desk
from ui.payment_model import Stage, Tile
from ui.screens.base import Screen
from ui.screens.payment_view import PaymentView, Standing

NOBODY = RedeemableView(0, 0, "no_customer")


class PaymentScreen(Screen):
    """Takes any number of tenders until nothing is left, then stores the sale and shows its receipt.

    ``go("payment", basket_id=…)`` starts to pay a basket, or goes on where it was left.
    """

    title_key = "payment.title"
    _progressed = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._basket_id = ""
        self._standing: Standing | None = None
        self._typed = ""
        self._busy = False
        self._saving = False
        self._card_running = False
        self._points_open = False
        self.view = PaymentView(self.theme, self.texts)
        self._progressed.connect(self.view.card_panel.progress)
        self._connect()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    # Coming and going

    def enter(self, **params: object) -> None:
        """Begin to pay ``basket_id``, or show again what was on screen."""
        basket_id = params.get("basket_id")
        if isinstance(basket_id, str):
            self._basket_id = basket_id
            self._standing = None
            self._card_running = self._points_open = self._saving = self._busy = False
            self._typed = ""
        self.setFocus()
        if not self._basket_id:
            self.desk.navigator.go("sale")
            return
        self.run(partial(self._begin, self._basket_id), self._show, self._not_begun)

    def refresh(self, changes: Changes, subject: str) -> None:
        """A lookup or a plugin may change what is due while the customer pays."""
        about_us = changes & Changes.BASKET and subject in ("", self._basket_id)
        if (about_us or changes & Changes.CUSTOMER) and not (self._busy or self._card_running or self._saving):
            self.run(partial(self._read, self._basket_id), self._show)

    def scanned(self, code: str) -> None:
        """A loyalty card out of the pocket at last, or one more thing from the trolley: both count."""
        if self._stage() is Stage.CHOOSE:
            self._call(lambda: self._scan(code))
        else:
            self.say(self.t("payment.scan_not_now"), "warn")
            self.desk.navigator.beep()

    def step_back(self) -> None:
        """Out of the points panel, out of a card payment, then back to the basket."""
        stage = self._stage()
        if stage is Stage.CARD:
            self.cancel_card()
        elif stage is Stage.POINTS:
            self._open_points(False)
        elif self._typed:
            self.press(amount_entry.CLEAR)
        elif stage is Stage.UNKNOWN:
            self.desk.navigator.go("sale")
        elif not self._busy and not self._saving and self._standing is not None:
            self._busy = True
            self.run(partial(self.desk.till.checkout.back, self._basket_id), self._went_back, self._refused)

    def keys(self) -> dict[int, Callable[[], None]]:
        """Tenders on F5 to F8, finish on F12; Enter does what the largest key says."""
        return {
            Qt.Key.Key_F3: self._to_customer,
            Qt.Key.Key_F5: self.pay_cash,
            Qt.Key.Key_F6: self.pay_card,
            Qt.Key.Key_F7: self.open_points,
            Qt.Key.Key_F8: self.pay_credit,
            Qt.Key.Key_F12: self.finish,
            Qt.Key.Key_Return: self.confirm,
            Qt.Key.Key_Enter: self.confirm,
            Qt.Key.Key_Backspace: partial(self.press, amount_entry.BACK),
            Qt.Key.Key_Delete: partial(self.press, amount_entry.CLEAR),
        }

    def typed(self, text: str) -> bool:
        """Digits go to the amount, wherever the focus is."""
        if text.isascii() and (text.isdigit() or text in ".,"):
            self.press(text)
            return True
        return False

    # What a press does

    def press(self, key: str) -> None:
        """Take one key of the keypad."""
        if self._stage() in (Stage.CHOOSE, Stage.POINTS):
            self._typed = amount_entry.press(self._typed, key, self._entry_decimals())
            self.message.clear()
            self._paint()

    def confirm(self) -> None:
        """Enter: what stands on the largest key. A typed amount is cash."""
        stage = self._stage()
        if stage is Stage.UNKNOWN:
            self.ask_terminal()
        elif stage is Stage.SETTLED:
            self.finish()
        elif stage is Stage.POINTS:
            self.spend_points()
        elif stage is Stage.CHOOSE and self._typed:
            self.pay_cash()

    def pay_cash(self) -> None:
        """Take what is typed, or what is left."""
        tile = self._tile(TenderKind.CASH)
        if tile is not None:
            self._take_cash(self._quick_exact() if not self._typed else tile.amount_minor)

    def pay_card(self) -> None:
        """Ask the card terminal for what is typed, or what is left."""
        tile = self._tile(TenderKind.CARD)
        if tile is None or self._busy:
            return
        self._card_running = True
        self.view.card_panel.start(tile.amount_minor)
        self.message.clear()
        basket_id, amount = self._basket_id, tile.amount_minor
        self.run(
            lambda: self._after(self.desk.till.checkout.pay_card(basket_id, amount, self._progressed.emit)),
            self._card_done,
            self._card_failed,
            network=True,
        )
        self._paint()

    def cancel_card(self) -> None:
        """Ask the terminal to stop; what it then answers is what counts."""
        if self._card_running and self.view.card_panel.cancel.isEnabled():
            self.view.card_panel.cancelling()
            self.run(partial(self.desk.till.checkout.cancel_card, self._basket_id), network=True)

    def ask_terminal(self) -> None:
        """Ask what became of the unknown payment."""
        if self._busy or self._stage() is not Stage.UNKNOWN:
            return
        self._busy = True
        self.view.unknown_panel.asking(True)
        basket_id = self._basket_id
        self.run(
            lambda: self._after(self.desk.till.checkout.resolve_card(basket_id)),
            self._resolved,
            self._not_resolved,
            network=True,
        )

    def open_points(self) -> None:
        """Show how many points may be spent."""
        if self._tile(TenderKind.POINTS) is not None:
            self._open_points(True)

    def spend_points(self) -> None:
        """Spend the typed points, or as many as may be."""
        if self._standing is None or self._stage() is not Stage.POINTS:
            return
        typed = amount_entry.to_minor(self._typed, 0)
        points = self._standing.redeemable.points if typed is None else typed
        self._call(lambda: self.desk.till.checkout.pay_points(self._basket_id, points))

    def pay_credit(self) -> None:
        """Take what is typed, or as much as there is, from the store credit."""
        tile = self._tile(TenderKind.CREDIT)
        if tile is not None:
            self._call(lambda: self.desk.till.checkout.pay_credit(self._basket_id, tile.amount_minor))

    def remove(self, tender: Tender) -> None:
        """Take a tender back; a card payment by way of its terminal."""
        checkout, basket_id = self.desk.till.checkout, self._basket_id
        if payment_model.removable(tender):
            self._call(lambda: checkout.remove_tender(basket_id, tender.id))
        else:
            self.say(self.t("card.reversing"), "info")
            self._call(lambda: checkout.reverse_card(basket_id, tender.id), network=True)

    def finish(self) -> None:
        """Store the sale. Pressed twice it is stored once."""
        if self._saving or self._busy or self._stage() is not Stage.SETTLED:
            return
        self._saving = True
        self._paint()
        self.run(partial(self.desk.till.checkout.finalise, self._basket_id), self._sold, self._refused)

    # On the database thread

    def _begin(self, basket_id: str) -> Standing:
        view = self.desk.till.baskets.get(basket_id)
        if view.basket.state is BasketState.OPEN:
            view = self.desk.till.checkout.begin(basket_id, self.desk.employee_id)
        return self._after(view)

    def _read(self, basket_id: str) -> Standing:
        return self._after(self.desk.till.baskets.get(basket_id))

    def _after(self, view: BasketView) -> Standing:
        checkout, basket_id = self.desk.till.checkout, view.basket.id
        asks = view.customer is not None and view.left_minor > 0
        redeemable = checkout.max_points(basket_id) if asks else NOBODY
        quick = checkout.quick_amounts(view.left_minor) if view.left_minor > 0 else ()
        return Standing(view, redeemable, quick, self.desk.till.shop)

    def _scan(self, code: str) -> BasketView:
        result = self.desk.till.baskets.scan(self._basket_id, code)
        if result.view is None:
            raise BadInput(ErrorCode.UNKNOWN_BARCODE, text=code)
        return self.desk.till.checkout.begin(self._basket_id, self.desk.employee_id)

    # What comes back

    def _call(self, work: Callable[[], BasketView], *, network: bool = False) -> None:
        if self._busy or self._saving or self._card_running:
            return
        self._busy = True
        if not network:
            self.message.clear()
        self.run(lambda: self._after(work()), self._took, self._refused, network=network)

    def _took(self, standing: Standing) -> None:
        if self.message.text == self.t("card.reversing"):
            self.message.clear()
        self._typed = ""
        self._points_open = False
        self._show(standing)
        if standing.view.left_minor <= 0 and standing.view.tenders:
            self.finish()

    def _card_done(self, standing: Standing) -> None:
        self._card_running = False
        if self.isVisible():
            self._took(standing)
        else:
            self._show(standing)

    def _card_failed(self, trouble: UserError) -> None:
        self._card_running = False
        if trouble.code is ErrorCode.CARD_CANCELLED:
            self.say(self.t("card.cancelled"), "info")
        elif trouble.code is not ErrorCode.CARD_OUTCOME_UNKNOWN:
            self.refuse(trouble)
        else:
            self.desk.navigator.beep()
        self.run(partial(self._read, self._basket_id), self._show)

    def _resolved(self, standing: Standing) -> None:
        before = len(self._standing.view.tenders) if self._standing else 0
        self.view.unknown_panel.asking(False)
        charged = len(standing.view.tenders) > before
        self.say(
            self.t("card.unknown.charged" if charged else "card.unknown.not_charged"), "done" if charged else "info"
        )
        self._took(standing)

    def _not_resolved(self, trouble: UserError) -> None:
        # the terminal may have said that it refused the card: then nothing is unknown any more
        self._refused(trouble)
        self.run(partial(self._read, self._basket_id), self._show)

    def _sold(self, sale: SaleView) -> None:
        self._saving = False
        self._basket_id = ""
        self._standing = None
        self.desk.navigator.go("receipt", sale_id=sale.sale.id, fresh=True)

    def _went_back(self, view: BasketView) -> None:
        self._busy = False
        self._basket_id = ""
        self.desk.navigator.go("sale", basket_id=view.basket.id)

    def _not_begun(self, trouble: UserError) -> None:
        self._basket_id = ""
        self.desk.navigator.go("sale")
        self.desk.tasks.refused.emit(trouble)

    def _refused(self, trouble: UserError) -> None:
        self._busy = self._saving = False
        self.view.unknown_panel.asking(False)
        self.refuse(trouble)
        self._paint()

    def _show(self, standing: Standing) -> None:
        self._busy = False
        self._standing = standing
        self.view.show_basket(standing.view, self.remove)
        self._paint()

    def _paint(self) -> None:
        if self._standing is not None:
            self.view.paint_stage(self._standing, self._stage(), self._tiles(), self._typed, saving=self._saving)
            self.back_button.setEnabled(not self._saving)

    # Small questions

    def _stage(self) -> Stage:
        if self._standing is None:
            return Stage.CHOOSE
        return payment_model.stage(self._standing.view, self._card_running, self._points_open)

    def _entry_decimals(self) -> int:
        return 0 if self._points_open else self.texts.decimals

    def _tiles(self) -> tuple[Tile, ...]:
        if self._standing is None:
            return ()
        typed = None if self._points_open else amount_entry.to_minor(self._typed, self.texts.decimals)
        has_terminal = self.desk.settings.card_terminal != "none"
        return payment_model.tiles(self._standing.view, self._standing.redeemable, typed, has_terminal)

    def _tile(self, kind: TenderKind) -> Tile | None:
        if self._stage() is not Stage.CHOOSE:
            return None
        for tile in self._tiles():
            if tile.kind is kind:
                if tile.why_not:
                    self.say(self.t(tile.why_not), "warn")
                    self.desk.navigator.beep()
                    return None
                return tile
        return None

    def _quick_exact(self) -> int:
        assert self._standing is not None
        return self._standing.quick[0] if self._standing.quick else self._standing.view.left_minor

    def _take_cash(self, given_minor: int) -> None:
        self._call(lambda: self.desk.till.checkout.pay_cash(self._basket_id, given_minor))

    def _take_quick(self, number: int) -> None:
        if self._standing is not None and number < len(self._standing.quick):
            self._take_cash(self._standing.quick[number])

    def _open_points(self, shown: bool) -> None:
        self._points_open = shown
        self._typed = ""
        self._paint()

    def _to_customer(self) -> None:
        if self._stage() is Stage.CHOOSE and not self._busy:
            self.desk.navigator.go("customer", basket_id=self._basket_id)

    def _connect(self) -> None:
        view = self.view
        view.customer.clicked.connect(self._to_customer)
        view.keypad.pressed.connect(self.press)
        for number, button in enumerate(view.quick):
            button.clicked.connect(partial(self._take_quick, number))
        for kind, pressed in (
            (TenderKind.CASH, self.pay_cash),
            (TenderKind.CARD, self.pay_card),
            (TenderKind.POINTS, self.open_points),
            (TenderKind.CREDIT, self.pay_credit),
        ):
            view.tiles[kind].clicked.connect(pressed)
        view.card_panel.cancel.clicked.connect(self.cancel_card)
        view.unknown_panel.ask.clicked.connect(self.ask_terminal)
        view.unknown_panel.leave.clicked.connect(self.step_back)
        view.points_panel.use.clicked.connect(self.spend_points)
        view.points_panel.cancel.clicked.connect(self.step_back)
        view.settled_panel.finish.clicked.connect(self.finish)
