"""What tills are sent: everything, once, in pages, whatever changes meanwhile."""

from __future__ import annotations

import base64
from pathlib import Path

import sqlalchemy as sa

from central_api import tables
from central_api.database import write
from central_api.feed import Changes, bury, revive
from central_api.server_epoch import begin_new_epoch
from sync.protocol import PULL_PATH, Collection
from tests.central.client import Terminal
from tests.support.central import PRODUCT, SHOP, RunningApi, customer, running_api, small_shop
from tests.support.facts import enrolment, item, sale


def _rename(api: RunningApi, *customer_ids: str) -> None:
    changes = Changes()
    with write(api.engine) as connection:
        for customer_id in customer_ids:
            c = tables.customers
            connection.execute(sa.update(c).where(c.c.id == customer_id).values(first_name="Changed"))
            changes.touch(Collection.CUSTOMERS, customer_id)
        changes.stamp(connection, SHOP.tenant_id)


def test_every_collection_is_sent_with_its_columns(till: Terminal) -> None:
    pages = {collection: till.pull(collection) for collection in Collection}
    assert {collection: len(page.rows) for collection, page in pages.items()} == {
        Collection.SETTINGS: 1,
        Collection.EMPLOYEES: 1,
        Collection.TAXES: 1,
        Collection.CATEGORIES: 1,
        Collection.PRODUCTS: 1,
        Collection.CUSTOMERS: 4,
        Collection.CUSTOMER_ALIASES: 1,
    }
    (shop,) = till.rows(pages[Collection.SETTINGS])
    assert (shop["id"], shop["body"]["region"], shop["body"]["programme"]["redeem_points"]) == ("shop", "DE", 100)
    (employee,) = till.rows(pages[Collection.EMPLOYEES])
    assert employee["pin_hash"].startswith("$argon2id$")
    assert employee["active"] is True
    (product,) = till.rows(pages[Collection.PRODUCTS])
    assert {name: product[name] for name in PRODUCT} == PRODUCT
    (alias,) = till.rows(pages[Collection.CUSTOMER_ALIASES])
    assert (alias["kind"], alias["value"], alias["customer_id"]) == ("email", "john@example.com", "CUST_001")


def test_pages_follow_each_other_without_a_gap_or_a_repeat(tmp_path: Path) -> None:
    many = [customer(f"C{number:03}", points=number) for number in range(57)]
    with running_api(tmp_path / "c.sqlite", small_shop(customers=many)) as api, Terminal(api.url, api.token) as till:
        seen: list[str] = []
        cursor, more = "", True
        while more:
            page = till.pull(Collection.CUSTOMERS, cursor, limit=10)
            assert len(page.rows) <= 10
            assert page.count == (0 if page.more else 57)
            seen += [row["id"] for row in till.rows(page)]
            cursor, more = page.next, page.more
        assert seen == [one["id"] for one in many]
        assert till.pull(Collection.CUSTOMERS, cursor).rows == []


def test_a_page_that_ends_with_the_last_row_says_so(till: Terminal) -> None:
    page = till.pull(Collection.CUSTOMERS, limit=4)
    assert (len(page.rows), page.more, page.count) == (4, False, 4)


def test_a_row_that_changes_while_a_till_pages_comes_again_with_its_new_version(
    api: RunningApi, till: Terminal
) -> None:
    first = till.pull(Collection.CUSTOMERS, limit=2)
    _rename(api, "CUST_001", "CUST_004")
    rest = till.pull(Collection.CUSTOMERS, first.next, limit=10)
    assert [(row["id"], row["row_version"]) for row in till.rows(rest)] == [
        ("CUST_003", 1),
        ("CUST_001", 2),
        ("CUST_004", 2),
    ]
    assert till.pull(Collection.CUSTOMERS, rest.next).rows == []


def test_a_deleted_row_is_told_of_and_stays_so(api: RunningApi, till: Terminal, other_till: Terminal) -> None:
    head = till.pull(Collection.PRODUCTS).next
    with write(api.engine) as connection:
        bury(connection, SHOP.tenant_id, Collection.PRODUCTS, ["BURGER", "never there"])
    page = till.pull(Collection.PRODUCTS, head)
    assert (page.rows, page.deleted, page.count) == ([], [("BURGER", 2)], 0)
    assert till.pull(Collection.PRODUCTS, page.next).deleted == []
    assert other_till.pull(Collection.PRODUCTS).deleted == [("BURGER", 2)]


def test_a_row_made_again_is_newer_than_its_tombstone(api: RunningApi, till: Terminal) -> None:
    changes = Changes()
    with write(api.engine) as connection:
        bury(connection, SHOP.tenant_id, Collection.CATEGORIES, ["food"])
        versions = revive(connection, SHOP.tenant_id, Collection.CATEGORIES, ["food"])
        row = {"tenant_id": SHOP.tenant_id, "id": "food", "name": "Food again", "colour": "#000000", "position": 2}
        row |= {"row_version": versions["food"], "feed_seq": 0}
        connection.execute(sa.insert(tables.categories), row)
        changes.touch(Collection.CATEGORIES, "food")
        changes.stamp(connection, SHOP.tenant_id)
    page = till.pull(Collection.CATEGORIES)
    assert page.deleted == []
    assert [(row["id"], row["row_version"]) for row in till.rows(page)] == [("food", 3)]


