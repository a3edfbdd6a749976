"""What every tender has in common: when one may be taken, and how one is given back."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain import basket_changes, loyalty, pricing, settlement
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import CustomerStatus, KnownCustomer, KnownFrom
from pos_desktop.domain.errors import ErrorCode, NotAllowed, PaymentTrouble
from pos_desktop.domain.loyalty import Redeemable
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.core import Core
from pos_desktop.services.views import BasketView
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import customers, records
from pos_desktop.storage.database import Connection

FRESH_BALANCE_S = 60
"""A balance that the centre confirmed within a minute, over a line that is up, may be spent whole."""


@dataclass(frozen=True, slots=True)
class Spendable:
    """What a customer may still spend, all that lies in this and in other baskets taken off.

    Args:
        points, credit_minor: of the balances known.
        allowance_points: of what may be spent without asking the server.
        whole: the balances are confirmed, so no allowance bounds them.
    """

    points: int
    allowance_points: int
    credit_minor: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Tendering:
    """Rules of taking and giving back tenders.

    Args:
        in_flight: ids of card payments that this process is waiting for.
    """

    core: Core
    baskets: Baskets
    in_flight: set[str]

    def ready(self, basket_id: str) -> BasketView:
        """Check that a basket may take a tender now; called with the baskets' lock held.

        Raises:
            NotAllowed: it has no line, is not on the counter, or nothing is left to pay.
            PaymentTrouble: a card payment is running, or its outcome is not known.
        """
        view = self.baskets.get(basket_id)
        if view.basket.state is not BasketState.PAYING:
            basket_changes.move(view.basket, BasketState.PAYING)
        self.refuse_open_intent(basket_id)
        if view.left_minor == 0:
            raise NotAllowed(ErrorCode.TENDER_ABOVE_DUE, left_minor=0)
        return view

    def refuse_open_intent(self, basket_id: str) -> None:
        """Refuse while a card payment is not settled.

        Raises:
            PaymentTrouble: it is running, or its outcome is not known.
        """
        with self.core.till.read() as till:
            intent = records.open_intent(till, basket_id)
        if intent is not None:
            running = intent.id in self.in_flight
            raise PaymentTrouble(ErrorCode.CARD_ALREADY_RUNNING if running else ErrorCode.CARD_OUTCOME_UNKNOWN)

    def spendable(self, view: BasketView, known: KnownCustomer) -> Spendable:
        """Tell what the customer of a basket may still spend."""
        with self.core.read() as (till, replica):
            ids = set(customers.ids_of(replica, known.customer.id)) | {view.basket.customer_id or known.customer.id}
            elsewhere = rows.personal_tenders(till, sorted(ids), view.basket.id)
        taken = (*view.tenders, *elsewhere)
        points = sum(tender.points for tender in taken)
        credit = sum(tender.amount_minor for tender in taken if tender.kind is TenderKind.CREDIT)
        return Spendable(
            points=known.points - points,
            allowance_points=known.allowance_points - points,
            credit_minor=known.credit_minor - credit,
            whole=self.confirmed(known),
        )

    def confirmed(self, known: KnownCustomer) -> bool:
        """Tell whether a balance was confirmed by the centre just now."""
        if known.known_from is KnownFrom.PENDING or not known.as_of:
            return False
        return self.core.online() and 0 <= self.core.age_s(known.as_of) <= FRESH_BALANCE_S

    def redeemable(self, view: BasketView, known: KnownCustomer) -> Redeemable:
        """Tell the most that may be redeemed towards what is left."""
        most = self.spendable(view, known)
        programme = self.core.shop().programme
        return loyalty.redeemable(most.points, most.allowance_points, view.left_minor, most.whole, programme)

    def take_out(self, till: Connection, basket_id: str, tender_id: str) -> None:
        """Take a tender out of a basket inside the caller's ``write()``; cash beside it is settled anew."""
        shop = self.core.shop()
        before = rows.tenders(till, basket_id)
        kept = [item for item in before if item.id != tender_id]
        total_minor = pricing.price(self.baskets.record(till, basket_id).basket, shop).total_minor
        after = settlement.without_tender(kept, tender_id, total_minor, shop)
        for item in before:
            if item not in after:
                rows.remove_tender(till, basket_id, item.id)
        for item in after:
            if item not in before:
                rows.add_tender(till, basket_id, item)


def buyer(view: BasketView) -> KnownCustomer:
    """Give the customer who may pay with points or credit.

    Raises:
        NotAllowed: nobody, or one who is blocked.
    """
    if view.customer is None:
        raise NotAllowed(ErrorCode.CUSTOMER_NEEDED)
    if view.customer.customer.status is CustomerStatus.BLOCKED:
        raise NotAllowed(ErrorCode.CUSTOMER_BLOCKED, name=view.customer.customer.name)
    return view.customer
