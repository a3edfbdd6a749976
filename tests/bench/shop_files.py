"""Tills with real files for the figures: a replica of any size, a file of facts, the real signature."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import resources.demo
from pos_desktop.services.core import SystemClock, iso
from pos_desktop.services.till import Outside, Till
from pos_desktop.settings import Settings
from pos_desktop.storage.database import Connection, Database
from pos_desktop.storage.replica import Page, ReplicaReader, ReplicaWriter
from pos_desktop.storage.secrets import FileKeyStore
from pos_desktop.storage.signing import terminal_signer
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE, open_till
from tests.support.tills import FakeLookup, FakePrinter, fill_replica, plain_encode, plain_wording

TERMINAL = "term_001"
PAGE_ROWS = 5_000


class TimedDatabase(Database):
    """A database that tells how long its last ``write()`` took, from before BEGIN until after COMMIT."""

    last_write_ns = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As the database does."""
        began = perf_counter_ns()
        with super().write() as connection:
            yield connection
        self.last_write_ns = perf_counter_ns() - began


@dataclass(frozen=True, slots=True)
class BenchTill:
    """An open till and its file of facts."""

    till: Till
    facts: TimedDatabase
    settings: Settings


def make_replica(folder: Path) -> None:
    """Write the demo shop as a till finds it that is in contact with the centre."""
    writer = ReplicaWriter(folder / REPLICA_FILE)
    fill_replica(writer, None, {})
    say_online(writer)
    writer.close()


def say_online(writer: ReplicaWriter) -> None:
    """Note contact with the centre at this moment."""
    now = iso(SystemClock().now())
    writer.put_state({"state": "up_to_date", "alive_at": now, "since": now, "last_contact_at": now, "last_error": ""})
    writer.confirm(["customers"], now)


@contextmanager
def open_bench_till(folder: Path) -> Iterator[BenchTill]:
    """Give a till on the replica in ``folder``, with a file of facts made beside it."""
    open_till(folder).close()
    facts = TimedDatabase(folder / TILL_FILE)
    settings = Settings(data_dir=folder, terminal_id=TERMINAL, idle_lock_s=0)
    till = Till(
        settings,
        facts,
        ReplicaReader(folder / REPLICA_FILE),
        Outside(
            clock=SystemClock(),
            sign=terminal_signer(FileKeyStore(folder / "keys.json"), facts),
            lookup=FakeLookup(),
            card=None,
            printer=FakePrinter(),
            encode=plain_encode,
            wording=plain_wording,
            wake_sync=lambda: None,
            submit=lambda _work: None,
        ),
    )
    try:
        yield BenchTill(till, facts, settings)
    finally:
        till.close()


def product_rows(count: int) -> Iterator[dict[str, Any]]:
    """Invent products with one EAN-13 each; the same for the same count."""
    demo = resources.demo.load()
    tax_ids = [demo.taxes[0]["id"]]
    for number in range(count):
        yield {
            "id": f"bench_{number:06}",
            "sku": f"B{number:06}",
            "name": f"Article {number} of shelf {number % 97}",
            "category_id": demo.categories[number % len(demo.categories)]["id"],
            "unit": "piece",
            "price_minor": 100 + number % 900,
            "barcodes": [barcode(number)],
            "tax_ids": tax_ids,
            "colour": "#ffffff",
            "picture": None,
            "open_price": False,
            "favourite": False,
            "stock_milli": None,
        }


def barcode(number: int) -> str:
    """The EAN-13 of an invented product, with its check digit (GS1 General Specifications, 7.9)."""
    body = f"401{number:09}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"


def customer_rows(count: int) -> Iterator[dict[str, Any]]:
    """Invent customers as the server sends them."""
    for person in resources.demo.customers(count):
        phone = person["phone"]
        yield {
            **{key: value for key, value in person.items() if key != "aliases"},
            "phone_e164": e164(phone),
            "own_seq": 0,
        }


def e164(phone: str) -> str:
    """The number of an invented customer as the server stores it; empty for none."""
    digits = "".join(char for char in phone if char.isdecimal()).removeprefix("00").removeprefix("49")
    return f"+49{digits.removeprefix('0')}" if digits else ""


def load(writer: ReplicaWriter, collection: str, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows into a replica in pages, as the sync process does, the last one closing the collection."""
    source = iter(rows)
    page = list(itertools.islice(source, PAGE_ROWS))
    while page:
        following = list(itertools.islice(source, PAGE_ROWS))
        writer.apply(_page(collection, page, more=bool(following)), iso(SystemClock().now()))
        page = following


def _page(collection: str, rows: Sequence[dict[str, Any]], *, more: bool) -> Page:
    columns = ["row_version", *rows[0]]
    return Page(
        collection=collection,
        columns=columns,
        rows=[[1, *row.values()] for row in rows],
        deleted=(),
        cursor=json.dumps(len(rows)),
        more=more,
        count=len(rows),
        schema_v=1,
        server_epoch="bench",
    )
