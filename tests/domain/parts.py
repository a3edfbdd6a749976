"""A small shop, baskets and taxes to try the rules with, and strategies that make any of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pos_desktop.domain.basket import Adjustment, Basket, BasketLine, BasketState, Discount, DiscountKind
from pos_desktop.domain.catalogue import TaxKind, TaxRule, Unit
from pos_desktop.domain.shop import (
    EmbeddedPattern,
    EmbeddedValue,
    Programme,
    RoundingMode,
    Shop,
    TaxRounding,
    Tier,
)

PROGRAMME = Programme(
    earn_per_minor=100,
    redeem_points=100,
    redeem_minor=100,
    tiers=(Tier("BRONZE", 100, 0), Tier("GOLD", 125, 500)),
    allowance_percent=50,
    allowance_cap_points=1_000,
    allowance_max_age_s=86_400,
)

SHOP = Shop(
    tenant_id="demo",
    store_id="store_1",
    name="Corner Shop",
    address=("Main Street 1", "10115 Berlin"),
    tax_number="DE123456789",
    currency="EUR",
    decimals=2,
    region="DE",
    zone="Europe/Berlin",
    tax_rounding=TaxRounding.PER_LINE,
    cash_step_minor=1,
    cash_rounding=RoundingMode.HALF_UP,
    programme=PROGRAMME,
    embedded_patterns=(
        EmbeddedPattern("21IIIIIVVVVVC", EmbeddedValue.PRICE, 2),
        EmbeddedPattern("22IIIIIVVVVVC", EmbeddedValue.WEIGHT, 3),
        EmbeddedPattern("23IIIIXVVVVVC", EmbeddedValue.WEIGHT, 2),
        EmbeddedPattern("02IIIIIVVVVVC", EmbeddedValue.PRICE, 2),
    ),
    loyalty_card_prefixes=("CARD_", "29"),
    staff_badge_prefixes=("BADGE_", "2999"),
    notes_minor=(50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1),
    receipt_header=("Open all day",),
    receipt_footer=("Thank you!", "Come again"),
)
FIVE_CENTS = replace(SHOP, cash_step_minor=5)

VAT_19 = TaxRule("vat19", "VAT 19%", TaxKind.PERCENT, 190_000, 0, inclusive=True)
VAT_7 = TaxRule("vat7", "VAT 7%", TaxKind.PERCENT, 70_000, 0, inclusive=True)
CITY_2 = TaxRule("city2", "City 2%", TaxKind.PERCENT, 20_000, 0, inclusive=False)
BOTTLE_25 = TaxRule("bottle", "Bottle", TaxKind.PER_UNIT, 0, 25, inclusive=True)
BAG_10 = TaxRule("bag", "Bag levy", TaxKind.PER_UNIT, 0, 10, inclusive=False)


def make_line(
    line_id: str = "line_1",
    price_minor: int = 349,
    quantity_milli: int = 1_000,
    taxes: tuple[TaxRule, ...] = (VAT_19,),
    unit: Unit = Unit.PIECE,
    name: str = "Rye bread",
) -> BasketLine:
    """A line of a product that is known by its name."""
    return BasketLine(
        id=line_id,
        product_id=name.lower(),
        name=name,
        barcode=None,
        unit=unit,
        quantity_milli=quantity_milli,
        unit_price_minor=price_minor,
        list_price_minor=price_minor,
        taxes=taxes,
    )


def make_basket(*lines: BasketLine) -> Basket:
    """An open basket with these lines."""
    return Basket("basket_1", BasketState.OPEN, "emp_1", "term_001", "2026-11-20T10:00:00.000Z", lines=lines)


def percent(value_bp: int) -> Discount:
    """A discount by percent, in basis points."""
    return Discount(DiscountKind.PERCENT, value_bp)


def amount(value_minor: int) -> Discount:
    """A discount by amount."""
    return Discount(DiscountKind.AMOUNT, value_minor)


@st.composite
def taxes(draw: st.DrawFn) -> TaxRule:
    """Any tax: percent or per unit, inside the price or on top of it."""
    number = draw(st.integers(0, 5))
    kind = draw(st.sampled_from(TaxKind))
    by_percent = kind is TaxKind.PERCENT
    return TaxRule(
        id=f"tax_{number}",
        name=f"Tax {number}",
        kind=kind,
        rate_ppm=draw(st.integers(0, 1_000_000)) if by_percent else 0,
        amount_minor=0 if by_percent else draw(st.integers(0, 1_000)),
        inclusive=draw(st.booleans()),
    )


tax_mixes = st.lists(taxes(), max_size=4).map(tuple)
shelf_amounts = st.one_of(st.integers(0, 20), st.integers(0, 10_000), st.integers(0, 9_999_999_999))
quantities = st.one_of(st.just(1_000), st.integers(1, 5_000), st.integers(1, 999_999_999))

discounts = st.one_of(
    st.builds(Discount, st.just(DiscountKind.PERCENT), st.integers(0, 10_000)),
    st.builds(Discount, st.just(DiscountKind.AMOUNT), st.integers(0, 100_000)),
)
adjustments = st.builds(
    lambda discount: Adjustment("rule", "Rule", discount.kind, discount.value),
    discounts,
)


@st.composite
def lines(draw: st.DrawFn) -> BasketLine:
    """Any line; its id is to be set by whoever puts it into a basket."""
    piece = draw(st.booleans())
    price_minor = draw(st.integers(0, 50_000))
    line = make_line(
        price_minor=price_minor,
        quantity_milli=draw(st.integers(1, 20)) * 1_000 if piece else draw(st.integers(1, 20_000)),
        taxes=draw(tax_mixes),
        unit=Unit.PIECE if piece else Unit.KILOGRAM,
    )
    return replace(
        line,
        discount=draw(st.none() | discounts),
        fixed_gross_minor=draw(st.none() | st.integers(0, 10_000)),
    )


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    """Any open basket of up to eight lines with every kind of reduction."""
    chosen = draw(st.lists(lines(), max_size=8))
    numbered = tuple(replace(line, id=f"line_{number}") for number, line in enumerate(chosen))
    return replace(
        make_basket(*numbered),
        discount=draw(st.none() | discounts),
        adjustments=tuple(draw(st.lists(adjustments, max_size=3))),
    )


shops = st.builds(
    lambda rounding, currency: replace(SHOP, tax_rounding=rounding, currency=currency[0], decimals=currency[1]),
    st.sampled_from(TaxRounding),
    st.sampled_from([("EUR", 2), ("JPY", 0), ("KWD", 3)]),
)
