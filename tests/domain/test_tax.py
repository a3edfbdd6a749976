from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.catalogue import TaxKind, TaxRule
from pos_desktop.domain.money import round_div
from pos_desktop.domain.shop import TaxRounding
from pos_desktop.domain.tax import LineTaxes, TaxableLine, line_taxes, receipt_taxes, sum_taxes, tax_lines
from tests.domain.parts import BAG_10, BOTTLE_25, CITY_2, VAT_7, VAT_19, quantities, shelf_amounts, tax_mixes

TAXABLE = st.builds(TaxableLine, shelf_amounts, quantities, tax_mixes)


def amounts(taxed: LineTaxes) -> list[int]:
    return [tax.tax_minor for tax in taxed.taxes]


def exact_shares(line: TaxableLine) -> tuple[Fraction, list[Fraction]]:
    """Net amount and taxes as the equation of the module says, solved again with fractions."""
    units = Fraction(line.quantity_milli, 1000)
    inside = [tax for tax in line.taxes if tax.inclusive]
    fixed = sum((tax.amount_minor * units for tax in inside), Fraction())
    shrink = Fraction(1)
    if fixed > line.shelf_minor:
        shrink, fixed = line.shelf_minor / fixed, Fraction(line.shelf_minor)
    net = (line.shelf_minor - fixed) / (1 + sum((Fraction(tax.rate_ppm, 10**6) for tax in inside), Fraction()))
    return net, [exact_share(tax, net, units, shrink) for tax in line.taxes]


def exact_share(tax: TaxRule, net: Fraction, units: Fraction, shrink: Fraction) -> Fraction:
    if tax.kind is TaxKind.PERCENT:
        return net * tax.rate_ppm / 10**6
    return tax.amount_minor * units * (shrink if tax.inclusive else 1)


def check_sums(line: TaxableLine, taxed: LineTaxes) -> None:
    inside = sum(amount.tax_minor for amount in taxed.taxes if amount.tax.inclusive)
    on_top = sum(amount.tax_minor for amount in taxed.taxes if not amount.tax.inclusive)
    assert taxed.net_minor + inside == line.shelf_minor
    assert taxed.tax_minor == inside + on_top
    assert taxed.total_minor == line.shelf_minor + on_top == taxed.net_minor + taxed.tax_minor
    assert taxed.net_minor >= 0
    assert all(amount.tax_minor >= 0 for amount in taxed.taxes)
    assert tuple(amount.tax for amount in taxed.taxes) == line.taxes


@pytest.mark.parametrize(
    ("shelf_minor", "quantity_milli", "taxes", "net_minor", "expected", "total_minor"),
    [
        (1_190, 1_000, (VAT_19,), 1_000, [190], 1_190),
        (100, 1_000, (VAT_19,), 84, [16], 100),
        (1_000, 1_000, (CITY_2,), 1_000, [20], 1_020),
        (1_260, 1_000, (VAT_19, VAT_7), 1_000, [190, 70], 1_260),
        (1_190, 1_000, (VAT_19, CITY_2), 1_000, [190, 20], 1_210),
        (144, 1_000, (BOTTLE_25, VAT_19), 100, [25, 19], 144),
        (288, 2_000, (BOTTLE_25, VAT_19), 200, [50, 38], 288),
        (119, 3_000, (VAT_19, BAG_10), 100, [19, 30], 149),
        (500, 1_000, (), 500, [], 500),
        (0, 1_000, (VAT_19, BAG_10), 0, [0, 10], 10),
    ],
)
def test_a_line_is_taxed(
    shelf_minor: int,
    quantity_milli: int,
    taxes: tuple[TaxRule, ...],
    net_minor: int,
    expected: list[int],
    total_minor: int,
) -> None:
    taxed = line_taxes(shelf_minor, quantity_milli, taxes)
    assert (taxed.net_minor, amounts(taxed), taxed.total_minor) == (net_minor, expected, total_minor)


def test_inclusive_amounts_per_unit_above_the_price_share_it_and_leave_nothing_to_tax() -> None:
    second = replace(BOTTLE_25, id="other", amount_minor=75)
    taxed = line_taxes(40, 1_000, (BOTTLE_25, second, VAT_19, CITY_2))
    assert amounts(taxed) == [10, 30, 0, 0]
    assert taxed.net_minor == 0
    assert taxed.total_minor == 40


def test_taxes_that_would_round_to_more_than_the_price_share_it() -> None:
    halves = tuple(replace(BOTTLE_25, id=f"tax_{number}", amount_minor=1) for number in range(2))
    taxed = line_taxes(1, 500, halves)
    assert (taxed.net_minor, amounts(taxed)) == (0, [1, 0])


@pytest.mark.parametrize(("shelf_minor", "quantity_milli"), [(-1, 1_000), (1, -1_000)])
def test_a_negative_amount_or_quantity_is_a_bug(shelf_minor: int, quantity_milli: int) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        line_taxes(shelf_minor, quantity_milli, (VAT_19,))


def test_a_negative_tax_is_a_bug() -> None:
    with pytest.raises(ValueError, match="tax vat19 is negative"):
        line_taxes(100, 1_000, (replace(VAT_19, rate_ppm=-1),))


