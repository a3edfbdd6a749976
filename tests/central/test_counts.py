"""How many rows a collection holds is kept and not counted; it must be what counting would find."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from central_api import tables
from central_api.database import read, write
from central_api.demo import seed_demo
from central_api.feed import TABLE_OF, Changes, bury, revive, standings
from central_api.migrate import _config, upgrade
from sync.protocol import Collection
from tests.central.client import Terminal
from tests.support.central import CATEGORY, SHOP, RunningApi, customer, small_shop
from tests.support.facts import enrolment, item, sale
from tests.support.quiet import LogWatch


def _kept_and_counted(api: RunningApi) -> tuple[dict[str, int], dict[str, int]]:
    with read(api.engine) as connection:
        kept = {name: one.live for name, one in standings(connection, SHOP.tenant_id).items() if name in TABLE_OF}
        counted = {
            collection.value: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for collection, table in TABLE_OF.items()
        }
    return kept, counted


def test_counts_follow_what_is_seeded_enrolled_deleted_and_made_again(
    api: RunningApi, till: Terminal, expected_logs: LogWatch
) -> None:
    expected_logs("item_rejected")
    changes = Changes()
    seed_demo(api.engine, small_shop(customers=[customer("CUST_001"), customer("LATER")]))
    till.push(
        item(1, enrolment("new", phone="015123456789")),
        item(2, enrolment("same", phone="015123456789", card="CARD_7")),
        item(3, enrolment("known", phone="+1234567890", terminal_id="term_002")),
        item(4, sale(customer_id="new")),
        item(5, enrolment("new", phone="015123456789")),
    )
    with write(api.engine) as connection:
        bury(connection, SHOP.tenant_id, Collection.PRODUCTS, ["BURGER", "never there"])
        bury(connection, SHOP.tenant_id, Collection.CATEGORIES, ["food"])
        bury(connection, SHOP.tenant_id, Collection.CUSTOMERS, ["CUST_002"])
        versions = revive(connection, SHOP.tenant_id, Collection.CATEGORIES, ["food"])
        row = CATEGORY | {"tenant_id": SHOP.tenant_id, "row_version": versions["food"], "feed_seq": 0}
        connection.execute(sa.insert(tables.categories), row)
        changes.touch(Collection.CATEGORIES, "food")
        changes.stamp(connection, SHOP.tenant_id)
    kept, counted = _kept_and_counted(api)
    assert kept == counted
    assert (counted["customers"], counted["products"], counted["categories"]) == (5, 0, 1)
    assert {head.collection: head.count for head in till.heads().heads} == counted
    assert {one.value: till.pull(one).count for one in Collection} == counted


def test_a_batch_that_is_undone_leaves_the_count(api: RunningApi) -> None:
    before = _kept_and_counted(api)
    connection = api.engine.connect()
    with connection.begin() as transaction:
        bury(connection, SHOP.tenant_id, Collection.PRODUCTS, ["BURGER"])
        transaction.rollback()
    connection.close()
    assert _kept_and_counted(api) == before


def test_a_database_from_before_the_counts_gets_them(api: RunningApi) -> None:
    with write(api.engine) as connection:
        command.downgrade(_config(connection), "0003")
        assert "live" not in {column["name"] for column in sa.inspect(connection).get_columns("feed_counters")}
    upgrade(api.engine)
    kept, counted = _kept_and_counted(api)
    assert kept == counted
    assert counted["customers"] == 4


def test_heads_read_no_collection_but_the_few_settings(api: RunningApi, till: Terminal) -> None:
    read_from: list[str] = []
    sa.event.listen(api.engine, "before_cursor_execute", lambda *told: read_from.append(str(told[2])))
    assert len(till.heads().heads) == len(Collection)
    assert not [one for one in read_from for table in ("customers", "products") if f"FROM {table}" in one]
    assert [one for one in read_from if "FROM settings" in one]
