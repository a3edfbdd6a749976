"""What the baskets of the fake till cost: plain inclusive tax, discounts by line and basket."""

from __future__ import annotations

from dataclasses import replace

from pos_desktop.domain.basket import Adjustment, Basket, BasketLine, Discount, DiscountKind
from pos_desktop.domain.sales import AppliedAdjustment, PricedBasket, SaleLine, TaxAmount


def _off(amount_minor: int, discount: Discount | Adjustment | None) -> int:
    if discount is None:
        return 0
    if discount.kind is DiscountKind.PERCENT:
        return (amount_minor * discount.value + 5_000) // 10_000
    return min(discount.value, amount_minor)


def _line(line: BasketLine) -> SaleLine:
    gross = line.fixed_gross_minor or (line.quantity_milli * line.unit_price_minor + 500) // 1000
    off = _off(gross, line.discount)
    return _taxed(
        SaleLine(
            line.id, line.product_id, line.name, line.barcode, line.unit, line.quantity_milli, line.unit_price_minor,
            line.list_price_minor, gross, off, 0, 0, 0, gross - off,
            tuple(TaxAmount(tax, 0, 0) for tax in line.taxes), line.discount, line.note,
        )
    )  # fmt: skip


def _taxed(line: SaleLine) -> SaleLine:
    taxes = []
    for entry in line.taxes:
        net = round(line.total_minor * 1_000_000 / (1_000_000 + entry.tax.rate_ppm))
        taxes.append(TaxAmount(entry.tax, net, line.total_minor - net))
    tax = sum(entry.tax_minor for entry in taxes)
    return replace(line, net_minor=line.total_minor - tax, tax_minor=tax, taxes=tuple(taxes))


def price(basket: Basket) -> PricedBasket:
    """Cost of a basket."""
    lines = [_line(line) for line in basket.lines]
    applied = []
    manual = () if basket.discount is None else (
        Adjustment("manual", basket.discount.reason, basket.discount.kind, basket.discount.value),
    )  # fmt: skip
    for adjustment in (*basket.adjustments, *manual):
        left = _off(sum(line.total_minor for line in lines), adjustment)
        applied.append(AppliedAdjustment(adjustment, left))
        for index, line in enumerate(lines):
            part = min(line.total_minor, left)
            left -= part
            lines[index] = _taxed(
                replace(
                    line,
                    basket_discount_minor=line.basket_discount_minor + part,
                    total_minor=line.total_minor - part,
                )
            )
    taxes: dict[str, TaxAmount] = {}
    for line in lines:
        for entry in line.taxes:
            so_far = taxes.get(entry.tax.id, TaxAmount(entry.tax, 0, 0))
            taxes[entry.tax.id] = replace(
                so_far, net_minor=so_far.net_minor + entry.net_minor, tax_minor=so_far.tax_minor + entry.tax_minor
            )
    gross = sum(line.gross_minor for line in lines)
    total = sum(line.total_minor for line in lines)
    tax_minor = sum(line.tax_minor for line in lines)
    return PricedBasket(
        tuple(lines), tuple(applied), gross, gross - total, total - tax_minor, tax_minor, total, tuple(taxes.values())
    )
