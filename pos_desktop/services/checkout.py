"""Paying: tenders of any mix, and the one transaction after which a sale is a sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from pos_desktop.devices.card_terminal import CardTerminal
from pos_desktop.domain import basket_changes, loyalty, settlement
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import CustomerStatus
from pos_desktop.domain.errors import ErrorCode, NotAllowed
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.card_payments import CardPayments, Progress
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core, parse_iso
from pos_desktop.services.receipts import Receipts
from pos_desktop.services.sale_making import Register, make_sale
from pos_desktop.services.sales import read_sale
from pos_desktop.services.tendering import Tendering, buyer
from pos_desktop.services.views import BasketView, RedeemableView, SaleView
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import journal, outbox, sales


class Checkout:
    """Use cases of paying.

    Args:
        in_flight: ids of card payments that this process is waiting for, shared with the baskets.
        employee_name: gives the name that a receipt prints for an employee.
        receipts: prints what was sold.
    """

    def __init__(
        self,
        core: Core,
        baskets: Baskets,
        plugins: PluginRunner,
        card: CardTerminal | None,
        in_flight: set[str],
        employee_name: Callable[[str], str],
        receipts: Receipts,
    ) -> None:
        self._core = core
        self._baskets = baskets
        self._plugins = plugins
        self._tendering = Tendering(core, baskets, in_flight)
        self._cards = CardPayments(core, baskets, self._tendering, card, in_flight)
        self._employee_name = employee_name
        self._receipts = receipts

    # -- the way in and out -------------------------------------------------------------------------------------

    def begin(self, basket_id: str, employee_id: str | None = None) -> BasketView:
        """Go to payment.

        Args:
            employee_id: who takes the money, and so whose sale it is; None for whoever started the basket.

        Raises:
            NotAllowed: the basket has no line, or is not open.
        """
        with self._baskets.lock:
            view = self._baskets.get(basket_id)
            if view.basket.state is not BasketState.PAYING:
                return self._move(basket_id, BasketState.PAYING, employee_id)
            return view

    def back(self, basket_id: str) -> BasketView:
        """Go back to the goods.

        Raises:
            NotAllowed: money has been taken.
            PaymentTrouble: a card payment is running, or its outcome is not known.
        """
        with self._baskets.lock:
            view = self._baskets.get(basket_id)
            self._tendering.refuse_open_intent(basket_id)
            if view.tenders:
                raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
            return view if view.basket.state is BasketState.OPEN else self._move(basket_id, BasketState.OPEN)

    def _move(self, basket_id: str, state: BasketState, employee_id: str | None = None) -> BasketView:
        with self._baskets.lock, self._core.till.write() as till:
            record = self._baskets.record(till, basket_id)
            basket = basket_changes.move(record.basket, state)
            if employee_id is not None:
                basket = replace(basket, employee_id=employee_id)
            rows.save(till, replace(record, basket=basket, updated_at=self._core.now()), record.basket)
        self._core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    # -- tenders ------------------------------------------------------------------------------------------------

    def quick_amounts(self, left_minor: int) -> tuple[int, ...]:
        """Propose what a customer may hand over: exactly, and the next likely notes; minor units, at most five."""
        return settlement.quick_amounts(left_minor, self._core.shop())

    def pay_cash(self, basket_id: str, given_minor: int) -> BasketView:
        """Take cash, minor units; more than is left gives change."""
        shop = self._core.shop()
        return self._take(
            basket_id, lambda view, tender_id: settlement.cash_tender(tender_id, view.left_minor, given_minor, shop)
        )

    def max_points(self, basket_id: str) -> RedeemableView:
        """Tell what may be redeemed now, and what bounds it."""
        view = self._baskets.get(basket_id)
        if view.customer is None:
            return RedeemableView(0, 0, "no_customer")
        if view.customer.customer.status is CustomerStatus.BLOCKED:
            return RedeemableView(0, 0, "blocked")
        most = self._tendering.redeemable(view, view.customer)
        return RedeemableView(most.points, most.value_minor, most.reason.value)

    def pay_points(self, basket_id: str, points: int) -> BasketView:
        """Redeem points, online up to the balance, offline up to the allowance.

        Raises:
            BadInput: not above zero.
            NotAllowed: more than balance, allowance or what is left; no customer; a blocked one.
        """

        def tender(view: BasketView, tender_id: str) -> Tender:
            most = self._tendering.spendable(view, buyer(view))
            value = loyalty.check_redemption(
                points, most.points, most.allowance_points, view.left_minor, most.whole, self._core.shop().programme
            )
            return Tender(tender_id, TenderKind.POINTS, value, value, points=points)

        return self._take(basket_id, tender)

    def pay_credit(self, basket_id: str, amount_minor: int) -> BasketView:
        """Take store credit, minor units. Stored value is spent only in contact with the centre.

        Raises:
            NotAllowed: more than balance or what is left; no customer; a blocked one; offline.
        """

        def tender(view: BasketView, tender_id: str) -> Tender:
            most = self._tendering.spendable(view, buyer(view))
            settlement.check_tender(TenderKind.CREDIT, amount_minor, view.left_minor)
            if not most.whole:
                raise NotAllowed(ErrorCode.CREDIT_NEEDS_NETWORK)
            if amount_minor > most.credit_minor:
                raise NotAllowed(ErrorCode.CREDIT_ABOVE_BALANCE, max_minor=max(0, most.credit_minor))
            return Tender(tender_id, TenderKind.CREDIT, amount_minor, amount_minor)

        return self._take(basket_id, tender)

    def remove_tender(self, basket_id: str, tender_id: str) -> BasketView:
        """Give a tender back before the sale is finished. A card is reversed at its terminal (:meth:`reverse_card`).

        Raises:
            NotAllowed: it is a card payment, or no longer there.
        """
        core = self._core
        with self._baskets.lock:
            view = self._baskets.get(basket_id)
            tender = next((item for item in view.tenders if item.id == tender_id), None)
            if tender is None or tender.kind is TenderKind.CARD or view.basket.state is not BasketState.PAYING:
                raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
            with core.till.write() as till:
                self._tendering.take_out(till, basket_id, tender_id)
                body: dict[str, object] = {
                    "basket_id": basket_id,
                    "kind": tender.kind.value,
                    "amount_minor": tender.amount_minor,
                    "employee_id": view.basket.employee_id,
                }
                core.record(till, "tender_removed", body)
            self._baskets.buyers.refresh(basket_id)
        core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    def _take(self, basket_id: str, make: Callable[[BasketView, str], Tender]) -> BasketView:
        core = self._core
        with self._baskets.lock:
            view = self._tendering.ready(basket_id)
            tender = make(view, core.new_id())
            with core.till.write() as till:
                rows.set_state(till, basket_id, BasketState.PAYING, core.now())
                rows.add_tender(till, basket_id, tender)
        core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    # -- cards --------------------------------------------------------------------------------------------------

    def pay_card(self, basket_id: str, amount_minor: int, on_progress: Progress) -> BasketView:
        """Charge a card; waits for the customer, so it runs where waiting harms nobody.

        The intent is on disk before the terminal hears of it. An outcome that is not known stays as such and blocks a
        second charge until :meth:`resolve_card` has an answer.

        Args:
            amount_minor: minor units, at most what is left.
            on_progress: told what happens at the terminal.

        Raises:
            PaymentTrouble: declined, cancelled, the terminal is silent, or the outcome is unknown.
        """
        return self._cards.pay(basket_id, amount_minor, on_progress)

    def cancel_card(self, basket_id: str) -> None:
        """Ask the terminal to stop what it is doing for a basket; :meth:`pay_card` then returns."""
        self._cards.cancel(basket_id)

    def resolve_card(self, basket_id: str) -> BasketView:
        """Ask the terminal, by our own reference, what became of a payment; a reversal cut off is finished.

        Raises:
            PaymentTrouble: the terminal does not say; or what it says was a refusal.
        """
        return self._cards.resolve(basket_id)

    def reverse_card(self, basket_id: str, tender_id: str) -> BasketView:
        """Give a charged card its money back before the sale is finished; waits for the terminal.

        Raises:
            NotAllowed: it is no card payment of a basket being paid.
            PaymentTrouble: the terminal did not do it and the tender stays; or nobody knows, then
                :meth:`resolve_card` finishes it.
        """
        return self._cards.reverse(basket_id, tender_id)

    # -- the sale -----------------------------------------------------------------------------------------------

    def finalise(self, basket_id: str) -> SaleView:
        """Make a paid basket a sale: one transaction holds all of it, its paper too. A second call returns the same sale.

        Raises:
            NotAllowed: less is paid than due (``left_minor``); no line; not on the counter.
            PaymentTrouble: a card payment is running, or its outcome is not known.
            StorageTrouble: the disk refused; nothing happened.
        """
        core = self._core
        with self._baskets.lock:
            view = self._baskets.get(basket_id)
            if view.basket.state is BasketState.COMPLETED:
                with core.till.read() as till:
                    return read_sale(till, basket_id)
            if view.basket.state is not BasketState.PAYING:
                basket_changes.move(view.basket, BasketState.PAYING)
            self._tendering.refuse_open_intent(basket_id)
            if view.left_minor > 0:
                raise NotAllowed(ErrorCode.PAID_LESS_THAN_DUE, left_minor=view.left_minor)
            done, printing = self._commit(view)
        self._plugins.tell("sale_completed", sale=done.sale)
        paper = Changes.PRINT if printing else Changes.NOTHING
        core.feed.publish(
            Changes.BASKET | Changes.SALES | Changes.CUSTOMER | Changes.SYNC | Changes.OUTBOX | paper, basket_id
        )
        return done

    def _commit(self, view: BasketView) -> tuple[SaleView, bool]:
        core, shop = self._core, self._core.shop()
        basket = view.basket
        now = core.now()
        register = Register(
            shop=shop,
            terminal_id=core.terminal_id,
            employee_name=self._employee_name(basket.employee_id),
            completed_at=now,
            business_date=parse_iso(now).replace(tzinfo=UTC).astimezone(ZoneInfo(shop.zone)).date().isoformat(),
            offline=not core.online(),
            new_id=core.new_id,
            may_spend_balance=view.customer is not None and self._tendering.confirmed(view.customer),
        )
        with core.till.write() as till:
            number = sales.next_receipt_number(till, core.terminal_id)
            draft = make_sale(view, register, number)
            body = draft.journal_body()
            entry = journal.append(till, "sale_completed", now, body, core.sign)
            sale = draft.sealed(entry.seq, entry.entry_hash)
            seq = outbox.append(till, sale.id, draft.freeze(sale), sale.receipt_code, now)
            sales.insert(till, sale, seq, core.new_id())
            printing = self._receipts.queue_original(till, sale)
            rows.set_state(till, basket.id, BasketState.COMPLETED, now)
        return SaleView(sale, synced=False, copies=0), printing
