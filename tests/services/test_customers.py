"""Customers: what is known of them, since when, what this till added, how they are found and enrolled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import resources.demo
from pos_desktop.domain.customers import KnownFrom, NewCustomer
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.services.views import LookupState
from pos_desktop.storage.replica import Page
from tests.support.quiet import LogWatch
from tests.support.till_file import assert_whole, content, rows
from tests.support.tills import TestTill, customer_of, put_customers, put_rows, running_till

JOHN: dict[str, Any] = next(row for row in resources.demo.load().customers if row["id"] == "CUST_001")
ADA = NewCustomer("Ada", "Byron", phone="030 1234567", email="Ada@Example.com", card="CARD_777")


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


# -- enrolment --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["up_to_date", "offline"])
def test_a_new_customer_is_one_at_once_online_and_offline(shop: TestTill, state: str) -> None:
    shop.say_online(state)
    basket = shop.start()
    known = shop.till.customers.enrol(ADA, "emp_1", basket)
    assert (known.known_from, known.points, known.allowance_points) == (KnownFrom.PENDING, 0, 0)
    view = shop.till.baskets.get(basket)
    assert view.customer is not None
    assert (view.customer.customer.name, view.lookup) == ("Ada Byron", LookupState.FOUND)
    ((kind, payload),) = rows(shop.folder, "SELECT kind, payload FROM outbox WHERE id = ?", known.customer.id)
    assert kind == "customer_enrolled"
    assert json.loads(payload)["phone"] == "030 1234567"
    assert shop.lookup.calls == []
    assert_whole(shop.folder)


@pytest.mark.parametrize("text", ["ada", "byron", "+4930123", "030 12345", "ada@example.com", "CARD_777"])
def test_a_new_customer_is_found_at_once(shop: TestTill, text: str) -> None:
    shop.till.customers.enrol(ADA, "emp_1")
    assert [known.customer.name for known in shop.till.customers.search(text)] == ["Ada Byron"]


@pytest.mark.parametrize("identifier", ["+49 30 1234567", "ADA@example.com", "CARD_777"])
def test_a_new_customer_is_looked_up_without_asking_anybody(shop: TestTill, identifier: str) -> None:
    known = shop.till.customers.enrol(ADA, "emp_1")
    basket = shop.start(identifier)
    shop.run_background()
    assert shop.till.baskets.get(basket).basket.customer_id == known.customer.id
    assert shop.lookup.calls == []


@pytest.mark.parametrize(
    ("person", "customer_id"),
    [
        (NewCustomer("Jon", "Do", phone="+1 (234) 567-890"), "CUST_001"),
        (NewCustomer("Jon", "Do", email="JOHN@example.com"), "CUST_001"),
        (NewCustomer("Bob", "", card="CARD_123456"), "CUST_003"),
    ],
)
def test_somebody_who_is_known_is_returned_and_not_made_again(
    shop: TestTill, person: NewCustomer, customer_id: str
) -> None:
    before = content(shop.folder)
    known = shop.till.customers.enrol(person, "emp_1")
    assert known.customer.id == customer_id
    assert content(shop.folder) == before


def test_enrolling_twice_makes_one_customer(shop: TestTill) -> None:
    first = shop.till.customers.enrol(ADA, "emp_1")
    second = shop.till.customers.enrol(NewCustomer("A.", "B.", phone="+49301234567"), "emp_1")
    assert second.customer.id == first.customer.id
    assert rows(shop.folder, "SELECT count(*) FROM outbox WHERE kind = 'customer_enrolled'") == [(1,)]


def test_an_enrolment_for_a_basket_that_is_gone_makes_nobody(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.void(basket, "")
    before = content(shop.folder)
    with pytest.raises(NotAllowed) as refusal:
        shop.till.customers.enrol(ADA, "emp_1", basket)
    assert refusal.value.code is ErrorCode.BASKET_NOT_OPEN
    assert content(shop.folder) == before


def arrive(shop: TestTill, customer_id: str, **fields: Any) -> None:
    """Let the row that the server made of an enrolment arrive."""
    row = {**JOHN, "id": customer_id, "first_name": "Ada", "last_name": "Byron", "phone": "030 1234567", **fields}
    row |= {"phone_e164": "+49301234567", "email": "Ada@Example.com", "card": "CARD_777", "tier": "BRONZE"}
    put_customers(shop.writer, [row])


def test_the_servers_row_takes_the_place_of_the_enrolment(shop: TestTill) -> None:
    known = shop.till.customers.enrol(ADA, "emp_1")
    seq = sell(shop, known.customer.id)
    arrive(shop, known.customer.id, points=89, own_seq=seq, row_version=2)
    shop.till.replica_changed(frozenset({"customers"}))
    assert rows(shop.folder, "SELECT count(*) FROM pending_customers") == [(0,)]
    (found,) = shop.till.customers.search("ada")
    assert (found.points, found.known_from) == (89, KnownFrom.CACHE)


def test_a_customer_whom_the_server_knew_already_keeps_the_sales_made_under_the_new_id(shop: TestTill) -> None:
    known = shop.till.customers.enrol(ADA, "emp_1")
    sell(shop, known.customer.id)
    earned = shop.till.customers.profile(known.customer.id).points
    assert earned > 0
    arrive(shop, "CUST_OLD", points=1_000, own_seq=0, row_version=4)
    alias = {"id": f"id:{known.customer.id}", "kind": "id", "value": known.customer.id, "customer_id": "CUST_OLD"}
    put_rows(shop.writer, "customer_aliases", [alias])
    shop.till.replica_changed(frozenset({"customers", "customer_aliases"}))
    (found,) = shop.till.customers.search("ada")
    assert (found.customer.id, found.points) == ("CUST_OLD", 1_000 + earned)
    assert shop.till.customers.profile(known.customer.id).points == 1_000 + earned


def test_between_the_servers_row_and_its_alias_a_person_is_found_once(shop: TestTill) -> None:
    known = shop.till.customers.enrol(ADA, "emp_1")
    arrive(shop, known.customer.id, points=0, own_seq=0, row_version=2)
    assert len(shop.till.customers.search("ada")) == 1


def test_points_earned_by_somebody_just_enrolled_are_not_spent_before_the_centre_knows_them(shop: TestTill) -> None:
    known = shop.till.customers.enrol(ADA, "emp_1")
    sell(shop, known.customer.id)
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    view = shop.till.baskets.attach_customer(basket, known.customer.id)
    assert view.customer is not None
    assert view.customer.points > 0
    assert shop.till.checkout.max_points(basket).points == 0


def test_a_copy_that_is_still_loading_never_says_that_nobody_is_there(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        assert shop.till.customers.complete()
        columns = ["id", "row_version", "kind", "value", "customer_id"]
        shop.writer.forget("customers")
        shop.writer.apply(
            Page("customer_aliases", columns, [], (), "2", False, 0, 1, "test"), "2026-11-20T08:00:00.000Z"
        )
        assert not shop.till.customers.complete()
        shop.lookup.down = True
        basket = shop.start("+4930999999")
        shop.run_background()
        assert shop.till.baskets.get(basket).lookup is LookupState.UNREACHABLE


# -- the lookup in the background -------------------------------------------------------------------------------------


def test_a_lookup_cut_off_by_a_restart_is_made_again(tmp_path: Path) -> None:
    with running_till(tmp_path, customers=()) as shop:
        shop.lookup.people["+1234567890"] = customer_of(JOHN)
        basket = shop.start("+1234567890")
        assert len(shop.background) == 1
        shop.restart()
        assert shop.till.baskets.get(basket).lookup is LookupState.LOOKING
        shop.run_background()
        assert shop.till.baskets.get(basket).basket.customer_id == "CUST_001"


def test_a_lookup_answered_while_the_basket_was_held_is_made_again_at_the_recall(tmp_path: Path) -> None:
    with running_till(tmp_path, customers=()) as shop:
        shop.lookup.people["+1234567890"] = customer_of(JOHN)
        basket = shop.start("+1234567890")
        shop.till.baskets.add_product(basket, "BURGER")
        shop.till.baskets.hold(basket)
        shop.run_background()
        assert shop.till.baskets.recall(basket).basket.customer_id is None
        shop.run_background()
        assert shop.till.baskets.get(basket).basket.customer_id == "CUST_001"


def test_an_answer_for_an_identifier_that_was_replaced_is_not_taken(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.identify(basket, "CARD_123456")
    late, current = shop.background
    shop.background.clear()
    late()
    view = shop.till.baskets.get(basket)
    assert (view.basket.customer_id, view.lookup) == (None, LookupState.LOOKING)
    current()
    late()
    assert shop.till.baskets.get(basket).basket.customer_id == "CUST_003"


def test_a_warning_is_not_talked_over_and_is_about_the_customer_who_is_there(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.attach_customer(basket, "CUST_005")
    say = shop.till.baskets.buyers.set_hint
    say(basket, "CUST_005", "plugin.fraud_check.blocked")
    say(basket, "CUST_005", "plugin.recommendation.offer_points")
    say(basket, "CUST_001", "plugin.marketing.somebody_else")
    assert shop.till.baskets.get(basket).hint == "plugin.fraud_check.blocked"
    shop.till.baskets.attach_customer(basket, "CUST_004")
    assert shop.till.baskets.get(basket).hint == ""


def test_an_answer_does_not_replace_a_customer_chosen_by_hand(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.attach_customer(basket, "CUST_003")
    shop.run_background()
    assert shop.till.baskets.get(basket).basket.customer_id == "CUST_003"


def test_an_answer_that_comes_after_the_sale_changes_nothing(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 900)
    sale = shop.till.checkout.finalise(basket)
    shop.run_background()
    assert shop.till.checkout.finalise(basket) == sale
    assert shop.till.baskets.get(basket).basket.customer_id is None


def test_a_customer_found_after_cash_was_taken_earns_but_changes_no_price(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 500)
    shop.run_background()
    view = shop.till.baskets.get(basket)
    assert (view.due_minor, view.left_minor, view.points_to_earn) == (899, 399, 11)
    shop.till.checkout.pay_cash(basket, 399)
    assert shop.till.checkout.finalise(basket).sale.customer_id == "CUST_001"


def test_a_reduction_held_back_by_a_tender_comes_when_the_tender_goes(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    tender = shop.till.checkout.pay_cash(basket, 500).tenders[0]
    shop.run_background()
    assert shop.till.baskets.get(basket).due_minor == 899
    view = shop.till.checkout.remove_tender(basket, tender.id)
    assert (view.due_minor, view.hint) == (854, "plugin.recommendation.offer_points")
    card = shop.till.checkout.pay_card(basket, 100, lambda _code: None).tenders[0]
    shop.till.baskets.attach_customer(basket, "CUST_002")
    assert shop.till.checkout.reverse_card(basket, card.id).due_minor == 827


def test_a_customer_whose_points_are_in_the_basket_stays_its_customer(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.baskets.attach_customer(basket, "CUST_001")
    shop.till.checkout.pay_points(basket, 100)
    before = content(shop.folder)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: shop.till.baskets.detach_customer(basket),
        lambda: shop.till.baskets.attach_customer(basket, "CUST_002"),
        lambda: shop.till.baskets.identify(basket, "CARD_123456"),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.BASKET_HAS_TENDERS
    assert content(shop.folder) == before


def test_a_customer_taken_away_takes_the_reduction_along(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    assert shop.till.baskets.attach_customer(basket, "CUST_001").due_minor == 854
    view = shop.till.baskets.detach_customer(basket)
    assert (view.due_minor, view.customer, view.lookup) == (899, None, LookupState.NONE)
    assert view.basket.customer_identifier is None


def test_a_lookup_that_breaks_ends_as_unreachable_and_is_logged(shop: TestTill, expected_logs: LogWatch) -> None:
    expected_logs("lookup_failed")

    class Broken:
        def fetch(self, identifier: str, settings: object) -> tuple[None, int]:
            raise ValueError("a bug")

    shop.lookup = Broken()  # type: ignore[assignment]
    shop.restart()
    basket = shop.start("+4930999999")
    shop.run_background()
    assert shop.till.baskets.get(basket).lookup is LookupState.UNREACHABLE


def test_many_lookups_at_once_find_each_basket_its_own_customer(shop: TestTill) -> None:
    wanted = {shop.start(identifier): customer for identifier, customer in [
        ("+1234567890", "CUST_001"), ("+0987654321", "CUST_002"), ("CARD_123456", "CUST_003"),
        ("+5555555555", "CUST_004"), ("john@example.com", "CUST_001"),
    ]}  # fmt: skip
    workers = [threading.Thread(target=work) for work in shop.background]
    shop.background.clear()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = {basket: shop.till.baskets.get(basket).basket.customer_id for basket in wanted}
    assert found == wanted
    assert_whole(shop.folder)
