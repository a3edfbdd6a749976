"""The copy becomes and stays equal to the centre, page by page, whatever is cut, repeated, reordered or forgotten."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import central_api.pull
from central_api.database import write
from central_api.feed import TABLE_OF, Changes, bury
from pos_desktop.domain.customers import LookupOutcome
from pos_desktop.domain.errors import NotFound
from pos_desktop.services.views import SyncState
from pos_desktop.storage import replica
from pos_desktop.storage.replica import Page, ReplicaReader, ReplicaWriter, collections
from pos_desktop.storage.replica_rows import BadPage
from sync.http import Api, Unreachable
from sync.protocol import PULL_PATH, Collection, PullResponse
from sync.pull import UnusablePage
from tests.support.central import PRODUCT, RunningApi, customer, running_api, small_shop
from tests.support.proxy import LOGIN_PAGE, ChaosProxy, CutDown, Respond, http_response, problem
from tests.support.quiet import LogWatch
from tests.sync.shops import SyncedTill, central_rows, synced_till

NOW = "2026-11-20T08:00:00.000Z"
TABLES = ("employees", "taxes", "categories", "products", "customers", "customer_aliases")


def pages_of(api: Api, collection: Collection, rows: int) -> list[PullResponse]:
    pages: list[PullResponse] = []
    cursor = ""
    while True:
        params: dict[str, str | int] = {"c": collection.value, "cursor": cursor, "limit": rows}
        pages.append(api.get(PULL_PATH, params, PullResponse))
        cursor = pages[-1].next
        if not pages[-1].more:
            return pages


def as_page(page: PullResponse) -> Page:
    return Page(
        page.collection.value,
        page.columns,
        page.rows,
        page.deleted,
        page.next,
        page.more,
        page.count,
        page.schema_v,
        page.server_epoch,
    )


def change(central: RunningApi, collection: Collection, row_id: str, **values: Any) -> None:
    """Change a row at the centre."""
    table = TABLE_OF[collection]
    with write(central.engine) as connection:
        connection.execute(sa.update(table).where(table.c.id == row_id).values(**values))
        changes = Changes()
        changes.touch(collection, row_id)
        changes.stamp(connection, "demo")


def test_a_new_till_loads_every_collection_whole(central: RunningApi, till: SyncedTill) -> None:
    for table in TABLES:
        assert till.rows(table) == central_rows(central, table)
    shop = till.till.shop
    assert shop is not None
    assert shop.name == "Test Market"
    assert till.till.catalogue.by_code("4006381333931").id == "BURGER"
    status = till.till.sync.status()
    assert status.state is SyncState.UP_TO_DATE
    assert all(one.complete and one.rows == one.expected for one in status.loading)


def test_a_page_and_its_cursor_are_written_together_or_not_at_all(
    tmp_path: Path, central: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    with synced_till(tmp_path / "till", central, loaded=False) as till:

        def fail(*_: object) -> None:
            raise RuntimeError("the process ends here")

        with monkeypatch.context() as broken:
            broken.setattr(replica, "_keep_cursor", fail)
            with pytest.raises(RuntimeError):
                till.puller.pull_page(Collection.CUSTOMERS, NOW)
        assert till.rows("customers") == []
        with till.replica.database.read() as connection:
            assert "customers" not in collections(connection)
        assert till.turn().state is SyncState.UP_TO_DATE
        assert till.rows("customers") == central_rows(central, "customers")


def test_a_load_that_is_cut_goes_on_where_it_was(tmp_path: Path, central: RunningApi, line: ChaosProxy) -> None:
    with synced_till(tmp_path / "till", central, line, loaded=False, page_rows=1) as till:
        line.plan(CutDown(5_000))
        assert till.turn().state is SyncState.OFFLINE
        before = till.till.sync.status()
        loaded = {one.name: one.rows for one in before.loading}
        assert 0 < sum(loaded.values()) < 9
        assert not till.till.customers.complete()
        assert till.turn().state is SyncState.UP_TO_DATE
        # Every row came once: 4 customers, and one page for each of the others (the settings' only one among them).
        assert till.progress.count(frozenset({"customers"})) == 4
        assert till.rows("customers") == central_rows(central, "customers")


def test_while_a_till_loads_a_miss_is_not_said_to_be_nobody(
    tmp_path: Path, central: RunningApi, line: ChaosProxy
) -> None:
    with synced_till(tmp_path / "till", central, line, loaded=False, page_rows=1) as till:
        till.puller.news()
        till.puller.pull_page(Collection.CUSTOMERS, NOW)
        (loading,) = [one for one in till.till.sync.status().loading if one.name == "customers"]
        assert (loading.rows, loading.expected, loading.complete) == (1, 4, False)
        assert not till.till.customers.complete()


def test_repeated_and_late_pages_do_no_harm(tmp_path: Path, central: RunningApi, till: SyncedTill) -> None:
    late = pages_of(till.api, Collection.CUSTOMERS, 1)
    for name in ("CUST_001", "CUST_003", "CUST_001"):
        till.sell(name)
        till.turn()
        late += pages_of(till.api, Collection.CUSTOMERS, 1)
    for seed in range(8):
        chance = random.Random(seed)
        with synced_till(tmp_path / f"till-{seed}", central, loaded=False, page_rows=1) as other:
            have: set[str] = {""}
            for _ in range(12):
                stood = stands(other).get("customers", "")
                # What was asked for once may come again, at any time later; never what was not asked for yet.
                again = [page for page, base in zip(late, bases(late), strict=True) if base in have]
                if chance.random() < 0.5:
                    other.replica.apply(as_page(chance.choice(again)), NOW)
                else:
                    other.puller.pull_page(Collection.CUSTOMERS, NOW)
                have |= {stood, stands(other)["customers"]}
            assert other.turn().state is SyncState.UP_TO_DATE
            assert other.rows("customers") == central_rows(central, "customers")
            assert other.turn().changed == set()


def bases(pages: list[PullResponse]) -> list[str]:
    """The cursor that each of some whole loads' pages was asked with."""
    return ["" if not before or not before.more else before.next for before in [None, *pages[:-1]]]


