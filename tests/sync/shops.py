"""A whole chain for tests: a real central API, a line that can fail, and tills of real files, with the real services."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from central_api.database import read
from central_api.reports import summary
from pos_desktop.domain.customers import NewCustomer
from pos_desktop.domain.events import EventKind, Payload, freeze, thaw
from pos_desktop.domain.journal import verify_chain
from pos_desktop.domain.sales import Sale
from pos_desktop.services.till import Outside, Till
from pos_desktop.settings import LookupSettings, Settings
from pos_desktop.storage import journal, meta, outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import ReplicaReader, ReplicaWriter
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE, open_till
from sync.engine import Engine, Turn
from sync.http import Api
from sync.lookup import LiveLookup
from sync.pull import Puller
from sync.push import Pusher
from tests.support.central import RunningApi
from tests.support.proxy import ChaosProxy
from tests.support.tills import FakeCard, FakeClock, FakePrinter, plain_encode, plain_wording

PATIENT_S = 20.0
"""Longer than anything here takes, so that only a fault that is meant ends a request."""
QUICK = LookupSettings(timeout_seconds=1, retry_attempts=2)


@functools.cache
def _new_till_file() -> bytes:
    """A migrated file of facts: made once, since every test begins with it."""
    with tempfile.TemporaryDirectory(prefix="till-file-") as folder:
        open_till(Path(folder)).close()
        return (Path(folder) / TILL_FILE).read_bytes()


@dataclass
class SyncedTill:
    """A till and its sync, driven by hand.

    Args:
        progress: what the engine reported, in order.
    """

    folder: Path
    terminal_id: str
    token: str
    url: str
    timeout_s: float = PATIENT_S
    page_rows: int = 5_000
    epoch: str = ""
    clock: FakeClock = field(default_factory=FakeClock)
    progress: list[frozenset[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / TILL_FILE).exists():
            (self.folder / TILL_FILE).write_bytes(_new_till_file())
        self.epoch = self.epoch or f"epoch-of-{self.terminal_id}"
        self.file = open_till(self.folder, busy_timeout_s=0.05)
        with self.file.write() as connection:
            meta.put(connection, meta.DEVICE_EPOCH, self.epoch)
        self.replica = ReplicaWriter(self.folder / REPLICA_FILE)
        self.api = Api(self.url, self.token, self.timeout_s, device_epoch=self.epoch, total_s=self.timeout_s)
        self.puller = Puller(self.replica, self.api, self.page_rows)
        self.pusher = Pusher(self.file, self.api, self.epoch)
        self.engine = Engine(self.file, self.replica, self.pusher, self.puller, self.clock, self.progress.append)
        self.lookup = LiveLookup(self.url, self.token, lambda _s: None, device_epoch=self.epoch)
        self.till = self._open()

    def _open(self) -> Till:
        return Till(
            Settings(data_dir=self.folder, terminal_id=self.terminal_id, lookup=QUICK),
            open_till(self.folder),
            ReplicaReader(self.folder / REPLICA_FILE),
            Outside(
                clock=self.clock,
                sign=lambda digest: hashlib.sha256(b"key" + digest).hexdigest(),
                lookup=self.lookup,
                card=FakeCard(),
                printer=FakePrinter(),
                encode=plain_encode,
                wording=plain_wording,
                wake_sync=lambda: None,
                submit=lambda work: work(),
            ),
        )

    def close(self) -> None:
        """Let go of everything."""
        self.till.close()
        self.lookup.close()
        self.api.close()
        self.replica.close()
        self.file.close()

    # -- what happens here --------------------------------------------------------------------------------------

    def turn(self) -> Turn:
        """One turn of the sync; the till takes note of what it brought."""
        turn = self.engine.turn()
        self.till.replica_changed(frozenset(turn.changed))
        return turn

    def sell(self, customer_id: str | None = None, quantity: int = 1, points: int = 0) -> Sale:
        """Sell burgers for cash, the first part for points."""
        basket = self.till.baskets.start("emp_1", self.terminal_id).basket.id
        self.till.baskets.add_product(basket, "BURGER", quantity * 1_000)
        if customer_id is not None:
            self.till.baskets.attach_customer(basket, customer_id)
        view = self.till.checkout.begin(basket)
        if points:
            view = self.till.checkout.pay_points(basket, points)
        self.till.checkout.pay_cash(basket, view.left_minor)
        return self.till.checkout.finalise(basket).sale

    def enrol(self, phone: str, first_name: str = "Nora") -> str:
        """Make somebody a customer; gives the id they have here."""
        new = NewCustomer(first_name, "Neumann", phone=phone)
        return self.till.customers.enrol(new, "emp_1").customer.id

    def points(self, customer_id: str) -> int:
        """The balance that the screens show."""
        return self.till.customers.profile(customer_id).points

    def send(self, fact_id: str, fact: Payload) -> int:
        """Put a fact of any make into the outbox."""
        with self.file.write() as connection:
            return outbox.append(connection, fact_id, freeze(fact), "test", "2026-11-20T08:00:00.000Z")

    # -- what is here -------------------------------------------------------------------------------------------

    def states(self) -> dict[str, int]:
        """How many facts are in which state."""
        with self.file.read() as connection:
            return {
                str(row[0]): int(row[1])
                for row in connection.exec_driver_sql("SELECT state, count(*) FROM outbox GROUP BY state")
            }

    def parked(self) -> dict[str, str]:
        """Reasons of what was put aside, by id."""
        with self.file.read() as connection:
            rows = connection.exec_driver_sql("SELECT id, last_error FROM outbox WHERE state = 'parked'")
            return {str(row[0]): str(row[1]) for row in rows}

    def facts(self) -> dict[str, str]:
        """The hash of every fact by its id."""
        with self.file.read() as connection:
            return {str(row[0]): str(row[1]) for row in connection.exec_driver_sql("SELECT id, sha256 FROM outbox")}

    def sales(self) -> list[Sale]:
        """Every sale as it was frozen."""
        with self.file.read() as connection:
            rows = connection.exec_driver_sql("SELECT payload FROM outbox WHERE kind = 'sale_completed'").all()
        return [thaw(EventKind.SALE_COMPLETED, 1, bytes(row[0])) for row in rows]

    def books(self) -> dict[str, int]:
        """What this till sold, in the words of the central summary."""
        sales = self.sales()
        return {
            "count": len(sales),
            "total_minor": sum(sale.total_minor for sale in sales),
            "tax_minor": sum(sale.tax_minor for sale in sales),
            "drawer_minor": sum(sale.drawer_minor for sale in sales),
            "points": sum(entry.points for sale in sales for entry in sale.loyalty),
        }

    def rows(self, table: str, columns: str = "id, row_version") -> list[tuple[Any, ...]]:
        """Rows of the replica, in order of their id."""
        with self.replica.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY id")]

    def journal_holds(self) -> bool:
        """Whether the chain has no broken link."""
        with self.file.read() as connection:
            return verify_chain(journal.entries(connection)) is None


@contextmanager
def synced_till(
    folder: Path,
    central: RunningApi,
    line: ChaosProxy | None = None,
    *,
    terminal_id: str = "term_001",
    loaded: bool = True,
    **fields: Any,
) -> Iterator[SyncedTill]:
    """A till at the end of a line.

    Args:
        line: between till and centre; None for none.
        loaded: bring the shop first.
    """
    url = central.url if line is None else line.url
    till = SyncedTill(folder, terminal_id, central.tokens[terminal_id], url, **fields)
    try:
        if loaded:
            assert till.turn().error == ""
        yield till
    finally:
        till.close()


def central_facts(central: RunningApi) -> dict[str, str]:
    """The hash of every fact that the centre accepted, by its id."""
    with read(central.engine) as connection:
        rows = connection.execute(sa.text("SELECT id, sha256 FROM events WHERE status = 'created'"))
        return {str(row[0]): str(row[1]) for row in rows}


def central_books(central: RunningApi, terminal_id: str | None = None) -> dict[str, int]:
    """What the centre holds to be sold, in the words of :meth:`SyncedTill.books`."""
    with read(central.engine) as connection:
        told = summary(connection, "demo", terminal_id)
    return {name: told[name] for name in ("count", "total_minor", "tax_minor", "drawer_minor", "points")}


def central_rows(central: RunningApi, table: str, columns: str = "id, row_version") -> list[tuple[Any, ...]]:
    """Rows of a pulled collection at the centre, in order of their id."""
    with read(central.engine) as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT {columns} FROM {table} ORDER BY id"))]


def count(database: Database, query: str) -> int:
    """A number out of a file."""
    with database.read() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())
