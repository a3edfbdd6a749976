"""One till of a run: its two files, the real services and the real sync, cut off at any instant and opened again."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pos_desktop.domain.customers import LookupResult, NewCustomer
from pos_desktop.domain.errors import ErrorCode, UserError
from pos_desktop.domain.sales import Sale
from pos_desktop.services.till import Outside, Till
from pos_desktop.settings import LookupSettings, Settings
from pos_desktop.storage import meta, outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import CollectionRow, ReplicaReader, ReplicaWriter, collections, put_aside
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE, open_till
from sync.engine import Engine, Turn
from sync.process import MAY_PASS, keep_to_epoch
from sync.protocol import Collection
from sync.pull import Puller
from sync.push import Pusher
from tests.sim.wire import Line, SimApi, SimLookup
from tests.sim.world import Clock, PowerCut, World, hold
from tests.support.tills import FakeCard, FakePrinter, plain_encode, plain_wording
from tests.sync.shops import _new_till_file

EMPLOYEE = "emp_1"
FILES = (TILL_FILE, REPLICA_FILE)
LOTS_OF_PAGES = 1_073_741_823
EXPECTED = frozenset(
    {
        ErrorCode.REDEEM_ABOVE_BALANCE,
        ErrorCode.REDEEM_ABOVE_ALLOWANCE,
        ErrorCode.REDEEM_ABOVE_DUE,
        ErrorCode.REDEEM_NOT_POSITIVE,
        ErrorCode.CUSTOMER_NOT_FOUND,
        ErrorCode.PRODUCT_NOT_FOUND,
        ErrorCode.SHOP_NOT_LOADED,
        ErrorCode.DISK_FULL,
    }
)
"""Refusals that a day with faults brings along; any other is a fault of the program."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between the tills of a run.

    Args:
        page_rows: rows asked for in one page.
    """

    terminal_id: str
    token: str
    store_id: str
    page_rows: int


class WatchedReplica(ReplicaWriter):
    """The real replica, which also tells which collections were begun anew."""

    def __init__(self, path: Path, forgotten: set[str]) -> None:
        super().__init__(path)
        self._forgotten = forgotten

    def forget(self, collection: str) -> None:
        """Start a collection over."""
        self._forgotten.add(collection)
        super().forget(collection)


class SimTill:
    """A till.

    Args:
        acked: sales that a cashier saw as paid, by id, as they were then.
        forgotten: collections begun anew since the last look.
        planted: facts that the server cannot take, with the code of its refusal; ``kept`` those that were stored.
        ids_above: newest id of a fact when the till was opened last, and its number.
    """

    def __init__(self, world: World, line: Line, folder: Path, shape: Shape) -> None:
        self.world = world
        self.line = line
        self.shape = shape
        self.clock = Clock(world)
        self.epoch = f"epoch-of-{shape.terminal_id}"
        self.acked: dict[str, Sale] = {}
        self.enrolled: list[str] = []
        self.planted: dict[str, str] = {}
        self.kept: set[str] = set()
        self.forgotten: set[str] = set()
        self.ids_above: tuple[str, int] = ("", 0)
        self.full = False
        self._lives = 0
        self._root = folder
        self.folder = folder / "0"
        self.folder.mkdir(parents=True)
        (self.folder / TILL_FILE).write_bytes(_new_till_file())
        self._open()

    def _open(self) -> None:
        shape = self.shape
        self.file = open_till(self.folder)
        with self.file.write() as connection:
            meta.put(connection, meta.DEVICE_EPOCH, self.epoch)
            outbox.try_again(connection, MAY_PASS)
        self.replica = WatchedReplica(self.folder / REPLICA_FILE, self.forgotten)
        keep_to_epoch(self.replica, self.epoch)
        self.api = SimApi(self.line, shape.token, self.epoch)
        self.puller = Puller(self.replica, self.api, shape.page_rows)
        self.pusher = Pusher(self.file, self.api, self.epoch)
        self.engine = Engine(self.file, self.replica, self.pusher, self.puller, self.clock, lambda _names: None)
        self.lookup = SimLookup(self.line, shape.token, self.epoch)
        self.card = FakeCard()
        self.till_file = open_till(self.folder)
        self.till = Till(
            Settings(
                data_dir=self.folder,
                terminal_id=shape.terminal_id,
                lookup=LookupSettings(timeout_seconds=1, retry_attempts=2),
            ),
            self.till_file,
            ReplicaReader(self.folder / REPLICA_FILE),
            Outside(
                clock=self.clock,
                sign=lambda digest: hashlib.sha256(b"key" + digest).hexdigest(),
                lookup=self.lookup,
                card=self.card,
                printer=FakePrinter(),
                encode=plain_encode,
                wording=plain_wording,
                wake_sync=lambda: None,
                submit=lambda work: work(),
            ),
        )
        newest = self.ask("SELECT coalesce(max(id), ''), coalesce(max(device_seq), 0) FROM outbox")[0]
        self.ids_above = (str(newest[0]), int(newest[1]))
        hold("S15", (self.till._core.ids.last or "") >= newest[0], "ids begin anew below those that were made")

    def close(self) -> None:
        """Let go of everything."""
        self.till.close()
        self.lookup.close()
        self.api.close()
        self.replica.close()
        self.file.close()

    # -- what happens to it -------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Close it and open it again."""
        self.close()
        self.full = False
        self._open()

    @contextmanager
    def power_may_go(self, steps: int | None) -> Iterator[None]:
        """Cut the power after so many steps; then the till is opened over what was on disk at that instant."""
        try:
            with self.world.power.armed(steps, self._image):
                yield
        except PowerCut:
            self.world.fault("till_crash")
            self.close()
            shutil.rmtree(self.folder)
            self.folder = self._root / str(self._lives)
            self.full = False
            self._open()

    def _image(self) -> None:
        self._lives += 1
        image = self._root / str(self._lives)
        image.mkdir()
        for name in FILES:
            for end in ("", "-wal"):
                if (self.folder / (name + end)).exists():
                    shutil.copyfile(self.folder / (name + end), image / (name + end))

    def lose_replica(self) -> None:
        """The copy is thrown away, as anybody may at any moment."""
        self.close()
        put_aside(self.folder / REPLICA_FILE)
        self.forgotten.update(Collection)
        self.full = False
        self._open()

    def fill_disk(self, full: bool) -> None:
        """Leave no room for one more page in either file, or all there is."""
        self.full = full
        for database in (self.file, self.till_file, self.replica.database):
            with database.read() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() if full else LOTS_OF_PAGES
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").close()

    def lose_cursor(self, collection: Collection) -> None:
        """A cursor that the server does not know (it answers 410)."""
        with self.replica.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE collections SET cursor = 'lost' WHERE name = ? AND cursor <> ''", (collection.value,)
            )

    # -- what is done at it -------------------------------------------------------------------------------------

    def turn(self) -> Turn:
        """One turn of the sync."""
        turn = self.engine.turn()
        try:
            self.till.replica_changed(frozenset(turn.changed))
        except UserError as error:
            self._refused(error)
        return turn

    def sell(self, customer_id: str | None, product_id: str, quantity: int, points: int, card: bool) -> None:
        """Sell something, the first part for points, the rest by card or in cash."""
        with self.refusals():
            basket = self.till.baskets.start(EMPLOYEE, self.shape.terminal_id).basket.id
            self.till.baskets.add_product(basket, product_id, quantity * 1_000)
            self.till.baskets.add_product(basket, "BURGER", 1_000)
            if customer_id is not None:
                self.till.baskets.attach_customer(basket, customer_id)
            view = self.till.checkout.begin(basket)
            if points:
                view = self.till.checkout.pay_points(basket, points)
            if card:
                view = self.till.checkout.pay_card(basket, view.left_minor, lambda _step: None)
            else:
                self.till.checkout.pay_cash(basket, view.left_minor + 7)
            sale = self.till.checkout.finalise(basket).sale
            self.acked[sale.id] = sale

    def void(self) -> None:
        """Throw a basket away."""
        with self.refusals():
            basket = self.till.baskets.start(EMPLOYEE, self.shape.terminal_id).basket.id
            self.till.baskets.add_product(basket, "BURGER")
            self.till.baskets.void(basket, "changed their mind")

    def enrol(self, phone: str) -> None:
        """Make somebody a customer."""
        with self.refusals():
            new = NewCustomer("Nora", self.shape.terminal_id, phone=phone)
            self.enrolled.append(self.till.customers.enrol(new, EMPLOYEE).customer.id)

    def look_up(self, phone: str) -> LookupResult | None:
        """Look somebody up; None when it was refused."""
        try:
            return self.till.customers.lookup(phone)
        except UserError as error:
            self._refused(error)
            return None

    def append(self, fact_id: str, kind: str, payload: bytes, code: str) -> None:
        """Put a fact into the outbox that the server will refuse by this code."""
        self.planted[fact_id] = code
        with self.refusals(), self.file.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO outbox (device_seq, id, kind, schema_v, payload, sha256, subject, made_at)"
                " VALUES (?,?,?,?,?,?,?,?)",
                (
                    outbox.next_seq(connection),
                    fact_id,
                    kind,
                    1,
                    payload,
                    hashlib.sha256(payload).hexdigest(),
                    "sim",
                    "2026-11-20T08:00:00.000Z",
                ),
            )
        if self.ask("SELECT 1 FROM outbox WHERE id = ?", fact_id):
            self.kept.add(fact_id)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Take a refusal that belongs to such a day for what it is."""
        try:
            yield
        except UserError as error:
            self._refused(error)

    def _refused(self, error: UserError) -> None:
        if error.code not in EXPECTED or (error.code is ErrorCode.DISK_FULL and not self.full):
            raise error
        self.world.note(f"  refused: {error.code.value}")

    # -- what is in it ------------------------------------------------------------------------------------------

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the file of facts."""
        return _ask(self.file, statement, values)

    def ask_replica(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the replica."""
        return _ask(self.replica.database, statement, values)

    def stands(self) -> dict[str, CollectionRow]:
        """Where the collections stand."""
        with self.replica.database.read() as connection:
            return collections(connection)

    def server_epoch(self) -> str | None:
        """The epoch of the server that this till knows."""
        with self.file.read() as connection:
            return meta.get(connection, meta.SERVER_EPOCH)

    def versions(self, collection: str) -> dict[str, int]:
        """The version of every row of a collection."""
        return {str(a): int(b) for a, b in self.ask_replica(f"SELECT id, row_version FROM {collection}")}


def read_cursor(cursor: str) -> tuple[str, int]:
    """Look into a cursor, which a till never does: the server's epoch, and the place in the feed."""
    said = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return str(said["e"]), int(said["s"])


def _ask(database: Database, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement, values)]
