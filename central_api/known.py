"""What the database already knows of the facts of a batch, read in a few statements for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from central_api import tables
from central_api.customers import resolve, resolve_all
from central_api.database import take_turns
from central_api.terminals import Terminal


@dataclass(slots=True)
class Link:
    """What the chain needs of a stored journal entry; a sale's has no ``previous_hash``."""

    event_id: str
    previous_hash: str | None
    entry_hash: str
    flaw: str


class Known:
    """Receipts, arrivals, customers, stores and journal entries, as far as the facts of a batch touch them.

    Whoever stores more of these says so here as well: the next fact of the batch must find it.
    """

    def __init__(self, connection: sa.Connection, terminal: Terminal, device_epoch: str) -> None:
        self._connection = connection
        self._terminal = terminal
        self._device_epoch = device_epoch
        self._stores: set[str] | None = None
        self.receipts: dict[str, tuple[str, str]] = {}
        self.arrivals: dict[int, str] = {}
        self.customers: dict[str, str] = {}
        self.links: dict[int, list[Link]] = {}

    def read_receipts(self, ids: Sequence[str], numbers: Sequence[int]) -> None:
        """Read which facts, and which numbers of this installation, came before."""
        e, a, mine = tables.events.c, tables.arrivals.c, self._terminal
        if ids:
            found = sa.select(e.id, e.sha256, e.status).where(e.tenant_id == mine.tenant_id, e.id.in_(ids))
            self.receipts = {row.id: (row.sha256, row.status) for row in self._connection.execute(found)}
        if numbers:
            found = sa.select(a.device_seq, a.event_id).where(
                a.tenant_id == mine.tenant_id,
                a.terminal_id == mine.id,
                a.device_epoch == self._device_epoch,
                a.device_seq.in_(numbers),
            )
            self.arrivals = {row.device_seq: row.event_id for row in self._connection.execute(found)}

    def read_customers(self, said: Sequence[str]) -> None:
        """Read who is meant by the ids that tills gave."""
        if said:
            self.customers = resolve_all(self._connection, self._terminal.tenant_id, said)

    def read_links(self, numbers: Iterable[int]) -> None:
        """Read the journal entries of this installation with these numbers, and those beside them."""
        near = sorted({number + step for number in numbers for step in (-1, 0, 1)})
        if not near:
            return
        j, mine = tables.journal_entries.c, self._terminal
        found = sa.select(j.seq, j.event_id, j.previous_hash, j.entry_hash, j.flaw).where(
            j.tenant_id == mine.tenant_id,
            j.terminal_id == mine.id,
            j.device_epoch == self._device_epoch,
            j.seq.in_(near),
        )
        for seq, event_id, previous_hash, entry_hash, flaw in self._connection.execute(found):
            self.links.setdefault(seq, []).append(Link(event_id, previous_hash, entry_hash, flaw))

    def customer(self, said: str) -> str | None:
        """Say which customer an id means; None when that is not known yet."""
        known = self.customers.get(said)
        if known is None:
            # The enrolment may be on its way in this moment: then it must see this sale, or this sale must see it.
            take_turns(self._connection, f"{self._terminal.tenant_id} id {said}")
            known = resolve(self._connection, self._terminal.tenant_id, said)
        if known is not None:
            self.customers[said] = known
        return known

    def has_store(self, store_id: str) -> bool:
        """Tell whether the tenant has a store."""
        if store_id == self._terminal.store_id:
            return True
        if self._stores is None:
            s = tables.stores.c
            found = sa.select(s.id).where(s.tenant_id == self._terminal.tenant_id)
            self._stores = set(self._connection.scalars(found))
        return store_id in self._stores