def test_rows_and_tombstones_share_a_page_in_the_order_they_happened(api: RunningApi, till: Terminal) -> None:
    head = till.pull(Collection.CUSTOMERS).next
    _rename(api, "CUST_001")
    with write(api.engine) as connection:
        bury(connection, SHOP.tenant_id, Collection.CUSTOMERS, ["CUST_002"])
    _rename(api, "CUST_003")
    seen = []
    more = True
    while more:
        page = till.pull(Collection.CUSTOMERS, head, limit=1)
        seen.append(([row["id"] for row in till.rows(page)], [row_id for row_id, _ in page.deleted]))
        head, more = page.next, page.more
    assert seen == [(["CUST_001"], []), ([], ["CUST_002"]), (["CUST_003"], [])]


def test_a_customer_touched_by_many_sales_of_a_batch_is_sent_once(till: Terminal) -> None:
    head = till.pull(Collection.CUSTOMERS).next
    till.push(*[item(seq, sale(customer_id="CUST_001", journal_seq=seq)) for seq in range(1, 11)])
    (row,) = till.rows(till.pull(Collection.CUSTOMERS, head))
    assert (row["points"], row["row_version"], row["own_seq"]) == (1_250 + 80, 2, 10)


def test_heads_are_the_cursors_of_a_till_that_is_up_to_date(till: Terminal) -> None:
    before = {head.collection: (head.cursor, head.count) for head in till.heads().heads}
    pages = {collection: till.pull(collection) for collection in Collection}
    assert {collection: (page.next, page.count) for collection, page in pages.items()} == before
    till.push(item(1, enrolment("new-1", phone="015123456789")))
    after = {head.collection: (head.cursor, head.count) for head in till.heads().heads}
    assert [collection for collection in Collection if after[collection] != before[collection]] == [
        Collection.CUSTOMERS
    ]
    assert after[Collection.CUSTOMERS][1] == 5


def test_a_new_server_epoch_ends_all_cursors(api: RunningApi, till: Terminal) -> None:
    page = till.pull(Collection.CUSTOMERS)
    with write(api.engine) as connection:
        epoch = begin_new_epoch(connection)
    problem = till.problem("GET", PULL_PATH, params={"c": "customers", "cursor": page.next})
    assert (problem.status, problem.code) == (410, "cursor_gone")
    assert till.pull(Collection.CUSTOMERS).server_epoch == epoch
    assert till.push().server_epoch == epoch


def test_a_cursor_from_beyond_the_end_is_gone(api: RunningApi, till: Terminal) -> None:
    _rename(api, "CUST_001")
    ahead = till.pull(Collection.CUSTOMERS).next
    with write(api.engine) as connection:
        connection.execute(sa.update(tables.feed_counters).values(seq=1))
    problem = till.problem("GET", PULL_PATH, params={"c": "customers", "cursor": ahead})
    assert (problem.status, problem.code) == (410, "cursor_gone")


NO_CURSORS = ["nonsense", "é", "%", "e30", base64.urlsafe_b64encode(b'{"c":"customers","e":"x","s":-1}').decode(), "A"]


def test_what_never_was_a_cursor_of_this_server_is_gone(till: Terminal) -> None:
    for cursor in NO_CURSORS:
        problem = till.problem("GET", PULL_PATH, params={"c": "customers", "cursor": cursor})
        assert (problem.status, problem.code) == (410, "cursor_gone")


def test_a_cursor_of_another_collection_is_refused(till: Terminal) -> None:
    cursor = till.pull(Collection.TAXES).next
    problem = till.problem("GET", PULL_PATH, params={"c": "customers", "cursor": cursor})
    assert (problem.status, problem.code) == (400, "bad_cursor")


SENSELESS: list[tuple[dict[str, str | int], int, str]] = [
    ({}, 422, "bad_parameter"),
    ({"c": "secrets"}, 400, "unknown_collection"),
    ({"c": "customers", "limit": 0}, 422, "bad_parameter"),
    ({"c": "customers", "limit": "many"}, 422, "bad_parameter"),
]


def test_a_pull_that_makes_no_sense_is_refused(till: Terminal) -> None:
    for parameters, status, code in SENSELESS:
        problem = till.problem("GET", PULL_PATH, params=parameters)
        assert (problem.status, problem.code) == (status, code)


def test_a_till_that_is_too_old_may_push_but_not_pull(till: Terminal) -> None:
    till.http.headers["X-Till-Protocol"] = "0"
    problem = till.problem("GET", PULL_PATH, params={"c": "customers"})
    assert (problem.status, problem.code) == (426, "protocol_too_old")
    assert till.answers(item(1, sale())) == ["created"]
