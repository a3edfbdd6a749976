"""Customer by phone and product by barcode, each beside the bare indexed SELECT on the same file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter

from pos_desktop.domain.customers import LookupOutcome
from pos_desktop.domain.identifiers import Identifier, IdentifierKind
from pos_desktop.services.customers import Customers
from pos_desktop.storage import catalogue, customers
from pos_desktop.storage.replica import ReplicaReader, ReplicaWriter
from pos_desktop.storage.till_store import REPLICA_FILE
from tests.bench import shop_files
from tests.bench.measure import Figure, in_turns

AIM = 3.0
BARE_CUSTOMER = f"SELECT {customers.COLUMNS} FROM customers WHERE phone_e164 = ? AND phone_e164 <> ''"
BARE_ID = "SELECT id FROM customers WHERE phone_e164 = ? AND phone_e164 <> ''"
BARE_PRODUCT = (
    "SELECT p.id, p.sku, p.name, p.category_id, p.unit, p.price_minor, p.barcodes, p.tax_ids, p.colour, p.picture,"
    " p.open_price, p.favourite, p.stock_milli FROM product_codes c JOIN products p ON p.id = c.product_id"
    " WHERE c.code = ?"
)


def fill(folder: Path, customer_count: int, product_count: int) -> float:
    """Make the demo shop's replica with so many customers and products beside its own.

    Returns:
        How long it took, seconds.
    """
    began = perf_counter()
    shop_files.make_replica(folder)
    writer = ReplicaWriter(folder / REPLICA_FILE)
    shop_files.load(writer, "products", shop_files.product_rows(product_count))
    shop_files.load(writer, "customers", shop_files.customer_rows(customer_count))
    shop_files.say_online(writer)
    writer.close()
    return perf_counter() - began


def measure(folder: Path, customer_count: int, product_count: int, rounds: int) -> dict[str, Figure]:
    """Measure both lookups, from the service a screen calls and from the storage below it.

    Args:
        folder: holds the replica that :func:`fill` made.
    """
    draw = random.Random(7)
    codes = [shop_files.barcode(draw.randrange(product_count)) for _ in range(rounds + 3)]
    with closing(_bare(folder)) as bare, shop_files.open_bench_till(folder) as bench:
        total = int(bare.execute("SELECT max(rowid) FROM customers").fetchone()[0])
        phones = _phones(bare, draw, total, rounds + 3)
        sizes = {"customers": customer_count}
        reader = ReplicaReader(folder / REPLICA_FILE)
        figures = {
            "phone": in_turns(
                Figure(AIM, "bare SELECT of the whole row by phone", notes=sizes),
                lambda turn: _recognise(bench.till.customers, phones[turn]),
                lambda turn: _one(bare, BARE_CUSTOMER, phones[turn]),
                rounds,
            ),
            "phone_storage": in_turns(
                Figure(AIM, "bare SELECT of the id by phone", notes=sizes),
                lambda turn: _id_of(reader, phones[turn]),
                lambda turn: _one(bare, BARE_ID, phones[turn]),
                rounds,
            ),
            "barcode": in_turns(
                Figure(AIM, "bare SELECT of the whole row by code", notes={"products": product_count}),
                lambda turn: _found(bench.till.catalogue.by_code(codes[turn])),
                lambda turn: _one(bare, BARE_PRODUCT, codes[turn]),
                rounds,
            ),
            "barcode_storage": in_turns(
                Figure(AIM, "bare SELECT of the whole row by code", notes={"products": product_count}),
                lambda turn: _product_of(reader, codes[turn]),
                lambda turn: _one(bare, BARE_PRODUCT, codes[turn]),
                rounds,
            ),
        }
        reader.close()
    return figures


def _bare(folder: Path) -> sqlite3.Connection:
    path = (folder / REPLICA_FILE).resolve().as_uri()
    bare = sqlite3.connect(f"{path}?mode=ro", uri=True, isolation_level=None)
    bare.execute("PRAGMA cache_size=-16384")
    return bare


def _phones(bare: sqlite3.Connection, draw: random.Random, total: int, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        row = bare.execute("SELECT phone_e164 FROM customers WHERE rowid = ?", (draw.randint(1, total),)).fetchone()
        if row is not None and row[0]:
            found.append(row[0])
    return found


def _one(bare: sqlite3.Connection, statement: str, value: str) -> None:
    _found(bare.execute(statement, (value,)).fetchone())


def _recognise(service: Customers, phone: str) -> None:
    # A whole lookup but for its entry in the log: the person, the age of the copy, the balance with own entries.
    outcome, known, _attempts, _error = service._find(Identifier(IdentifierKind.PHONE, phone, phone))
    assert outcome is LookupOutcome.CACHE, outcome
    _found(known)


def _id_of(reader: ReplicaReader, phone: str) -> None:
    with reader.read() as connection:
        assert connection is not None
        _found(customers.id_in_replica(connection, "phone", phone))


def _product_of(reader: ReplicaReader, code: str) -> None:
    with reader.read() as connection:
        assert connection is not None
        _found(catalogue.product_by_code(connection, code))


def _found(what: object) -> None:
    assert what is not None
