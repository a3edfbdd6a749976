"""What a basket costs: gross, reductions, tax and totals, whose parts always sum to the whole.

The order is fixed: gross of each line, its own discount, the adjustments one after the other and then the basket
discount (each on what the one before left, shared out over the lines), tax, totals. So it always holds that ::

    sum(line gross) - all reductions + exclusive taxes == total == net + tax == sum(line totals)
"""

from __future__ import annotations

from collections.abc import Sequence

from pos_desktop.domain.basket import Adjustment, Basket, BasketLine, Discount, DiscountKind
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.money import round_div, split
from pos_desktop.domain.quantities import check_quantity, gross_minor
from pos_desktop.domain.sales import AppliedAdjustment, PricedBasket, SaleLine
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tax import LineTaxes, TaxableLine, sum_taxes, tax_lines

MANUAL = "manual"
FULL_BP = 10_000


def price(basket: Basket, shop: Shop) -> PricedBasket:
    """Price a basket.

    A discount by amount that exceeds what is left to discount (lines were taken out since) takes off just that.

    Args:
        shop: its tax rounding counts here.

    Returns:
        Lines in the order of the basket; the adjustments that were given, the basket discount last under the source
        ``manual``, each with what it took off.
    """
    lines = basket.lines
    gross = [line_gross_minor(line) for line in lines]
    line_discounts = [
        0 if line.discount is None else reduction_minor(line.discount, amount)
        for line, amount in zip(lines, gross, strict=True)
    ]
    after_own = [amount - off for amount, off in zip(gross, line_discounts, strict=True)]
    shelf, applied = _reduce(after_own, _reductions(basket))
    taxed = tax_lines(
        [TaxableLine(amount, line.quantity_milli, line.taxes) for amount, line in zip(shelf, lines, strict=True)],
        shop.tax_rounding,
    )
    priced = tuple(
        _sale_line(line, gross[i], line_discounts[i], after_own[i] - shelf[i], taxed[i]) for i, line in enumerate(lines)
    )
    return PricedBasket(
        lines=priced,
        adjustments=applied,
        gross_minor=sum(gross),
        discount_minor=sum(gross) - sum(shelf),
        net_minor=sum(line.net_minor for line in taxed),
        tax_minor=sum(line.tax_minor for line in taxed),
        total_minor=sum(line.total_minor for line in taxed),
        taxes=sum_taxes(taxed),
    )


def reduction_minor(discount: Discount | Adjustment, amount_minor: int) -> int:
    """Return what a discount takes off an amount of 0 or more, minor units: never below 0, never above the amount."""
    percent = discount.kind is DiscountKind.PERCENT
    off = round_div(amount_minor * discount.value, FULL_BP) if percent else discount.value
    return max(0, min(off, amount_minor))


def check_discount(discount: Discount, amount_minor: int) -> None:
    """Refuse a discount that is out of range for the amount it is given on.

    Args:
        amount_minor: what the discount would be taken off.

    Raises:
        BadInput: ``DISCOUNT_OUT_OF_RANGE`` for a percentage outside 0 to 100 % or an amount below zero,
            ``DISCOUNT_ABOVE_AMOUNT`` (``amount_minor``) for an amount above what it is taken off.
    """
    if discount.value < 0 or (discount.kind is DiscountKind.PERCENT and discount.value > FULL_BP):
        raise BadInput(ErrorCode.DISCOUNT_OUT_OF_RANGE, value=discount.value)
    if discount.kind is DiscountKind.AMOUNT and discount.value > amount_minor:
        raise BadInput(ErrorCode.DISCOUNT_ABOVE_AMOUNT, amount_minor=amount_minor)


def check_price(unit_price_minor: int, shop: Shop) -> None:
    """Refuse a price below zero or above what a till takes.

    Raises:
        BadInput: ``PRICE_BELOW_ZERO``, or ``PRICE_TOO_LARGE`` (``max_minor``).
    """
    if unit_price_minor < 0:
        raise BadInput(ErrorCode.PRICE_BELOW_ZERO)
    if unit_price_minor > shop.max_line_minor:
        raise BadInput(ErrorCode.PRICE_TOO_LARGE, max_minor=shop.max_line_minor)


def line_gross_minor(line: BasketLine) -> int:
    """Return the gross of a line before any reduction, minor units."""
    if line.fixed_gross_minor is not None:
        return line.fixed_gross_minor
    return gross_minor(line.quantity_milli, line.unit_price_minor)


def check_line(line: BasketLine, shop: Shop) -> None:
    """Refuse a line whose quantity, price or gross is out of bounds. Its discount is clamped, never refused here.

    Raises:
        BadInput: as :func:`check_price` and :func:`pos_desktop.domain.quantities.check_quantity`.
    """
    check_quantity(line.quantity_milli, line.unit, shop, line.name)
    check_price(line.unit_price_minor, shop)
    check_price(line_gross_minor(line), shop)


def _reductions(basket: Basket) -> list[Adjustment]:
    reductions = list(basket.adjustments)
    if basket.discount is not None:
        reductions.append(Adjustment(MANUAL, basket.discount.reason, basket.discount.kind, basket.discount.value))
    return reductions


def _reduce(amounts: list[int], reductions: Sequence[Adjustment]) -> tuple[list[int], tuple[AppliedAdjustment, ...]]:
    """Take reductions off one after the other, each shared out over the amounts in proportion."""
    applied = []
    for reduction in reductions:
        off = reduction_minor(reduction, sum(amounts))
        if off:
            amounts = [amount - part for amount, part in zip(amounts, split(off, amounts), strict=True)]
        applied.append(AppliedAdjustment(reduction, off))
    return amounts, tuple(applied)


def _sale_line(line: BasketLine, gross: int, line_discount: int, basket_discount: int, taxed: LineTaxes) -> SaleLine:
    return SaleLine(
        id=line.id,
        product_id=line.product_id,
        name=line.name,
        barcode=line.barcode,
        unit=line.unit,
        quantity_milli=line.quantity_milli,
        unit_price_minor=line.unit_price_minor,
        list_price_minor=line.list_price_minor,
        gross_minor=gross,
        line_discount_minor=line_discount,
        basket_discount_minor=basket_discount,
        net_minor=taxed.net_minor,
        tax_minor=taxed.tax_minor,
        total_minor=taxed.total_minor,
        taxes=taxed.taxes,
        discount=line.discount,
        note=line.note,
    )
