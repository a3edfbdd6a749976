"""Baskets of the fake till."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pos_desktop.domain.basket import Basket, BasketLine, BasketState, Discount, DiscountKind
from pos_desktop.domain.catalogue import Product, Unit
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.services.views import BasketSummary, BasketView, LookupState, ScanKind, ScanResult
from tests.ui.fake_shop import NOW, VAT_19

if TYPE_CHECKING:
    from tests.ui.fake_till import FakeTill, Kept


class FakeBaskets:
    """The verbs of ``till.baskets``."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till
        self.voided_by: list[str | None] = []

    def start(self, employee_id: str, terminal_id: str, customer_identifier: str | None = None) -> BasketView:
        self._till.entered("baskets.start")
        basket = Basket(self._till.new_id("basket"), BasketState.OPEN, employee_id, terminal_id, NOW)
        self._till.keep(basket)
        return self.identify(basket.id, customer_identifier) if customer_identifier else self._till.view(basket.id)

    def get(self, basket_id: str) -> BasketView:
        self._till.entered("baskets.get")
        self._till.find(basket_id)
        return self._till.view(basket_id)

    def open_baskets(self) -> tuple[BasketSummary, ...]:
        return self._till.in_state(BasketState.OPEN, BasketState.PAYING)

    def held(self) -> tuple[BasketSummary, ...]:
        self._till.entered("baskets.held")
        return self._till.in_state(BasketState.HELD)

    def scan(self, basket_id: str, code: str) -> ScanResult:
        self._till.entered("baskets.scan")
        if len(code) > 80:
            raise BadInput(ErrorCode.SCAN_TOO_LONG, length=len(code))
        for sale in self._till.sold.values():
            if sale.receipt_code == code:
                return ScanResult(ScanKind.RECEIPT, None, code, sale.id)
        if code.startswith(self._till.shop.staff_badge_prefixes):
            return ScanResult(ScanKind.BADGE, None, code)
        if code.startswith(self._till.shop.loyalty_card_prefixes):
            return ScanResult(ScanKind.CUSTOMER, self.identify(basket_id, code), code)
        product = self._till.catalogue.by_code(code)
        return ScanResult(ScanKind.PRODUCT, self.add_product(basket_id, product.id))

    def add_product(
        self, basket_id: str, product_id: str, quantity_milli: int = 1000, unit_price_minor: int | None = None
    ) -> BasketView:
        self._till.entered("baskets.add_product")
        product = self._till.catalogue.by_id(product_id)
        kept = self._open(basket_id)
        for line in kept.basket.lines:
            if line.product_id == product.id and line.unit is Unit.PIECE and unit_price_minor is None:
                return self.set_quantity(basket_id, line.id, line.quantity_milli + quantity_milli)
        return self._append(basket_id, self._line(product, quantity_milli, unit_price_minor))

    def add_open_item(self, basket_id: str, name: str, unit_price_minor: int, barcode: str | None = None) -> BasketView:
        self._till.entered("baskets.add_open_item")
        if unit_price_minor < 0:
            raise BadInput(ErrorCode.PRICE_BELOW_ZERO)
        line = BasketLine(
            self._till.new_id("line"), "open", name, barcode, Unit.PIECE, 1000, unit_price_minor, unit_price_minor,
            (VAT_19,),
        )  # fmt: skip
        return self._append(basket_id, line)

    def set_quantity(self, basket_id: str, line_id: str, quantity_milli: int) -> BasketView:
        self._till.entered("baskets.set_quantity")
        if quantity_milli <= 0:
            raise BadInput(ErrorCode.QUANTITY_ZERO)
        if quantity_milli > self._till.shop.max_quantity_milli:
            raise BadInput(ErrorCode.QUANTITY_TOO_LARGE)
        return self._change(basket_id, line_id, quantity_milli=quantity_milli)

    def set_price(self, basket_id: str, line_id: str, unit_price_minor: int) -> BasketView:
        self._till.entered("baskets.set_price")
        if unit_price_minor < 0:
            raise BadInput(ErrorCode.PRICE_BELOW_ZERO)
        return self._change(basket_id, line_id, unit_price_minor=unit_price_minor)

    def set_line_discount(self, basket_id: str, line_id: str, discount: Discount | None) -> BasketView:
        self._till.entered("baskets.set_line_discount")
        _check(discount)
        return self._change(basket_id, line_id, discount=discount)

    def set_basket_discount(self, basket_id: str, discount: Discount | None) -> BasketView:
        self._till.entered("baskets.set_basket_discount")
        _check(discount)
        return self._till.set_basket(basket_id, discount=discount)

    def set_note(self, basket_id: str, line_id: str, note: str) -> BasketView:
        return self._change(basket_id, line_id, note=note)

    def remove_line(self, basket_id: str, line_id: str) -> BasketView:
        self._till.entered("baskets.remove_line")
        kept = self._open(basket_id)
        left = tuple(line for line in kept.basket.lines if line.id != line_id)
        if len(left) == len(kept.basket.lines):
            raise BadInput(ErrorCode.LINE_NOT_FOUND)
        return self._till.set_basket(basket_id, lines=left)

    def restore_line(self, basket_id: str, line: BasketLine, position: int) -> BasketView:
        self._till.entered("baskets.restore_line")
        lines = self._open(basket_id).basket.lines
        return self._till.set_basket(basket_id, lines=(*lines[:position], line, *lines[position:]))

    def hold(self, basket_id: str, label: str = "") -> None:
        self._till.entered("baskets.hold")
        if not self._open(basket_id).basket.lines:
            raise BadInput(ErrorCode.BASKET_EMPTY)
        self._till.set_basket(basket_id, state=BasketState.HELD, label=label)

    def recall(self, basket_id: str) -> BasketView:
        self._till.entered("baskets.recall")
        if self._till.find(basket_id).basket.state is not BasketState.HELD:
            raise BadInput(ErrorCode.BASKET_NOT_OPEN)
        return self._till.set_basket(basket_id, state=BasketState.OPEN)

    def void(self, basket_id: str, reason: str, employee_id: str | None = None) -> None:
        self._till.entered("baskets.void")
        if self._till.find(basket_id).tenders:
            raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
        self._till.set_basket(basket_id, state=BasketState.VOIDED)
        self.voided_by.append(employee_id)

    def identify(self, basket_id: str, identifier: str) -> BasketView:
        self._till.entered("baskets.identify")
        kept = self._till.find(basket_id)
        kept.lookup = LookupState.LOOKING
        return self._till.set_basket(basket_id, customer_identifier=identifier)

    def attach_customer(self, basket_id: str, customer_id: str) -> BasketView:
        self._till.entered("baskets.attach_customer")
        kept = self._till.find(basket_id)
        kept.customer = self._till.people[customer_id]
        kept.lookup = LookupState.FOUND
        return self._till.set_basket(basket_id, customer_id=customer_id)

    def detach_customer(self, basket_id: str) -> BasketView:
        self._till.entered("baskets.detach_customer")
        kept = self._till.find(basket_id)
        kept.customer = None
        kept.lookup = LookupState.NONE
        return self._till.set_basket(basket_id, customer_id=None, customer_identifier=None)

    def _open(self, basket_id: str) -> Kept:
        kept = self._till.find(basket_id)
        if kept.basket.state is BasketState.PAYING:
            if kept.tenders:
                raise NotAllowed(ErrorCode.BASKET_HAS_TENDERS)
            kept.basket = replace(kept.basket, state=BasketState.OPEN)
        if kept.basket.state is not BasketState.OPEN:
            raise NotAllowed(ErrorCode.BASKET_NOT_OPEN)
        return kept

    def _line(self, product: Product, quantity_milli: int, unit_price_minor: int | None) -> BasketLine:
        unit_price = product.price_minor if unit_price_minor is None else unit_price_minor
        return BasketLine(
            self._till.new_id("line"), product.id, product.name, product.barcodes[0], product.unit, quantity_milli,
            unit_price, product.price_minor, product.taxes,
        )  # fmt: skip

    def _append(self, basket_id: str, line: BasketLine) -> BasketView:
        kept = self._open(basket_id)
        kept.last_line_id = line.id
        return self._till.set_basket(basket_id, lines=(*kept.basket.lines, line))

    def _change(self, basket_id: str, line_id: str, **changes: Any) -> BasketView:
        kept = self._open(basket_id)
        if all(line.id != line_id for line in kept.basket.lines):
            raise BadInput(ErrorCode.LINE_NOT_FOUND)
        kept.last_line_id = line_id
        lines = tuple(replace(line, **changes) if line.id == line_id else line for line in kept.basket.lines)
        return self._till.set_basket(basket_id, lines=lines)


def _check(discount: Discount | None) -> None:
    if discount is not None and (
        discount.value < 0 or (discount.kind is DiscountKind.PERCENT and discount.value > 10_000)
    ):
        raise BadInput(ErrorCode.DISCOUNT_OUT_OF_RANGE)
