"""The demo shop in a server: whole, quickly there, and never put over what happened since."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from central_api import tables
from central_api.database import open_engine, read
from central_api.demo import DemoShop, seed_demo
from central_api.migrate import upgrade
from pos_desktop.domain.shop import Shop
from resources import demo as demo_files
from sync.protocol import HEADS_PATH, Collection
from tests.central.client import Terminal
from tests.support.central import EMPLOYEE, PRODUCT, SHOP, TERMINALS, RunningApi, running_api, small_shop
from tests.support.facts import item, sale


@pytest.fixture(scope="module")
def whole_shop() -> DemoShop:
    """The demo shop with five thousand people."""
    data = demo_files.load()
    return DemoShop(
        shop=msgspec.convert(data.shop, Shop),
        categories=data.categories,
        products=data.products,
        taxes=data.taxes,
        employees=data.employees,
        customers=[*data.customers, *demo_files.customers(5_000)],
        terminals=TERMINALS,
    )


def test_the_whole_demo_shop_reaches_a_till(tmp_path_factory: pytest.TempPathFactory, whole_shop: DemoShop) -> None:
    file = tmp_path_factory.mktemp("demo") / "c.sqlite"
    with running_api(file, whole_shop) as api, Terminal(api.url, api.token) as till:
        counts = {head.collection: head.count for head in till.heads().heads}
        assert counts[Collection.CUSTOMERS] == 5_005
        assert counts[Collection.PRODUCTS] == len(whole_shop.products)
        assert counts[Collection.EMPLOYEES] == 3
        page = till.pull(Collection.CUSTOMERS, limit=5_000)
        assert (len(page.rows), page.more) == (5_000, True)
        page = till.pull(Collection.PRODUCTS, limit=5_000)
        sent = {row["id"]: row for row in till.rows(page)}
        for product in whole_shop.products:
            assert sent[product["id"]]["barcodes"] == product["barcodes"]
            assert sent[product["id"]]["tax_ids"] == product["tax_ids"]
        john = till.customer("CUST_001")
        assert (john["points"], john["total_spent_minor"], john["average_order_minor"]) == (1_250, 543_250, 6_244)


def test_seeding_again_leaves_what_happened_since(api: RunningApi, till: Terminal) -> None:
    till.push(item(1, sale(customer_id="CUST_001")))
    before = {head.collection: head.cursor for head in till.heads().heads}
    seed_demo(api.engine, small_shop())
    assert {head.collection: head.cursor for head in till.heads().heads} == before
    assert till.customer("CUST_001")["points"] == 1_258


def test_seeding_again_adds_what_is_new(api: RunningApi, till: Terminal) -> None:
    head = till.pull(Collection.PRODUCTS).next
    seed_demo(api.engine, small_shop(products=[PRODUCT, PRODUCT | {"id": "FRIES", "sku": "FRIES"}]))
    assert [row["id"] for row in till.rows(till.pull(Collection.PRODUCTS, head))] == ["FRIES"]


def test_a_new_token_takes_the_place_of_the_old(api: RunningApi, till: Terminal) -> None:
    (given,) = seed_demo(api.engine, small_shop(terminals=[("term_001", "another-token")]))
    assert till.problem("GET", HEADS_PATH).code == "token_unknown"
    with Terminal(api.url, given.token) as again:
        assert again.heads().high_water == 0


def test_pins_are_stored_as_argon2id_hashes(api: RunningApi) -> None:
    with read(api.engine) as connection:
        stored = connection.execute(sa.select(tables.employees.c.pin_hash)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert PasswordHasher().verify(stored, str(EMPLOYEE["pin"]))


def test_a_file_that_was_never_seeded_is_filled(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'c.sqlite'}")
    upgrade(engine)
    assert [one.terminal_id for one in seed_demo(engine, small_shop())] == ["term_001", "term_002"]
    with read(engine) as connection:
        assert connection.execute(sa.select(tables.tenants.c.tenant_id)).scalars().all() == [SHOP.tenant_id]
    engine.dispose()
