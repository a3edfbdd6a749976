from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.money import cash_round, currency_decimals, parse_amount, round_div, split
from pos_desktop.domain.shop import RoundingMode

WHOLE = st.integers(-(10**15), 10**15)
ABOVE_ZERO = st.integers(1, 10**9)


@pytest.mark.parametrize(
    ("numerator", "denominator", "mode", "expected"),
    [
        (5, 2, RoundingMode.HALF_UP, 3),
        (-5, 2, RoundingMode.HALF_UP, -3),
        (5, -2, RoundingMode.HALF_UP, -3),
        (7, 3, RoundingMode.HALF_UP, 2),
        (5, 2, RoundingMode.DOWN, 2),
        (-5, 2, RoundingMode.DOWN, -2),
        (7, 3, RoundingMode.UP, 3),
        (-7, 3, RoundingMode.UP, -3),
        (6, 3, RoundingMode.UP, 2),
        (0, 3, RoundingMode.UP, 0),
    ],
)
def test_division_rounds_as_asked(numerator: int, denominator: int, mode: RoundingMode, expected: int) -> None:
    assert round_div(numerator, denominator, mode) == expected


@given(WHOLE, ABOVE_ZERO, st.sampled_from(RoundingMode))
def test_division_is_the_same_on_both_sides_of_zero(numerator: int, denominator: int, mode: RoundingMode) -> None:
    assert round_div(-numerator, denominator, mode) == -round_div(numerator, denominator, mode)
    assert round_div(-numerator, -denominator, mode) == round_div(numerator, denominator, mode)


@given(WHOLE, ABOVE_ZERO)
def test_half_up_is_never_more_than_half_a_unit_off(numerator: int, denominator: int) -> None:
    off = abs(Fraction(numerator, denominator) - round_div(numerator, denominator))
    assert off <= Fraction(1, 2)


def test_dividing_by_nothing_is_a_bug() -> None:
    with pytest.raises(ZeroDivisionError):
        round_div(1, 0)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (2, [1, 1, 1], (1, 1, 0)),
        (10, [0, 5, 0, 5], (0, 5, 0, 5)),
        (5, [0, 0], (3, 2)),
        (0, [3, 4], (0, 0)),
        (0, [], ()),
        (7, [1], (7,)),
        (10, [1, 2], (3, 7)),
    ],
)
def test_a_total_is_shared_by_largest_remainder(total: int, weights: list[int], parts: tuple[int, ...]) -> None:
    assert split(total, weights) == parts


@given(WHOLE, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_sum_to_the_total_and_are_less_than_a_unit_off(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    assert split(-total, weights) == tuple(-part for part in parts)
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part - Fraction(total * weight, whole)) < 1
            assert part == 0 or weight > 0


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.data())
def test_a_share_never_exceeds_the_amount_it_is_weighed_by(amounts: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(amounts)))
    assert all(part <= amount for part, amount in zip(split(total, amounts), amounts, strict=True))


def test_sharing_among_nobody_or_by_a_negative_weight_is_a_bug() -> None:
    with pytest.raises(ValueError, match="nobody"):
        split(1, [])
    with pytest.raises(ValueError, match="negative"):
        split(1, [2, -1])


@pytest.mark.parametrize(
    ("amount", "step", "mode", "expected"),
    [
        (1002, 5, RoundingMode.HALF_UP, 1000),
        (1003, 5, RoundingMode.HALF_UP, 1005),
        (1025, 50, RoundingMode.HALF_UP, 1050),
        (1049, 50, RoundingMode.DOWN, 1000),
        (1001, 50, RoundingMode.UP, 1050),
        (-1003, 5, RoundingMode.HALF_UP, -1005),
        (1002, 1, RoundingMode.UP, 1002),
        (1002, 0, RoundingMode.UP, 1002),
    ],
)
def test_cash_is_rounded_to_its_step(amount: int, step: int, mode: RoundingMode, expected: int) -> None:
    assert cash_round(amount, step, mode) == expected


def test_currencies_have_their_decimals() -> None:
    assert [currency_decimals(code) for code in ("EUR", "USD", "JPY", "KRW", "KWD", "TND")] == [2, 2, 0, 0, 3, 3]


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("12", 2, 1200),
        ("12,5", 2, 1250),
        ("12.50", 2, 1250),
        (" 1.234,50 ", 2, 123450),
        ("1,234.50", 2, 123450),
        ("1.234.567", 2, 123456700),
        ("1'234.50", 2, 123450),
        ("1 234,50", 2, 123450),
        ("-3,10", 2, -310),
        ("−3,10", 2, -310),
        (",5", 2, 50),
        ("5,", 2, 500),
        ("1.234", 3, 1234),
        ("1.234", 0, 1234),
        ("500", 0, 500),
        ("１２，５", 2, 1250),
        ("١٢", 2, 1200),
    ],
)
def test_typed_amounts_are_read(text: str, decimals: int, expected: int) -> None:
    assert parse_amount(text, decimals) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", ",", "-", "abc", "1.234", "1,2,3", "1.23.4", "12.345,6789", "1e5", "--1", "1" * 40, "1,1" * 90],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_amount(text, 2)
    assert refusal.value.code is ErrorCode.AMOUNT_UNREADABLE
    assert len(str(refusal.value.params["text"])) <= 40


@given(st.integers(-(10**12), 10**12), st.sampled_from([0, 2, 3]), st.sampled_from([".", ","]))
def test_a_written_amount_is_read_back(minor: int, decimals: int, sign: str) -> None:
    whole, fraction = divmod(abs(minor), 10**decimals)
    text = f"{'-' if minor < 0 else ''}{whole}" + (f"{sign}{fraction:0{decimals}d}" if decimals else "")
    assert parse_amount(text, decimals) == minor