def stands(till: SyncedTill) -> dict[str, str]:
    with till.replica.database.read() as connection:
        return {name: one.cursor for name, one in collections(connection).items()}


def test_a_row_never_goes_back_to_an_older_version(central: RunningApi, till: SyncedTill) -> None:
    (old,) = pages_of(till.api, Collection.PRODUCTS, 10)
    change(central, Collection.PRODUCTS, "BURGER", price_minor=999)
    till.turn()
    till.replica.apply(as_page(old), NOW)
    assert till.till.catalogue.by_id("BURGER").price_minor == 999


def test_a_changed_product_is_found_by_its_new_name_and_codes_only(central: RunningApi, till: SyncedTill) -> None:
    with write(central.engine) as connection:
        connection.exec_driver_sql("UPDATE product_barcodes SET code = '5901234123457' WHERE code = '96385074'")
    change(central, Collection.PRODUCTS, "BURGER", name="Veggie bowl")
    till.turn()
    assert till.till.catalogue.by_code("5901234123457").name == "Veggie bowl"
    with pytest.raises(NotFound):
        till.till.catalogue.by_code("96385074")
    assert till.till.catalogue.products(text="veggie").total == 1
    assert till.till.catalogue.products(text="cheese").total == 0


def test_deleted_rows_vanish(central: RunningApi, till: SyncedTill) -> None:
    with write(central.engine) as connection:
        bury(connection, "demo", Collection.PRODUCTS, ["BURGER"])
        bury(connection, "demo", Collection.CUSTOMERS, ["CUST_004"])
    till.turn()
    assert till.rows("products") == []
    assert till.till.catalogue.products(text="burger").total == 0
    with pytest.raises(NotFound):
        till.till.catalogue.by_code("4006381333931")
    assert [row[0] for row in till.rows("customers")] == ["CUST_001", "CUST_002", "CUST_003"]


