"""Card payments: recorded before the terminal hears of them, asked for after a silence, never guessed.

An intent goes ``created`` -> ``approved`` | ``declined`` | ``cancelled`` | ``not_reached`` | ``unknown``; an unknown one
is asked for by our own reference until the terminal says what became of it. Giving a charged card its money back is a
second intent on the same row (``reversing``): it too is on disk first, and is repeated, not guessed, after a crash or
a lost answer, until the terminal says that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from pos_desktop.devices.card_terminal import CardOutcome, CardState, CardTerminal
from pos_desktop.domain import settlement
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.errors import ErrorCode, NotAllowed, PaymentTrouble
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.tendering import Tendering
from pos_desktop.services.views import BasketView
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import records
from pos_desktop.storage.database import Connection
from pos_desktop.storage.records import CardIntent

Progress = Callable[[str], None]
REVERSING = "reversing"
REVERSED = "reversed"
AMOUNT_DIFFERS = "amount_differs"


class CardPayments:
    """Use cases on card payments. All wait for the terminal but never hold a lock or a transaction while they do.

    Args:
        in_flight: ids of the payments that this process is waiting for.
    """

    def __init__(
        self, core: Core, baskets: Baskets, tendering: Tendering, card: CardTerminal | None, in_flight: set[str]
    ) -> None:
        self._core = core
        self._baskets = baskets
        self._tendering = tendering
        self._card = card
        self._in_flight = in_flight

    def pay(self, basket_id: str, amount_minor: int, on_progress: Progress) -> BasketView:
        """Charge a card; see :meth:`Checkout.pay_card`."""
        core = self._core
        card = self._terminal()
        intent = CardIntent(core.new_id(), basket_id, amount_minor, core.shop().currency, "created", "", "", "")
        with self._waiting(intent.id):
            with self._baskets.lock:
                view = self._tendering.ready(basket_id)
                settlement.check_tender(TenderKind.CARD, amount_minor, view.left_minor)
                with core.till.write() as till:
                    rows.set_state(till, basket_id, BasketState.PAYING, core.now())
                    records.add_intent(till, intent, core.now())
            core.feed.publish(Changes.BASKET, basket_id)
            outcome = card.pay(intent.id, amount_minor, intent.currency, on_progress)
        return self._settle(intent, outcome)

    def cancel(self, basket_id: str) -> None:
        """Ask the terminal to stop; see :meth:`Checkout.cancel_card`."""
        intent = self._open_intent(basket_id)
        if intent is not None:
            self._terminal().abort(intent.id)

    def resolve(self, basket_id: str) -> BasketView:
        """Ask what became of a payment; see :meth:`Checkout.resolve_card`."""
        intent = self._open_intent(basket_id)
        if intent is None or intent.id in self._in_flight:
            return self._baskets.get(basket_id)
        if intent.state == REVERSING:
            with self._waiting(intent.id):
                outcome = self._terminal().reverse(_reversal_of(intent), intent.id)
            return self._undone(intent, outcome, again=True)
        outcome = self._terminal().status(intent.id)
        if _believed(intent, outcome)[1] == AMOUNT_DIFFERS:
            return self._settle_other_money(intent, outcome)
        return self._settle(intent, outcome)

    def reverse(self, basket_id: str, tender_id: str) -> BasketView:
        """Give a card its money back; see :meth:`Checkout.reverse_card`."""
        core = self._core
        card = self._terminal()
        with ExitStack() as waiting:
            with self._baskets.lock:
                view = self._baskets.get(basket_id)
                self._tendering.refuse_open_intent(basket_id)
                held = any(item.id == tender_id and item.kind is TenderKind.CARD for item in view.tenders)
                if not held or view.basket.state is not BasketState.PAYING:
                    raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
                waiting.enter_context(self._waiting(tender_id))
                with core.till.write() as till:
                    intent = records.intent(till, tender_id)
                    if intent is None:
                        raise NotAllowed(ErrorCode.TENDER_NOT_REMOVABLE)
                    intent = replace(intent, state=REVERSING)
                    records.resolve_intent(till, intent, core.now())
            outcome = card.reverse(_reversal_of(intent), intent.id)
        return self._undone(intent, outcome, again=False)

    @contextmanager
    def _waiting(self, intent_id: str) -> Iterator[None]:
        # Begins before the intent can be seen on disk: one that nobody waits for would be asked for by somebody else.
        self._in_flight.add(intent_id)
        try:
            yield
        finally:
            self._in_flight.discard(intent_id)

    def _undone(self, intent: CardIntent, outcome: CardOutcome, *, again: bool) -> BasketView:
        core = self._core
        done = outcome.state is CardState.APPROVED
        # An earlier request may have been carried out with its answer lost. Then "not reached", "nothing to undo" and
        # "refused" say nothing of that one, and only a yes settles a repetition.
        stands = not done and not again and outcome.state is not CardState.UNKNOWN
        if done or stands:
            fresh = replace(intent, state=REVERSED if done else CardState.APPROVED.value, reason=outcome.reason)
            with self._baskets.lock, core.till.write() as till:
                still = records.open_intent(till, intent.basket_id)
                if still is not None and still.id == intent.id:
                    records.resolve_intent(till, fresh, core.now())
                    if done:
                        self._give_back(till, intent, outcome)
        self._baskets.buyers.refresh(intent.basket_id)
        core.feed.publish(Changes.BASKET, intent.basket_id)
        if not done:
            code = _ERRORS_OF_REVERSAL[outcome.state] if stands else ErrorCode.CARD_OUTCOME_UNKNOWN
            raise PaymentTrouble(code, reason=outcome.reason)
        return self._baskets.get(intent.basket_id)

    def _give_back(self, till: Connection, intent: CardIntent, outcome: CardOutcome) -> None:
        held = [item for item in rows.tenders(till, intent.basket_id) if item.id == intent.id]
        booked_minor = intent.amount_minor if outcome.amount_minor is None else outcome.amount_minor
        self._tendering.take_out(till, intent.basket_id, intent.id)
        body: dict[str, object] = {
            "basket_id": intent.basket_id,
            "intent": intent.id,
            "amount_minor": held[0].amount_minor if held else booked_minor,
            "employee_id": self._baskets.record(till, intent.basket_id).basket.employee_id,
        }
        self._core.record(till, "card_reversed", body)

    def _settle(self, intent: CardIntent, outcome: CardOutcome) -> BasketView:
        core = self._core
        state, reason = _believed(intent, outcome)
        settled = replace(intent, state=state.value, reference=outcome.reference, detail=outcome.detail, reason=reason)
        with self._baskets.lock, core.till.write() as till:
            still = records.open_intent(till, intent.basket_id)
            if still is not None and still.id == intent.id:
                records.resolve_intent(till, settled, core.now())
                if state is CardState.APPROVED:
                    rows.add_tender(till, intent.basket_id, _tender(settled))
        self._baskets.buyers.refresh(intent.basket_id)
        core.feed.publish(Changes.BASKET, intent.basket_id)
        if state is not CardState.APPROVED:
            raise PaymentTrouble(_ERRORS[state], reason=reason)
        return self._baskets.get(intent.basket_id)

    def _settle_other_money(self, intent: CardIntent, outcome: CardOutcome) -> BasketView:
        # Asked by our reference the terminal stands by it: so much was booked. Less than was asked for (a card with
        # too little on it) is a part payment. More, or other money, would be neither tender nor change: it goes back.
        core = self._core
        booked = outcome.amount_minor or 0
        fits = 0 < booked <= intent.amount_minor and outcome.currency in ("", intent.currency)
        taken = replace(intent, reference=outcome.reference, detail=outcome.detail, reason=AMOUNT_DIFFERS)
        taken = replace(taken, state=CardState.APPROVED.value if fits else REVERSING)
        with ExitStack() as waiting:
            with self._baskets.lock, core.till.write() as till:
                still = records.open_intent(till, intent.basket_id)
                if still is None or still.id != intent.id or still.state == REVERSING:
                    return self._baskets.get(intent.basket_id)
                self._note_other_money(till, intent, outcome)
                if fits:
                    rows.add_tender(till, intent.basket_id, _tender(replace(taken, amount_minor=booked)))
                else:
                    waiting.enter_context(self._waiting(intent.id))
                records.resolve_intent(till, taken, core.now())
            if fits:
                core.feed.publish(Changes.BASKET | Changes.OUTBOX, intent.basket_id)
                return self._baskets.get(intent.basket_id)
            undoing = self._terminal().reverse(_reversal_of(intent), intent.id)
        # There is no tender that could stand, so here too only a yes settles it.
        self._undone(taken, undoing, again=True)
        raise PaymentTrouble(ErrorCode.CARD_CANCELLED, reason=AMOUNT_DIFFERS)

    def _note_other_money(self, till: Connection, intent: CardIntent, outcome: CardOutcome) -> None:
        body: dict[str, object] = {
            "basket_id": intent.basket_id,
            "intent": intent.id,
            "asked_minor": intent.amount_minor,
            "booked_minor": outcome.amount_minor,
            "currency": outcome.currency or intent.currency,
            "employee_id": self._baskets.record(till, intent.basket_id).basket.employee_id,
        }
        self._core.record(till, "card_amount_differed", body)

    def _open_intent(self, basket_id: str) -> CardIntent | None:
        with self._core.till.read() as till:
            return records.open_intent(till, basket_id)

    def _terminal(self) -> CardTerminal:
        if self._card is None:
            raise PaymentTrouble(ErrorCode.CARD_NOT_SET_UP)
        return self._card


def _believed(intent: CardIntent, outcome: CardOutcome) -> tuple[CardState, str]:
    """Take an answer at its word, but for an approval of other money than was asked for: that is asked for again."""
    if outcome.state is not CardState.APPROVED:
        return outcome.state, outcome.reason
    if outcome.amount_minor not in (None, intent.amount_minor) or outcome.currency not in ("", intent.currency):
        return CardState.UNKNOWN, AMOUNT_DIFFERS
    return outcome.state, outcome.reason


def _reversal_of(intent: CardIntent) -> str:
    return f"{intent.id}-r"


def _tender(intent: CardIntent) -> Tender:
    amount = intent.amount_minor
    return Tender(intent.id, TenderKind.CARD, amount, amount, reference=intent.reference, detail=intent.detail)


_ERRORS = {
    CardState.DECLINED: ErrorCode.CARD_DECLINED,
    CardState.CANCELLED: ErrorCode.CARD_CANCELLED,
    CardState.UNKNOWN: ErrorCode.CARD_OUTCOME_UNKNOWN,
    CardState.NOT_FOUND: ErrorCode.CARD_TERMINAL_SILENT,
    CardState.NOT_REACHED: ErrorCode.CARD_TERMINAL_SILENT,
}
_ERRORS_OF_REVERSAL = {**_ERRORS, CardState.CANCELLED: ErrorCode.CARD_DECLINED}
