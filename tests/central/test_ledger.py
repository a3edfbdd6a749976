"""What sales make of a customer: points, credit, statistics, and what of it a terminal already knows itself."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from central_api import tables
from central_api.database import read
from central_api.ingest_sale import differences
from sync.protocol import Collection, LookupResponse
from tests.central.client import Terminal
from tests.support.central import RunningApi
from tests.support.facts import item, lookup, sale
from tests.support.quiet import LogWatch


def test_sales_are_counted_into_the_customers_statistics_once(till: Terminal) -> None:
    sales = [
        sale(customer_id="CUST_004", completed_at="2026-11-20T12:00:00.000Z"),
        sale(customer_id="CUST_004", completed_at="2026-11-19T12:00:00.000Z", lines=2),
        sale(customer_id="CUST_004", completed_at="2026-11-21T12:00:00.000Z"),
    ]
    items = [item(seq, one) for seq, one in enumerate(sales, 1)]
    till.push(*items)
    till.push(*items)
    alice = till.customer("CUST_004")
    assert (alice["total_orders"], alice["total_spent_minor"]) == (3, 4 * 899)
    assert (alice["average_order_minor"], alice["lifetime_value_minor"]) == (1_199, 4 * 899)
    assert (alice["first_order_at"], alice["last_order_at"]) == (
        "2026-11-19T12:00:00.000Z",
        "2026-11-21T12:00:00.000Z",
    )


def test_a_sale_that_names_no_instant_is_counted_all_the_same(till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_004", completed_at="")))
    alice = till.customer("CUST_004")
    assert (alice["total_orders"], alice["first_order_at"], alice["last_order_at"]) == (1, None, None)


def test_a_guests_sale_touches_nobody(till: Terminal) -> None:
    head = till.pull(Collection.CUSTOMERS).next
    till.push(item(1, sale()))
    assert till.pull(Collection.CUSTOMERS, head).rows == []


def test_points_earned_and_spent_change_the_balance(till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_001", lines=2, redeem_points=500)))
    assert till.customer("CUST_001")["points"] == 1_250 - 500 + 12
    assert till.summary()["points"] == -488
    assert till.summary()["tenders"] == {"cash": 1_298, "points": 500}


def test_store_credit_spent_leaves_its_ledger(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_001", credit_minor=300)))
    john = till.customer("CUST_001")
    assert (john["credit_minor"], john["overspent"]) == (-300, True)
    assert till.summary()["credit_minor"] == -300


def test_a_balance_below_zero_is_kept_and_flagged(till: Terminal, other_till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_004", redeem_points=250)))
    other_till.push(item(1, sale(customer_id="CUST_004", redeem_points=250, terminal_id="term_002")))
    alice = till.customer("CUST_004")
    assert (alice["points"], alice["overspent"]) == (250 - 500 + 12, True)
    till.push(item(2, sale(customer_id="CUST_004", lines=40, receipt_number=2, journal_seq=2)))
    assert till.customer("CUST_004")["overspent"] is False


def test_own_seq_counts_the_asking_installation_only(api: RunningApi, till: Terminal, other_till: Terminal) -> None:
    till.push(item(1, lookup()), item(2, sale(customer_id="CUST_001")), item(3, sale(customer_id="CUST_002")))
    till.push(item(4, sale(customer_id="CUST_001", credit_minor=100)))
    other_till.push(item(1, sale(customer_id="CUST_001", terminal_id="term_002")))

    def own(terminal: Terminal) -> dict[str, int]:
        return {row["id"]: row["own_seq"] for row in terminal.rows(terminal.pull(Collection.CUSTOMERS))}

    assert own(till) == {"CUST_001": 4, "CUST_002": 3, "CUST_003": 0, "CUST_004": 0}
    assert own(other_till) == {"CUST_001": 1, "CUST_002": 0, "CUST_003": 0, "CUST_004": 0}
    with Terminal(api.url, api.token, "epoch-new") as reinstalled:
        assert set(own(reinstalled).values()) == {0}
    found = till.lookup("+1234567890")
    assert isinstance(found, LookupResponse)
    assert found.customer is not None
    assert found.customer.own_seq == 4


def test_without_an_epoch_the_last_one_that_pushed_counts(till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_001")))
    del till.http.headers["X-Till-Epoch"]
    own = {row["id"]: row["own_seq"] for row in till.rows(till.pull(Collection.CUSTOMERS))}
    assert own["CUST_001"] == 1


def test_every_balance_is_the_sum_of_its_ledger(api: RunningApi, till: Terminal) -> None:
    till.push(
        item(1, sale(customer_id="CUST_001", redeem_points=100)),
        item(2, sale(customer_id="CUST_002")),
        item(3, sale(customer_id="CUST_001")),
    )
    c, entries = tables.customers, tables.loyalty_entries
    with read(api.engine) as connection:
        balances = {row.id: row.points for row in connection.execute(sa.select(c.c.id, c.c.points))}
        sums = connection.execute(
            sa.select(entries.c.customer_id, sa.func.sum(entries.c.points)).group_by(entries.c.customer_id)
        ).all()
        assert balances == {row[0]: row[1] for row in sums}


def test_a_ledger_entry_of_somebody_else_is_refused(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("bad_ledger")
    mine, theirs = sale(customer_id="CUST_001"), sale(customer_id="CUST_002")
    assert till.answers(item(1, sale(customer_id="CUST_001", loyalty=theirs.loyalty))) == ["rejected:bad_ledger"]
    assert till.answers(item(2, sale(loyalty=mine.loyalty))) == ["rejected:bad_ledger"]
    assert till.answers(item(3, sale(customer_id="CUST_001", loyalty=mine.loyalty + theirs.loyalty))) == [
        "rejected:bad_ledger"
    ]
    assert till.customer("CUST_001")["points"] == 1_250


@given(
    st.sampled_from(
        [
            "gross_minor",
            "discount_minor",
            "net_minor",
            "tax_minor",
            "total_minor",
            "rounding_minor",
            "drawer_minor",
        ]
    ),
    st.integers(-1_000, 1_000).filter(bool),
)
def test_no_sum_of_a_sale_can_be_changed_unnoticed(name: str, by: int) -> None:
    whole = sale(customer_id="CUST_001", lines=3, redeem_points=100, credit_minor=50)
    assert differences(whole) == []
    assert differences(sale(lines=3, **{name: getattr(whole, name) + by}))