def test_a_server_set_back_to_a_backup_is_copied_anew_even_where_its_versions_are_lower(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("server_epoch_changed", "pull_cursor_gone")
    saved = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(tmp_path / "central.sqlite")) as source, closing(sqlite3.connect(saved)) as copy:
        source.backup(copy)
    for price in (901, 902, 903):
        change(central, Collection.PRODUCTS, "BURGER", price_minor=price)
    with write(central.engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO products SELECT * FROM products WHERE 0"  # the shape stays; the row below is new
        )
    change(central, Collection.CUSTOMERS, "CUST_004", first_name="Alison")
    till.turn()
    assert till.till.catalogue.by_id("BURGER").price_minor == 903
    change(central, Collection.CUSTOMERS, "CUST_004", first_name="Alina")
    till.clock.advance(4_000)
    assert till.till.customers.lookup("+5555555555").outcome is LookupOutcome.API
    assert till.till.customers.profile("CUST_004").customer.first_name == "Alina"
    with running_api(saved) as restored:
        with write(restored.engine) as connection:
            connection.exec_driver_sql("UPDATE meta SET value = 'restored' WHERE key = 'epoch'")
            connection.exec_driver_sql("DELETE FROM customers WHERE id = 'CUST_002'")
        line.lead_to(restored.port)
        line.plan()
        assert till.turn().state is SyncState.UP_TO_DATE
        assert till.till.catalogue.by_id("BURGER").price_minor == 899
        assert till.till.customers.profile("CUST_004").customer.first_name == "Alice"
        assert till.till.catalogue.by_code("96385074").id == "BURGER"
        for table in TABLES:
            assert till.rows(table) == central_rows(restored, table)
        assert all(one.complete for one in till.till.sync.status().loading)


def test_while_a_collection_is_loaded_anew_the_old_rows_still_sell(
    central: RunningApi, line: ChaosProxy, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("pull_cursor_gone")
    line.plan(Respond(problem(410, "cursor_gone")))
    assert till.puller.pull_page(Collection.PRODUCTS, NOW)
    line.plan()
    assert till.sell().total_minor == 899
    assert till.turn().state is SyncState.UP_TO_DATE
    assert till.rows("products") == central_rows(central, "products")


def test_a_cursor_that_the_server_cannot_read_is_loaded_anew(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("pull_cursor_gone")
    with till.replica.database.write() as connection:
        connection.exec_driver_sql("UPDATE collections SET cursor = 'of another age' WHERE name = 'customers'")
    assert till.turn().state is SyncState.UP_TO_DATE
    assert till.rows("customers") == central_rows(central, "customers")


def test_a_server_that_forgets_even_an_empty_cursor_is_not_asked_for_ever(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, expected_logs: LogWatch
) -> None:
    with synced_till(tmp_path / "till", central, line, loaded=False) as till:
        line.plan(Respond(problem(410, "cursor_gone")))
        with pytest.raises(Exception, match="cursor_gone"):
            till.puller.pull_page(Collection.PRODUCTS, NOW)
        assert line.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        LOGIN_PAGE,
        http_response(200, b"{}", "application/json"),
        http_response(200, b'{"rows": []}', "application/json"),
    ],
    ids=["login page", "empty object", "half a page"],
)
def test_what_is_not_a_page_of_ours_changes_nothing(line: ChaosProxy, till: SyncedTill, answer: bytes) -> None:
    before = till.rows("customers"), stand(till, "customers")
    line.plan(Respond(answer))
    with pytest.raises(Unreachable, match="not_ours"):
        till.puller.pull_page(Collection.CUSTOMERS, NOW)
    assert (till.rows("customers"), stand(till, "customers")) == before
    line.plan(Respond(answer))
    turn = till.turn()
    assert (turn.state, turn.error) == (SyncState.OFFLINE, "not_ours")


