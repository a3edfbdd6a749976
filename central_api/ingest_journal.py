"""The journal at the centre: every link is stored, and one that does not hold is flagged, never refused."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.ingest import Ingest
from central_api.known import Link
from central_api.rows import Insert
from pos_desktop.domain.events import JournalWritten
from pos_desktop.domain.journal import GENESIS_HASH, entry_hash
from pos_desktop.domain.sales import Sale

FLAW_HASH = "hash"
FLAW_LINK = "link"
FLAW_TWICE = "twice"

_INSERT = Insert(
    tables.journal_entries,
    "tenant_id",
    "terminal_id",
    "device_epoch",
    "event_id",
    "previous_hash",
    "entry_hash",
    "flaw",
    "seq",
    "kind",
    "at",
    "body",
    "signature",
)


def take_journal(ingest: Ingest, fact: JournalWritten) -> None:
    """Store a journal entry, version 1."""
    expected = entry_hash(fact.previous_hash, fact.seq, fact.kind, fact.at, fact.body)
    flaw = "" if expected == fact.entry_hash else FLAW_HASH
    link = Link(ingest.item.id, fact.previous_hash, fact.entry_hash, flaw)
    _store(ingest, fact.seq, link, (fact.kind, fact.at, fact.body, fact.signature))


def store_sale_link(ingest: Ingest, sale: Sale) -> None:
    """Store the place of a sale in the chain. Its body is the sale itself; the entry after it proves its hash."""
    link = Link(ingest.item.id, None, sale.journal_hash, "")
    _store(ingest, sale.journal_seq, link, ("sale_completed", sale.completed_at, None, ""))


def _store(ingest: Ingest, seq: int, link: Link, told: tuple[str, str, str | None, str]) -> None:
    links = ingest.known.links
    before = {one.entry_hash for one in links.get(seq - 1, ())}
    if seq == 1:
        before.add(GENESIS_HASH)
    same = links.setdefault(seq, [])
    if same:
        link.flaw = FLAW_TWICE
    elif not link.flaw and link.previous_hash is not None and before and link.previous_hash not in before:
        link.flaw = FLAW_LINK
    same.append(link)
    place = (ingest.tenant_id, ingest.terminal.id, ingest.device_epoch)
    ingest.rows.add(_INSERT, (*place, link.event_id, link.previous_hash, link.entry_hash, link.flaw, seq, *told))
    # Entries may arrive out of order: one that came first is judged when the one before it comes.
    for after in links.get(seq + 1, ()):
        if not after.flaw and after.previous_hash not in (None, link.entry_hash):
            _flag(ingest, after)


def _flag(ingest: Ingest, link: Link) -> None:
    j = tables.journal_entries
    ingest.rows.flush()
    link.flaw = FLAW_LINK
    mine = (j.c.tenant_id == ingest.tenant_id, j.c.event_id == link.event_id)
    ingest.connection.execute(sa.update(j).where(*mine).values(flaw=FLAW_LINK))
