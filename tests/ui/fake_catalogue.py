"""Products and customers of the fake till."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pos_desktop.domain.catalogue import Category, Product
from pos_desktop.domain.customers import (
    Customer,
    CustomerStatus,
    KnownCustomer,
    KnownFrom,
    LookupOutcome,
    LookupResult,
    NewCustomer,
)
from pos_desktop.domain.errors import BadInput, ErrorCode, NotFound
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import LookupLogView, LookupState, ProductPage
from tests.ui.fake_shop import NOW, known

if TYPE_CHECKING:
    from tests.ui.fake_till import FakeTill


class FakeCatalogue:
    """The verbs of ``till.catalogue``."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till

    def categories(self) -> tuple[Category, ...]:
        return tuple(self._till.category_list)

    def products(self, category_id: str | None = None, text: str = "", offset: int = 0, limit: int = 60) -> ProductPage:
        self._till.entered("catalogue.products")
        found = [
            product
            for product in self._till.products
            if (category_id is None or product.category_id == category_id)
            and (text.casefold() in product.name.casefold() or text.casefold() in product.sku.casefold())
        ]
        if category_id is None and not text:
            found.sort(key=lambda product: not product.favourite)
        return ProductPage(tuple(found[offset : offset + limit]), len(found))

    def by_id(self, product_id: str) -> Product:
        for product in self._till.products:
            if product.id == product_id:
                return product
        raise NotFound(ErrorCode.PRODUCT_NOT_FOUND)

    def by_code(self, code: str) -> Product:
        for product in self._till.products:
            if code in product.barcodes or code == product.sku:
                return product
        raise NotFound(ErrorCode.UNKNOWN_BARCODE, text=code)


class FakeCustomers:
    """The verbs of ``till.customers``."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till

    def lookup(self, identifier: str, basket_id: str | None = None) -> LookupResult:
        self._till.entered("customers.lookup")
        found = self._match(identifier)
        if self._till.online:
            outcome = LookupOutcome.API if found else LookupOutcome.NOT_FOUND
            state = LookupState.FOUND if found else LookupState.NOT_FOUND
        else:
            outcome = LookupOutcome.STALE if found else LookupOutcome.UNREACHABLE
            state = LookupState.STALE if found else LookupState.UNREACHABLE
        if basket_id is not None:
            kept = self._till.find(basket_id)
            kept.customer, kept.lookup = found, state
            self._till.set_basket(basket_id, customer_id=found.id if found else None)
        answer = known(found, KnownFrom.API if self._till.online else KnownFrom.STALE) if found else None
        error = "" if self._till.online else "connect timeout"
        attempts = 1 if self._till.online else 2
        self._till.log.insert(
            0, LookupLogView(NOW, "+12******90", outcome.value, attempts, 84, found.name if found else "", error)
        )
        return LookupResult(identifier, outcome, attempts, 84, answer, error)

    def search(self, text: str, limit: int = 50) -> tuple[KnownCustomer, ...]:
        self._till.entered("customers.search")
        wanted = text.strip().casefold()
        if not wanted:
            return ()
        letters = any(char.isalpha() for char in wanted)
        digits = "" if letters else "".join(char for char in wanted if char.isdigit())
        found = [
            customer
            for customer in self._till.people.values()
            if customer.first_name.casefold().startswith(wanted)
            or customer.last_name.casefold().startswith(wanted)
            or wanted in (customer.email.casefold(), customer.card.casefold())
            or (len(digits) >= 4 and digits in customer.phone)
        ]
        return tuple(known(customer) for customer in found[:limit])

    def complete(self) -> bool:
        return self._till.loaded

    def profile(self, customer_id: str) -> KnownCustomer:
        if customer_id not in self._till.people:
            raise NotFound(ErrorCode.CUSTOMER_NOT_FOUND)
        return known(self._till.people[customer_id])

    def enrol(self, new: NewCustomer, employee_id: str, basket_id: str | None = None) -> KnownCustomer:
        self._till.entered("customers.enrol")
        if not (new.first_name.strip() or new.last_name.strip()):
            raise BadInput(ErrorCode.NAME_MISSING)
        if not (new.phone or new.email or new.card):
            raise BadInput(ErrorCode.IDENTIFIER_UNREADABLE, text="")
        if new.email and "@" not in new.email:
            raise BadInput(ErrorCode.IDENTIFIER_UNREADABLE, text=new.email)
        customer = Customer(
            self._till.new_id("CUST"), new.first_name, new.last_name, new.phone, new.phone, new.email, new.card,
            "BRONZE", CustomerStatus.ACTIVE, False, 0, 0, 0, 0, "", 0, 0,
        )  # fmt: skip
        self._till.people[customer.id] = customer
        if basket_id is not None:
            self._till.baskets.attach_customer(basket_id, customer.id)
        self._till.changes.publish(Changes.CUSTOMER, customer.id)
        return replace(known(customer), known_from=KnownFrom.PENDING)

    def recent_lookups(self, limit: int = 100) -> tuple[LookupLogView, ...]:
        return tuple(self._till.log[:limit])

    def _match(self, identifier: str) -> Customer | None:
        for customer in self._till.people.values():
            if identifier and identifier in (customer.phone, customer.email, customer.card):
                return customer
        return None
