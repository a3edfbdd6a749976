"""Customers: what is known of them, since when, what this till added, how they are found and enrolled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import resources.demo
from pos_desktop.domain.customers import KnownFrom
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from tests.support.till_file import rows
from tests.support.tills import TestTill, customer_of, put_customers

JOHN: dict[str, Any] = next(row for row in resources.demo.load().customers if row["id"] == "CUST_001")


def sell(shop: TestTill, customer: str, points: int = 0) -> int:
    """Sell a cheeseburger, part of it for points.

    Returns:
        The ``device_seq`` of the sale.
    """
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", 10_000)
    shop.till.baskets.attach_customer(basket, customer)
    if points:
        shop.till.checkout.pay_points(basket, points)
    shop.till.checkout.pay_cash(basket, 10_000)
    shop.till.checkout.finalise(basket)
    return int(rows(shop.folder, "SELECT device_seq FROM sales WHERE id = ?", basket)[0][0])


def server_row(shop: TestTill, version: int, points: int, own_seq: int, credit_minor: int = 0) -> None:
    """Let the server's row of John arrive."""
    row = {**JOHN, "points": points, "own_seq": own_seq, "row_version": version, "credit_minor": credit_minor}
    put_customers(shop.writer, [row])
    shop.till.replica_changed(frozenset({"customers"}))


def acknowledge(shop: TestTill) -> None:
    """Let the centre have taken all facts."""
    with shop.till._till_file.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'acked'")


def john(shop: TestTill) -> int:
    return shop.till.customers.profile("CUST_001").points


# -- balance ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_own_entries_count_once_whenever_acknowledgement_and_row_arrive(
    shop: TestTill, acknowledged_first: bool
) -> None:
    seq = sell(shop, "CUST_001", points=200)
    earned = (8_541 - 200) * 125 // 10_000
    expected = 1_250 - 200 + earned
    assert john(shop) == expected
    if acknowledged_first:
        acknowledge(shop)
        assert john(shop) == expected, "the acknowledgement changes no balance"
    server_row(shop, 2, expected, seq)
    assert john(shop) == expected, "the row contains the sale: it is not added again"
    acknowledge(shop)
    assert john(shop) == expected


@pytest.mark.parametrize(
    ("state", "still_counts"), [("parked", "all of it"), ("pending", "what it spent"), ("acked", "nothing")]
)
def test_a_sale_that_a_later_one_overtook_on_the_way_to_the_centre_gives_no_points_back(
    shop: TestTill, state: str, still_counts: str
) -> None:
    overtaken = sell(shop, "CUST_001", points=200)
    mine = john(shop) - 1_250
    later = sell(shop, "CUST_001")
    acknowledge(shop)
    with shop.till._till_file.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = ? WHERE device_seq = ?", (state, overtaken))
    server_row(shop, 2, 2_000, later)
    assert john(shop) == 2_000 + {"all of it": mine, "what it spent": -200, "nothing": 0}[still_counts]


@pytest.mark.parametrize("state", ["parked", "pending"])
def test_store_credit_of_a_sale_that_was_overtaken_stays_spent_and_so_does_the_allowance(
    shop: TestTill, state: str
) -> None:
    server_row(shop, 2, 1_250, 0, credit_minor=2_500)
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", 3_000)
    shop.till.baskets.attach_customer(basket, "CUST_001")
    shop.till.checkout.pay_credit(basket, 1_500)
    shop.say_online("offline")
    shop.till.checkout.pay_points(basket, 600)
    shop.till.checkout.pay_cash(basket, 5_000)
    shop.till.checkout.finalise(basket)
    later = sell(shop, "CUST_001")
    with shop.till._till_file.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'acked' WHERE device_seq = ?", (later,))
        connection.exec_driver_sql("UPDATE outbox SET state = ? WHERE id = ?", (state, basket))
    server_row(shop, 3, 1_250, later, credit_minor=2_500)
    known = shop.till.customers.profile("CUST_001")
    assert (known.credit_minor, known.allowance_points) == (1_000, 25)


def test_store_credit_that_was_spent_counts_once_too(shop: TestTill) -> None:
    server_row(shop, 2, 1_250, 0, credit_minor=2_500)
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", 3_000)
    shop.till.baskets.attach_customer(basket, "CUST_001")
    shop.till.checkout.pay_credit(basket, 1_500)
    shop.till.checkout.pay_cash(basket, 5_000)
    shop.till.checkout.finalise(basket)
    ((seq,),) = rows(shop.folder, "SELECT device_seq FROM sales")
    assert shop.till.customers.profile("CUST_001").credit_minor == 1_000
    server_row(shop, 3, 1_250, seq, credit_minor=1_000)
    assert shop.till.customers.profile("CUST_001").credit_minor == 1_000


