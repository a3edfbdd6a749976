"""The outbox: facts with their frozen bytes, from the moment they were made until the centre has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos_desktop.domain.events import FrozenFact
from pos_desktop.storage.database import Connection

PENDING = "pending"
PARKED = "parked"
ACKED = "acked"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A fact and what became of it.

    Args:
        device_seq: gapless number of this terminal's facts.
        subject: for the reader: a receipt code, a name, or empty.
        state: ``pending``, ``parked`` or ``acked``.
    """

    device_seq: int
    id: str
    kind: str
    schema_v: int
    payload: bytes
    sha256: str
    subject: str
    made_at: str
    state: str
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How much is not at the centre, and since when (empty when nothing is pending)."""

    pending: int
    parked: int
    oldest_pending_at: str


_COLUMNS = "device_seq, id, kind, schema_v, payload, sha256, subject, made_at, state, attempts, last_error"


def next_seq(connection: Connection) -> int:
    """Tell the number that the next fact will get. Valid inside one ``write()`` block."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(device_seq), 0) + 1 FROM outbox").scalar_one())


def append(connection: Connection, fact_id: str, fact: FrozenFact, subject: str, made_at: str) -> int:
    """Put a fact into the outbox.

    Args:
        fact_id: its id for ever (UUIDv7).
        fact: kind, version, bytes and hash.
        subject: for the reader of the sync panel.
        made_at: UTC ISO 8601.

    Returns:
        Its ``device_seq``.
    """
    seq = next_seq(connection)
    connection.exec_driver_sql(
        "INSERT INTO outbox (device_seq, id, kind, schema_v, payload, sha256, subject, made_at)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (seq, fact_id, fact.kind.value, fact.schema_v, fact.payload, fact.sha256, subject, made_at),
    )
    return seq


def unsent(connection: Connection, limit: int, max_bytes: int, above_seq: int = 0) -> list[OutboxRow]:
    """Read the oldest pending facts, at least one, at most ``limit`` rows or ``max_bytes`` of payload.

    Args:
        above_seq: only facts with a larger ``device_seq``.
    """
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM outbox WHERE state <> 'acked' AND state = ? AND device_seq > ?"
        " ORDER BY device_seq LIMIT ?",
        (PENDING, above_seq, limit),
    )
    batch: list[OutboxRow] = []
    size = 0
    for row in rows:
        item = OutboxRow(*row)
        size += len(item.payload)
        if batch and size > max_bytes:
            break
        batch.append(item)
    return batch


def not_acked(connection: Connection, limit: int) -> list[OutboxRow]:
    """Read what is pending or parked, oldest first, without its bytes."""
    columns = _COLUMNS.replace("payload", "x'' AS payload")
    rows = connection.exec_driver_sql(
        f"SELECT {columns} FROM outbox WHERE state <> 'acked' ORDER BY device_seq LIMIT ?", (limit,)
    )
    return [OutboxRow(*row) for row in rows]


def counts(connection: Connection) -> OutboxCounts:
    """Count what is not at the centre."""
    row = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'parked'),"
        " coalesce(min(made_at) FILTER (WHERE state = 'pending'), '') FROM outbox WHERE state <> 'acked'"
    ).one()
    return OutboxCounts(int(row[0]), int(row[1]), str(row[2]))


def payload(connection: Connection, fact_id: str) -> bytes | None:
    """Read the frozen bytes of a fact."""
    found = connection.exec_driver_sql("SELECT payload FROM outbox WHERE id = ?", (fact_id,)).scalar()
    return None if found is None else bytes(found)


def acknowledge(connection: Connection, ids: list[str], acked_at: str) -> None:
    """Mark facts as being at the centre."""
    if ids:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'acked', acked_at = ?, last_error = '' WHERE id = ?",
            [(acked_at, fact_id) for fact_id in ids],
        )


def park(connection: Connection, fact_id: str, reason: str) -> None:
    """Put a refused fact aside, with its reason; it is never dropped."""
    connection.exec_driver_sql(
        "UPDATE outbox SET state = 'parked', attempts = attempts + 1, last_error = ? WHERE id = ? AND state <> 'acked'",
        (reason, fact_id),
    )


def try_again(connection: Connection, codes: Sequence[str]) -> None:
    """Make parked facts pending again whose reason may have gone at the server since.

    Args:
        codes: the reasons, as the stored text begins with them.
    """
    for code in codes:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'pending' WHERE state = 'parked' AND substr(last_error, 1, ?) = ?",
            (len(code) + 1, code + ":"),
        )


def send_again(connection: Connection, above_seq: int) -> int:
    """Make facts pending again that a server took or refused and lost since, because it was set back to a backup.

    A refused one goes along: its number would else be missing there for ever, and nobody at the centre see it.

    Args:
        above_seq: what the server still has, without a gap.

    Returns:
        How many facts that are.
    """
    return int(
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'pending', acked_at = NULL WHERE state <> 'pending' AND device_seq > ?",
            (above_seq,),
        ).rowcount
    )


def note_attempt(connection: Connection, ids: list[str], error: str) -> None:
    """Count an attempt that did not get through; the facts stay pending."""
    if ids:
        connection.exec_driver_sql(
            "UPDATE outbox SET attempts = attempts + 1, last_error = ? WHERE id = ?",
            [(error, fact_id) for fact_id in ids],
        )


def oldest_seq(connection: Connection) -> int:
    """Tell the smallest number still kept, or the next one when there is none."""
    found = connection.exec_driver_sql("SELECT min(device_seq) FROM outbox").scalar()
    return next_seq(connection) if found is None else int(found)