def stand(till: SyncedTill, name: str) -> object:
    with till.replica.database.read() as connection:
        return collections(connection)[name]


def page_body(collection: str, following: str, *, more: bool) -> bytes:
    return (
        f'{{"collection":"{collection}","server_epoch":"e","server_time":"t","schema_v":1,"columns":["id"],"rows":[],'
        f'"deleted":[],"next":"{following}","more":{str(more).lower()}}}'
    ).encode()


@pytest.mark.parametrize("collection", ["taxes", "customers"])
def test_a_page_that_does_not_follow_its_cursor_is_not_ours(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, collection: str
) -> None:
    with synced_till(tmp_path / "till", central, line, loaded=False) as till:
        line.plan(Respond(http_response(200, page_body(collection, "", more=True), "application/json")))
        with pytest.raises(Unreachable, match="not_ours"):
            till.puller.pull_page(Collection.CUSTOMERS, NOW)


def test_a_collection_that_this_release_cannot_store_holds_up_no_other(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("sync_request_refused")
    columns = central_api.pull._COLUMNS
    with monkeypatch.context() as newer:
        newer.setitem(columns, Collection.PRODUCTS, columns[Collection.PRODUCTS][:-2])
        change(central, Collection.PRODUCTS, "BURGER", price_minor=950)
        change(central, Collection.CUSTOMERS, "CUST_004", first_name="Alison")
        sold = till.sell()
        turn = till.turn()
        assert (turn.state, turn.error) == (SyncState.REFUSED, "bad_page")
        assert till.till.customers.profile("CUST_004").customer.first_name == "Alison"
        assert till.till.catalogue.by_id("BURGER").price_minor == 899
        assert till.till.sales.get(sold.id).synced
        with pytest.raises(UnusablePage, match="bad_page"):
            till.puller.pull_page(Collection.PRODUCTS, NOW)
    assert till.turn().state is SyncState.UP_TO_DATE
    assert till.till.catalogue.by_id("BURGER").price_minor == 950


@pytest.mark.parametrize(
    "row",
    [["X"], ["X", None, "n", "c", 1], ["X", 9, ["n"], "c", 1], ["X", 9, "n", "c", 2**70], ["X", 9, None, "c", 1]],
    ids=["too short", "without a version", "a list for a name", "a huge number", "without a name"],
)
def test_a_row_that_cannot_be_stored_refuses_its_page_and_leaves_the_cursor(till: SyncedTill, row: list[Any]) -> None:
    before = till.rows("categories"), stand(till, "categories")
    columns = ["id", "row_version", "name", "colour", "position"]
    good = ["GOOD", 1, "Good", "#000000", 1]
    with pytest.raises(BadPage):
        till.replica.apply(Page("categories", columns, [good, row], (), "next", False, 9, 1, "e"), NOW)
    assert (till.rows("categories"), stand(till, "categories")) == before


def test_collections_of_a_newer_server_are_passed_over(line: ChaosProxy, till: SyncedTill) -> None:
    body = b'{"server_epoch":"e","server_time":"t","high_water":0,"heads":[{"collection":"vouchers","cursor":"c","count":1}]}'
    line.plan(Respond(http_response(200, body, "application/json")))
    assert till.puller.news().behind == []


def test_twenty_thousand_customers_come_in_pages_and_can_be_found(tmp_path: Path) -> None:
    people = [
        customer(f"C{number:05}", first_name="Kim", last_name=f"No {number}", phone=f"+49151{number:08}")
        for number in range(20_000)
    ]
    with (
        running_api(tmp_path / "central.sqlite", small_shop(customers=people)) as central,
        synced_till(tmp_path / "till", central) as till,
    ):
        assert till.progress.count(frozenset({"customers"})) == 4
        assert till.rows("customers") == central_rows(central, "customers")
        assert till.till.customers.lookup("+49 151 00012345").known is not None
        with till.replica.database.read() as connection:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN SELECT id FROM customers WHERE phone_e164 = 'x'")
            assert "ix_customers_phone" not in "".join(str(row) for row in plan)
            plan = connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT id FROM customers WHERE phone_e164 = 'x' AND phone_e164 <> ''"
            )
            assert "ix_customers_phone" in "".join(str(row) for row in plan)


