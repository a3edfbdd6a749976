"""Outbox and journal: gapless, frozen, chained; what fails leaves no number behind."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pos_desktop.domain.events import EventKind, FrozenFact, LookupLogged, freeze, thaw
from pos_desktop.domain.journal import verify_chain
from pos_desktop.storage import journal, outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.till_store import TILL_FILE, open_till

NOW = "2026-11-20T12:00:00.000Z"


class Unplugged(Exception):
    """The plug is pulled."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_till(tmp_path)
    yield opened
    opened.close()


def fact(number: int) -> FrozenFact:
    entry = LookupLogged(
        lookup_id=f"id-{number}",
        basket_id=None,
        terminal_id="term_001",
        identifier_masked="+49****",
        identifier_kind="phone",
        outcome="api",
        attempts=1,
        elapsed_ms=number,
        customer_id=None,
        looked_up_at=NOW,
        error="",
    )
    return freeze(entry)


def add(database: Database, number: int, *, fail: bool = False) -> None:
    with database.write() as connection:
        outbox.append(connection, f"id-{number}", fact(number), f"subject {number}", NOW)
        journal.append(connection, "happened", NOW, f'{{"n":{number}}}', lambda digest: digest.decode()[:8])
        if fail:
            raise Unplugged


def test_numbers_have_no_gap_though_some_transactions_failed(database: Database, tmp_path: Path) -> None:
    for number in range(12):
        if number % 3 == 1:
            with pytest.raises(Unplugged):
                add(database, number, fail=True)
        else:
            add(database, number)
    database.close()
    with closing(open_till(tmp_path)) as again:
        add(again, 100)
        with again.read() as connection:
            rows = outbox.unsent(connection, 100, 10**6)
            entries = list(journal.entries(connection))
            assert outbox.next_seq(connection) == 10
    assert [row.device_seq for row in rows] == list(range(1, 10))
    assert [entry.seq for entry in entries] == list(range(1, 10))
    assert verify_chain(entries) is None


def test_the_bytes_of_a_fact_are_those_of_its_hash_and_read_back_as_it_was(database: Database) -> None:
    add(database, 7)
    with database.read() as connection:
        row = outbox.unsent(connection, 1, 10**6)[0]
    assert hashlib.sha256(row.payload).hexdigest() == row.sha256
    assert thaw(EventKind(row.kind), row.schema_v, row.payload).elapsed_ms == 7


def test_the_same_fact_twice_is_refused_and_changes_nothing(database: Database) -> None:
    add(database, 1)
    with pytest.raises(Exception, match="UNIQUE"):
        add(database, 1)
    with database.read() as connection:
        assert outbox.counts(connection).pending == 1
        assert journal.head(connection)[0] == 1


def test_a_batch_is_bounded_by_rows_and_bytes_but_never_empty(database: Database) -> None:
    for number in range(5):
        add(database, number)
    size = len(fact(0).payload)
    with database.read() as connection:
        assert len(outbox.unsent(connection, 3, 10**6)) == 3
        assert len(outbox.unsent(connection, 100, 2 * size)) == 2
        assert len(outbox.unsent(connection, 100, 1)) == 1


def test_what_is_refused_is_parked_with_its_reason_and_stays_while_the_rest_goes(database: Database) -> None:
    for number in range(3):
        add(database, number)
    with database.write() as connection:
        outbox.park(connection, "id-1", "rejected: no such product")
        outbox.acknowledge(connection, ["id-0"], NOW)
        outbox.note_attempt(connection, ["id-2"], "timeout")
    with database.read() as connection:
        assert [row.id for row in outbox.unsent(connection, 9, 10**6)] == ["id-2"]
        left = {row.id: (row.state, row.attempts, row.last_error) for row in outbox.not_acked(connection, 9)}
        counts = outbox.counts(connection)
    assert left == {"id-1": ("parked", 1, "rejected: no such product"), "id-2": ("pending", 1, "timeout")}
    assert (counts.pending, counts.parked, counts.oldest_pending_at) == (1, 1, NOW)


@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        ("UPDATE journal SET body = '{\"n\":99}' WHERE seq = 3", 3, "hash"),
        ("UPDATE journal SET kind = 'else' WHERE seq = 2", 2, "hash"),
        ("UPDATE journal SET at = '2020' WHERE seq = 5", 5, "hash"),
        ("UPDATE journal SET previous_hash = 'x' WHERE seq = 4", 4, "previous"),
        ("DELETE FROM journal WHERE seq = 3", 3, "gap"),
        ("UPDATE journal SET seq = 99 WHERE seq = 2", 2, "gap"),
    ],
)
def test_a_journal_that_was_changed_names_the_first_broken_link(
    database: Database, tmp_path: Path, statement: str, seq: int, reason: str
) -> None:
    for number in range(5):
        add(database, number)
    with closing(sqlite3.connect(tmp_path / TILL_FILE)) as file, file:
        assert file.execute(statement).rowcount == 1
    with database.read() as connection:
        broken = verify_chain(journal.entries(connection))
    assert broken is not None
    assert (broken.seq, broken.reason) == (seq, reason)
