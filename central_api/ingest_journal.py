"""The journal at the centre: every link is stored, and one that does not hold is flagged, never refused."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.ingest import Ingest
from pos_desktop.domain.events import JournalWritten
from pos_desktop.domain.journal import GENESIS_HASH, entry_hash
from pos_desktop.domain.sales import Sale

FLAW_HASH = "hash"
FLAW_LINK = "link"
FLAW_TWICE = "twice"

_j = tables.journal_entries.c
_NEAR = sa.select(_j.event_id, _j.seq, _j.previous_hash, _j.entry_hash, _j.flaw).where(
    _j.tenant_id == sa.bindparam("tenant"),
    _j.terminal_id == sa.bindparam("terminal"),
    _j.device_epoch == sa.bindparam("installation"),
    _j.seq.between(sa.bindparam("first"), sa.bindparam("last")),
)


def take_journal(ingest: Ingest, fact: JournalWritten) -> None:
    """Store a journal entry, version 1."""
    expected = entry_hash(fact.previous_hash, fact.seq, fact.kind, fact.at, fact.body)
    _store(
        ingest,
        {
            "seq": fact.seq,
            "kind": fact.kind,
            "at": fact.at,
            "body": fact.body,
            "previous_hash": fact.previous_hash,
            "entry_hash": fact.entry_hash,
            "signature": fact.signature,
            "flaw": "" if expected == fact.entry_hash else FLAW_HASH,
        },
    )


def store_sale_link(ingest: Ingest, sale: Sale) -> None:
    """Store the place of a sale in the chain. Its body is the sale itself; the entry after it proves its hash."""
    _store(
        ingest,
        {
            "seq": sale.journal_seq,
            "kind": "sale_completed",
            "at": sale.completed_at,
            "body": None,
            "previous_hash": None,
            "entry_hash": sale.journal_hash,
            "signature": "",
            "flaw": "",
        },
    )


def _store(ingest: Ingest, entry: dict[str, object]) -> None:
    j = tables.journal_entries
    seq = int(str(entry["seq"]))
    place = {"tenant": ingest.tenant_id, "terminal": ingest.terminal.id, "installation": ingest.device_epoch}
    near = ingest.connection.execute(_NEAR, place | {"first": seq - 1, "last": seq + 1}).all()
    before = {row.entry_hash for row in near if row.seq == seq - 1}
    if seq == 1:
        before.add(GENESIS_HASH)
    if any(row.seq == seq for row in near):
        entry["flaw"] = FLAW_TWICE
    elif not entry["flaw"] and entry["previous_hash"] is not None and before and entry["previous_hash"] not in before:
        entry["flaw"] = FLAW_LINK
    origin = {"tenant_id": ingest.tenant_id, "event_id": ingest.item.id, "terminal_id": ingest.terminal.id}
    ingest.connection.execute(sa.insert(j), origin | {"device_epoch": ingest.device_epoch} | entry)
    # Entries may arrive out of order: one that came first is judged when the one before it comes.
    for row in near:
        if row.seq == seq + 1 and not row.flaw and row.previous_hash not in (None, entry["entry_hash"]):
            ingest.connection.execute(
                sa.update(j)
                .where(j.c.tenant_id == ingest.tenant_id, j.c.event_id == row.event_id)
                .values(flaw=FLAW_LINK)
            )
