"""The durable commit of a sale, beside the same rows written by plain sqlite3 to the same disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pos_desktop.services.till import Till
from pos_desktop.storage.till_store import TILL_FILE
from tests.bench import shop_files
from tests.bench.measure import Figure, timed_ns

AIM = 1.5
LINES = 6
BARE_FILE = "bare.sqlite"
TABLES = {
    "sales": "id",
    "sale_lines": "sale_id",
    "sale_taxes": "sale_id",
    "sale_tenders": "sale_id",
    "drawer_movements": "sale_id",
    "loyalty_entries": "sale_id",
    "credit_entries": "sale_id",
    "outbox": "id",
}
"""What a sale writes beside the journal, parents first, each with the column that holds the sale's id."""

CLOSE_BASKET = "UPDATE baskets SET state = ?, updated_at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Written:
    """What one sale left in the file of facts: statements with their rows, and the basket that it closed."""

    inserts: tuple[tuple[str, list[tuple[Any, ...]]], ...]
    basket: tuple[str, str, str]


def measure(folder: Path, rounds: int, warm_up: int = 3) -> dict[str, Figure]:
    """Sell baskets of six lines, every other one to a customer, paid in cash.

    Args:
        folder: holds a replica with the demo shop; the floor's file is made beside the till's.
    """
    floor_is = "the same rows in one transaction of plain sqlite3, WAL, synchronous=FULL"
    commit, whole = (Figure(AIM, floor_is, notes={"lines": LINES}) for _ in range(2))
    facts = folder / TILL_FILE
    with (
        shop_files.open_bench_till(folder) as bench,
        closing(_bare_copy(facts, folder / BARE_FILE)) as bare,
        closing(sqlite3.connect(facts, isolation_level=None)) as reading,
    ):
        codes = piece_codes(bench.till)
        for turn in range(rounds + warm_up):
            basket_id = _paid_basket(bench.till, codes, turn)
            _copy_basket(reading, bare, basket_id)
            whole_ns = timed_ns(partial(bench.till.checkout.finalise, basket_id))
            commit_ns = bench.facts.last_write_ns
            floor_ns = timed_ns(partial(_write, bare, _written(reading, basket_id)))
            if turn >= warm_up:
                for figure, ours_ns in ((commit, commit_ns), (whole, whole_ns)):
                    figure.ours_ns.append(ours_ns)
                    figure.floor_ns.append(floor_ns)
        commit.notes["rows_alike"] = all(_content(reading, name) == _content(bare, name) for name in TABLES)
    return {"commit": commit, "finalise": whole}


def piece_codes(till: Till) -> list[str]:
    """The barcodes of what the demo shop sells by the piece, in the order of its list."""
    products = till.catalogue.products(limit=1_000).products
    return [code for product in products for code in product.barcodes[:1] if len(code) == 13 and not product.open_price]


def _paid_basket(till: Till, codes: list[str], turn: int) -> str:
    basket_id = till.baskets.start("emp_1", shop_files.TERMINAL).basket.id
    if turn % 2:
        till.baskets.attach_customer(basket_id, "CUST_001")
    for place in range(LINES):
        till.baskets.scan(basket_id, codes[(turn + place) % len(codes)])
    till.checkout.begin(basket_id)
    left_minor = till.baskets.get(basket_id).left_minor
    till.checkout.pay_cash(basket_id, left_minor + 500)
    return basket_id


def _bare_copy(facts: Path, path: Path) -> sqlite3.Connection:
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
        bare.execute(f"PRAGMA {pragma}")
    with closing(sqlite3.connect(facts)) as source:
        for (statement,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rootpage"):
            bare.execute(statement)
    return bare


def _copy_basket(reading: sqlite3.Connection, bare: sqlite3.Connection, basket_id: str) -> None:
    row = reading.execute("SELECT * FROM baskets WHERE id = ?", (basket_id,)).fetchone()
    bare.execute(f"INSERT INTO baskets VALUES ({_marks(row)})", row)


def _written(reading: sqlite3.Connection, basket_id: str) -> Written:
    inserts = []
    for table, key in TABLES.items():
        rows = reading.execute(f"SELECT * FROM {table} WHERE {key} = ?", (basket_id,)).fetchall()
        if rows:
            inserts.append((f"INSERT INTO {table} VALUES ({_marks(rows[0])})", rows))
    entry = reading.execute("SELECT * FROM journal ORDER BY seq DESC LIMIT 1").fetchall()
    inserts.append((f"INSERT INTO journal VALUES ({_marks(entry[0])})", entry))
    basket = reading.execute("SELECT state, updated_at, id FROM baskets WHERE id = ?", (basket_id,)).fetchone()
    return Written(tuple(inserts), basket)


def _write(bare: sqlite3.Connection, written: Written) -> None:
    bare.execute("BEGIN IMMEDIATE")
    for statement, rows in written.inserts:
        bare.executemany(statement, rows)
    bare.execute(CLOSE_BASKET, written.basket)
    bare.execute("COMMIT")


def _content(connection: sqlite3.Connection, table: str) -> set[tuple[Any, ...]]:
    found = connection.execute(f"SELECT * FROM {table}")
    return {tuple(row) for row in found if table != "outbox" or row[2] == "sale_completed"}


def _marks(row: tuple[Any, ...]) -> str:
    return ",".join("?" for _ in row)