def test_a_row_that_contains_the_first_of_two_sales_is_completed_by_the_second(shop: TestTill) -> None:
    first = sell(shop, "CUST_001")
    one = john(shop) - 1_250
    sell(shop, "CUST_001")
    assert john(shop) == 1_250 + 2 * one
    server_row(shop, 2, 1_250 + one, first)
    assert john(shop) == 1_250 + 2 * one


def test_a_row_of_before_the_sale_that_arrives_after_it_hides_nothing(shop: TestTill) -> None:
    sell(shop, "CUST_001")
    mine = john(shop) - 1_250
    server_row(shop, 5, 3_000, 0)  # another till's sale, ours not yet pushed
    assert john(shop) == 3_000 + mine


def test_a_live_answer_newer_than_the_row_counts_until_the_row_catches_up(shop: TestTill) -> None:
    shop.clock.advance(4_000)
    shop.lookup.people["+1234567890"] = replace(customer_of(JOHN, row_version=9), points=9_999)
    basket = shop.start("+1234567890")
    shop.run_background()
    view = shop.till.baskets.get(basket)
    assert view.customer is not None
    assert view.customer.points == john(shop) == 9_999
    server_row(shop, 8, 5, 0)
    assert john(shop) == 9_999, "an older row does not win"
    server_row(shop, 10, 7, 0)
    assert john(shop) == 7


def test_a_balance_below_zero_is_shown_as_it_is_and_buys_nothing(shop: TestTill) -> None:
    server_row(shop, 2, -300, 0)
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    view = shop.till.baskets.attach_customer(basket, "CUST_001")
    assert view.customer is not None
    assert view.customer.points == -300
    assert shop.till.checkout.max_points(basket).points == 0
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.pay_points(basket, 1)
    assert refusal.value.params == {"points": 0}


def test_what_is_known_says_since_when(shop: TestTill) -> None:
    at = shop.till.customers.profile("CUST_001").as_of
    shop.clock.advance(50)
    shop.say_online()
    assert shop.till.customers.profile("CUST_001").as_of > at
    shop.say_online("offline")
    same = shop.till.customers.profile("CUST_001").as_of
    shop.clock.advance(500)
    assert shop.till.customers.profile("CUST_001").as_of == same


def test_what_is_old_is_marked_as_old_wherever_it_is_shown(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.attach_customer(basket, "CUST_001")

    def shown() -> set[KnownFrom]:
        view = shop.till.baskets.get(basket)
        assert view.customer is not None
        (found,) = shop.till.customers.search("john doe")
        return {view.customer.known_from, found.known_from, shop.till.customers.profile("CUST_001").known_from}

    assert shown() == {KnownFrom.CACHE}
    shop.clock.advance(3_700)
    assert shown() == {KnownFrom.STALE}
    shop.say_online()
    assert shown() == {KnownFrom.CACHE}
    shop.clock.advance(-600)
    assert shown() == {KnownFrom.STALE}, "of a clock that was set back nobody knows how old it is"


def test_an_unknown_customer_has_no_profile(shop: TestTill) -> None:
    with pytest.raises(NotFound) as refusal:
        shop.till.customers.profile("CUST_999")
    assert refusal.value.code is ErrorCode.CUSTOMER_NOT_FOUND


# -- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("john", ["John Doe", "Alice Johnson"]),
        ("JOHNS", ["Alice Johnson"]),
        ("doe john", ["John Doe"]),
        ("john doe", ["John Doe"]),
        ("+123", ["John Doe"]),
        ("1234567890", ["John Doe"]),
        ("+1 234 567", ["John Doe"]),
        ("0152 2881", ["Viktor Krause"]),
        ("0049 152", ["Viktor Krause"]),
        ("john.doe@", ["John Doe"]),
        ("JOHN.DOE@EXAMPLE.COM", ["John Doe"]),
        ("CARD_12", ["Bob Wilson"]),
        ("2900000000056", ["Viktor Krause"]),
        ("nobody", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_", []),
        ("\x00", []),
        ("x" * 5_000, []),
    ],
)
def test_customers_are_found_by_the_start_of_whatever_they_say(shop: TestTill, text: str, names: list[str]) -> None:
    found = shop.till.customers.search(text)
    assert sorted(known.customer.name for known in found) == sorted(names)


def test_a_search_gives_no_more_than_was_asked_for(shop: TestTill) -> None:
    assert len(shop.till.customers.search("john", limit=1)) == 1


def test_a_search_shows_the_balance_with_what_this_till_added(shop: TestTill) -> None:
    sell(shop, "CUST_001", points=200)
    (known,) = shop.till.customers.search("john doe")
    assert known.points == john(shop) != 1_250
