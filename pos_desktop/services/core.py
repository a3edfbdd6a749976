"""What every service is handed: the two files, the clock, the ids, the shop and the feed of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.domain.events import JournalWritten, Payload, freeze
from pos_desktop.domain.ids import IdMaker
from pos_desktop.domain.journal import canonical
from pos_desktop.domain.shop import Shop
from pos_desktop.services.changes import ChangeFeed
from pos_desktop.storage import catalogue, journal, outbox
from pos_desktop.storage.database import Connection, Database
from pos_desktop.storage.replica import ReplicaReader, equalled_at, sync_state

SILENT_AFTER_S = 90
"""A sync process that has not written for so long is not running."""
NEVER_S = 10**9

Submit = Callable[[Callable[[], None]], None]
"""Runs work in the background, on a thread that may wait for the network."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present instant, UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)


def iso(instant: datetime) -> str:
    """Write an instant as UTC ISO 8601 with milliseconds and ``Z``; texts sort as instants do."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """Read what :func:`iso` wrote."""
    return datetime.fromisoformat(text)


class ShopCache:
    """The shop's rules, read again only when the replica says that they changed."""

    def __init__(self, replica: ReplicaReader) -> None:
        self._replica = replica
        self._lock = threading.Lock()
        self._shop: Shop | None = None

    def get(self) -> Shop | None:
        """The shop, or None before the first contact with the centre."""
        with self._lock:
            if self._shop is None:
                with self._replica.read() as connection:
                    self._shop = None if connection is None else catalogue.shop(connection)
            return self._shop

    def forget(self) -> None:
        """Read it again at the next use."""
        with self._lock:
            self._shop = None


@dataclass(frozen=True, slots=True)
class Core:
    """What services share.

    Args:
        till: the file of facts; ``replica`` the copy of what the server owns.
        ids: makes the ids of facts; used under ``write()`` or ``new_id()`` only.
        sign: signs journal hashes with the terminal's key.
        submit: background work that may wait for the network.
        fresh_for_s: how long what is known of a customer counts as fresh, seconds.
    """

    till: Database
    replica: ReplicaReader
    clock: Clock
    ids: IdMaker
    terminal_id: str
    sign: journal.Signer
    feed: ChangeFeed
    submit: Submit
    shops: ShopCache
    fresh_for_s: Callable[[], int]
    _id_lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> str:
        """The present instant as stored."""
        return iso(self.clock.now())

    def age_s(self, instant: str) -> int:
        """Whole seconds since a stored instant: negative for one in the future, so after the clock was set back.

        An empty instant (never) is older than anything.
        """
        if not instant:
            return NEVER_S
        return (self.clock.now() - parse_iso(instant)) // timedelta(seconds=1)

    def seconds_until(self, instant: str) -> int:
        """Whole seconds, rounded up, to a stored instant; 0 when it has passed."""
        return max(0, -((self.clock.now() - parse_iso(instant)) // timedelta(seconds=1)))

    def new_id(self) -> str:
        """Make the next id."""
        with self._id_lock:
            return self.ids.new()

    def shop(self) -> Shop:
        """The shop's rules.

        Raises:
            NotFound: the till has never been in contact with the centre.
        """
        shop = self.shops.get()
        if shop is None:
            raise NotFound(ErrorCode.SHOP_NOT_LOADED)
        return shop

    @contextmanager
    def read(self) -> Iterator[tuple[Connection, Connection | None]]:
        """Give connections to both files, each on one snapshot."""
        with self.till.read() as till, self.replica.read() as replica:
            yield till, replica

    def online(self) -> bool:
        """Tell whether the last word of the sync process was contact with the centre, and not long ago."""
        with self.replica.read() as replica:
            state = {} if replica is None else sync_state(replica)
        return state.get("state") in ("up_to_date", "sending") and self.heard_from(state)

    def heard_from(self, state: dict[str, str]) -> bool:
        """Tell whether the sync process, given what it last said of itself, is running."""
        return -SILENT_AFTER_S <= self.age_s(state.get("alive_at", "")) <= SILENT_AFTER_S

    def customers_as_of(self, replica: Connection | None) -> str:
        """Tell when the copy of the customers last equalled the server's; empty before the first whole load."""
        return "" if replica is None else equalled_at(replica, "customers")

    def record(self, till: Connection, kind: str, body: dict[str, object]) -> None:
        """Write an event into the journal and put it on its way to the centre, inside the caller's ``write()``."""
        at = self.now()
        entry = journal.append(till, kind, at, canonical(body), self.sign)
        fact = JournalWritten(
            seq=entry.seq,
            kind=kind,
            at=at,
            body=entry.body,
            previous_hash=entry.previous_hash,
            entry_hash=entry.entry_hash,
            signature=entry.signature,
        )
        self.send(till, self.new_id(), fact, kind)

    def send(self, till: Connection, fact_id: str, fact: Payload, subject: str) -> int:
        """Put a fact into the outbox, inside the caller's ``write()``.

        Returns:
            Its ``device_seq``.
        """
        return outbox.append(till, fact_id, freeze(fact), subject, self.now())
