from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from pos_desktop.domain.basket import Adjustment, Basket, Discount, DiscountKind
from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.pricing import MANUAL, check_discount, check_line, check_price, price
from pos_desktop.domain.sales import PricedBasket
from pos_desktop.domain.shop import Shop, TaxRounding
from tests.domain.parts import (
    BAG_10,
    CITY_2,
    SHOP,
    VAT_7,
    VAT_19,
    amount,
    baskets,
    make_basket,
    make_line,
    percent,
    shops,
)


def check_invariants(basket: Basket, priced: PricedBasket) -> None:
    assert [line.id for line in priced.lines] == [line.id for line in basket.lines]
    on_top = 0
    for line in priced.lines:
        inside = sum(tax.tax_minor for tax in line.taxes if tax.tax.inclusive)
        extra = sum(tax.tax_minor for tax in line.taxes if not tax.tax.inclusive)
        shelf = line.gross_minor - line.line_discount_minor - line.basket_discount_minor
        assert line.total_minor == line.net_minor + line.tax_minor == shelf + extra
        assert line.tax_minor == inside + extra
        assert min(line.net_minor, line.line_discount_minor, line.basket_discount_minor, shelf) >= 0
        on_top += extra
    reductions = sum(applied.amount_minor for applied in priced.adjustments)
    assert reductions == sum(line.basket_discount_minor for line in priced.lines)
    assert priced.discount_minor == reductions + sum(line.line_discount_minor for line in priced.lines)
    assert priced.gross_minor == sum(line.gross_minor for line in priced.lines)
    assert priced.net_minor == sum(line.net_minor for line in priced.lines)
    assert priced.tax_minor == sum(tax.tax_minor for tax in priced.taxes)
    assert priced.total_minor == priced.net_minor + priced.tax_minor
    assert priced.total_minor == priced.gross_minor - priced.discount_minor + on_top
    assert priced.total_minor == sum(line.total_minor for line in priced.lines)


@given(baskets(), shops)
def test_lines_and_totals_always_agree(basket: Basket, shop: Shop) -> None:
    check_invariants(basket, price(basket, shop))


@given(baskets(), shops)
def test_pricing_twice_gives_the_same(basket: Basket, shop: Shop) -> None:
    assert price(basket, shop) == price(basket, shop)


@given(baskets(), shops)
def test_a_discount_of_all_leaves_only_taxes_on_the_unit(basket: Basket, shop: Shop) -> None:
    free = price(replace(basket, discount=percent(10_000)), shop)
    check_invariants(basket, free)
    assert free.gross_minor == free.discount_minor
    assert free.net_minor == 0


def test_an_empty_basket_costs_nothing() -> None:
    priced = price(make_basket(), SHOP)
    assert (priced.total_minor, priced.lines, priced.taxes, priced.adjustments) == (0, (), (), ())


def test_reductions_apply_in_order_each_on_what_is_left() -> None:
    line = replace(make_line(price_minor=10_000), discount=percent(1_000))
    rules = (
        Adjustment("tier", "Gold", DiscountKind.PERCENT, 1_000),
        Adjustment("coupon", "Coupon", DiscountKind.AMOUNT, 100),
    )
    basket = replace(make_basket(line), adjustments=rules, discount=Discount(DiscountKind.PERCENT, 5_000, "old stock"))
    priced = price(basket, SHOP)
    assert priced.lines[0].line_discount_minor == 1_000
    assert [applied.amount_minor for applied in priced.adjustments] == [900, 100, 4_000]
    assert priced.adjustments[-1].adjustment == Adjustment(MANUAL, "old stock", DiscountKind.PERCENT, 5_000)
    assert priced.total_minor == 4_000


def test_a_basket_discount_is_shared_out_over_the_lines() -> None:
    lines = [make_line("a", 100), make_line("b", 100), make_line("c", 100)]
    priced = price(replace(make_basket(*lines), discount=amount(100)), SHOP)
    assert [line.basket_discount_minor for line in priced.lines] == [34, 33, 33]


def test_a_basket_discount_above_a_shrunken_basket_takes_off_just_that() -> None:
    priced = price(replace(make_basket(make_line(price_minor=300)), discount=amount(500)), SHOP)
    assert priced.total_minor == 0
    assert priced.adjustments[0].amount_minor == 300


def test_a_line_discount_above_the_line_takes_off_just_that() -> None:
    priced = price(make_basket(replace(make_line(price_minor=300), discount=amount(500))), SHOP)
    assert priced.lines[0].line_discount_minor == 300


def test_an_amount_read_from_a_code_is_the_gross() -> None:
    line = replace(make_line(price_minor=1_999, quantity_milli=352, unit=Unit.KILOGRAM), fixed_gross_minor=705)
    assert price(make_basket(line), SHOP).total_minor == 705


def test_taxes_of_any_kind_add_up_on_a_basket() -> None:
    lines = [
        make_line("a", 1_190, taxes=(VAT_19,)),
        make_line("b", 1_000, 2_000, taxes=(CITY_2, BAG_10)),
        make_line("c", 107, taxes=(VAT_7,)),
    ]
    priced = price(make_basket(*lines), SHOP)
    assert [(tax.tax.id, tax.net_minor, tax.tax_minor) for tax in priced.taxes] == [
        ("vat19", 1_000, 190),
        ("city2", 2_000, 40),
        ("bag", 2_000, 20),
        ("vat7", 100, 7),
    ]
    assert priced.total_minor == 1_190 + 2_060 + 107


def test_the_shop_chooses_where_tax_is_rounded() -> None:
    basket = make_basket(*(make_line(str(number), 100) for number in range(20)))
    assert price(basket, SHOP).tax_minor == 320
    assert price(basket, replace(SHOP, tax_rounding=TaxRounding.PER_RECEIPT)).tax_minor == 319


@pytest.mark.parametrize(
    ("discount", "code"),
    [
        (percent(10_001), ErrorCode.DISCOUNT_OUT_OF_RANGE),
        (percent(-1), ErrorCode.DISCOUNT_OUT_OF_RANGE),
        (amount(-1), ErrorCode.DISCOUNT_OUT_OF_RANGE),
        (amount(501), ErrorCode.DISCOUNT_ABOVE_AMOUNT),
    ],
)
def test_a_discount_out_of_range_is_refused(discount: Discount, code: ErrorCode) -> None:
    with pytest.raises(BadInput) as refusal:
        check_discount(discount, 500)
    assert refusal.value.code is code


def test_a_discount_up_to_everything_is_allowed() -> None:
    check_discount(percent(10_000), 500)
    check_discount(percent(0), 0)
    check_discount(amount(500), 500)


@pytest.mark.parametrize(
    ("price_minor", "code"),
    [(-1, ErrorCode.PRICE_BELOW_ZERO), (SHOP.max_line_minor + 1, ErrorCode.PRICE_TOO_LARGE)],
)
def test_a_price_out_of_range_is_refused(price_minor: int, code: ErrorCode) -> None:
    with pytest.raises(BadInput) as refusal:
        check_price(price_minor, SHOP)
    assert refusal.value.code is code


def test_a_line_that_grows_too_dear_by_its_quantity_is_refused() -> None:
    check_line(make_line(price_minor=SHOP.max_line_minor), SHOP)
    with pytest.raises(BadInput) as refusal:
        check_line(make_line(price_minor=SHOP.max_line_minor, quantity_milli=2_000), SHOP)
    assert refusal.value.code is ErrorCode.PRICE_TOO_LARGE
