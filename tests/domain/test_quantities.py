from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.quantities import check_quantity, gross_minor, parse_quantity
from tests.domain.parts import SHOP


@pytest.mark.parametrize(
    ("quantity_milli", "unit", "code"),
    [
        (0, Unit.PIECE, ErrorCode.QUANTITY_ZERO),
        (-1_000, Unit.KILOGRAM, ErrorCode.QUANTITY_ZERO),
        (10**15, Unit.PIECE, ErrorCode.QUANTITY_TOO_LARGE),
        (SHOP.max_quantity_milli + 1, Unit.KILOGRAM, ErrorCode.QUANTITY_TOO_LARGE),
        (1_500, Unit.PIECE, ErrorCode.QUANTITY_NOT_WHOLE),
    ],
)
def test_a_quantity_that_cannot_be_sold_is_refused(quantity_milli: int, unit: Unit, code: ErrorCode) -> None:
    with pytest.raises(BadInput) as refusal:
        check_quantity(quantity_milli, unit, SHOP, "Bread")
    assert refusal.value.code is code


def test_the_refusal_of_half_a_piece_names_what_is_sold() -> None:
    with pytest.raises(BadInput) as refusal:
        check_quantity(500, Unit.PIECE, SHOP, "Bread")
    assert refusal.value.params["name"] == "Bread"


@pytest.mark.parametrize("unit", [Unit.KILOGRAM, Unit.LITRE, Unit.METRE])
def test_weighed_and_measured_goods_take_three_decimals(unit: Unit) -> None:
    check_quantity(1, unit, SHOP)
    check_quantity(SHOP.max_quantity_milli, unit, SHOP)


@pytest.mark.parametrize(
    ("quantity_milli", "price_minor", "expected"),
    [(1_000, 349, 349), (352, 1_999, 704), (500, 1, 1), (499, 1, 0), (3_000, 0, 0), (-500, 1, -1)],
)
def test_a_quantity_is_priced_half_up(quantity_milli: int, price_minor: int, expected: int) -> None:
    assert gross_minor(quantity_milli, price_minor) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5", 1_500),
        ("1.5", 1_500),
        ("2", 2_000),
        (".25", 250),
        ("0,352", 352),
        ("1000000000000", 10**15),
        ("-1", -1000),
    ],
)
def test_typed_quantities_are_read(text: str, expected: int) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize("text", ["", "1.2345", "1,234.5", "two", "1.2.3"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_quantity(text)
    assert refusal.value.code is ErrorCode.AMOUNT_UNREADABLE


@given(st.integers(0, 10**12))
def test_a_written_quantity_is_read_back(quantity_milli: int) -> None:
    assert parse_quantity(f"{quantity_milli // 1000},{quantity_milli % 1000:03d}") == quantity_milli
