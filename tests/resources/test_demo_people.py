"""Demo customers: the named ones exactly, the invented ones believable, unique and always the same."""

from __future__ import annotations

import itertools
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources import demo
from tests.resources.test_demo_shop import gs1_check_digit

NAMED = {row["id"]: row for row in demo.load().customers}
PEOPLE = tuple(demo.customers(5_000))


def identifiers(people: tuple[dict[str, Any], ...]) -> list[tuple[str, str]]:
    """All that the people are found by, phones in E.164."""
    found = []
    for row in people:
        given_now = [("phone", row["phone"]), ("email", row["email"]), ("card", row["card"]), *row["aliases"]]
        found += [(kind, e164(value) if kind == "phone" else value) for kind, value in given_now if value]
    return found


def e164(phone: str) -> str:
    number = phonenumbers.parse(phone, "DE")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("customer_id", "name", "phone", "card", "tier", "points"),
    [
        ("CUST_001", "John Doe", "+1234567890", "", "GOLD", 1250),
        ("CUST_002", "Jane Smith", "+0987654321", "", "PLATINUM", 5000),
        ("CUST_003", "Bob Wilson", "", "CARD_123456", "SILVER", 500),
        ("CUST_004", "Alice Johnson", "+5555555555", "", "BRONZE", 250),
    ],
)
def test_the_customers_of_seed_000_are_exact(
    customer_id: str, name: str, phone: str, card: str, tier: str, points: int
) -> None:
    row = NAMED[customer_id]
    assert f"{row['first_name']} {row['last_name']}" == name
    assert (row["phone"], row["card"], row["tier"], row["points"]) == (phone, card, tier, points)
    assert row["status"] == "ACTIVE"


def test_john_doe_has_spent_what_seed_000_says_and_answers_to_two_addresses() -> None:
    john = NAMED["CUST_001"]
    assert john["total_spent_minor"] == 543_250
    assert john["email"] == "john.doe@example.com"
    assert john["aliases"] == [("email", "john@example.com")]


def test_one_named_customer_is_blocked() -> None:
    assert [row["id"] for row in NAMED.values() if row["status"] == "BLOCKED"] == ["CUST_005"]


def test_named_and_invented_customers_have_the_same_fields() -> None:
    fields = set(PEOPLE[0])
    assert all(set(row) == fields for row in (*NAMED.values(), *PEOPLE))


def test_nobody_shares_an_id_or_anything_to_be_found_by() -> None:
    ids = [row["id"] for row in (*NAMED.values(), *PEOPLE)]
    assert len(ids) == len(set(ids))
    found = [(kind, value) for row in NAMED.values() for kind, value in identifiers_as_given(row)]
    found += identifiers(PEOPLE)
    assert len(found) == len(set(found))


def identifiers_as_given(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The named ones have phone numbers that no region has."""
    given_now = [("phone", row["phone"].replace(" ", "")), ("email", row["email"]), ("card", row["card"])]
    return [pair for pair in (*given_now, *row["aliases"]) if pair[1]]


def test_everybody_can_be_found_by_something_and_has_a_name() -> None:
    for row in PEOPLE:
        assert row["phone"] or row["email"] or row["card"]
        assert row["first_name"]
        assert row["last_name"]


def test_every_phone_is_a_german_mobile_number() -> None:
    for row in PEOPLE:
        if row["phone"]:
            number = phonenumbers.parse(row["phone"], "DE")
            assert phonenumbers.is_valid_number_for_region(number, "DE"), row["phone"]
            assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


def test_every_card_is_a_right_ean_13_of_the_shop_s_own() -> None:
    cards = [row["card"] for row in PEOPLE if row["card"]]
    assert all(len(card) == 13 and card.startswith("29") and card[-1] == gs1_check_digit(card[:-1]) for card in cards)


def test_every_address_is_plain_ascii_at_example_com() -> None:
    addresses = [row["email"] for row in PEOPLE if row["email"]]
    assert all(address.isascii() and address == address.casefold() for address in addresses)
    assert all(address.endswith("@example.com") and ".." not in address for address in addresses)


def test_the_crowd_has_everybody_a_till_meets() -> None:
    assert {row["tier"] for row in PEOPLE} == {"BRONZE", "SILVER", "GOLD", "PLATINUM"}
    assert {row["status"] for row in PEOPLE} == {"ACTIVE", "INACTIVE", "BLOCKED"}
    assert any(row["vip"] for row in PEOPLE)
    assert any(row["credit_minor"] for row in PEOPLE)
    assert any(row["note"] for row in PEOPLE)
    assert {kind for row in PEOPLE for kind, _ in row["aliases"]} == {"phone", "email"}


def test_nobody_has_more_points_than_was_ever_earned() -> None:
    assert all(0 <= row["points"] <= row["total_spent_minor"] * 150 // 10_000 for row in PEOPLE)
    assert all((row["total_orders"] == 0) == (row["total_spent_minor"] == 0) for row in PEOPLE)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 60))
def test_the_same_seed_gives_the_same_people_however_many_are_asked_for(seed: int, count: int) -> None:
    people = list(demo.customers(count, seed))
    assert len(people) == count
    assert people == list(itertools.islice(demo.customers(80, seed), count))


def test_another_seed_gives_other_people() -> None:
    assert {row["id"] for row in demo.customers(50, seed=2)}.isdisjoint(row["id"] for row in PEOPLE)
