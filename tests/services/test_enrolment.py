"""A person becomes a customer, online and offline alike, once, whatever the server answers later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import resources.demo
from pos_desktop.domain.customers import KnownFrom, NewCustomer
from pos_desktop.domain.errors import ErrorCode, NotAllowed
from pos_desktop.services.views import LookupState
from pos_desktop.storage.replica import Page
from tests.support.till_file import assert_whole, content, rows
from tests.support.tills import TestTill, put_customers, put_rows, running_till

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
