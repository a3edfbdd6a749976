"""Proof of the journal: every hash, every link, every signature, and every sale in its place and as it was sold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pos_desktop.domain.events import EventKind, thaw
from pos_desktop.domain.journal import verify_chain
from pos_desktop.domain.sales import Sale
from pos_desktop.services.sale_making import journal_body
from pos_desktop.storage import journal, meta
from pos_desktop.storage.database import Connection, Database
from pos_desktop.storage.till_store import open_till


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the proof came to, in one sentence."""

    good: bool
    entries: int
    sentence: str


def verify_journal(database: Database) -> Verdict:
    """Check the whole journal of a till, and every sale against what the journal says of it.

    Args:
        database: the file of facts.

    Returns:
        The first fault found, or that there is none.
    """
    with database.read() as till:
        count, _head = journal.head(till)
        checks: tuple[Callable[[Connection], str], ...] = (_chain, _signatures, _end, _sales)
        for check in checks:
            fault = check(till)
            if fault:
                return Verdict(good=False, entries=count, sentence=fault)
    return Verdict(good=True, entries=count, sentence=f"{count} entries, whole and signed")


def _chain(till: Connection) -> str:
    broken = verify_chain(journal.entries(till))
    if broken is None:
        return ""
    return f"broken at entry {broken.seq} ({broken.reason}): expected {broken.expected}, found {broken.found}"


def _signatures(till: Connection) -> str:
    key = meta.get(till, meta.JOURNAL_PUBLIC_KEY)
    if key is None:
        # A till has its key before its first entry. Without it whoever rewrote the chain would pass unseen.
        count, _head = journal.head(till)
        return "broken at entry 1: the key that signatures are checked with is gone" if count else ""
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    for entry in journal.entries(till):
        try:
            public.verify(bytes.fromhex(entry.signature), entry.entry_hash.encode())
        except (InvalidSignature, ValueError):
            return f"broken at entry {entry.seq}: not signed by this terminal"
    return ""


def _end(till: Connection) -> str:
    # A chain whose last links were cut off is still a chain: each link has a fact beside it that says it was there.
    count, _head = journal.head(till)
    facts = till.exec_driver_sql(
        "SELECT count(*) FROM outbox WHERE kind IN (?, ?)",
        (EventKind.SALE_COMPLETED.value, EventKind.JOURNAL_WRITTEN.value),
    ).scalar_one()
    return f"broken at entry {count + 1} (end): {facts} were written, {count} are there" if facts > count else ""


def _sales(till: Connection) -> str:
    rows = till.exec_driver_sql(
        "SELECT s.receipt_code, s.receipt_number, s.total_minor, o.schema_v, o.payload FROM sales s"
        " LEFT JOIN outbox o ON o.id = s.id ORDER BY s.terminal_id, s.device_seq"
    )
    for code, number, total_minor, schema_v, payload in rows:
        try:
            sale: Sale = thaw(EventKind.SALE_COMPLETED, schema_v, payload)
        except (KeyError, TypeError, msgspec.MsgspecError):
            return f"sale {code}: its document cannot be read"
        if (sale.receipt_code, sale.receipt_number, sale.total_minor) != (code, number, total_minor):
            return f"sale {code}: its row is not that of its document"
        if _written(till, sale) != (journal_body(sale), sale.journal_hash):
            return f"sale {code}: the journal says otherwise at entry {sale.journal_seq}"
    return ""


def _written(till: Connection, sale: Sale) -> tuple[str, str] | None:
    row = till.exec_driver_sql(
        "SELECT body, entry_hash FROM journal WHERE seq = ? AND kind = 'sale_completed'", (sale.journal_seq,)
    ).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def prove(folder: Path) -> tuple[bool, str]:
    """Prove the journal of the till in a folder: whether it holds, and what there is to say.

    Raises:
        StorageTrouble: the file cannot be opened.
    """
    database = open_till(folder)
    try:
        verdict = verify_journal(database)
    finally:
        database.close()
    return verdict.good, verdict.sentence
