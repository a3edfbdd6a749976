from __future__ import annotations

import pytest

from pos_desktop.domain.customers import KnownFrom, NewCustomer
from tests.ui.fake_shop import CUSTOMERS, known
from ui import customer_model
from ui.customer_model import Empty


def test_nobody_is_called_unknown_while_customers_are_still_loading() -> None:
    assert customer_model.empty_because("Meier", complete=False) is Empty.LOADING
    assert customer_model.empty_because("Meier", complete=True) is Empty.NOT_HERE
    assert customer_model.empty_because("  ", complete=True) is Empty.ASK


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("Anna Berg", "Anna", "Berg"),
        ("Anna  Maria   Berg ", "Anna Maria", "Berg"),
        ("Berg, Anna Maria", "Anna Maria", "Berg"),
        ("Cher", "Cher", ""),
        ("Berg,", "Berg", ""),
        ("", "", ""),
    ],
)
def test_a_typed_name_is_split(typed: str, first: str, last: str) -> None:
    assert customer_model.split_name(typed) == (first, last)


@pytest.mark.parametrize(
    ("searched", "filled"),
    [
        ("CARD_9", NewCustomer("", "", card="CARD_9")),
        ("29123", NewCustomer("", "", card="29123")),
        ("a@example.com", NewCustomer("", "", email="a@example.com")),
        ("0171 555 12", NewCustomer("", "", phone="0171 555 12")),
        ("Anna Berg", NewCustomer("Anna", "Berg")),
    ],
)
def test_a_fruitless_search_starts_the_new_customer(searched: str, filled: NewCustomer) -> None:
    assert customer_model.started_from(searched, ("CARD_", "29")) == filled


def test_blocked_is_the_first_mark() -> None:
    marks = customer_model.badges(known(CUSTOMERS[4], KnownFrom.PENDING))
    assert [key for key, _tone in marks] == ["customer.blocked", "customer.pending"]
