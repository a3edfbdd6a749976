"""Baskets as the screens see them: priced, with their customer and with what has been paid so far."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain import loyalty, pricing, settlement
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.domain.sales import PricedBasket
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.services.core import Core
from pos_desktop.services.known import known, record_of
from pos_desktop.services.views import BasketSummary, BasketView, LookupState
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import records
from pos_desktop.storage.baskets import BasketRecord
from pos_desktop.storage.database import Connection


@dataclass(frozen=True, slots=True)
class BasketViews:
    """Reads baskets.

    Args:
        in_flight: ids of card payments that this process is waiting for; such a one is not yet unknown.
    """

    core: Core
    in_flight: set[str]

    def record(self, till: Connection, basket_id: str) -> BasketRecord:
        """Read the stored basket inside the caller's block.

        Raises:
            NotFound: no such basket.
        """
        record = rows.load(till, basket_id)
        if record is None:
            raise NotFound(ErrorCode.BASKET_NOT_OPEN, basket=basket_id)
        return record

    def get(self, basket_id: str) -> BasketView:
        """Read a basket.

        Raises:
            NotFound: no such basket.
        """
        with self.core.read() as (till, replica):
            return self.view(till, replica, self.record(till, basket_id))

    def customer(self, till: Connection, replica: Connection | None, customer_id: str | None) -> KnownCustomer | None:
        """Read what is known of a basket's customer; None for a guest, or for one whose row is gone."""
        if customer_id is None:
            return None
        record = record_of(self.core, till, replica, customer_id)
        return None if record is None else known(self.core, till, replica, record)

    def view(self, till: Connection, replica: Connection | None, record: BasketRecord) -> BasketView:
        """Price a stored basket and join what belongs to it."""
        shop = self.core.shop()
        basket = record.basket
        customer = self.customer(till, replica, basket.customer_id)
        intent = records.open_intent(till, basket.id)
        unknown = None if intent is None or intent.id in self.in_flight else intent.id
        return compose(record, pricing.price(basket, shop), customer, rows.tenders(till, basket.id), unknown, shop)

    def summaries(self, *states: BasketState) -> tuple[BasketSummary, ...]:
        """Read the heads of the baskets in these states, oldest first."""
        with self.core.till.read() as till:
            found = rows.summaries(till, states)
        return tuple(
            BasketSummary(
                id=record.basket.id,
                state=record.basket.state.value,
                label=record.basket.label,
                customer_name=record.customer_name,
                lines=count,
                total_minor=record.total_minor,
                opened_at=record.basket.opened_at,
                updated_at=record.updated_at,
                employee_id=record.basket.employee_id,
            )
            for record, count in found
        )


def compose(
    record: BasketRecord,
    priced: PricedBasket,
    customer: KnownCustomer | None,
    taken: tuple[Tender, ...],
    card_unknown: str | None,
    shop: Shop,
) -> BasketView:
    """Join a basket with its price and its tenders.

    Args:
        taken: tenders so far.
        card_unknown: id of a card payment whose outcome is not known.
    """
    state = settlement.settle(priced.total_minor, taken, shop)
    to_earn = 0
    if customer is not None:
        by_points = sum(tender.amount_minor for tender in taken if tender.kind is TenderKind.POINTS)
        to_earn = loyalty.points_earned(max(0, priced.total_minor - by_points), shop.programme, customer.customer.tier)
    return BasketView(
        basket=record.basket,
        priced=priced,
        customer=customer,
        lookup=LookupState(record.lookup_state),
        tenders=taken,
        card_unknown=card_unknown,
        due_minor=priced.total_minor,
        left_minor=state.left_minor,
        change_minor=state.change_minor,
        points_to_earn=to_earn,
        last_line_id=record.last_line_id,
        hint=record.hint,
    )
