from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import amount_entry

KEYS = st.sampled_from([*"0123456789", "00", ".", ",", "back", "clear", "x", "²"])


def typed(keys: list[str], decimals: int) -> str:
    text = ""
    for key in keys:
        text = amount_entry.press(text, key, decimals)
    return text


@pytest.mark.parametrize(
    ("keys", "decimals", "minor"),
    [
        ("50", 2, 5000),
        ("12.5", 2, 1250),
        ("12,50", 2, 1250),
        (".5", 2, 50),
        ("12.999", 2, 1299),
        ("1.2.3", 2, 123),
        ("007", 2, 700),
        ("500", 0, 500),
        ("5.25", 0, 525),
        ("1.2345", 3, 1234),
    ],
)
def test_typed_keys_are_an_amount(keys: str, decimals: int, minor: int) -> None:
    assert amount_entry.to_minor(typed(list(keys), decimals), decimals) == minor


def test_nothing_typed_is_no_amount_and_not_zero() -> None:
    assert amount_entry.to_minor("", 2) is None
    assert amount_entry.to_minor(typed(["5", "back"], 2), 2) is None
    assert amount_entry.to_minor(typed(["0"], 2), 2) == 0


def test_clear_forgets_everything() -> None:
    assert typed(["1", "2", ".", "5", "clear"], 2) == ""


@given(st.lists(KEYS, max_size=60), st.sampled_from([0, 2, 3]))
def test_any_keys_give_an_amount_that_can_be_read(keys: list[str], decimals: int) -> None:
    minor = amount_entry.to_minor(typed(keys, decimals), decimals)
    assert minor is None or 0 <= minor < 10 ** (12 + decimals)


@given(st.integers(0, 10**12), st.sampled_from([0, 2, 3]))
def test_an_amount_put_on_the_keypad_reads_back(minor: int, decimals: int) -> None:
    assert amount_entry.to_minor(amount_entry.from_minor(minor, decimals), decimals) == minor
