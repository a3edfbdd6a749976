"""Proof of the journal: every hash, every link, every signature, and every sale in its place."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pos_desktop.domain.journal import verify_chain
from pos_desktop.storage import journal, meta
from pos_desktop.storage.database import Database


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the proof came to, in one sentence."""

    good: bool
    entries: int
    sentence: str


def verify_journal(database: Database) -> Verdict:
    """Check the whole journal of a till.

    Args:
        database: the file of facts.
    """
    with database.read() as till:
        count, _head = journal.head(till)
        broken = verify_chain(journal.entries(till))
        if broken is not None:
            sentence = (
                f"broken at entry {broken.seq} ({broken.reason}): expected {broken.expected}, found {broken.found}"
            )
            return Verdict(good=False, entries=count, sentence=sentence)
        key = meta.get(till, meta.JOURNAL_PUBLIC_KEY)
        if key is not None:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            for entry in journal.entries(till):
                try:
                    public.verify(bytes.fromhex(entry.signature), entry.entry_hash.encode())
                except (InvalidSignature, ValueError):
                    return Verdict(False, count, f"broken at entry {entry.seq}: not signed by this terminal")
        unwritten = till.exec_driver_sql(
            "SELECT count(*) FROM sales WHERE id NOT IN"
            " (SELECT json_extract(body, '$.sale_id') FROM journal WHERE kind = 'sale_completed')"
        ).scalar_one()
    if unwritten:
        return Verdict(False, count, f"{unwritten} sales are not in the journal")
    return Verdict(good=True, entries=count, sentence=f"{count} entries, whole and signed")
