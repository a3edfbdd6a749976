"""Facts on their way to the centre, normalised and durable at both ends, beside a bare loop that does as much."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import zstandard

from central_api.database import open_engine
from central_api.demo import seed_demo
from central_api.migrate import upgrade
from pos_desktop.domain.events import freeze
from pos_desktop.domain.ids import IdMaker
from pos_desktop.domain.sales import Sale
from pos_desktop.storage import outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.till_store import open_till
from sync.http import Api
from sync.protocol import MAX_PUSH_ITEMS, PushItem, PushRequest
from sync.push import Pusher
from tests.bench.measure import Figure, timed_ns
from tests.support.central import TERMINALS, customer, small_shop
from tests.support.facts import EPOCH, NOON, sale

AIM = 3.3
LINES = 5
CUSTOMERS = 500
TOKEN = dict(TERMINALS)["term_001"]
ROOT = Path(__file__).parents[2]
_BARE_OUTBOX = (
    "CREATE TABLE outbox (device_seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, schema_v INTEGER, sha256 TEXT,"
    " made_at TEXT, payload TEXT, state TEXT DEFAULT 'pending')"
)
_BARE_UNSENT = (
    "SELECT device_seq, id, kind, schema_v, sha256, made_at, payload FROM outbox WHERE device_seq > ?"
    f" ORDER BY device_seq LIMIT {MAX_PUSH_ITEMS}"
)


def measure(folder: Path, sales: int, rounds: int) -> dict[str, Figure]:
    """Push sales of five lines, every other one of a customer, in batches of a hundred over HTTP.

    Args:
        folder: for the files of both ends.
        sales: how many a round.
    """
    figure = Figure(AIM, "the same sales by httpx, zstd, msgspec and sqlite3 alone, unchecked; FULL at both ends")
    figure.notes |= {"sales": sales, "lines": LINES}
    engine = open_engine(f"sqlite:///{folder / 'central.sqlite'}")
    upgrade(engine)
    seed_demo(engine, small_shop(customers=[customer(f"C{number}") for number in range(CUSTOMERS)]))
    engine.dispose()
    with (
        _far_end("central", folder / "central.sqlite") as central,
        _far_end("bare", folder / "bare.sqlite") as bare,
        closing(open_till(folder)) as till,
        closing(sqlite3.connect(folder / "near.sqlite", isolation_level=None)) as near,
        httpx.Client(base_url=bare) as client,
        closing(Api(central, TOKEN, device_epoch=EPOCH)) as api,
    ):
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _BARE_OUTBOX):
            near.execute(statement)
        made = sold()
        for _ in range(rounds):
            facts = list(itertools.islice(made, sales))
            _put(till, near, facts)
            figure.ours_ns.append(timed_ns(lambda: _push(till, api)))
            figure.floor_ns.append(timed_ns(lambda: _push_bare(near, client)))
        figure.notes["all_there"] = _there(folder, "central") == _there(folder, "bare") == sales * rounds
    return {"push": figure}


def sold() -> Iterator[Sale]:
    """Sales without an end, numbered as a till numbers them."""
    ids = IdMaker(lambda: time.time_ns() // 1_000_000, secrets.token_bytes)
    guest, known = sale(lines=LINES), sale(lines=LINES, customer_id="C0")
    for number in itertools.count(1):
        who = f"C{number % CUSTOMERS}" if number % 2 else None
        model = guest if who is None else known
        yield replace(
            model,
            id=ids.new(),
            customer_id=who,
            receipt_number=number,
            journal_seq=number,
            journal_hash=hashlib.sha256(str(number).encode()).hexdigest(),
            lines=tuple(replace(line, id=ids.new()) for line in model.lines),
            tenders=tuple(replace(tender, id=ids.new()) for tender in model.tenders),
            loyalty=tuple(replace(entry, id=ids.new(), customer_id=str(who)) for entry in model.loyalty),
        )


def _put(till: Database, near: sqlite3.Connection, facts: Sequence[Sale]) -> None:
    ids = IdMaker(lambda: time.time_ns() // 1_000_000, secrets.token_bytes)
    near.execute("BEGIN IMMEDIATE")
    with till.write() as connection:
        for fact in facts:
            frozen, fact_id = freeze(fact), ids.new()
            seq = outbox.append(connection, fact_id, frozen, fact.receipt_code, NOON)
            row = (seq, fact_id, frozen.kind.value, frozen.schema_v, frozen.sha256, NOON, frozen.payload.decode())
            near.execute("INSERT INTO outbox VALUES (?,?,?,?,?,?,?,'pending')", row)
    near.execute("COMMIT")


def _push(till: Database, api: Api) -> None:
    pusher = Pusher(till, api, EPOCH)
    report = pusher.push(NOON)
    while report is not None:
        if report.parked or report.retry:
            raise RuntimeError(f"not taken: {report}")
        report = pusher.push(NOON, report.upto_seq)


def _push_bare(near: sqlite3.Connection, client: httpx.Client) -> None:
    first = near.execute("SELECT min(device_seq) - 1 FROM outbox WHERE state = 'pending'").fetchone()[0]
    while rows := near.execute(_BARE_UNSENT, (first,)).fetchall():
        names = PushItem.__struct_fields__
        items = [PushItem(**dict(zip(names, row, strict=True))) for row in rows]
        body = msgspec.json.encode(PushRequest(device_epoch=EPOCH, sent_at=NOON, oldest_seq=1, batch=items))
        response = client.post("/", content=zstandard.ZstdCompressor(level=3).compress(body))
        taken = msgspec.json.decode(response.raise_for_status().content, type=list[str])
        near.execute("BEGIN IMMEDIATE")
        near.executemany("UPDATE outbox SET state = 'acked' WHERE id = ?", [(one,) for one in taken])
        near.execute("COMMIT")
        first = rows[-1][0]


@contextmanager
def _far_end(kind: str, file: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.push_child", kind, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _there(folder: Path, kind: str) -> int:
    with closing(sqlite3.connect(folder / f"{kind}.sqlite")) as reading:
        table = "sale_lines" if kind == "central" else "lines"
        found: Any = reading.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) // LINES
