"""The journal: every event of this terminal in one hash chain, each entry signed with the terminal's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pos_desktop.domain.journal import GENESIS_HASH, entry_hash
from pos_desktop.storage.database import Connection

Signer = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One link of the chain; ``body`` is canonical JSON, ``signature`` is hex over the hash."""

    seq: int
    kind: str
    at: str
    body: str
    previous_hash: str
    entry_hash: str
    signature: str


def head(connection: Connection) -> tuple[int, str]:
    """Tell the number and hash of the last entry; 0 and the genesis hash when there is none."""
    row = connection.exec_driver_sql("SELECT seq, entry_hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, GENESIS_HASH) if row is None else (int(row[0]), str(row[1]))


def append(connection: Connection, kind: str, at: str, body: str, sign: Signer) -> JournalEntry:
    """Add an entry, in the transaction of what it records.

    Args:
        kind: past tense, such as ``sale_completed`` or ``employee_logged_in``.
        at: UTC ISO 8601.
        body: canonical JSON; no secrets and no card numbers.
        sign: gives the signature over the entry's hash, hex.
    """
    seq, previous = head(connection)
    digest = entry_hash(previous, seq + 1, kind, at, body)
    entry = JournalEntry(seq + 1, kind, at, body, previous, digest, sign(digest.encode()))
    connection.exec_driver_sql(
        "INSERT INTO journal (seq, kind, at, body, previous_hash, entry_hash, signature) VALUES (?,?,?,?,?,?,?)",
        (entry.seq, kind, at, body, previous, digest, entry.signature),
    )
    return entry


def entries(connection: Connection) -> Iterator[JournalEntry]:
    """Read the whole chain, first to last, without holding it in memory."""
    result = connection.exec_driver_sql(
        "SELECT seq, kind, at, body, previous_hash, entry_hash, signature FROM journal ORDER BY seq"
    )
    for row in result:
        yield JournalEntry(*row)
