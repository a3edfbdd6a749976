from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.sale_entry import Typed, is_number, is_search, kind_of, multiplier, to_basis_points, to_milli, to_price


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Typed.NOTHING),
        ("   ", Typed.NOTHING),
        ("4006381333931", Typed.CODE),
        ("12", Typed.CODE),
        ("CARD_123456", Typed.CODE),
        ("+1234567890", Typed.IDENTIFIER),
        ("+49 151 2345", Typed.IDENTIFIER),
        ("john@example.com", Typed.IDENTIFIER),
        ("milk", Typed.WORDS),
        ("milk 3.5", Typed.WORDS),
        ("+", Typed.WORDS),
    ],
)
def test_what_was_typed_is_told_apart(text: str, kind: Typed) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize(("text", "milli"), [("3", 3_000), ("0.45", 450), ("0,45", 450), ("1.", 1_000), (".5", 500)])
def test_a_quantity_is_read_with_either_decimal_mark(text: str, milli: int) -> None:
    assert to_milli(text) == milli


@pytest.mark.parametrize("text", ["", "-1", "1.2.3", "1,2,3", "abc", "1e3", "1.2345", "٣", "½"])
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert to_milli(text) is None


def test_percent_is_read_in_basis_points() -> None:
    assert to_basis_points("12.5") == 1_250
    assert to_basis_points("12.555") is None


@pytest.mark.parametrize(
    ("text", "decimals", "minor"), [("7.5", 2, 750), ("7", 0, 7), ("7.5", 0, None), ("0.001", 3, 1)]
)
def test_a_price_has_no_more_decimals_than_its_currency(text: str, decimals: int, minor: int | None) -> None:
    assert to_price(text, decimals) == minor


@pytest.mark.parametrize(
    ("text", "milli"),
    [("3", 3_000), ("999", 999_000), ("1234", None), ("0", None), ("1.5", 1_500), ("x", None), ("", None)],
)
def test_a_short_number_before_an_item_is_how_many(text: str, milli: int | None) -> None:
    assert multiplier(text) == milli


def test_digits_alone_do_not_search() -> None:
    assert not is_search("4006")
    assert not is_search("  ")
    assert is_search("4006a")


@given(st.integers(0, 10**12))
def test_any_whole_number_is_read_to_the_thousandth(number: int) -> None:
    assert to_milli(str(number)) == number * 1_000


@given(st.text(max_size=20))
def test_no_text_at_all_upsets_the_box(text: str) -> None:
    kind_of(text)
    is_search(text)
    for read in (to_milli, to_basis_points, multiplier):
        value = read(text)
        assert value is None or (value >= 0 and is_number(text))
