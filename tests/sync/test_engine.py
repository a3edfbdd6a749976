"""A turn reports how the till stands with the centre; trouble of any make ends it and is never raised."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pos_desktop.services.views import SyncState
from pos_desktop.storage.replica import collections, sync_state
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE
from sync.engine import Engine, Turn
from sync.process import LONGEST_WAIT_S, POLL_S, REFUSED_WAIT_S, Schedule
from sync.protocol import Collection
from tests.support.central import RunningApi
from tests.support.proxy import ChaosProxy, Respond, http_response, problem
from tests.support.quiet import LogWatch
from tests.sync.shops import SyncedTill, central_books, central_rows, synced_till


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the file for the length of the block."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def impatient(till: SyncedTill) -> None:
    with till.replica.database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")


def said(till: SyncedTill) -> dict[str, str]:
    with till.replica.database.read() as connection:
        return sync_state(connection)


def test_a_locked_file_of_facts_is_reported_and_nothing_is_lost(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("database_locked file=till.sqlite event=sync_storage_trouble")
    till.sell()
    with locked(till.folder / TILL_FILE):
        turn = till.engine.turn()
    assert (turn.state, turn.error, turn.file) == (SyncState.OFFLINE, "database_locked", TILL_FILE)
    assert said(till)["last_error"] == "database_locked"
    # The centre had it, the note of it could not be made: so it goes once more and changes nothing there.
    assert till.turn().state is SyncState.UP_TO_DATE
    assert central_books(central) == till.books()


def test_a_locked_copy_is_reported_and_facts_go_all_the_same(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("database_locked file=replica.sqlite event=sync_storage_trouble")
    impatient(till)
    till.sell("CUST_001")
    with locked(till.folder / REPLICA_FILE):
        turn = till.engine.turn()
        assert (turn.state, turn.error, turn.file) == (SyncState.OFFLINE, "database_locked", REPLICA_FILE)
        assert central_books(central) == till.books()
    assert till.turn().state is SyncState.UP_TO_DATE
    assert till.rows("customers") == central_rows(central, "customers")


def test_a_full_disk_is_reported_and_the_cursor_stays_with_its_rows(
    tmp_path: Path, central: RunningApi, expected_logs: LogWatch
) -> None:
    expected_logs("disk_full file=replica.sqlite event=sync_storage_trouble")
    with synced_till(tmp_path / "till", central, loaded=False) as till:
        with till.replica.database.read() as connection:
            used = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
            connection.exec_driver_sql(f"PRAGMA max_page_count = {used}")
        # What fits into pages that are there may come; the first page that does not is refused whole.
        turn = till.engine.turn()
        assert (turn.state, turn.error) == (SyncState.OFFLINE, "disk_full")
        with till.replica.database.read() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        assert till.turn().state is SyncState.UP_TO_DATE
        assert till.rows("customers") == central_rows(central, "customers")


def test_the_state_says_since_when_and_when_the_centre_was_last_heard(line: ChaosProxy, till: SyncedTill) -> None:
    first = said(till)
    assert (first["state"], first["last_error"]) == ("up_to_date", "")
    till.clock.advance(60)
    till.sell()
    till.engine.turn()
    good = said(till)
    assert good["since"] == first["since"]
    assert good["last_contact_at"] > first["last_contact_at"]
    with line.refused():
        till.clock.advance(60)
        till.engine.turn()
        away = said(till)
        till.clock.advance(60)
        till.engine.turn()
        still = said(till)
    assert (away["state"], away["last_error"]) == ("offline", "connect")
    assert away["since"] > good["since"]
    assert still["since"] == away["since"]
    assert still["alive_at"] > away["alive_at"]
    assert still["last_contact_at"] == good["last_contact_at"]
    till.clock.advance(60)
    till.engine.turn()
    back = said(till)
    assert (back["state"], back["last_error"]) == ("up_to_date", "")
    assert back["since"] > still["since"]
    line.plan(Respond(problem(403, "terminal_blocked")))
    till.engine.turn()
    assert said(till)["state"] == "refused"
    assert said(till)["last_contact_at"] == back["last_contact_at"]


def test_while_it_loads_the_till_is_being_set_up(tmp_path: Path, central: RunningApi) -> None:
    with synced_till(tmp_path / "till", central, loaded=False) as till:
        assert till.till.sync.status().state is SyncState.STOPPED
        seen: list[SyncState] = []
        engine = Engine(
            till.file,
            till.replica,
            till.pusher,
            till.puller,
            till.clock,
            lambda _names: seen.append(till.till.sync.status().state),
        )
        engine.turn()
        assert set(seen[:-1]) == {SyncState.SETTING_UP}
        assert till.till.sync.status().state is SyncState.UP_TO_DATE


def test_collections_without_news_are_confirmed_as_of_the_asking(till: SyncedTill) -> None:
    before = synced_at(till)
    till.clock.advance(600)
    turn = till.turn()
    assert turn.changed == set()
    assert synced_at(till) > before


def synced_at(till: SyncedTill) -> str:
    with till.replica.database.read() as connection:
        return collections(connection)["customers"].synced_at


def test_facts_made_while_pages_come_do_not_wait_for_the_last_page(
    tmp_path: Path, central: RunningApi, till: SyncedTill
) -> None:
    with synced_till(tmp_path / "other", central, loaded=False, page_rows=1, terminal_id="term_002") as other:
        at_centre: list[int] = []

        def busy(names: frozenset[str]) -> None:
            at_centre.append(central_books(central, "term_002")["count"])
            if names == {Collection.PRODUCTS.value}:
                other.till.replica_changed(frozenset({"settings"}))
                other.sell()

        engine = Engine(other.file, other.replica, other.pusher, other.puller, other.clock, busy)
        assert engine.turn().state is SyncState.UP_TO_DATE
        # The sale was made after the page of products, and was there before the four pages of customers had come.
        assert at_centre.index(1) < len(at_centre) - 4


def test_a_turn_that_is_told_to_stop_ends_between_two_requests_and_goes_on_later(
    tmp_path: Path, central: RunningApi
) -> None:
    with synced_till(tmp_path / "till", central, loaded=False, page_rows=1) as till:
        pages: list[frozenset[str]] = []
        engine = Engine(
            till.file, till.replica, till.pusher, till.puller, till.clock, pages.append, lambda: len(pages) >= 3
        )
        engine.turn()
        assert len(pages) == 3
        assert till.turn().state is SyncState.UP_TO_DATE
        assert till.rows("customers") == central_rows(central, "customers")


def test_a_server_that_is_busy_says_for_how_long(line: ChaosProxy, till: SyncedTill) -> None:
    for header, expected in (("7", 7.0), ("999999", 300.0), ("soon", 0.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0)):
        line.plan(Respond(http_response(429, b"slow down", "text/plain", {"Retry-After": header})))
        turn = till.turn()
        assert (turn.state, turn.error, turn.retry_after_s) == (SyncState.OFFLINE, "http_429", expected)


def low(least: float, _most: float) -> float:
    return least


def high(_least: float, most: float) -> float:
    return most


def test_the_schedule_honours_what_the_server_asks_for() -> None:
    assert Schedule(low).wait_s(Turn(SyncState.OFFLINE, retry_after_s=7.0)) == 7.0
    assert Schedule(high).wait_s(Turn(SyncState.OFFLINE, retry_after_s=1.0)) > 1.0


def test_the_schedule_waits_longer_and_longer_while_nobody_answers_and_not_for_ever() -> None:
    schedule = Schedule(high)
    waits = [schedule.wait_s(Turn(SyncState.OFFLINE)) for _ in range(2_000)]
    assert waits[:3] == sorted(set(waits[:3]))
    assert max(waits) == waits[-1] == LONGEST_WAIT_S
    assert schedule.wait_s(Turn(SyncState.UP_TO_DATE)) == POLL_S
    assert schedule.wait_s(Turn(SyncState.OFFLINE)) == waits[0]


def test_the_schedule_soon_goes_on_with_what_is_left_and_slows_down_when_nothing_is_taken() -> None:
    schedule = Schedule(high)
    assert schedule.wait_s(Turn(SyncState.SENDING, sent=1)) < POLL_S
    waits = [schedule.wait_s(Turn(SyncState.SENDING, sent=0)) for _ in range(10)]
    assert waits[0] < waits[-1] == LONGEST_WAIT_S
    assert schedule.wait_s(Turn(SyncState.REFUSED)) == REFUSED_WAIT_S


@pytest.mark.parametrize("status", [400, 404, 405, 415, 422, 426])
def test_a_request_that_is_refused_for_no_facts_sake_parks_nothing(
    line: ChaosProxy, till: SyncedTill, expected_logs: LogWatch, status: int
) -> None:
    expected_logs("sync_request_refused")
    till.sell()
    line.plan(then=Respond(problem(status, "bad_device_epoch")))
    assert till.turn().state is SyncState.REFUSED
    assert set(till.states()) == {"pending"}
