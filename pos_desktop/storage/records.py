"""Small records of a till: lookups, card payments, wrong PINs and the print spool."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain.events import LookupLogged
from pos_desktop.storage.database import Connection


@dataclass(frozen=True, slots=True)
class LookupRow:
    """A finished lookup, newest first in lists."""

    looked_up_at: str
    identifier_masked: str
    outcome: str
    attempts: int
    elapsed_ms: int
    customer_name: str
    error: str


@dataclass(frozen=True, slots=True)
class CardIntent:
    """A card payment, recorded before the terminal hears of it.

    Args:
        state: ``created``, ``approved``, ``declined``, ``cancelled``, ``not_reached``, ``not_found`` or ``unknown``;
            an approved one may go on to ``reversing`` and ``reversed``.
    """

    id: str
    basket_id: str
    amount_minor: int
    currency: str
    state: str
    reference: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True)
class PrintJob:
    """Bytes for the printer; ``state`` is ``waiting``, ``failed`` (will be tried again) or ``printed``."""

    id: str
    sale_id: str
    copy: int
    state: str
    attempts: int
    last_error: str
    data: bytes


def log_lookup(till: Connection, entry: LookupLogged, customer_name: str) -> None:
    """Keep a finished lookup."""
    till.exec_driver_sql(
        "INSERT INTO lookup_log (id, basket_id, looked_up_at, identifier_masked, outcome, attempts, elapsed_ms,"
        " customer_id, customer_name, error) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            entry.lookup_id,
            entry.basket_id,
            entry.looked_up_at,
            entry.identifier_masked,
            entry.outcome,
            entry.attempts,
            entry.elapsed_ms,
            entry.customer_id,
            customer_name,
            entry.error,
        ),
    )


def lookups(till: Connection, limit: int) -> list[LookupRow]:
    """Read the newest lookups."""
    rows = till.exec_driver_sql(
        "SELECT looked_up_at, identifier_masked, outcome, attempts, elapsed_ms, customer_name, error"
        " FROM lookup_log ORDER BY looked_up_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [LookupRow(*row) for row in rows]


_INTENT = "SELECT id, basket_id, amount_minor, currency, state, reference, detail, reason FROM card_intents"


def add_intent(till: Connection, intent: CardIntent, at: str) -> None:
    """Record a card payment before the terminal hears of it."""
    till.exec_driver_sql(
        "INSERT INTO card_intents (id, basket_id, amount_minor, currency, state, reference, detail, reason,"
        " created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            intent.id,
            intent.basket_id,
            intent.amount_minor,
            intent.currency,
            intent.state,
            intent.reference,
            intent.detail,
            intent.reason,
            at,
            at,
        ),
    )


def resolve_intent(till: Connection, intent: CardIntent, at: str) -> None:
    """Record what became of a card payment."""
    till.exec_driver_sql(
        "UPDATE card_intents SET state = ?, reference = ?, detail = ?, reason = ?, updated_at = ? WHERE id = ?",
        (intent.state, intent.reference, intent.detail, intent.reason, at, intent.id),
    )


def open_intent(till: Connection, basket_id: str) -> CardIntent | None:
    """Find the card payment of a basket whose outcome, or whose reversal, is not settled: it blocks what follows."""
    row = till.exec_driver_sql(
        f"{_INTENT} WHERE basket_id = ? AND state IN ('created', 'unknown', 'reversing') ORDER BY id DESC LIMIT 1",
        (basket_id,),
    ).fetchone()
    return None if row is None else CardIntent(*row)


def intent(till: Connection, intent_id: str) -> CardIntent | None:
    """Read a card payment."""
    row = till.exec_driver_sql(f"{_INTENT} WHERE id = ?", (intent_id,)).fetchone()
    return None if row is None else CardIntent(*row)


def wrong_pins(till: Connection, employee_id: str) -> tuple[int, str]:
    """Tell how many wrong PINs came in a row, and until when the door is shut (empty = open)."""
    row = till.exec_driver_sql(
        "SELECT failures, locked_until FROM staff_attempts WHERE employee_id = ?", (employee_id,)
    ).fetchone()
    return (0, "") if row is None else (int(row[0]), str(row[1]))


def set_wrong_pins(till: Connection, employee_id: str, failures: int, locked_until: str) -> None:
    """Keep the count of wrong PINs."""
    till.exec_driver_sql(
        "INSERT INTO staff_attempts (employee_id, failures, locked_until) VALUES (?,?,?)"
        " ON CONFLICT (employee_id) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until",
        (employee_id, failures, locked_until),
    )


_JOB = "SELECT id, sale_id, copy, state, attempts, last_error, data FROM print_jobs"


def add_job(till: Connection, job: PrintJob, created_at: str) -> None:
    """Put bytes into the print spool."""
    till.exec_driver_sql(
        "INSERT INTO print_jobs (id, sale_id, copy, state, attempts, last_error, created_at, data)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (job.id, job.sale_id, job.copy, job.state, job.attempts, job.last_error, created_at, job.data),
    )


def unprinted(till: Connection) -> list[PrintJob]:
    """Read what still has to be printed, oldest first."""
    return [PrintJob(*row) for row in till.exec_driver_sql(f"{_JOB} WHERE state <> 'printed' ORDER BY id")]


def original(till: Connection, sale_id: str) -> PrintJob | None:
    """Find the first print of a sale, printed or not."""
    row = till.exec_driver_sql(f"{_JOB} WHERE sale_id = ? AND copy = 0", (sale_id,)).fetchone()
    return None if row is None else PrintJob(*row)


def finish_job(till: Connection, job_id: str, state: str, error: str) -> None:
    """Record an attempt to print."""
    till.exec_driver_sql(
        "UPDATE print_jobs SET state = ?, attempts = attempts + 1, last_error = ? WHERE id = ?",
        (state, error, job_id),
    )


def job(till: Connection, job_id: str) -> PrintJob | None:
    """Read a print job."""
    row = till.exec_driver_sql(f"{_JOB} WHERE id = ?", (job_id,)).fetchone()
    return None if row is None else PrintJob(*row)
