"""What lies in a ``till.sqlite``, read past the program: for tests that hold that nothing changed, or that all is whole."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pos_desktop.domain.events import EventKind, thaw
from pos_desktop.domain.journal import verify_chain
from pos_desktop.domain.sales import Sale
from pos_desktop.storage import journal
from pos_desktop.storage.till_store import TILL_FILE, open_till

Content = dict[str, list[tuple[Any, ...]]]


def content(folder: Path) -> Content:
    """Read every row of every table."""
    with closing(sqlite3.connect(folder / TILL_FILE)) as file:
        tables = [
            row[0]
            for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        ]
        return {name: sorted(file.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables}


def changed_tables(before: Content, after: Content) -> dict[str, int]:
    """Name the tables that differ, with how many rows more they have."""
    return {name: len(after[name]) - len(rows) for name, rows in before.items() if after[name] != rows}


def rows(folder: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the file."""
    with closing(sqlite3.connect(folder / TILL_FILE)) as file:
        return file.execute(statement, values).fetchall()


def assert_whole(folder: Path) -> None:
    """Hold what must hold of a till's file at every instant: numbers, chains, sums and hashes."""
    with closing(sqlite3.connect(folder / TILL_FILE)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        numbers = [row[0] for row in file.execute("SELECT receipt_number FROM sales ORDER BY receipt_number")]
        assert numbers == list(range(1, len(numbers) + 1)), "a receipt number is missing or doubled"
        seqs = [row[0] for row in file.execute("SELECT device_seq FROM outbox ORDER BY device_seq")]
        assert seqs == list(range(1, len(seqs) + 1)), "a device_seq is missing or doubled"
        facts = file.execute("SELECT id, kind, schema_v, payload, sha256 FROM outbox ORDER BY device_seq").fetchall()
        sold = {row[0] for row in file.execute("SELECT id FROM sales")}
        completed = {row[0] for row in file.execute("SELECT id FROM baskets WHERE state = 'completed'")}
        entries = dict(file.execute("SELECT seq, body FROM journal").fetchall())
    assert sold == completed, "a sale without its basket, or a basket without its sale"
    for fact_id, kind, version, payload, digest in facts:
        assert hashlib.sha256(payload).hexdigest() == digest, f"{kind} {fact_id}: the bytes are not those of the hash"
        if kind == EventKind.SALE_COMPLETED.value:
            sale: Sale = thaw(EventKind(kind), version, payload)
            sold.discard(sale.id)
            _assert_sale(folder, sale, json.loads(entries[sale.journal_seq]))
    assert not sold, "a sale without its fact"
    _assert_journal(folder)


def _assert_sale(folder: Path, sale: Sale, entry: dict[str, Any]) -> None:
    assert (entry["sale_id"], entry["total_minor"]) == (sale.id, sale.total_minor)
    assert sum(line.total_minor for line in sale.lines) == sale.total_minor == sale.net_minor + sale.tax_minor
    assert sum(tender.amount_minor for tender in sale.tenders) == sale.total_minor
    for tender in sale.tenders:
        assert tender.given_minor == tender.amount_minor + tender.rounding_minor + tender.change_minor
    drawer = rows(folder, "SELECT coalesce(sum(amount_minor), 0) FROM drawer_movements WHERE sale_id = ?", sale.id)
    assert drawer == [(sale.drawer_minor,)]
    points = rows(folder, "SELECT coalesce(sum(points), 0) FROM loyalty_entries WHERE sale_id = ?", sale.id)
    assert points == [(sum(item.points for item in sale.loyalty),)]
    spent = sum(tender.points for tender in sale.tenders)
    assert spent == -sum(item.points for item in sale.loyalty if item.kind == "redeem")
    lines = rows(folder, "SELECT count(*), sum(total_minor) FROM sale_lines WHERE sale_id = ?", sale.id)
    assert lines == [(len(sale.lines), sale.total_minor)]
    taxes = rows(folder, "SELECT coalesce(sum(tax_minor), 0) FROM sale_taxes WHERE sale_id = ?", sale.id)
    assert taxes == [(sum(amount.tax_minor for amount in sale.taxes),)]
    tenders = rows(folder, "SELECT sum(amount_minor) FROM sale_tenders WHERE sale_id = ?", sale.id)
    assert tenders == [(sale.total_minor if sale.tenders else None,)]


def _assert_journal(folder: Path) -> None:
    database = open_till(folder)
    try:
        with database.read() as connection:
            assert verify_chain(journal.entries(connection)) is None
    finally:
        database.close()
