"""The server's copy: pages in any order and number, tombstones, a file swapped under the reader, and its searches."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.storage import catalogue, customers
from pos_desktop.storage.database import Connection
from pos_desktop.storage.replica import Page, ReplicaReader, ReplicaWriter, collections, put_aside, sync_state

NOW = "2026-11-20T12:00:00.000Z"
CUSTOMER = {
    "first_name": "Ada", "last_name": "Byron", "phone": "+49 30 1", "phone_e164": "+49301", "email": "Ada@Example.com",
    "card": "CARD_1", "tier": "GOLD", "status": "ACTIVE", "vip": False, "points": 10, "credit_minor": 0,
    "total_spent_minor": 0, "total_orders": 0, "note": "", "own_seq": 0,
}  # fmt: skip
PRODUCT = {
    "sku": "SKU-1", "name": "Green tea", "category_id": "drinks", "unit": "piece", "price_minor": 299,
    "barcodes": ["4006381333931"], "tax_ids": [], "colour": "#000000", "picture": None, "open_price": False,
    "favourite": False, "stock_milli": None,
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replica.sqlite"


@pytest.fixture
def writer(path: Path) -> Iterator[ReplicaWriter]:
    opened = ReplicaWriter(path)
    yield opened
    opened.close()


@pytest.fixture
def reader(path: Path) -> Iterator[ReplicaReader]:
    opened = ReplicaReader(path)
    yield opened
    opened.close()


def page(
    collection: str,
    *rows: dict[str, Any],
    deleted: tuple[tuple[str, int], ...] = (),
    more: bool = False,
    cursor: str = "c",
    count: int = 0,
) -> Page:
    columns = list(rows[0]) if rows else list({"products": product("", 0), "customers": customer("", 0)}[collection])
    values = [[row[name] for name in columns] for row in rows]
    return Page(collection, columns, values, deleted, cursor, more, count, 1, "epoch")


def customer(customer_id: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"id": customer_id, "row_version": version, **CUSTOMER, **fields}


def product(product_id: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"id": product_id, "row_version": version, **PRODUCT, "sku": f"SKU-{product_id}", **fields}


def points(reader: ReplicaReader, customer_id: str) -> int | None:
    with reader.read() as replica:
        assert replica is not None
        found = customers.in_replica(replica, customer_id)
    return None if found is None else found.points


# -- the file ---------------------------------------------------------------------------------------------------------


def test_without_a_file_there_is_nothing_to_read(reader: ReplicaReader) -> None:
    with reader.read() as replica:
        assert replica is None


def test_a_file_that_appears_is_found_at_the_next_read(reader: ReplicaReader, path: Path) -> None:
    with reader.read() as replica:
        assert replica is None
    with closing(ReplicaWriter(path)) as writer:
        writer.apply(page("customers", customer("c1", 1, points=7)), NOW)
        assert points(reader, "c1") == 7


def test_a_file_of_another_schema_is_put_aside_and_built_anew(path: Path, reader: ReplicaReader) -> None:
    with closing(ReplicaWriter(path)) as writer:
        writer.apply(page("customers", customer("c1", 1)), NOW)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA user_version = 77")
    with reader.read() as replica:
        assert replica is None
    with closing(ReplicaWriter(path)):
        assert points(reader, "c1") is None
    with closing(sqlite3.connect(path.with_suffix(".old"))) as old:
        assert old.execute("SELECT count(*) FROM customers").fetchone() == (1,)


def test_a_file_swapped_for_another_is_noticed_at_the_next_read(
    path: Path, tmp_path: Path, reader: ReplicaReader
) -> None:
    beside = tmp_path / "beside" / "replica.sqlite"
    beside.parent.mkdir()
    with closing(ReplicaWriter(beside)) as other:
        other.apply(page("customers", customer("c1", 1, points=2)), NOW)
    with closing(ReplicaWriter(path)) as writer:
        writer.apply(page("customers", customer("c1", 1, points=1)), NOW)
        assert points(reader, "c1") == 1
    put_aside(path)
    beside.replace(path)
    assert points(reader, "c1") == 2


def open_files() -> list[str]:
    """The files that this process has open, where the system tells."""
    descriptors = Path("/proc/self/fd")
    return [str(each.readlink()) for each in descriptors.iterdir() if each.is_symlink()] if descriptors.exists() else []


def test_a_read_under_way_outlives_the_swap_of_its_file(path: Path, tmp_path: Path, reader: ReplicaReader) -> None:
    beside = tmp_path / "beside" / "replica.sqlite"
    beside.parent.mkdir()
    with closing(ReplicaWriter(beside)) as other:
        other.apply(page("customers", customer("c1", 1, points=2)), NOW)
    with closing(ReplicaWriter(path)) as writer:
        writer.apply(page("customers", customer("c1", 1, points=1)), NOW)
    seen: list[int | None] = []
    with reader.read() as replica:
        assert replica is not None
        put_aside(path)
        beside.replace(path)
        elsewhere = threading.Thread(target=lambda: seen.append(points(reader, "c1")))
        elsewhere.start()
        elsewhere.join()
        found = customers.in_replica(replica, "c1")
        assert found is not None
        seen.append(found.points)
    assert seen == [2, 1]
    assert not [name for name in open_files() if "replica.old" in name], "the last read of the old file closes it"


def _delete_all(replica: Connection | None) -> None:
    assert replica is not None
    replica.exec_driver_sql("DELETE FROM customers")


def test_the_till_cannot_write_to_the_copy(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    with pytest.raises(StorageTrouble) as trouble, reader.read() as replica:
        _delete_all(replica)
    assert trouble.value.code is ErrorCode.DATABASE_READ_ONLY


def test_what_the_sync_says_of_itself_is_read_back(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.put_state({"state": "offline", "since": NOW})
    writer.put_state({"state": "up_to_date"})
    with reader.read() as replica:
        assert replica is not None
        assert sync_state(replica) == {"state": "up_to_date", "since": NOW}


# -- pages ------------------------------------------------------------------------------------------------------------


def test_a_page_and_its_cursor_are_kept_together_or_not_at_all(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("customers", customer("c1", 1), cursor="one"), NOW)
    poison = page("customers", customer("c2", 1), customer("c3", 1, points=None), cursor="two")
    with pytest.raises(Exception, match=r"points|NOT NULL"):
        writer.apply(poison, NOW)
    with reader.read() as replica:
        assert replica is not None
        assert collections(replica)["customers"].cursor == "one"
    assert points(reader, "c2") is None


def test_a_collection_is_whole_after_its_last_page(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("customers", customer("c1", 1), more=True, cursor="one"), NOW)
    with reader.read() as replica:
        assert replica is not None
        stand = collections(replica)["customers"]
        assert (stand.complete, stand.synced_at, stand.row_count) == (False, "", 1)
    writer.apply(page("customers", customer("c2", 1), cursor="two", count=2), NOW)
    with reader.read() as replica:
        assert replica is not None
        stand = collections(replica)["customers"]
        assert (stand.complete, stand.synced_at, stand.row_count, stand.expected) == (True, NOW, 2, 2)


def test_columns_that_this_release_does_not_know_are_left(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    row = {"from_the_future": "x", **customer("c1", 1, points=3)}
    writer.apply(page("customers", dict(reversed(list(row.items())))), NOW)
    assert points(reader, "c1") == 3


def test_only_a_whole_collection_can_be_confirmed(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("customers", customer("c1", 1), more=True), NOW)
    writer.apply(
        page("categories", {"id": "a", "row_version": 1, "name": "A", "colour": "#000000", "position": 1}), NOW
    )
    later = "2026-11-20T13:00:00.000Z"
    writer.confirm(["customers", "categories"], later)
    with reader.read() as replica:
        assert replica is not None
        stands = collections(replica)
    assert (stands["customers"].synced_at, stands["categories"].synced_at) == ("", later)


@settings(max_examples=30)
@given(order=st.permutations([1, 2, 3, 4]), again=st.lists(st.sampled_from([1, 2, 3, 4]), max_size=4))
def test_late_repeated_and_reordered_pages_leave_the_newest_row(order: list[int], again: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "replica.sqlite"
        with closing(ReplicaWriter(path)) as writer, closing(ReplicaReader(path)) as reader:
            for version in [*order, *again]:
                writer.apply(page("customers", customer("c1", version, points=version * 10)), NOW)
                fields = {"name": f"Tea {version}", "barcodes": [f"code{version}"], "price_minor": version}
                writer.apply(page("products", product("p1", version, **fields)), NOW)
            assert points(reader, "c1") == 40
            with reader.read() as replica:
                assert replica is not None
                found = [catalogue.product_by_code(replica, f"code{version}") for version in (1, 2, 3, 4)]
                assert [item and item.price_minor for item in found] == [None, None, None, 4]
                assert [item.name for item in catalogue.products(replica, None, "Tea", 0, 9)[0]] == ["Tea 4"]


def test_a_tombstone_takes_a_row_and_all_that_names_it(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("products", product("p1", 1), product("p2", 1, name="Black tea", barcodes=["123"])), NOW)
    writer.apply(page("products", deleted=(("p1", 2),)), NOW)
    with reader.read() as replica:
        assert replica is not None
        assert catalogue.product(replica, "p1") is None
        assert catalogue.product_by_code(replica, "4006381333931") is None
        assert catalogue.product_by_code(replica, "SKU-p1") is None
        assert [item.id for item in catalogue.products(replica, None, "tea", 0, 9)[0]] == ["p2"]


def test_a_tombstone_that_is_older_than_the_row_changes_nothing(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("customers", customer("c1", 5)), NOW)
    writer.apply(page("products", product("p1", 5)), NOW)
    writer.apply(page("customers", deleted=(("c1", 4),)), NOW)
    writer.apply(page("products", deleted=(("p1", 4),)), NOW)
    assert points(reader, "c1") == 10
    with reader.read() as replica:
        assert replica is not None
        assert catalogue.product_by_code(replica, "4006381333931") is not None


def test_a_barcode_that_moves_to_another_product_sells_that_one(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("products", product("p1", 1), product("p2", 1, barcodes=[])), NOW)
    writer.apply(page("products", product("p2", 2, barcodes=["4006381333931"]), product("p1", 2, barcodes=[])), NOW)
    with reader.read() as replica:
        assert replica is not None
        found = catalogue.product_by_code(replica, "4006381333931")
    assert found is not None
    assert found.id == "p2"


# -- searches ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(writer: ReplicaWriter, reader: ReplicaReader) -> ReplicaReader:
    names = ["Green tea 20 bags", "Tea glass", "Öko-Äpfel 1 kg", 'Cheese "old" 50 %', "Jam_jar", "C# for cooks", "ab"]
    writer.apply(page("products", *(product(f"p{n}", 1, name=name, barcodes=[]) for n, name in enumerate(names))), NOW)
    return reader


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tea", ["Green tea 20 bags", "Tea glass"]),
        ("TEA gla", ["Tea glass"]),
        ("bags green", ["Green tea 20 bags"]),
        ("ree", ["Green tea 20 bags"]),
        ("SKU-p2", ["Öko-Äpfel 1 kg"]),
        ("ÄPFEL", ["Öko-Äpfel 1 kg"]),
        ("1 kg", ["Öko-Äpfel 1 kg"]),
        ("ab", ["ab"]),
        ('"old"', ['Cheese "old" 50 %']),
        ('"', ['Cheese "old" 50 %']),
        ("%", ['Cheese "old" 50 %']),
        ("50 %", ['Cheese "old" 50 %']),
        ("_", ["Jam_jar"]),
        ("m_j", ["Jam_jar"]),
        ("c#", ["C# for cooks"]),
        ("AND", []),
        ("tea OR jam", []),
        ("name:tea", []),
        ("tea*", []),
        ("\\", []),
        ("'; DROP TABLE products; --", []),
    ],
)
def test_products_are_found_by_words_and_marks_alike(shelf: ReplicaReader, text: str, wanted: list[str]) -> None:
    with shelf.read() as replica:
        assert replica is not None
        found, total = catalogue.products(replica, None, text, 0, 60)
    assert [item.name for item in found] == sorted(wanted)
    assert total == len(wanted)


def test_an_umlaut_is_found_in_either_case_in_short_words_too(shelf: ReplicaReader) -> None:
    with shelf.read() as replica:
        assert replica is not None
        assert [item.name for item in catalogue.products(replica, None, "äp", 0, 60)[0]] == ["Öko-Äpfel 1 kg"]


def test_customers_are_found_by_their_alias_and_without_regard_to_case(
    writer: ReplicaWriter, reader: ReplicaReader
) -> None:
    writer.apply(page("customers", customer("c1", 1)), NOW)
    alias = {"id": "email:old", "row_version": 1, "kind": "email", "value": "old@example.com", "customer_id": "c1"}
    writer.apply(page("customer_aliases", alias), NOW)
    with reader.read() as replica:
        assert replica is not None
        assert customers.id_in_replica(replica, "email", "ada@example.com") == "c1"
        assert customers.id_in_replica(replica, "email", "old@example.com") == "c1"
        assert customers.id_in_replica(replica, "phone", "+49301") == "c1"
        assert customers.id_in_replica(replica, "card", "CARD_1") == "c1"
        assert customers.id_in_replica(replica, "card", "card_1") is None
        assert customers.id_in_replica(replica, "phone", "") is None


def test_a_merged_customer_is_found_under_the_old_id(writer: ReplicaWriter, reader: ReplicaReader) -> None:
    writer.apply(page("customers", customer("kept", 1, points=55)), NOW)
    alias = {"id": "id:gone", "row_version": 1, "kind": "id", "value": "gone", "customer_id": "kept"}
    writer.apply(page("customer_aliases", alias), NOW)
    assert points(reader, "gone") == 55
    with reader.read() as replica:
        assert customers.ids_of(replica, "kept") == ("kept", "gone")