def test_a_copy_that_lost_a_row_is_loaded_anew_once(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("replica_drifted")
    with till.replica.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM customers WHERE id = 'CUST_002'")
        connection.exec_driver_sql("UPDATE collections SET row_count = 3 WHERE name = 'customers'")
    assert till.turn().state is SyncState.UP_TO_DATE
    assert till.rows("customers") == central_rows(central, "customers")
    # A count that stays wrong is the server's fault, and no reason to load the same again and again.
    with till.replica.database.write() as connection:
        connection.exec_driver_sql("UPDATE collections SET row_count = 3 WHERE name = 'customers'")
    assert till.turn().changed == set()


def test_a_collection_that_gained_a_column_is_loaded_anew(
    central: RunningApi, till: SyncedTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    with till.replica.database.write() as connection:
        connection.exec_driver_sql("UPDATE customers SET note = 'as an older release left it'")
    monkeypatch.setitem(central_api.pull.SCHEMA_V, Collection.CUSTOMERS, 2)
    change(central, Collection.CUSTOMERS, "CUST_004", first_name="Alison")
    assert till.turn().state is SyncState.UP_TO_DATE
    assert {row[1] for row in till.rows("customers", "id, note")} == {""}
    assert till.turn().changed == set()


def test_a_damaged_copy_is_put_aside_and_fetched_again_while_the_till_has_it_open(
    tmp_path: Path, central: RunningApi, expected_logs: LogWatch
) -> None:
    path = tmp_path / "replica.sqlite"
    ReplicaWriter(path).close()
    reader = ReplicaReader(path)
    with reader.read() as connection:
        assert connection is not None
    path.write_bytes(b"this is no database at all" * 400)
    writer = ReplicaWriter(path)
    try:
        assert path.with_suffix(".old").read_bytes().startswith(b"this is no database")
        with reader.read() as connection:
            assert connection is not None
            assert collections(connection) == {}
    finally:
        reader.close()
        writer.close()


def test_a_copy_of_another_schema_is_put_aside_together_with_its_log(tmp_path: Path) -> None:
    path = tmp_path / "replica.sqlite"
    old = ReplicaWriter(path)
    old.put_state({"state": "old"})
    with old.database.write() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 99")
    new = ReplicaWriter(path)
    try:
        with new.database.read() as connection:
            assert replica.sync_state(connection) == {}
        # Whoever still has the old file open writes into its own log, and not into the new file's.
        old.put_state({"state": "old again"})
        with new.database.read() as connection:
            assert replica.sync_state(connection) == {}
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    finally:
        new.close()
        old.close()


def test_products_that_share_a_code_leave_it_to_the_one_changed_last(till: SyncedTill, central: RunningApi) -> None:
    columns = [
        "id",
        "row_version",
        "sku",
        "name",
        "category_id",
        "unit",
        "price_minor",
        "barcodes",
        "tax_ids",
        "colour",
    ]
    columns += ["picture", "open_price", "favourite", "stock_milli"]

    def product(product_id: str, version: int) -> list[Any]:
        row = {**PRODUCT, "id": product_id, "sku": product_id, "row_version": version}
        return [row[name] for name in columns]

    def apply(*rows: list[Any]) -> None:
        till.replica.apply(Page("products", columns, rows, (), "c", True, 0, 1, "e"), NOW)

    apply(product("A", 5), product("B", 2))
    assert till.till.catalogue.by_code("96385074").id == "B"
    apply(product("B", 3), product("A", 6))
    assert till.till.catalogue.by_code("96385074").id == "A"
