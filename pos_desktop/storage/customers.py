"""Customers as this till knows them: the replica's row, a live answer kept here, or an enrolment on its way.

Of the replica's row and the live answer the newer counts (``row_version``), for as long as the replica has not been known
to equal the server since that answer. What this till earned and spent since is
added from its own ledger, see :func:`own_entries`, so that nothing counts twice or is missed whichever way an
acknowledgement and a row cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from pos_desktop.domain.customers import Customer, CustomerStatus
from pos_desktop.storage.database import Connection

_json = msgspec.json.Encoder()
_customer = msgspec.json.Decoder(Customer)

COLUMNS = (
    "id, first_name, last_name, phone, phone_e164, email, card, tier, status, vip, points, credit_minor,"
    " total_spent_minor, total_orders, note, own_seq, row_version"
)


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer and when the server last confirmed it (empty while it is only an enrolment of ours)."""

    customer: Customer
    as_of: str
    pending: bool


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """What this till's own ledger adds to a server balance, and what of it was spent from the allowance."""

    points: int
    allowance_points: int
    credit_minor: int


def from_row(row: tuple[object, ...]) -> Customer:
    """Make a customer of a row in the order of ``COLUMNS``."""
    values = list(row)
    values[8] = CustomerStatus(str(values[8]))
    values[9] = bool(values[9])
    return Customer(*values)  # type: ignore[arg-type]