def test_rounding_per_receipt_rounds_the_sum_once() -> None:
    # 19/119 of a euro is 15.966 cents: 16 on each of twenty lines, but 319 and not 320 on their receipt
    lines = [TaxableLine(100, 1_000, (VAT_19,))] * 20
    assert sum(taxed.tax_minor for taxed in tax_lines(lines, TaxRounding.PER_LINE)) == 320
    assert sum(taxed.tax_minor for taxed in tax_lines(lines, TaxRounding.PER_RECEIPT)) == 319


def test_rounding_per_receipt_lets_the_largest_remainder_win_and_then_the_first_line() -> None:
    lines = [TaxableLine(10, 1_000, (CITY_2,)), TaxableLine(20, 1_000, (CITY_2,)), TaxableLine(20, 1_000, (CITY_2,))]
    assert [amounts(taxed) for taxed in receipt_taxes(lines)] == [[0], [1], [0]]


def test_a_line_without_room_passes_its_unit_of_tax_on() -> None:
    thirds = tuple(TaxRule(f"t{i}", "T", TaxKind.PERCENT, 4_000_000, 0, inclusive=True) for i in range(2))
    taxed = receipt_taxes([TaxableLine(1, 1_000, thirds)] * 3)
    assert all(line.net_minor >= 0 for line in taxed)
    assert [sum(line) for line in zip(*(amounts(line) for line in taxed), strict=True)] == [1, 1]


@given(TAXABLE)
def test_the_parts_of_a_line_sum_to_it(line: TaxableLine) -> None:
    check_sums(line, line_taxes(line.shelf_minor, line.quantity_milli, line.taxes))


@given(TAXABLE)
def test_a_tax_of_a_line_is_its_exact_share_rounded_half_up(line: TaxableLine) -> None:
    taxed = line_taxes(line.shelf_minor, line.quantity_milli, line.taxes)
    net, shares = exact_shares(line)
    rounded = [round_div(share.numerator, share.denominator) for share in shares]
    inside = sum(amount for tax, amount in zip(line.taxes, rounded, strict=True) if tax.inclusive)
    if inside <= line.shelf_minor:
        assert amounts(taxed) == rounded
    else:
        assert taxed.net_minor == 0
        assert net < len(line.taxes)


@given(st.lists(TAXABLE, max_size=8))
def test_the_parts_of_every_line_sum_to_it_when_rounded_per_receipt(lines: list[TaxableLine]) -> None:
    for line, taxed in zip(lines, receipt_taxes(lines), strict=True):
        check_sums(line, taxed)


@given(st.lists(TAXABLE, max_size=8))
def test_a_tax_of_a_receipt_is_its_exact_sum_rounded_once(lines: list[TaxableLine]) -> None:
    taxed = receipt_taxes(lines)
    for tax, exact in exact_sums(lines).items():
        total = sum(amount.tax_minor for line in taxed for amount in line.taxes if amount.tax == tax)
        expected = round_div(exact.numerator, exact.denominator)
        full = any(line.net_minor == 0 for line in taxed)
        assert total == expected or (tax.inclusive and full and total < expected)


@given(st.lists(TAXABLE, max_size=8))
def test_a_line_is_off_its_exact_tax_by_less_than_a_unit_where_there_is_room(lines: list[TaxableLine]) -> None:
    taxed = receipt_taxes(lines)
    if any(line.net_minor == 0 for line in taxed):
        return
    for line, result in zip(lines, taxed, strict=True):
        _, shares = exact_shares(line)
        assert all(abs(share - amount) < 1 for share, amount in zip(shares, amounts(result), strict=True))


@given(st.lists(TAXABLE, max_size=6), st.sampled_from(TaxRounding))
def test_the_tax_table_sums_the_lines(lines: list[TaxableLine], rounding: TaxRounding) -> None:
    taxed = tax_lines(lines, rounding)
    table = sum_taxes(taxed)
    assert sum(amount.tax_minor for amount in table) == sum(line.tax_minor for line in taxed)
    assert len({amount.tax for amount in table}) == len(table)
    first_seen = list(dict.fromkeys(amount.tax for line in taxed for amount in line.taxes))
    assert [amount.tax for amount in table] == first_seen


@given(shelf_amounts, st.integers(0, 1_000_000))
def test_one_inclusive_percent_is_the_textbook_formula(shelf_minor: int, rate_ppm: int) -> None:
    tax = replace(VAT_19, rate_ppm=rate_ppm)
    expected = round_div(shelf_minor * rate_ppm, 1_000_000 + rate_ppm)
    assert amounts(line_taxes(shelf_minor, 1_000, (tax,))) == [expected]
    assert amounts(receipt_taxes([TaxableLine(shelf_minor, 1_000, (tax,))])[0]) == [expected]


def exact_sums(lines: Sequence[TaxableLine]) -> dict[TaxRule, Fraction]:
    sums: dict[TaxRule, Fraction] = {}
    for line in lines:
        _, shares = exact_shares(line)
        for tax, share in zip(line.taxes, shares, strict=True):
            sums[tax] = sums.get(tax, Fraction()) + share
    return sums
