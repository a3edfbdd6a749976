"""A till for tests: real files, the demo shop in its replica, and fakes with behaviour for what is outside."""

from __future__ import annotations

import functools
import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher

import resources.demo
from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.devices.printer import NullPrinter
from pos_desktop.domain.customers import Customer, CustomerStatus
from pos_desktop.domain.errors import ErrorCode, UserError
from pos_desktop.domain.identifiers import phone_e164
from pos_desktop.domain.receipts import Label, ReceiptDocument
from pos_desktop.domain.shop import Shop
from pos_desktop.services.customers import ApiUnreachable
from pos_desktop.services.receipts import Encoder, Wording
from pos_desktop.services.till import Outside, Till
from pos_desktop.settings import LookupSettings, load
from pos_desktop.storage import meta
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import Page, ReplicaReader, ReplicaWriter
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE, open_till

TERMINAL = "term_001"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self, instant: datetime = START) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """The instant it stands at; each look moves it by a millisecond, so that no two facts share one."""
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.instant += timedelta(seconds=seconds)


class FakeLookup:
    """A central API for lookups: knows customers by identifier, can be down, and counts its calls."""

    def __init__(self) -> None:
        self.people: dict[str, Customer] = {}
        self.down = False
        self.calls: list[str] = []

    def fetch(self, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        """Answer as the live lookup does."""
        if self.down:
            self.calls += [identifier] * settings.retry_attempts
            raise ApiUnreachable(settings.retry_attempts, "connect")
        self.calls.append(identifier)
        return self.people.get(identifier), 1


@dataclass
class FakeCard:
    """A payment terminal that remembers what it booked.

    ``plan`` holds what the next payments do: ``approve``, ``decline``, ``silent`` (books, does not answer), ``lost``
    (never hears of it) or ``cancel``. Without a plan it approves.
    """

    plan: list[str] = field(default_factory=list)
    booked: dict[str, int] = field(default_factory=dict)
    reversed: list[str] = field(default_factory=list)
    answers: bool = True

    def pay(self, intent_id: str, amount_minor: int, currency: str, on_progress: Callable[[str], None]) -> CardOutcome:
        """Charge."""
        step = self.plan.pop(0) if self.plan else "approve"
        on_progress("present_card")
        if step == "decline":
            return CardOutcome(CardState.DECLINED, reason="refusal")
        if step == "cancel":
            return CardOutcome(CardState.CANCELLED, reason="cancelled")
        if step == "lost":
            return CardOutcome(CardState.UNKNOWN, reason="timeout")
        self.booked[intent_id] = amount_minor
        if step == "silent":
            return CardOutcome(CardState.UNKNOWN, reason="timeout")
        return self._approved(intent_id, currency)

    def status(self, intent_id: str) -> CardOutcome:
        """Tell what became of a payment."""
        if not self.answers:
            return CardOutcome(CardState.UNKNOWN, reason="not_connected")
        if intent_id in self.booked:
            return self._approved(intent_id, "EUR")
        return CardOutcome(CardState.NOT_FOUND)

    def abort(self, intent_id: str) -> bool:
        """Nothing waits here."""
        return self.answers

    def reverse(self, reversal_id: str, intent_id: str) -> CardOutcome:
        """Give the money back."""
        if not self.answers:
            return CardOutcome(CardState.UNKNOWN, reason="timeout")
        self.reversed.append(intent_id)
        return CardOutcome(CardState.APPROVED)

    def ping(self) -> bool:
        """Whether it answers."""
        return self.answers

    def _approved(self, intent_id: str, currency: str) -> CardOutcome:
        reference = hashlib.sha256(intent_id.encode()).hexdigest()[:8]
        return CardOutcome(CardState.APPROVED, reference, "VISA **** 1234", "", self.booked[intent_id], currency)


class FakePrinter:
    """A printer that keeps its paper; ``silent`` makes it refuse."""

    def __init__(self) -> None:
        self.paper: list[bytes] = []
        self.silent = False

    def send(self, data: bytes) -> None:
        """Print."""
        if self.silent:
            raise UserError(ErrorCode.PRINTER_SILENT)
        self.paper.append(data)


def plain_wording(_shop: Shop | None) -> Wording:
    """Words that tests can read."""
    return Wording({label.value: label.value for label in Label}, lambda minor: f"{minor / 100:.2f}", lambda when: when)


def plain_encode(document: ReceiptDocument, wording: Wording, kick_drawer: bool) -> bytes:
    """Bytes that tests can read."""
    return (("DRAWER\n" if kick_drawer else "") + repr(document)).encode()


@dataclass
class TestTill:
    """A till with its surroundings; ``open`` opens the same files anew, as a restart does."""

    __test__ = False

    folder: Path
    till: Till
    clock: FakeClock
    lookup: FakeLookup
    card: FakeCard
    printer: FakePrinter
    writer: ReplicaWriter
    background: list[Callable[[], None]]
    wakes: list[int]
    plugins: tuple[tuple[str, object], ...]
    encode: Encoder = plain_encode
    has_printer: bool = True

    def run_background(self) -> None:
        """Run what was put off to the network worker."""
        while self.background:
            self.background.pop(0)()

    def restart(self) -> None:
        """Close the till and open it again on the same files; what was put off is gone with the process."""
        self.till.close()
        self.background.clear()
        self.till = _open(self)

    def say_online(self, state: str = "up_to_date") -> None:
        """Let the sync process say how it stands."""
        now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.writer.put_state({"state": state, "alive_at": now, "since": now, "last_contact_at": now, "last_error": ""})
        if state == "up_to_date":
            self.writer.confirm(["customers"], now)

    def start(self, identifier: str | None = None) -> str:
        """Start a basket and give its id."""
        return self.till.baskets.start("emp_1", TERMINAL, identifier).basket.id


def _open(parts: TestTill) -> Till:
    settings = replace(load(parts.folder, {}), terminal_id=TERMINAL)
    return Till(
        settings,
        open_till(parts.folder),
        ReplicaReader(parts.folder / REPLICA_FILE),
        Outside(
            clock=parts.clock,
            sign=lambda digest: hashlib.sha256(b"key" + digest).hexdigest(),
            lookup=parts.lookup,
            card=parts.card,
            printer=parts.printer if parts.has_printer else NullPrinter(),
            encode=parts.encode,
            wording=plain_wording,
            wake_sync=lambda: parts.wakes.append(1),
            submit=parts.background.append,
            more_plugins=parts.plugins,
        ),
    )


@contextmanager
def running_till(
    folder: Path,
    *,
    customers: Iterable[dict[str, Any]] | None = None,
    plugins: tuple[tuple[str, object], ...] = (),
    shop_changes: dict[str, Any] | None = None,
) -> Iterator[TestTill]:
    """Give an open till with the demo shop loaded.

    Args:
        folder: for its files.
        customers: in place of the demo's own five; pass ``()`` for a replica without customers.
        plugins: further plugins.
        shop_changes: fields of the shop to change.
    """
    as_delivered = customers is None and not shop_changes and not (folder / REPLICA_FILE).exists()
    if as_delivered:
        for name, data in _demo_files().items():
            (folder / name).write_bytes(data)
    writer = ReplicaWriter(folder / REPLICA_FILE)
    if not as_delivered:
        _make_files(folder, writer, customers, shop_changes or {})
    parts = TestTill(
        folder=folder,
        till=None,  # type: ignore[arg-type]
        clock=FakeClock(),
        lookup=FakeLookup(),
        card=FakeCard(),
        printer=FakePrinter(),
        writer=writer,
        background=[],
        wakes=[],
        plugins=plugins,
    )
    parts.till = _open(parts)
    parts.say_online()
    try:
        yield parts
    finally:
        parts.till.close()
        writer.close()


@functools.cache
def _demo_files() -> dict[str, bytes]:
    """The files of a till of the demo shop: made once, since most tests begin with them."""
    with tempfile.TemporaryDirectory(prefix="till-demo-") as name:
        folder = Path(name)
        writer = ReplicaWriter(folder / REPLICA_FILE)
        _make_files(folder, writer, None, {})
        writer.close()
        return {name: (folder / name).read_bytes() for name in (TILL_FILE, REPLICA_FILE)}


def _make_files(
    folder: Path, writer: ReplicaWriter, customers: Iterable[dict[str, Any]] | None, shop_changes: dict[str, Any]
) -> None:
    fill_replica(writer, customers, shop_changes)
    database = open_till(folder)
    with database.write() as connection:
        meta.put(connection, meta.DEVICE_EPOCH, str(uuid.UUID(int=1)))
    database.close()


def fill_replica(writer: ReplicaWriter, people: Iterable[dict[str, Any]] | None, shop_changes: dict[str, Any]) -> None:
    """Write the demo shop into a replica, as pages of a server would."""
    demo = resources.demo.load()
    shop = {**demo.shop, **shop_changes}
    put_rows(writer, "settings", [{"id": "shop", "body": shop}])
    put_rows(
        writer,
        "employees",
        [
            {
                **{k: v for k, v in person.items() if k != "pin"},
                "pin_hash": CHEAP_HASHER.hash(person["pin"]),
                "active": 1,
            }
            for person in demo.employees
        ],
    )
    put_rows(writer, "taxes", demo.taxes)
    put_rows(writer, "categories", demo.categories)
    put_rows(writer, "products", demo.products)
    put_customers(writer, demo.customers if people is None else people)


def put_customers(writer: ReplicaWriter, people: Iterable[dict[str, Any]], row_version: int = 1) -> None:
    """Write customers, in the form of the demo data, and their aliases."""
    rows, aliases = [], []
    for person in people:
        plain = {key: value for key, value in person.items() if key != "aliases"}
        plain.setdefault("phone_e164", _e164(plain["phone"]))
        plain.setdefault("own_seq", 0)
        plain.setdefault("row_version", row_version)
        rows.append(plain)
        for kind, value in person.get("aliases", ()):
            aliases.append({"id": f"{kind}:{value}", "kind": kind, "value": value, "customer_id": person["id"]})
    put_rows(writer, "customers", rows)
    put_rows(writer, "customer_aliases", aliases)


def customer_of(person: dict[str, Any], row_version: int = 1) -> Customer:
    """Make the till's customer of the demo's form."""
    fields = {key: value for key, value in person.items() if key != "aliases"}
    fields["status"] = CustomerStatus(fields["status"])
    fields.setdefault("phone_e164", _e164(fields["phone"]))
    return Customer(**fields, own_seq=0, row_version=row_version)


def _e164(phone: str) -> str:
    return phone_e164(phone, "DE") if phone else ""


def put_rows(writer: ReplicaWriter, collection: str, rows: Iterable[Any]) -> None:
    """Write rows of a collection, as a page of a server would; their version is 1 unless they say another."""
    plain = [{"row_version": 1, **row} for row in rows]
    columns = list(plain[0]) if plain else ["id", "row_version", "kind", "value", "customer_id"]
    writer.apply(
        Page(
            collection=collection,
            columns=columns,
            rows=[[msgspec.to_builtins(row[name]) for name in columns] for row in plain],
            deleted=(),
            cursor="1",
            more=False,
            count=len(plain),
            schema_v=1,
            server_epoch="test",
        ),
        START.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    )


def file_of(database: Database) -> Path:
    """Where a database lies."""
    return database.path
