"""Paying: tenders of any mix, and the one transaction after which a sale is a sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pos_desktop.devices.card_terminal import CardOutcome, CardState, CardTerminal
from pos_desktop.domain import basket_changes, loyalty, settlement
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import CustomerStatus, KnownCustomer
from pos_desktop.domain.errors import ErrorCode, NotAllowed, PaymentTrouble
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core, parse_iso
from pos_desktop.services.sale_making import Register, make_sale
from pos_desktop.services.sales import read_sale
from pos_desktop.services.views import BasketView, RedeemableView, SaleView
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import journal, outbox, records, sales
from pos_desktop.storage.records import CardIntent

Progress = Callable[[str], None]


class Checkout:
    """Use cases of paying.

    Args:
        in_flight: ids of card payments that this process is waiting for, shared with the baskets.
        employee_name: gives the name that a receipt prints for an employee.
    """

    def __init__(
        self,
        core: Core,
        baskets: Baskets,
        plugins: PluginRunner,
        card: CardTerminal | None,
        in_flight: set[str],
        employee_name: Callable[[str], str],
    ) -> None:
        self._core = core
        self._baskets = baskets
        self._plugins = plugins
        self._card = card
        self._in_flight = in_flight
        self._employee_name = employee_name

    # -- the way in and out -------------------------------------------------------------------------------------

    def begin(self, basket_id: str) -> BasketView:
        """Go to payment.

        Raises:
            NotAllowed: the basket has no line, or is not open.
        """
        view = self._baskets.get(basket_id)
        if not view.basket.lines:
            raise NotAllowed(ErrorCode.BASKET_EMPTY)
        if view.basket.state is BasketState.PAYING:
            return view
        return self._move(basket_id, BasketState.PAYING)

    def back(self, basket_id: str) -> BasketView:
        """Go back to the goods.

        Raises:
            NotAllowed: money has been taken.
        """
        view = self._baskets.get(basket_id)
        if view.tenders or view.card_unknown is not None:
            raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
        return view if view.basket.state is BasketState.OPEN else self._move(basket_id, BasketState.OPEN)

    def _move(self, basket_id: str, state: BasketState) -> BasketView:
        with self._baskets.lock, self._core.till.write() as till:
            record = self._baskets.record(till, basket_id)
            basket = basket_changes.move(record.basket, state)
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
        known = view.customer
        if known is None:
            return RedeemableView(0, 0, "no_customer")
        if known.customer.status is CustomerStatus.BLOCKED:
            return RedeemableView(0, 0, "blocked")
        taken = _points_taken(view)
        most = loyalty.redeemable(
            known.points - taken,
            known.allowance_points - taken,
            view.left_minor,
            self._may_spend_balance(known),
            self._core.shop().programme,
        )
        return RedeemableView(most.points, most.value_minor, most.reason.value)

    def pay_points(self, basket_id: str, points: int) -> BasketView:
        """Redeem points, online up to the balance, offline up to the allowance.

        Raises:
            BadInput: not above zero.
            NotAllowed: more than balance, allowance or what is left; no customer; a blocked one.
        """
        programme = self._core.shop().programme

        def tender(view: BasketView, tender_id: str) -> Tender:
            known = self._customer(view)
            taken = _points_taken(view)
            value = loyalty.check_redemption(
                points,
                known.points - taken,
                known.allowance_points - taken,
                view.left_minor,
                self._may_spend_balance(known),
                programme,
            )
            return Tender(tender_id, TenderKind.POINTS, value, value, points=points)

        return self._take(basket_id, tender)

    def pay_credit(self, basket_id: str, amount_minor: int) -> BasketView:
        """Take store credit, minor units. Stored value is spent only in contact with the centre.

        Raises:
            NotAllowed: more than balance or what is left; no customer; a blocked one; offline.
        """

        def tender(view: BasketView, tender_id: str) -> Tender:
            known = self._customer(view)
            settlement.check_tender(TenderKind.CREDIT, amount_minor, view.left_minor)
            if not self._may_spend_balance(known):
                raise NotAllowed(ErrorCode.CREDIT_NEEDS_NETWORK)
            spent = sum(item.amount_minor for item in view.tenders if item.kind is TenderKind.CREDIT)
            if amount_minor > known.credit_minor - spent:
                raise NotAllowed(ErrorCode.CREDIT_ABOVE_BALANCE, max_minor=max(0, known.credit_minor - spent))
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
            left = settlement.without_tender(view.tenders, tender_id, view.due_minor, core.shop())
            with core.till.write() as till:
                self._replace_tenders(till, basket_id, view.tenders, left)
                core.record(
                    till,
                    "tender_removed",
                    {"basket_id": basket_id, "kind": tender.kind.value, "amount_minor": tender.amount_minor},
                )
        core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    def _replace_tenders(
        self, till: Connection, basket_id: str, before: tuple[Tender, ...], after: tuple[Tender, ...]
    ) -> None:
        for item in before:
            if item not in after:
                rows.remove_tender(till, basket_id, item.id)
        for item in after:
            if item not in before:
                rows.add_tender(till, basket_id, item)

    def _take(self, basket_id: str, make: Callable[[BasketView, str], Tender]) -> BasketView:
        core = self._core
        with self._baskets.lock:
            view = self.begin(basket_id)
            if view.left_minor == 0:
                raise NotAllowed(ErrorCode.TENDER_ABOVE_DUE, left_minor=0)
            if view.card_unknown is not None:
                raise PaymentTrouble(ErrorCode.CARD_OUTCOME_UNKNOWN)
            tender = make(view, core.new_id())
            with core.till.write() as till:
                rows.add_tender(till, basket_id, tender)
        core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    def _customer(self, view: BasketView) -> KnownCustomer:
        if view.customer is None:
            raise NotAllowed(ErrorCode.CUSTOMER_NEEDED)
        if view.customer.customer.status is CustomerStatus.BLOCKED:
            raise NotAllowed(ErrorCode.CUSTOMER_BLOCKED, name=view.customer.customer.name)
        return view.customer

    def _may_spend_balance(self, known: KnownCustomer) -> bool:
        # A balance that the centre confirmed within a minute, over a line that is up, may be spent whole.
        return self._core.online() and self._core.seconds_since(known.as_of) <= FRESH_BALANCE_S

    # -- cards --------------------------------------------------------------------------------------------------

    def pay_card(self, basket_id: str, amount_minor: int, on_progress: Progress) -> BasketView:
        """Charge a card; waits for the customer, so it runs where waiting harms nobody.

        The intent is on disk before the terminal hears of it. An outcome that is not known stays as such and blocks a
        second charge until :meth:`resolve_card` has an answer.

        Raises:
            PaymentTrouble: declined, cancelled, the terminal is silent, or the outcome is unknown.
        """
        core = self._core
        card = self._terminal()
        with self._baskets.lock:
            view = self.begin(basket_id)
            settlement.check_tender(TenderKind.CARD, amount_minor, view.left_minor)
            intent = CardIntent(core.new_id(), basket_id, amount_minor, core.shop().currency, "created", "", "", "")
            with core.till.write() as till:
                if records.open_intent(till, basket_id) is not None:
                    raise PaymentTrouble(ErrorCode.CARD_OUTCOME_UNKNOWN)
                records.add_intent(till, intent, core.now())
            self._in_flight.add(intent.id)
        try:
            outcome = card.pay(intent.id, amount_minor, intent.currency, on_progress)
        finally:
            self._in_flight.discard(intent.id)
        return self._settle_card(intent, outcome)

    def cancel_card(self, basket_id: str) -> None:
        """Ask the terminal to stop what it is doing for a basket; :meth:`pay_card` then returns."""
        with self._core.till.read() as till:
            intent = records.open_intent(till, basket_id)
        if intent is not None:
            self._terminal().abort(intent.id)

    def resolve_card(self, basket_id: str) -> BasketView:
        """Ask the terminal, by our own reference, what became of a payment.

        Raises:
            PaymentTrouble: the terminal does not say; or what it says was a refusal.
        """
        with self._core.till.read() as till:
            intent = records.open_intent(till, basket_id)
        if intent is None or intent.id in self._in_flight:
            return self._baskets.get(basket_id)
        return self._settle_card(intent, self._terminal().status(intent.id))

    def reverse_card(self, basket_id: str, tender_id: str) -> BasketView:
        """Give a charged card its money back before the sale is finished; waits for the terminal.

        Raises:
            PaymentTrouble: the terminal did not do it; the tender stays.
        """
        core = self._core
        view = self._baskets.get(basket_id)
        tender = next((t for t in view.tenders if t.id == tender_id and t.kind is TenderKind.CARD), None)
        if tender is None or view.basket.state is not BasketState.PAYING:
            raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
        outcome = self._terminal().reverse(f"{tender.id}-r", tender.id)
        if outcome.state is not CardState.APPROVED:
            raise PaymentTrouble(ErrorCode.CARD_TERMINAL_SILENT, reason=outcome.reason)
        with self._baskets.lock:
            left = settlement.without_tender(view.tenders, tender_id, view.due_minor, core.shop())
            with core.till.write() as till:
                self._replace_tenders(till, basket_id, view.tenders, left)
                core.record(
                    till,
                    "card_reversed",
                    {"basket_id": basket_id, "intent": tender.id, "amount_minor": tender.amount_minor},
                )
        core.feed.publish(Changes.BASKET, basket_id)
        return self._baskets.get(basket_id)

    def _settle_card(self, intent: CardIntent, outcome: CardOutcome) -> BasketView:
        core = self._core
        state = outcome.state
        wrong_amount = state is CardState.APPROVED and outcome.amount_minor not in (None, intent.amount_minor)
        if wrong_amount:
            state = CardState.UNKNOWN
        resolved = replace(
            intent,
            state=state.value,
            reference=outcome.reference,
            detail=outcome.detail,
            reason="amount_differs" if wrong_amount else outcome.reason,
        )
        with self._baskets.lock, core.till.write() as till:
            still_open = records.open_intent(till, intent.basket_id)
            if still_open is not None and still_open.id == intent.id:
                records.resolve_intent(till, resolved, core.now())
                if state is CardState.APPROVED:
                    amount = intent.amount_minor
                    rows.add_tender(
                        till,
                        intent.basket_id,
                        Tender(
                            intent.id,
                            TenderKind.CARD,
                            amount,
                            amount,
                            reference=outcome.reference,
                            detail=outcome.detail,
                        ),
                    )
        core.feed.publish(Changes.BASKET, intent.basket_id)
        if state is not CardState.APPROVED:
            raise PaymentTrouble(_CARD_ERRORS[state], reason=resolved.reason)
        return self._baskets.get(intent.basket_id)

    def _terminal(self) -> CardTerminal:
        if self._card is None:
            raise PaymentTrouble(ErrorCode.CARD_NOT_SET_UP)
        return self._card

    # -- the sale -----------------------------------------------------------------------------------------------

    def finalise(self, basket_id: str) -> SaleView:
        """Make a paid basket a sale: one transaction holds all of it. A second call returns the same sale.

        Raises:
            NotAllowed: less is paid than due (``left_minor``).
            PaymentTrouble: a card payment's outcome is not known.
            StorageTrouble: the disk refused; nothing happened.
        """
        core = self._core
        with self._baskets.lock:
            view = self._baskets.get(basket_id)
            if view.basket.state is BasketState.COMPLETED:
                with core.till.read() as till:
                    return read_sale(till, basket_id)
            if not view.basket.lines:
                raise NotAllowed(ErrorCode.BASKET_EMPTY)
            if view.card_unknown is not None:
                raise PaymentTrouble(ErrorCode.CARD_OUTCOME_UNKNOWN)
            if view.left_minor > 0:
                raise NotAllowed(ErrorCode.PAID_LESS_THAN_DUE, left_minor=view.left_minor)
            done = self._commit(view)
        self._plugins.tell("sale_completed", sale=done.sale)
        core.feed.publish(Changes.BASKET | Changes.SALES | Changes.CUSTOMER | Changes.SYNC | Changes.OUTBOX, basket_id)
        return done

    def _commit(self, view: BasketView) -> SaleView:
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
            may_spend_balance=view.customer is not None and self._may_spend_balance(view.customer),
        )
        with core.till.write() as till:
            number = sales.next_receipt_number(till, core.terminal_id)
            draft = make_sale(view, register, number)
            body = draft.journal_body()
            entry = journal.append(till, "sale_completed", now, body, core.sign)
            sale = draft.sealed(entry.seq, entry.entry_hash)
            seq = outbox.append(till, sale.id, draft.freeze(sale), sale.receipt_code, now)
            sales.insert(till, sale, seq, core.new_id())
            rows.close(till, basket, BasketState.COMPLETED, now)
        return SaleView(sale, synced=False, copies=0)


def _points_taken(view: BasketView) -> int:
    return sum(tender.points for tender in view.tenders)


FRESH_BALANCE_S = 60

_CARD_ERRORS = {
    CardState.DECLINED: ErrorCode.CARD_DECLINED,
    CardState.CANCELLED: ErrorCode.CARD_CANCELLED,
    CardState.UNKNOWN: ErrorCode.CARD_OUTCOME_UNKNOWN,
    CardState.NOT_FOUND: ErrorCode.CARD_TERMINAL_SILENT,
    CardState.NOT_REACHED: ErrorCode.CARD_TERMINAL_SILENT,
}
