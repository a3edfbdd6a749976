"""Baskets: start, fill, hold, recall, give to a customer, throw away. Every change is on disk before it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import assert_never

from pos_desktop.domain import basket_changes, pricing
from pos_desktop.domain.barcodes import (
    BadgeCode,
    EmbeddedCode,
    LoyaltyCode,
    PlainCode,
    ProductCode,
    ReceiptCode,
    read_scan,
)
from pos_desktop.domain.basket import Basket, BasketLine, BasketState, Discount
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.domain.events import BasketVoided
from pos_desktop.domain.identifiers import classify, mask, refuse_card_number
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services import basket_journal
from pos_desktop.services.basket_customers import ON_COUNTER, BasketCustomers
from pos_desktop.services.basket_views import BasketViews, compose
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.goods import Goods
from pos_desktop.services.views import BasketSummary, BasketView, LookupState, ScanKind, ScanResult
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import records, sales
from pos_desktop.storage.baskets import BasketRecord
from pos_desktop.storage.database import Connection

Change = Callable[[Basket], Basket]
Tell = Callable[[Basket, Basket], basket_journal.Entry | None]
LOOKUP_PLUGIN = "customer_lookup"
"""Without it a basket keeps its identifier and stays a guest's; nobody is asked."""


class Baskets:
    """Use cases on baskets.

    Args:
        core: what services share.
        plugins: asked for reductions, told of starts.
        in_flight: ids of card payments that this process is waiting for.
    """

    def __init__(self, core: Core, plugins: PluginRunner, in_flight: set[str]) -> None:
        self._core = core
        self._plugins = plugins
        self._views = BasketViews(core, in_flight)
        self._goods = Goods(core)
        self.lock = threading.RLock()
        self.buyers = BasketCustomers(core, plugins, self._views, self.lock)

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self, employee_id: str, terminal_id: str, customer_identifier: str | None = None) -> BasketView:
        """Start a basket; never waits for the network.

        Args:
            customer_identifier: phone, e-mail or card in any form; None for a guest.

        Raises:
            BadInput: the identifier is none.
        """
        core = self._core
        shop = core.shop()
        identifier = None
        if customer_identifier is not None and customer_identifier.strip():
            identifier = classify(customer_identifier, shop.region, shop.loyalty_card_prefixes)
        now = core.now()
        basket = Basket(
            id=core.new_id(),
            state=BasketState.OPEN,
            employee_id=employee_id,
            terminal_id=terminal_id,
            opened_at=now,
            customer_identifier=None if identifier is None else identifier.value,
        )
        looking = identifier is not None and self._plugins.is_on(LOOKUP_PLUGIN)
        state = LookupState.LOOKING if looking else LookupState.NONE
        with self.lock, core.till.write() as till:
            rows.save(till, BasketRecord(basket, state.value, "", None, "", now, 0), None)
            body: dict[str, object] = {"basket_id": basket.id, "employee_id": employee_id, "terminal_id": terminal_id}
            if identifier is not None:
                body["customer_identifier"] = mask(identifier)
            core.record(till, "basket_started", body)
        self._plugins.tell(
            "basket_started",
            basket_id=basket.id,
            terminal_id=terminal_id,
            employee_id=employee_id,
            customer_identifier=basket.customer_identifier,
        )
        core.feed.publish(Changes.BASKET, basket.id)
        return self.get(basket.id)

    def get(self, basket_id: str) -> BasketView:
        """Read a basket.

        Raises:
            NotFound: no such basket.
        """
        return self._views.get(basket_id)

    def record(self, till: Connection, basket_id: str) -> BasketRecord:
        """Read the stored basket inside the caller's block.

        Raises:
            NotFound: no such basket.
        """
        return self._views.record(till, basket_id)

    def open_baskets(self) -> tuple[BasketSummary, ...]:
        """Read the baskets on the counter, oldest first."""
        return self._views.summaries(*ON_COUNTER)

    def held(self) -> tuple[BasketSummary, ...]:
        """Read the baskets put aside, oldest first."""
        return self._views.summaries(BasketState.HELD)

    def hold(self, basket_id: str, label: str = "") -> None:
        """Put a basket aside.

        Raises:
            NotAllowed: money has been taken for it, or it has no line.
            BadInput: the label holds the number of a payment card.
        """
        refuse_card_number(label)
        with self.lock, self._core.till.write() as till:
            record = self.record(till, basket_id)
            basket = replace(record.basket, label=label.strip()[:60])
            if basket.state is BasketState.PAYING:
                basket = basket_changes.move(basket, BasketState.OPEN)
            basket = basket_changes.move(basket, BasketState.HELD)
            self._refuse_tenders(till, basket_id)
            if not basket.lines:
                raise NotAllowed(ErrorCode.BASKET_EMPTY)
            rows.save(till, replace(record, basket=basket, updated_at=self._core.now()), record.basket)
            self._core.record(till, *basket_journal.held(basket, record.total_minor))
        self._core.feed.publish(Changes.BASKET | Changes.OUTBOX, basket_id)

    def recall(self, basket_id: str) -> BasketView:
        """Take a basket that was put aside back to the counter."""
        with self.lock, self._core.till.write() as till:
            record = self.record(till, basket_id)
            if record.basket.state is not BasketState.HELD:
                raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=record.basket.state.value)
            basket = basket_changes.move(record.basket, BasketState.OPEN)
            rows.save(till, replace(record, basket=basket, updated_at=self._core.now()), record.basket)
        self.buyers.resume(record)
        self._core.feed.publish(Changes.BASKET, basket_id)
        return self.get(basket_id)

    def void(self, basket_id: str, reason: str, employee_id: str | None = None) -> None:
        """Throw a basket away before payment; it stays in the journal.

        Args:
            employee_id: who throws it away; None for whoever started it.

        Raises:
            NotAllowed: money has been taken for it.
            BadInput: the reason holds the number of a payment card.
        """
        core = self._core
        refuse_card_number(reason)
        reason = reason.strip()[:200]
        with self.lock, core.till.write() as till:
            record = self.record(till, basket_id)
            basket = basket_changes.move(record.basket, BasketState.VOIDED)
            self._refuse_tenders(till, basket_id)
            now = core.now()
            who = employee_id or basket.employee_id
            rows.set_state(till, basket.id, BasketState.VOIDED, now)
            if basket.lines:
                fact = BasketVoided(
                    basket_id=basket.id,
                    terminal_id=basket.terminal_id,
                    employee_id=who,
                    voided_at=now,
                    reason=reason,
                    lines=len(basket.lines),
                    total_minor=record.total_minor,
                )
                core.send(till, core.new_id(), fact, record.customer_name)
            body: dict[str, object] = {
                "basket_id": basket.id,
                "total_minor": record.total_minor,
                "reason": reason,
                "employee_id": who,
            }
            core.record(till, "basket_voided", body)
        core.feed.publish(Changes.BASKET | Changes.OUTBOX, basket_id)

    # -- lines --------------------------------------------------------------------------------------------------

    def scan(self, basket_id: str, code: str) -> ScanResult:
        """Take a scanned code: exact match or a refusal, never a guess.

        Raises:
            BadInput: overlong, unreadable, or with a wrong check digit.
            NotFound: no product has that code.
        """
        shop = self._core.shop()
        meaning = read_scan(code, shop)
        match meaning:
            case LoyaltyCode(card=card):
                return ScanResult(ScanKind.CUSTOMER, self.identify(basket_id, card), identifier=card)
            case BadgeCode(badge=badge):
                return ScanResult(ScanKind.BADGE, None, identifier=badge)
            case ReceiptCode(code=receipt):
                with self._core.till.read() as till:
                    sale_id = sales.id_by_code(till, receipt)
                if sale_id is None:
                    raise NotFound(ErrorCode.SALE_NOT_FOUND, code=receipt)
                return ScanResult(ScanKind.RECEIPT, None, identifier=receipt, sale_id=sale_id)
            case EmbeddedCode():
                line = self._goods.embedded(meaning)
            case ProductCode(code=shown, spellings=spellings):
                line = self._goods.by_code(spellings, shown)
            case PlainCode(code=shown):
                line = self._goods.by_code((shown,), shown)
            case _:
                assert_never(meaning)
        return ScanResult(ScanKind.PRODUCT, self._add(basket_id, line))

    def add_product(
        self, basket_id: str, product_id: str, quantity_milli: int = 1_000, unit_price_minor: int | None = None
    ) -> BasketView:
        """Add a product chosen on the screen.

        Args:
            quantity_milli: thousandths of a unit.
            unit_price_minor: for a product with an open price; None = the price on the shelf.
        """
        return self._add(basket_id, self._goods.by_id(product_id, quantity_milli, unit_price_minor))

    def add_open_item(self, basket_id: str, name: str, unit_price_minor: int, barcode: str | None = None) -> BasketView:
        """Sell something that the catalogue does not know, taxed as the shop's open-price product is.

        Raises:
            NotFound: the shop has no open-price product, so it allows no open items.
        """
        return self._add(basket_id, self._goods.open_item(name, unit_price_minor, barcode))

    def set_quantity(self, basket_id: str, line_id: str, quantity_milli: int) -> BasketView:
        """Change how much of a line is sold, thousandths of a unit."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.set_quantity(b, line_id, quantity_milli, shop), line_id)

    def set_price(self, basket_id: str, line_id: str, unit_price_minor: int) -> BasketView:
        """Change the price of one unit of a line, minor units; the list price stays on the record."""
        shop = self._core.shop()
        return self._change(
            basket_id,
            lambda b: basket_changes.set_price(b, line_id, unit_price_minor, shop),
            line_id,
            partial(basket_journal.price_overridden, line_id=line_id),
        )

    def set_line_discount(self, basket_id: str, line_id: str, discount: Discount | None) -> BasketView:
        """Give a line a discount, or take it away.

        Raises:
            BadInput: not a discount for this line, or its reason holds the number of a payment card.
        """
        shop = self._core.shop()
        _check_reason(discount)
        return self._change(
            basket_id,
            lambda b: basket_changes.set_line_discount(b, line_id, discount, shop),
            line_id,
            partial(basket_journal.line_discount_given, line_id=line_id),
        )

    def set_basket_discount(self, basket_id: str, discount: Discount | None) -> BasketView:
        """Give the whole basket a discount, or take it away.

        Raises:
            BadInput: not a discount for this basket, or its reason holds the number of a payment card.
        """
        shop = self._core.shop()
        _check_reason(discount)
        return self._change(
            basket_id,
            lambda b: basket_changes.set_basket_discount(b, discount, shop),
            tell=basket_journal.basket_discount_given,
        )

    def set_note(self, basket_id: str, line_id: str, note: str) -> BasketView:
        """Write a note on a line.

        Raises:
            BadInput: it holds the number of a payment card.
        """
        refuse_card_number(note)
        return self._change(basket_id, lambda b: basket_changes.set_note(b, line_id, note[:200]), line_id)

    def remove_line(self, basket_id: str, line_id: str) -> BasketView:
        """Take a line out."""
        tell = partial(basket_journal.line_removed, line_id=line_id)
        return self._change(basket_id, lambda b: basket_changes.remove_line(b, line_id), tell=tell)

    def restore_line(self, basket_id: str, line: BasketLine, position: int) -> BasketView:
        """Put a removed line back where it was (undo)."""
        shop = self._core.shop()
        tell = partial(basket_journal.line_restored, line_id=line.id)
        return self._change(basket_id, lambda b: basket_changes.restore_line(b, line, position, shop), line.id, tell)

    # -- customer -----------------------------------------------------------------------------------------------

    def identify(self, basket_id: str, identifier: str) -> BasketView:
        """Give a basket an identifier and look its customer up in the background.

        Raises:
            BadInput: the identifier is none.
            NotAllowed: points or credit of the present customer are already taken.
        """
        self.buyers.identify(basket_id, identifier)
        return self.get(basket_id)

    def attach_customer(self, basket_id: str, customer_id: str) -> BasketView:
        """Give a basket to a customer that this till knows.

        Raises:
            NotFound: nobody of that id is known here.
            NotAllowed: points or credit of another customer are already taken.
        """
        self.buyers.attach(basket_id, customer_id)
        return self.get(basket_id)

    def detach_customer(self, basket_id: str) -> BasketView:
        """Make a basket a guest's again.

        Raises:
            NotAllowed: points or credit of the customer are already taken.
        """
        self.buyers.detach(basket_id)
        return self.get(basket_id)

    # -- inside -------------------------------------------------------------------------------------------------

    def _refuse_tenders(self, till: Connection, basket_id: str) -> None:
        if rows.tenders(till, basket_id) or records.open_intent(till, basket_id) is not None:
            raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)

    def _add(self, basket_id: str, line: BasketLine) -> BasketView:
        shop = self._core.shop()
        return self._change(basket_id, lambda basket: basket_changes.merge_or_add(basket, line, shop), "newest")

    def _change(
        self, basket_id: str, change: Change, touched: str | None = None, tell: Tell | None = None
    ) -> BasketView:
        core = self._core
        shop = core.shop()
        with self.lock:
            with core.read() as (till, replica):
                record = self.record(till, basket_id)
                if record.basket.state not in ON_COUNTER:
                    raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=record.basket.state.value)
                # What is already paid for must not change its price under the money that was taken.
                self._refuse_tenders(till, basket_id)
                basket = record.basket
                if basket.state is BasketState.PAYING:
                    basket = basket_changes.move(basket, BasketState.OPEN)
                changed = change(basket)
                customer = self._views.customer(till, replica, changed.customer_id)
            if touched == "newest":
                touched = changed.lines[-1].id
            changed = replace(changed, adjustments=self._plugins.adjustments(changed, customer, shop))
            priced = pricing.price(changed, shop)
            fresh = replace(
                record,
                basket=changed,
                last_line_id=touched,
                updated_at=core.now(),
                total_minor=priced.total_minor,
            )
            entry = None if tell is None else tell(record.basket, changed)
            with core.till.write() as till:
                rows.save(till, fresh, record.basket)
                if entry is not None:
                    core.record(till, *entry)
            view = compose(fresh, priced, customer, (), None, shop)
        core.feed.publish(Changes.BASKET if entry is None else Changes.BASKET | Changes.OUTBOX, basket_id)
        return view


def _check_reason(discount: Discount | None) -> None:
    if discount is not None:
        refuse_card_number(discount.reason)
