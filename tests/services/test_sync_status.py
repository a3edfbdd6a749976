"""How the till stands with the centre, in one word that is true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pos_desktop.domain.customers import NewCustomer
from pos_desktop.services.changes import Changes
from pos_desktop.services.sync_status import COLLECTIONS
from pos_desktop.services.views import SyncState
from pos_desktop.storage import outbox
from pos_desktop.storage.replica import ReplicaWriter
from pos_desktop.storage.till_store import REPLICA_FILE
from sync.protocol import Collection
from tests.support.till_file import rows
from tests.support.tills import TestTill, running_till


def acknowledge_all(shop: TestTill) -> None:
    ids = [row[0] for row in rows(shop.folder, "SELECT id FROM outbox")]
    with shop.till._till_file.write() as connection:
        outbox.acknowledge(connection, ids, "2026-11-20T09:00:00.000Z")


def test_the_collections_are_those_of_the_protocol_in_its_order() -> None:
    assert tuple(collection.value for collection in Collection) == COLLECTIONS


def test_up_to_date_when_all_is_there_and_nothing_waits(shop: TestTill) -> None:
    status = shop.till.sync.status()
    assert (status.state, status.pending, status.parked, status.oldest_pending_at) == (SyncState.UP_TO_DATE, 0, 0, "")
    assert all(item.complete for item in status.loading)
    assert {item.name: item.rows for item in status.loading}["customers"] == 5


def test_sending_while_something_waits_and_since_when(shop: TestTill) -> None:
    shop.start()
    first = rows(shop.folder, "SELECT made_at FROM outbox ORDER BY device_seq")[0][0]
    shop.clock.advance(5)
    shop.start()
    shop.say_online("sending")
    status = shop.till.sync.status()
    assert (status.state, status.pending, status.oldest_pending_at) == (SyncState.SENDING, 2, first)
    acknowledge_all(shop)
    assert shop.till.sync.status().state is SyncState.UP_TO_DATE


@pytest.mark.parametrize("state", [SyncState.OFFLINE, SyncState.REFUSED, SyncState.STOPPED])
def test_what_the_sync_process_says_of_trouble_is_passed_on(shop: TestTill, state: SyncState) -> None:
    shop.say_online(state.value)
    shop.writer.put_state({"last_error": "connect"})
    status = shop.till.sync.status()
    assert (status.state, status.last_error) == (state, "connect")


def test_a_sync_process_that_is_not_heard_of_is_stopped_since_it_was_last_heard(shop: TestTill) -> None:
    shop.say_online()
    heard = shop.till.sync.status().last_contact_at
    shop.clock.advance(60)
    assert shop.till.sync.status().state is SyncState.UP_TO_DATE
    shop.clock.advance(60)
    status = shop.till.sync.status()
    assert (status.state, status.since) == (SyncState.STOPPED, heard)


def test_a_clock_set_back_does_not_make_a_dead_sync_process_live(shop: TestTill) -> None:
    shop.clock.advance(-3_600)
    assert shop.till.sync.status().state is SyncState.STOPPED
    shop.say_online()
    assert shop.till.sync.status().state is SyncState.UP_TO_DATE


def test_setting_up_until_every_collection_is_whole(shop: TestTill) -> None:
    shop.writer.forget("products")
    status = shop.till.sync.status()
    assert status.state is SyncState.SETTING_UP
    assert [item.name for item in status.loading if not item.complete] == ["products"]


def test_a_till_that_never_had_a_copy_has_a_status_too(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        shop.writer.close()
        shop.till.close()
        for path in tmp_path.glob(f"{REPLICA_FILE}*"):
            path.unlink()
        shop.restart()
        status = shop.till.sync.status()
        assert (status.state, len(status.loading), shop.till.shop) == (SyncState.STOPPED, 7, None)
        assert shop.till.catalogue.products().total == 0
        assert shop.till.staff.employees() == ()
        shop.writer = ReplicaWriter(tmp_path / REPLICA_FILE)


def test_what_waits_is_named_with_its_reason(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 900)
    sale = shop.till.checkout.finalise(basket).sale
    with shop.till._till_file.write() as connection:
        outbox.note_attempt(connection, [sale.id], "timeout")
    items = {item.id: item for item in shop.till.sync.pending()}
    assert (items[sale.id].kind, items[sale.id].subject) == ("sale_completed", sale.receipt_code)
    assert (items[sale.id].attempts, items[sale.id].last_error, items[sale.id].state) == (1, "timeout", "pending")
    with shop.till._till_file.write() as connection:
        outbox.park(connection, sale.id, "unknown_product: no such product")
    status = shop.till.sync.status()
    assert status.parked == 1
    parked = next(item for item in shop.till.sync.pending() if item.id == sale.id)
    assert (parked.state, parked.last_error) == ("parked", "unknown_product: no such product")
    assert len(shop.till.sync.pending(limit=1)) == 1


def test_a_sale_says_whether_the_centre_has_it(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 900)
    assert not shop.till.checkout.finalise(basket).synced
    acknowledge_all(shop)
    assert shop.till.sales.get(basket).synced
    assert shop.till.sales.recent()[0].synced


def test_the_sync_is_woken_by_a_sale_a_void_an_enrolment_a_lookup_and_on_demand(shop: TestTill) -> None:
    sold, thrown = shop.start("+1234567890"), shop.start()
    for basket in (sold, thrown):
        shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(sold, 900)
    assert shop.wakes == [], "a basket that is being filled is no news for the centre"
    acts: list[Callable[[], object]] = [
        shop.run_background,
        lambda: shop.till.checkout.finalise(sold),
        lambda: shop.till.baskets.void(thrown, ""),
        lambda: shop.till.customers.enrol(NewCustomer("Ada", "Byron", phone="030 1234567"), "emp_1"),
        shop.till.sync.retry_now,
    ]
    for number, act in enumerate(acts, 1):
        act()
        assert len(shop.wakes) == number


def test_news_of_the_replica_is_told_by_what_it_concerns(shop: TestTill) -> None:
    told: list[Changes] = []
    shop.till.changes.listen(lambda changes, _subject: told.append(changes))
    for names in ({"settings"}, {"products"}, {"employees"}, {"customers"}, set()):
        shop.till.replica_changed(frozenset(names))
    assert told == [
        Changes.SYNC | Changes.SETTINGS,
        Changes.SYNC | Changes.CATALOGUE,
        Changes.SYNC | Changes.STAFF,
        Changes.SYNC | Changes.CUSTOMER,
        Changes.SYNC,
    ]
