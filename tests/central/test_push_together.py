"""A batch is taken together, and what becomes of it is what would become of its items one after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_api import customers, tables
from central_api.database import open_engine, read
from central_api.ingest import Rejected, _check_plain, _is_plain
from central_api.logs import set_level
from central_api.push import push
from central_api.terminals import terminal_of
from pos_desktop.domain.events import freeze
from sync.protocol import PushItem
from tests.central.client import Terminal
from tests.support.central import TERMINALS, RunningApi, small_database
from tests.support.facts import batch, enrolment, item, journal, lookup, sale, void, with_
from tests.support.quiet import LogWatch

DONE = sale(sale_id="done", customer_id="CUST_001", journal_seq=3)
MAKERS: list[Callable[[int], PushItem]] = [
    lambda seq: item(seq, sale(customer_id="CUST_001", journal_seq=seq)),
    lambda seq: item(seq, sale(customer_id="new", redeem_points=100, journal_seq=seq)),
    lambda seq: item(seq, sale(customer_id="newer", credit_minor=50, journal_seq=seq)),
    lambda seq: item(seq, sale(journal_seq=seq)),
    lambda seq: item(seq, DONE, item_id="done-once"),
    lambda seq: item(seq, DONE, item_id="done-twice"),
    lambda seq: item(seq, sale(customer_id="CUST_001", loyalty=DONE.loyalty, journal_seq=seq)),
    lambda seq: item(seq, sale(total_minor=1)),
    lambda seq: item(seq, sale(store_id="nowhere")),
    lambda seq: item(seq, enrolment("new", phone="015123456789")),
    lambda seq: item(seq, enrolment("newer", phone="015123456789", card="CARD_5")),
    lambda seq: item(seq, journal(seq)),
    lambda seq: item(seq, journal(seq, "a" * 64)),
    lambda seq: item(seq, journal(3)),
    lambda seq: item(seq, lookup("looked-up")),
    lambda seq: item(seq, void("thrown-away"), item_id="thrown-away"),
    lambda seq: with_(item(seq, void()), kind="drone_landed", id="drone"),
    lambda seq: with_(item(seq, sale()), sha256="0" * 64),
    lambda seq: with_(item(seq, sale()), id="../up"),
]
# What a clock said, and how often a row was stamped: once a batch, however many facts touched it.
LEFT_OUT = {"received_at", "first_at", "last_at", "first_seen_at", "last_seen_at", "row_version", "feed_seq", "seq"}


@contextmanager
def _server() -> Iterator[sa.Engine]:
    with tempfile.TemporaryDirectory(prefix="till-central-") as folder:
        file = Path(folder) / "c.sqlite"
        file.write_bytes(small_database())
        engine = open_engine(f"sqlite:///{file}")
        set_level("ERROR")  # refusals are what is looked for here
        yield engine
        set_level("WARNING")
        engine.dispose()


def _push(engine: sa.Engine, batches: Sequence[Sequence[PushItem]]) -> tuple[list[str], tuple[int, list[int]]]:
    with read(engine) as connection:
        terminal = terminal_of(connection, f"Bearer {TERMINALS[0][1]}")
    responses = [push(engine, terminal, batch(items), max_items=100) for items in batches]
    answers = [f"{one.id} {one.status} {one.code}" for response in responses for one in response.answers]
    return answers, (responses[-1].high_water, responses[-1].missing)


def _content(engine: sa.Engine) -> dict[str, list[str]]:
    with read(engine) as connection:
        rows = {
            table.name: connection.execute(sa.select(*[c for c in table.columns if c.name not in LEFT_OUT])).all()
            for table in tables.metadata.sorted_tables
            if table is not tables.meta
        }
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(MAKERS), st.integers(1, 12)), min_size=1, max_size=12), st.booleans())
def test_a_batch_becomes_what_its_items_become_one_after_another(
    drawn: list[tuple[Callable[[int], PushItem], int]], again: bool
) -> None:
    items = [make(seq) for make, seq in drawn]
    items += items[::2] if again else []
    with _server() as together, _server() as alone:
        assert _push(together, [items]) == _push(alone, [[one] for one in items])
        assert _content(together) == _content(alone)
        assert _push(together, [items]) == _push(alone, [[one] for one in items])
        assert _content(together) == _content(alone)


def test_many_sales_of_many_customers_are_counted_each_for_its_own(till: Terminal) -> None:
    names = ["CUST_001", "CUST_002", "CUST_003", "CUST_004", None]
    items = [item(seq, sale(customer_id=names[seq % 5], lines=seq % 3 + 1, journal_seq=seq)) for seq in range(1, 101)]
    before = {name: till.customer(name)["total_spent_minor"] for name in names if name}
    assert set(till.answers(*items)) == {"created"}
    for place, name in enumerate(names):
        if name is not None:
            spent = sum(899 * (seq % 3 + 1) for seq in range(1, 101) if seq % 5 == place)
            assert till.customer(name)["total_spent_minor"] - before[name] == spent


def test_a_batch_in_order_costs_as_many_statements_long_as_short(api: RunningApi, till: Terminal) -> None:
    def sold(first: int, last: int) -> int:
        counted.clear()
        till.push(
            *[item(seq, sale(customer_id=f"CUST_00{seq % 4 + 1}", journal_seq=seq)) for seq in range(first, last)]
        )
        return len(counted)

    counted: list[str] = []
    sa.event.listen(api.engine, "before_cursor_execute", lambda *told: counted.append(str(told[2])))
    sold(1, 2)
    assert sold(2, 6) == sold(6, 106)


def test_a_refusal_is_logged_once_however_often_its_batch_was_tried(till: Terminal, expected_logs: LogWatch) -> None:
    expected_logs("sums_differ", "duplicate_fact")
    done = sale()
    answers = till.answers(item(1, sale()), item(2, sale(total_minor=1)), item(3, done), item(4, done), item(5, sale()))
    assert answers == ["created", "rejected:sums_differ", "created", "rejected:duplicate_fact", "created"]
    assert len(expected_logs.lines) == 2


@given(
    st.one_of(
        st.text(max_size=700),
        st.integers(0, 120).map(lambda size: "x" * (440 + size)),
        st.sampled_from(["\x00", "a\x00", '"' * 501, "\\" * 501, "9" * 16, "é" * 500]),
    ),
    st.integers(-(2**63), 2**63 - 1),
)
def test_a_glance_never_passes_what_a_close_look_refuses(text: str, number: int) -> None:
    fact = void(reason="", employee_id=text.encode("utf-8", "ignore").decode(), total_minor=number)
    try:
        _check_plain(msgspec.to_builtins(fact))
    except Rejected:
        assert not _is_plain(freeze(fact).payload)


def test_most_payloads_pass_at_a_glance() -> None:
    assert _is_plain(freeze(sale(customer_id="CUST_001", lines=5, journal_hash="ab" * 32)).payload)


def test_ids_of_many_are_resolved_as_ids_of_one(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, enrolment("new", phone="+1234567890")), item(2, enrolment("other", card="CARD_9")))
    said = ["CUST_001", "new", "other", "nobody"]
    with read(api.engine) as connection:
        each = {one: customers.resolve(connection, "demo", one) for one in said}
        assert customers.resolve_all(connection, "demo", said) == {one: who for one, who in each.items() if who}
