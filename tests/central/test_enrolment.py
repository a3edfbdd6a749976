"""Who an enrolled person is: made once, merged by phone, e-mail, card, and known by every id they were given."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from central_api import tables
from central_api.database import read
from sync.protocol import Collection, LookupResponse
from tests.central.client import Terminal
from tests.support.central import RunningApi
from tests.support.facts import enrolment, item, new_id, sale
from tests.support.quiet import LogWatch


def test_a_new_person_becomes_a_customer_whom_every_till_is_told_of(till: Terminal, other_till: Terminal) -> None:
    head = other_till.pull(Collection.CUSTOMERS).next
    person = enrolment("new-1", phone="0151 23456789", email=" Ada@Example.com ", card="CARD_777")
    assert till.answers(item(1, person)) == ["created"]
    (row,) = other_till.rows(other_till.pull(Collection.CUSTOMERS, head))
    assert (row["id"], row["phone"], row["phone_e164"], row["card"]) == (
        "new-1",
        "0151 23456789",
        "+4915123456789",
        "CARD_777",
    )
    assert (row["tier"], row["status"], row["points"], row["row_version"]) == ("BRONZE", "ACTIVE", 0, 1)
    for identifier in ("+49 151 23456789", "ada@example.com", "CARD_777"):
        found = till.lookup(identifier)
        assert isinstance(found, LookupResponse)
        assert found.customer is not None
        assert found.customer.id == "new-1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"phone": "+1 (234) 567-890"}, "CUST_001"),
        ({"email": "JOHN.DOE@example.com"}, "CUST_001"),
        ({"email": "john@example.com"}, "CUST_001"),
        ({"card": "CARD_123456"}, "CUST_003"),
        ({"phone": "+0987654321", "email": "john.doe@example.com"}, "CUST_002"),
        ({"phone": "nonsense", "email": "john.doe@example.com"}, "CUST_001"),
    ],
    ids=["phone", "email", "email alias", "card", "phone before email", "malformed phone"],
)
def test_a_known_person_keeps_their_id_and_the_tills_id_leads_to_them(
    till: Terminal, given: dict[str, str], expected: str
) -> None:
    assert till.answers(item(1, enrolment("tmp-1", **given))) == ["created"]
    merged = till.customer("tmp-1")
    assert merged["id"] == expected
    assert {"kind": "id", "value": "tmp-1"} in merged["aliases"]


@pytest.mark.parametrize("given", [{"phone": "12"}, {"email": "not-an-address"}, {"email": "@"}, {}])
def test_what_is_malformed_or_empty_matches_nobody(till: Terminal, given: dict[str, str]) -> None:
    till.push(item(1, enrolment("a", **given)), item(2, enrolment("b", **given)))
    assert till.customer("a")["id"] == "a"
    assert till.customer("b")["id"] == "b"


def test_a_match_fills_only_what_was_empty_and_keeps_the_rest_findable(till: Terminal) -> None:
    person = enrolment("tmp-1", phone="+5555555555", email="alice@new.example.com", card="CARD_9", last_name="Other")
    till.push(item(1, person))
    alice = till.customer("CUST_004")
    assert (alice["first_name"], alice["last_name"]) == ("Alice", "Johnson")
    assert (alice["email"], alice["card"], alice["points"]) == ("alice@new.example.com", "CARD_9", 250)
    again = enrolment("tmp-2", phone="+5555555555", email="alice@second.example.com")
    till.push(item(2, again))
    assert till.customer("CUST_004")["email"] == "alice@new.example.com"
    found = till.lookup("alice@second.example.com")
    assert isinstance(found, LookupResponse)
    assert found.customer is not None
    assert found.customer.id == "CUST_004"


def test_another_customers_identifier_is_not_taken_from_them(till: Terminal) -> None:
    # The phone is Alice's, the e-mail John's: Alice gets neither John's address nor an alias that hides him.
    till.push(item(1, enrolment("tmp-1", phone="+5555555555", email="john@example.com")))
    found = till.lookup("john@example.com")
    assert isinstance(found, LookupResponse)
    assert found.customer is not None
    assert found.customer.id == "CUST_001"
    assert till.customer("CUST_004")["email"] == ""


def test_two_tills_enrolling_the_same_phone_make_one_customer(till: Terminal, other_till: Terminal) -> None:
    head = till.pull(Collection.CUSTOMER_ALIASES).next
    till.push(item(1, enrolment("from-1", phone="015123456789")))
    other_till.push(item(1, enrolment("from-2", phone="+49 151 234 567 89", terminal_id="term_002")))
    till.push(item(2, sale(customer_id="from-1")))
    other_till.push(item(2, sale(customer_id="from-2", terminal_id="term_002")))
    merged = till.customer("from-2")
    assert (merged["id"], merged["total_orders"], merged["points"]) == ("from-1", 2, 16)
    aliases = till.rows(till.pull(Collection.CUSTOMER_ALIASES, head))
    assert [(row["kind"], row["value"], row["customer_id"]) for row in aliases] == [("id", "from-2", "from-1")]


def test_a_sale_that_comes_before_its_customer_is_attached_when_they_come(
    api: RunningApi, till: Terminal, other_till: Terminal
) -> None:
    early = sale(customer_id="late-1", completed_at="2026-11-20T09:00:00.000Z")
    assert till.answers(item(2, early)) == ["created"]
    assert till.summary()["points"] == 8
    assert till.problem("GET", "/v1/customers/late-1").code == "customer_not_found"
    assert till.answers(item(1, enrolment("late-1", phone="015123456789"))) == ["created"]
    late = till.customer("late-1")
    assert (late["points"], late["total_orders"], late["total_spent_minor"]) == (8, 1, 899)
    assert (late["first_order_at"], late["last_order_at"]) == (early.completed_at, early.completed_at)
    assert till.http.get(f"/v1/sales/{early.id}").json()["customer_id"] == "late-1"
    (row,) = [row for row in till.rows(till.pull(Collection.CUSTOMERS)) if row["id"] == "late-1"]
    assert (row["points"], row["own_seq"]) == (8, 2)


def test_a_waiting_sale_goes_to_whom_the_enrolment_turns_out_to_be(till: Terminal) -> None:
    till.push(item(2, sale(customer_id="late-1")))
    till.push(item(1, enrolment("late-1", phone="+5555555555")))
    alice = till.customer("CUST_004")
    assert (alice["points"], alice["total_orders"]) == (258, 1)


def test_enrolling_twice_with_one_id_changes_nothing(till: Terminal) -> None:
    person = enrolment("new-1", phone="015123456789")
    till.push(item(1, person), item(2, sale(customer_id="new-1")))
    assert till.answers(item(3, person)) == ["created"]
    known = till.customer("new-1")
    assert (known["points"], known["total_orders"], known["aliases"]) == (8, 1, [])


def test_an_enrolment_that_names_another_terminal_is_refused(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("wrong_terminal")
    assert till.answers(item(1, enrolment(new_id(), terminal_id="term_002"))) == ["rejected:wrong_terminal"]


def test_customers_are_numbered_in_turn(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, enrolment("a")), item(2, enrolment("b")))
    with read(api.engine) as connection:
        numbers = connection.scalars(sa.select(tables.customers.c.number).order_by(tables.customers.c.number)).all()
    assert list(numbers) == [1, 2, 3, 4, 5, 6]
