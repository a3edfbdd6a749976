"""Whose basket it is: identified, looked up in the background, attached, or a guest's again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from pos_desktop.domain import pricing
from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.domain.identifiers import classify
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.basket_views import BasketViews
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.known import record_of
from pos_desktop.services.views import LookupState
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import records
from pos_desktop.storage.baskets import BasketRecord

ON_COUNTER = (BasketState.OPEN, BasketState.PAYING)
_PERSONAL = (TenderKind.POINTS, TenderKind.CREDIT)


class BasketCustomers:
    """Use cases on the customer of a basket.

    Args:
        lock: held by whoever changes a basket.
    """

    def __init__(self, core: Core, plugins: PluginRunner, views: BasketViews, lock: threading.RLock) -> None:
        self._core = core
        self._plugins = plugins
        self._views = views
        self._lock = lock
        self._look_up: Callable[[str, str], None] = lambda _identifier, _basket_id: None

    def on_identify(self, look_up: Callable[[str, str], None]) -> None:
        """Say how a customer is looked up in the background: identifier, basket id."""
        self._look_up = look_up

    def identify(self, basket_id: str, identifier: str) -> None:
        """Give a basket an identifier and look its customer up in the background.

        Raises:
            BadInput: the identifier is none.
            NotAllowed: points or credit of the present customer are already taken.
        """
        shop = self._core.shop()
        found = classify(identifier, shop.region, shop.loyalty_card_prefixes)
        self._set_customer(basket_id, None, "", LookupState.LOOKING, found.value)
        self._look_up(found.value, basket_id)

    def attach(self, basket_id: str, customer_id: str) -> None:
        """Give a basket to a customer that this till knows.

        Raises:
            NotFound: nobody of that id is known here.
        """
        core = self._core
        with self._lock:
            with core.read() as (till, replica):
                record = record_of(core, till, replica, customer_id)
            if record is None:
                raise NotFound(ErrorCode.CUSTOMER_NOT_FOUND, customer=customer_id)
            self._set_customer(basket_id, customer_id, record.customer.name, LookupState.FOUND, None)

    def detach(self, basket_id: str) -> None:
        """Make a basket a guest's again."""
        self._set_customer(basket_id, None, "", LookupState.NONE, "")

    def check_on_counter(self, basket_id: str) -> None:
        """Refuse a basket that can take no customer.

        Raises:
            NotFound: no such basket.
            NotAllowed: it is held, sold or voided.
        """
        with self._core.till.read() as till:
            record = self._views.record(till, basket_id)
        if record.basket.state not in ON_COUNTER:
            raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=record.basket.state.value)

    def refresh(self, basket_id: str) -> None:
        """Ask again for the reductions of a basket whose tenders were given back.

        A customer who was found while money lay in the basket brought none; now they may come.
        """
        with self._lock:
            with self._core.till.read() as till:
                record = self._views.record(till, basket_id)
                held = rows.tenders(till, basket_id) or records.open_intent(till, basket_id) is not None
            if not held and record.basket.state in ON_COUNTER:
                state = LookupState(record.lookup_state)
                self._set_customer(basket_id, record.basket.customer_id, record.customer_name, state, None)

    def finish_lookup(self, basket_id: str, identifier: str, found: KnownCustomer | None, state: LookupState) -> bool:
        """Take the answer of a lookup, unless the basket has moved on meanwhile.

        Returns:
            Whether the basket took it.
        """
        with self._lock:
            with self._core.till.read() as till:
                record = rows.load(till, basket_id)
            if record is None or record.basket.customer_identifier != identifier:
                return False
            if record.lookup_state != LookupState.LOOKING.value or record.basket.state not in ON_COUNTER:
                return False
            customer_id = None if found is None else found.customer.id
            self._set_customer(basket_id, customer_id, "" if found is None else found.customer.name, state, None)
        return True

    def resume_lookups(self) -> None:
        """Start again the lookups that a restart cut off."""
        with self._core.till.read() as till:
            for record, _lines in rows.summaries(till, ON_COUNTER):
                self.resume(record)

    def resume(self, record: BasketRecord) -> None:
        """Start the lookup of a basket again, if it still waits for the answer."""
        identifier = record.basket.customer_identifier
        if identifier and record.lookup_state == LookupState.LOOKING.value:
            self._look_up(identifier, record.basket.id)

    def set_hint(self, basket_id: str, customer_id: str, hint: str) -> None:
        """Keep a plugin's sentence for the cashier; of several that of the plugin asked last.

        Args:
            customer_id: whom it is about: a basket that has another customer by now does not take it.
            hint: ``plugin.<name>.<sentence>``.
        """
        with self._lock, self._core.till.write() as till:
            record = self._views.record(till, basket_id)
            if record.basket.customer_id != customer_id or self._rank(hint) < self._rank(record.hint):
                return
            rows.save(till, replace(record, hint=hint), record.basket)
        self._core.feed.publish(Changes.BASKET, basket_id)

    def _rank(self, hint: str) -> int:
        names = self._plugins.names()
        return next((place for place, name in enumerate(names) if hint.startswith(f"plugin.{name}.")), -1)

    def _set_customer(
        self, basket_id: str, customer_id: str | None, name: str, state: LookupState, identifier: str | None
    ) -> None:
        core = self._core
        shop = core.shop()
        with self._lock:
            with core.read() as (till, replica):
                record = self._views.record(till, basket_id)
                if record.basket.state not in ON_COUNTER:
                    raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=record.basket.state.value)
                taken = rows.tenders(till, basket_id)
                charging = records.open_intent(till, basket_id) is not None
                if customer_id != record.basket.customer_id and any(t.kind in _PERSONAL for t in taken):
                    raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
                customer = self._views.customer(till, replica, customer_id)
            basket = record.basket
            if identifier is not None:
                basket = replace(basket, customer_identifier=identifier or None)
            if customer_id != basket.customer_id and not taken and not charging:
                # Reductions belong to the customer: those of the one before must not outlive a plugin that is late.
                basket = replace(basket, adjustments=())
            basket = replace(basket, customer_id=customer_id)
            if not taken and not charging:
                # A reduction that arrives after money was taken would turn the payment into an overpayment.
                basket = replace(basket, adjustments=self._plugins.adjustments(basket, customer, shop))
            fresh = replace(
                record,
                basket=basket,
                lookup_state=state.value,
                hint=record.hint if customer_id == record.basket.customer_id else "",
                customer_name=name,
                updated_at=core.now(),
                total_minor=pricing.price(basket, shop).total_minor,
            )
            with core.till.write() as till:
                rows.save(till, fresh, record.basket)
        core.feed.publish(Changes.BASKET | Changes.CUSTOMER, basket_id)
