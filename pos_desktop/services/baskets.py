"""Baskets: start, fill, hold, recall, give to a customer, throw away. Every change is on disk before it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from sqlalchemy import Connection

from pos_desktop.domain import basket_changes, loyalty, pricing, settlement
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
from pos_desktop.domain.catalogue import Product
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.domain.events import BasketVoided
from pos_desktop.domain.identifiers import classify, mask
from pos_desktop.domain.sales import PricedBasket
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.known import known, record_of
from pos_desktop.services.views import BasketSummary, BasketView, LookupState, ScanKind, ScanResult
from pos_desktop.storage import baskets as rows
from pos_desktop.storage import catalogue, records, sales
from pos_desktop.storage.baskets import BasketRecord

Change = Callable[[Basket], Basket]


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
        self._in_flight = in_flight
        self.lock = threading.RLock()
        self._look_up: Callable[[str, str], None] = lambda _identifier, _basket_id: None

    def on_identify(self, look_up: Callable[[str, str], None]) -> None:
        """Say how a customer is looked up in the background: identifier, basket id."""
        self._look_up = look_up

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
        state = LookupState.NONE if identifier is None else LookupState.LOOKING
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
        with self._core.read() as (till, replica):
            record = self.record(till, basket_id)
            return self._view(till, replica, record)

    def open_baskets(self) -> tuple[BasketSummary, ...]:
        """Read the baskets on the counter, oldest first."""
        return self._summaries(BasketState.OPEN, BasketState.PAYING)

    def held(self) -> tuple[BasketSummary, ...]:
        """Read the baskets put aside, oldest first."""
        return self._summaries(BasketState.HELD)

    def hold(self, basket_id: str, label: str = "") -> None:
        """Put a basket aside.

        Raises:
            NotAllowed: money has been taken for it, or it has no line.
        """
        with self.lock, self._core.till.write() as till:
            record = self.record(till, basket_id)
            if not record.basket.lines:
                raise NotAllowed(ErrorCode.BASKET_EMPTY)
            self._refuse_tenders(till, basket_id)
            basket = replace(record.basket, label=label.strip()[:60])
            if basket.state is BasketState.PAYING:
                basket = basket_changes.move(basket, BasketState.OPEN)
            basket = basket_changes.move(basket, BasketState.HELD)
            rows.save(till, replace(record, basket=basket, updated_at=self._core.now()), record.basket)
        self._core.feed.publish(Changes.BASKET, basket_id)

    def recall(self, basket_id: str) -> BasketView:
        """Take a basket that was put aside back to the counter."""
        with self.lock, self._core.till.write() as till:
            record = self.record(till, basket_id)
            basket = basket_changes.move(record.basket, BasketState.OPEN)
            rows.save(till, replace(record, basket=basket, updated_at=self._core.now()), record.basket)
        self._core.feed.publish(Changes.BASKET, basket_id)
        return self.get(basket_id)

    def void(self, basket_id: str, reason: str) -> None:
        """Throw a basket away before payment; it stays in the journal.

        Raises:
            NotAllowed: money has been taken for it.
        """
        core = self._core
        with self.lock, core.till.write() as till:
            record = self.record(till, basket_id)
            self._refuse_tenders(till, basket_id)
            basket = basket_changes.move(record.basket, BasketState.VOIDED)
            now = core.now()
            rows.close(till, basket, BasketState.VOIDED, now)
            if basket.lines:
                fact = BasketVoided(
                    basket_id=basket.id,
                    terminal_id=basket.terminal_id,
                    employee_id=basket.employee_id,
                    voided_at=now,
                    reason=reason.strip()[:200],
                    lines=len(basket.lines),
                    total_minor=record.total_minor,
                )
                core.send(till, core.new_id(), fact, record.customer_name)
            core.record(till, "basket_voided", {"basket_id": basket.id, "total_minor": record.total_minor})
        core.feed.publish(Changes.BASKET, basket_id)

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
            case EmbeddedCode(item=item, price_minor=price, quantity_milli=quantity, raw=raw):
                product = self._product_by_code((item, item.lstrip("0")), raw)
                line = self._line(product, quantity or 1_000, product.price_minor, raw, price)
                return ScanResult(ScanKind.PRODUCT, self._add(basket_id, line))
            case ProductCode(code=shown, spellings=spellings):
                product = self._product_by_code(spellings, shown)
            case PlainCode(code=shown):
                product = self._product_by_code((shown,), shown)
            case _:
                assert_never(meaning)
        line = self._line(product, 1_000, product.price_minor, shown, None)
        return ScanResult(ScanKind.PRODUCT, self._add(basket_id, line))

    def add_product(
        self, basket_id: str, product_id: str, quantity_milli: int = 1_000, unit_price_minor: int | None = None
    ) -> BasketView:
        """Add a product chosen on the screen.

        Args:
            quantity_milli: thousandths of a unit.
            unit_price_minor: for a product with an open price; None = the price on the shelf.
        """
        with self._core.replica.read() as replica:
            product = None if replica is None else catalogue.product(replica, product_id)
        if product is None:
            raise NotFound(ErrorCode.PRODUCT_NOT_FOUND, product=product_id)
        price = product.price_minor if unit_price_minor is None else unit_price_minor
        return self._add(basket_id, self._line(product, quantity_milli, price, None, None))

    def add_open_item(self, basket_id: str, name: str, unit_price_minor: int, barcode: str | None = None) -> BasketView:
        """Sell something that the catalogue does not know, taxed as the shop's open-price product is.

        Raises:
            NotFound: the shop has no open-price product, so it allows no open items.
        """
        with self._core.replica.read() as replica:
            product = None if replica is None else catalogue.open_product(replica)
        if product is None:
            raise NotFound(ErrorCode.PRODUCT_NOT_FOUND, product=name)
        line = self._line(product, 1_000, unit_price_minor, barcode, None)
        return self._add(basket_id, replace(line, name=name.strip()[:80] or product.name))

    def set_quantity(self, basket_id: str, line_id: str, quantity_milli: int) -> BasketView:
        """Change how much of a line is sold, thousandths of a unit."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.set_quantity(b, line_id, quantity_milli, shop), line_id)

    def set_price(self, basket_id: str, line_id: str, unit_price_minor: int) -> BasketView:
        """Change the price of one unit of a line, minor units; the list price stays on the record."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.set_price(b, line_id, unit_price_minor, shop), line_id)

    def set_line_discount(self, basket_id: str, line_id: str, discount: Discount | None) -> BasketView:
        """Give a line a discount, or take it away."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.set_line_discount(b, line_id, discount, shop), line_id)

    def set_basket_discount(self, basket_id: str, discount: Discount | None) -> BasketView:
        """Give the whole basket a discount, or take it away."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.set_basket_discount(b, discount, shop))

    def set_note(self, basket_id: str, line_id: str, note: str) -> BasketView:
        """Write a note on a line."""
        return self._change(basket_id, lambda b: basket_changes.set_note(b, line_id, note), line_id)

    def remove_line(self, basket_id: str, line_id: str) -> BasketView:
        """Take a line out."""
        return self._change(basket_id, lambda b: basket_changes.remove_line(b, line_id))

    def restore_line(self, basket_id: str, line: BasketLine, position: int) -> BasketView:
        """Put a removed line back where it was (undo)."""
        shop = self._core.shop()
        return self._change(basket_id, lambda b: basket_changes.restore_line(b, line, position, shop), line.id)

    # -- customer -----------------------------------------------------------------------------------------------

    def identify(self, basket_id: str, identifier: str) -> BasketView:
        """Give a basket an identifier and look its customer up in the background.

        Raises:
            BadInput: the identifier is none.
            NotAllowed: points or credit of the present customer are already taken.
        """
        shop = self._core.shop()
        found = classify(identifier, shop.region, shop.loyalty_card_prefixes)
        with self.lock:
            self._set_customer(basket_id, None, "", LookupState.LOOKING, found.value)
        self._look_up(found.value, basket_id)
        return self.get(basket_id)

    def attach_customer(self, basket_id: str, customer_id: str) -> BasketView:
        """Give a basket to a customer that this till knows.

        Raises:
            NotFound: nobody of that id is known here.
        """
        core = self._core
        with self.lock:
            with core.read() as (till, replica):
                record = record_of(core, till, replica, customer_id)
            if record is None:
                raise NotFound(ErrorCode.CUSTOMER_NOT_FOUND, customer=customer_id)
            self._set_customer(basket_id, customer_id, record.customer.name, LookupState.FOUND, None)
        return self.get(basket_id)

    def detach_customer(self, basket_id: str) -> BasketView:
        """Make a basket a guest's again."""
        with self.lock:
            self._set_customer(basket_id, None, "", LookupState.NONE, "")
        return self.get(basket_id)

    def finish_lookup(self, basket_id: str, identifier: str, found: KnownCustomer | None, state: LookupState) -> bool:
        """Take the answer of a lookup, unless the basket has moved on meanwhile.

        Returns:
            Whether the basket took it.
        """
        with self.lock:
            with self._core.till.read() as till:
                record = rows.load(till, basket_id)
            if record is None or record.basket.customer_identifier != identifier:
                return False
            if record.lookup_state != LookupState.LOOKING.value or record.basket.state not in _ON_COUNTER:
                return False
            customer_id = None if found is None else found.customer.id
            self._set_customer(basket_id, customer_id, "" if found is None else found.customer.name, state, None)
        return True

    def set_hint(self, basket_id: str, hint: str) -> None:
        """Keep a plugin's sentence for the cashier."""
        with self.lock, self._core.till.write() as till:
            record = self.record(till, basket_id)
            rows.save(till, replace(record, hint=hint), record.basket)
        self._core.feed.publish(Changes.BASKET, basket_id)

    # -- inside -------------------------------------------------------------------------------------------------

    def record(self, till: Connection, basket_id: str) -> BasketRecord:
        """Read the stored basket inside the caller's block.

        Raises:
            NotFound: no such basket.
        """
        record = rows.load(till, basket_id)
        if record is None:
            raise NotFound(ErrorCode.BASKET_NOT_OPEN, basket=basket_id)
        return record

    def _refuse_tenders(self, till: Connection, basket_id: str) -> None:
        if rows.tenders(till, basket_id) or records.open_intent(till, basket_id) is not None:
            raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)

    def _product_by_code(self, spellings: tuple[str, ...], shown: str) -> Product:
        with self._core.replica.read() as replica:
            if replica is not None:
                for spelling in spellings:
                    product = catalogue.product_by_code(replica, spelling)
                    if product is not None:
                        return product
        raise NotFound(ErrorCode.UNKNOWN_BARCODE, code=shown)

    def _line(
        self, product: Product, quantity_milli: int, price_minor: int, barcode: str | None, fixed_minor: int | None
    ) -> BasketLine:
        return BasketLine(
            id=self._core.new_id(),
            product_id=product.id,
            name=product.name,
            barcode=barcode,
            unit=product.unit,
            quantity_milli=quantity_milli,
            unit_price_minor=price_minor,
            list_price_minor=product.price_minor,
            taxes=product.taxes,
            fixed_gross_minor=fixed_minor,
        )

    def _add(self, basket_id: str, line: BasketLine) -> BasketView:
        shop = self._core.shop()
        return self._change(basket_id, lambda basket: basket_changes.merge_or_add(basket, line, shop), "newest")

    def _change(self, basket_id: str, change: Change, touched: str | None = None) -> BasketView:
        core = self._core
        shop = core.shop()
        with self.lock:
            with core.read() as (till, replica):
                record = self.record(till, basket_id)
                basket = record.basket
                if basket.state is BasketState.PAYING and not rows.tenders(till, basket_id):
                    basket = basket_changes.move(basket, BasketState.OPEN)
                changed = change(basket)
                # What is already paid for must not change its price under the money that was taken.
                self._refuse_tenders(till, basket_id)
                customer = self._known(till, replica, changed.customer_id)
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
            with core.till.write() as till:
                rows.save(till, fresh, record.basket)
            view = self._compose(fresh, priced, customer, (), None, shop)
        core.feed.publish(Changes.BASKET, basket_id)
        return view

    def _set_customer(
        self, basket_id: str, customer_id: str | None, name: str, state: LookupState, identifier: str | None
    ) -> None:
        core = self._core
        shop = core.shop()
        with core.read() as (till, replica):
            record = self.record(till, basket_id)
            if record.basket.state not in _ON_COUNTER:
                raise NotAllowed(ErrorCode.BASKET_NOT_OPEN)
            taken = rows.tenders(till, basket_id)
            if customer_id != record.basket.customer_id and any(t.kind in _PERSONAL for t in taken):
                raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
            customer = self._known(till, replica, customer_id)
        basket = replace(record.basket, customer_id=customer_id)
        if identifier is not None:
            basket = replace(basket, customer_identifier=identifier or None)
        if not taken:
            # A reduction that arrives after money was taken would turn the payment into an overpayment.
            basket = replace(basket, adjustments=self._plugins.adjustments(basket, customer, shop))
        priced = pricing.price(basket, shop)
        fresh = replace(
            record,
            basket=basket,
            lookup_state=state.value,
            hint="",
            customer_name=name,
            updated_at=core.now(),
            total_minor=priced.total_minor,
        )
        with core.till.write() as till:
            rows.save(till, fresh, record.basket)
        core.feed.publish(Changes.BASKET | Changes.CUSTOMER, basket_id)

    def _known(self, till: Connection, replica: Connection | None, customer_id: str | None) -> KnownCustomer | None:
        if customer_id is None:
            return None
        record = record_of(self._core, till, replica, customer_id)
        return None if record is None else known(self._core, till, replica, record)

    def _view(self, till: Connection, replica: Connection | None, record: BasketRecord) -> BasketView:
        shop = self._core.shop()
        basket = record.basket
        customer = self._known(till, replica, basket.customer_id)
        intent = records.open_intent(till, basket.id)
        unknown = None if intent is None or intent.id in self._in_flight else intent.id
        return self._compose(
            record, pricing.price(basket, shop), customer, rows.tenders(till, basket.id), unknown, shop
        )

    def _compose(
        self,
        record: BasketRecord,
        priced: PricedBasket,
        customer: KnownCustomer | None,
        taken: tuple[Tender, ...],
        card_unknown: str | None,
        shop: Shop,
    ) -> BasketView:
        state = settlement.settle(priced.total_minor, taken, shop)
        to_earn = 0
        if customer is not None:
            by_points = sum(tender.amount_minor for tender in taken if tender.kind is TenderKind.POINTS)
            to_earn = loyalty.points_earned(
                max(0, priced.total_minor - by_points), shop.programme, customer.customer.tier
            )
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

    def _summaries(self, *states: BasketState) -> tuple[BasketSummary, ...]:
        with self._core.till.read() as till:
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


_ON_COUNTER = (BasketState.OPEN, BasketState.PAYING)
_PERSONAL = (TenderKind.POINTS, TenderKind.CREDIT)