def in_replica(replica: Connection, customer_id: str) -> Customer | None:
    """Read the server's row of a customer, following the alias of a merged or re-numbered one."""
    row = replica.exec_driver_sql(f"SELECT {COLUMNS} FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if row is None:
        target = replica.exec_driver_sql(
            "SELECT customer_id FROM customer_aliases WHERE value = ? AND kind = 'id'", (customer_id,)
        ).scalar()
        if target is None or target == customer_id:
            return None
        row = replica.exec_driver_sql(f"SELECT {COLUMNS} FROM customers WHERE id = ?", (target,)).fetchone()
    return None if row is None else from_row(tuple(row))


def id_in_replica(replica: Connection, kind: str, value: str) -> str | None:
    """Find the customer that an exact identifier names.

    Args:
        kind: ``phone`` (E.164), ``email`` (case-folded) or ``card``.
        value: normalised.
    """
    column = {"phone": "phone_e164", "email": "email_folded", "card": "card"}[kind]
    found = replica.exec_driver_sql(
        f"SELECT min(id) FROM customers WHERE {column} = ? AND {column} <> ''", (value,)
    ).scalar()
    if found is None:
        found = replica.exec_driver_sql(
            "SELECT customer_id FROM customer_aliases WHERE value = ? AND kind = ?", (value, kind)
        ).scalar()
    return None if found is None else str(found)


def cached(till: Connection, customer_id: str) -> tuple[Customer, str] | None:
    """Read the kept live answer for a customer and when it was given."""
    row = till.exec_driver_sql(
        "SELECT body, fetched_at FROM customer_cache WHERE customer_id = ?", (customer_id,)
    ).fetchone()
    return None if row is None else (_customer.decode(row[0]), str(row[1]))


def id_in_cache(till: Connection, value: str) -> str | None:
    """Find the customer whom a live answer gave for an identifier, normalised."""
    found = till.exec_driver_sql("SELECT customer_id FROM cached_identifiers WHERE value = ?", (value,)).scalar()
    return None if found is None else str(found)


def keep_answer(till: Connection, identifier: str, customer: Customer, fetched_at: str) -> None:
    """Keep a live answer; an older ``row_version`` never replaces a newer one."""
    till.exec_driver_sql(
        "INSERT INTO customer_cache (customer_id, row_version, fetched_at, body) VALUES (?,?,?,?)"
        " ON CONFLICT (customer_id) DO UPDATE SET row_version = excluded.row_version,"
        " fetched_at = excluded.fetched_at, body = excluded.body"
        " WHERE excluded.row_version >= customer_cache.row_version",
        (customer.id, customer.row_version, fetched_at, _json.encode(customer)),
    )
    till.exec_driver_sql(
        "INSERT INTO cached_identifiers (value, customer_id) VALUES (?,?)"
        " ON CONFLICT (value) DO UPDATE SET customer_id = excluded.customer_id",
        (identifier, customer.id),
    )


def forget_answers(till: Connection) -> None:
    """Drop the live answers, because a server that was set back to a backup gives its versions anew."""
    till.exec_driver_sql("DELETE FROM cached_identifiers")
    till.exec_driver_sql("DELETE FROM customer_cache")


def add_pending(
    till: Connection, customer: Customer, email_folded: str, name_folded: str, enrolled_at: str, seq: int
) -> None:
    """Keep an enrolment of this till until the server's row comes back."""
    till.exec_driver_sql(
        "INSERT INTO pending_customers (customer_id, phone_e164, email_folded, card, name_folded, enrolled_at,"
        " device_seq, body) VALUES (?,?,?,?,?,?,?,?)",
        (
            customer.id,
            customer.phone_e164,
            email_folded,
            customer.card,
            name_folded,
            enrolled_at,
            seq,
            _json.encode(customer),
        ),
    )


def pending(till: Connection, customer_id: str) -> tuple[Customer, str] | None:
    """Read an enrolment of this till and when it was made."""
    row = till.exec_driver_sql(
        "SELECT body, enrolled_at FROM pending_customers WHERE customer_id = ?", (customer_id,)
    ).fetchone()
    return None if row is None else (_customer.decode(row[0]), str(row[1]))


def id_pending(till: Connection, kind: str, value: str) -> str | None:
    """Find an enrolment of this till by an exact identifier."""
    column = {"phone": "phone_e164", "email": "email_folded", "card": "card"}[kind]
    found = till.exec_driver_sql(
        f"SELECT customer_id FROM pending_customers WHERE {column} = ? AND {column} <> ''", (value,)
    ).scalar()
    return None if found is None else str(found)


def ids_of(replica: Connection | None, customer_id: str) -> tuple[str, ...]:
    """Name every id under which this till may have booked for a customer: the server's, and merged ones."""
    if replica is None:
        return (customer_id,)
    rows = replica.exec_driver_sql(
        "SELECT value FROM customer_aliases WHERE customer_id = ? AND kind = 'id'", (customer_id,)
    )
    return (customer_id, *(str(value) for (value,) in rows if value != customer_id))


def own_entries(till: Connection, customer_ids: tuple[str, ...], own_seq: int) -> OwnEntries:
    """Sum this till's ledger entries of a customer that a server row does not contain, or may not contain.

    ``own_seq`` is the largest number among the entries in the row, so it says that this one is in it and that none
    above is. One below it was passed over while its fact was parked, and counts. One below it whose fact is still
    pending may have been taken with the answer lost, or put off with a later one taken: what it spent counts and what
    it earned does not, for a balance shown too low for a moment costs nobody anything.

    Args:
        customer_ids: every id of the customer, see :func:`ids_of`.
        own_seq: the row's.
    """
    points = allowance = credit = 0
    for customer_id in customer_ids:
        for earned, spent in till.exec_driver_sql(_OWN_POINTS, (customer_id, own_seq)):
            points, allowance = points + int(earned), allowance + int(spent)
        for (moved,) in till.exec_driver_sql(_OWN_CREDIT, (customer_id, own_seq)):
            credit += int(moved)
    return OwnEntries(points, allowance, credit)


def _not_in_row(amount: str) -> str:
    return (
        " e LEFT JOIN outbox o ON o.device_seq = e.device_seq AND o.state <> 'acked'"
        " WHERE e.customer_id = ?1 AND (e.device_seq > ?2 OR (e.device_seq < ?2"
        f" AND (o.state = 'parked' OR (o.state = 'pending' AND e.{amount} < 0))))"
    )


_OWN_POINTS = f"SELECT e.points, e.allowance_points FROM loyalty_entries{_not_in_row('points')}"
_OWN_CREDIT = f"SELECT e.amount_minor FROM credit_entries{_not_in_row('amount_minor')}"


def newest(till: Connection, replica: Connection | None, customer_id: str, replica_as_of: str) -> CustomerRecord | None:
    """Read a customer from wherever the newest word of the server lies, or from an enrolment of this till.

    Args:
        replica: None while there is no replica file.
        replica_as_of: when the replica's customers were last known to be whole, UTC ISO 8601, or empty.
    """
    server = None if replica is None else in_replica(replica, customer_id)
    live = cached(till, customer_id if server is None else server.id)
    if live is not None and live[1] <= replica_as_of:
        # The replica has equalled the server since: what it lacks was deleted, what is lower there was set back.
        live = None
    if live is not None and (server is None or live[0].row_version > server.row_version):
        return CustomerRecord(live[0], live[1], pending=False)
    if server is not None:
        as_of = max(replica_as_of, live[1] if live is not None else "")
        return CustomerRecord(server, as_of, pending=False)
    own = pending(till, customer_id)
    return None if own is None else CustomerRecord(own[0], own[1], pending=True)


def search_replica(replica: Connection, column: str, prefix: str, limit: int) -> list[Customer]:
    """Find customers whose ``column`` starts with ``prefix``, in order of the column.

    Args:
        column: ``phone_e164``, ``email_folded``, ``card``, ``name_folded`` or ``first_folded``.
    """
    guard = "" if column in ("name_folded", "first_folded") else f" AND {column} <> ''"
    rows = replica.exec_driver_sql(
        f"SELECT {COLUMNS} FROM customers WHERE {column} >= ? AND {column} < ?{guard} ORDER BY {column} LIMIT ?",
        (prefix, prefix + "\U0010ffff", limit),
    )
    return [from_row(tuple(row)) for row in rows]


def search_pending(till: Connection, texts: Sequence[str], limit: int) -> list[Customer]:
    """Find enrolments of this till whose name holds, or whose identifier starts with, one of ``texts``; newest first.

    Args:
        texts: names and e-mails case-folded, phone numbers in E.164, cards as they are.
    """
    escaped = [text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for text in texts]
    matches = (
        "name_folded LIKE '%' || ? || '%' ESCAPE '\\' OR phone_e164 LIKE ? || '%' ESCAPE '\\'"
        " OR email_folded LIKE ? || '%' ESCAPE '\\' OR card LIKE ? || '%' ESCAPE '\\'"
    )
    rows = till.exec_driver_sql(
        f"SELECT body FROM pending_customers WHERE {' OR '.join(matches for _ in escaped)}"
        " ORDER BY enrolled_at DESC, customer_id DESC LIMIT ?",
        (*(text for text in escaped for _ in range(4)), limit),
    )
    return [_customer.decode(body) for (body,) in rows]


def search_cache(till: Connection, texts: Sequence[str], limit: int) -> list[Customer]:
    """Find customers among kept live answers, by an exact identifier, normalised."""
    marks = ",".join("?" for _ in texts)
    rows = till.exec_driver_sql(
        "SELECT c.body FROM cached_identifiers i JOIN customer_cache c ON c.customer_id = i.customer_id"
        f" WHERE i.value IN ({marks}) ORDER BY c.customer_id LIMIT ?",
        (*texts, limit),
    )
    return [_customer.decode(body) for (body,) in rows]


def pending_ids(till: Connection) -> list[str]:
    """Name the enrolments of this till whose row has not come back."""
    return [str(value) for (value,) in till.exec_driver_sql("SELECT customer_id FROM pending_customers")]


def forget_pending(till: Connection, customer_id: str) -> None:
    """Drop the projection of an enrolment once the server's row is here; the fact itself stays in the outbox."""
    till.exec_driver_sql("DELETE FROM pending_customers WHERE customer_id = ?", (customer_id,))
