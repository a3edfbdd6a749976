"""Facts that are only kept: lookups and baskets thrown away."""

from __future__ import annotations

import sqlalchemy as sa

from central_api import tables
from central_api.ingest import Ingest, check_terminal
from pos_desktop.domain.events import BasketVoided, LookupLogged


def take_lookup(ingest: Ingest, fact: LookupLogged) -> None:
    """Store a lookup, version 1.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    check_terminal(ingest, fact.terminal_id)
    _insert(
        ingest,
        tables.lookup_logs,
        fact.lookup_id,
        {
            "basket_id": fact.basket_id,
            "terminal_id": fact.terminal_id,
            "identifier_masked": fact.identifier_masked,
            "identifier_kind": fact.identifier_kind,
            "outcome": fact.outcome,
            "attempts": fact.attempts,
            "elapsed_ms": fact.elapsed_ms,
            "customer_id": fact.customer_id,
            "looked_up_at": fact.looked_up_at,
            "error": fact.error,
        },
    )


def take_void(ingest: Ingest, fact: BasketVoided) -> None:
    """Store a voided basket, version 1.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    check_terminal(ingest, fact.terminal_id)
    _insert(
        ingest,
        tables.basket_voids,
        fact.basket_id,
        {
            "terminal_id": fact.terminal_id,
            "employee_id": fact.employee_id,
            "voided_at": fact.voided_at,
            "reason": fact.reason,
            "lines": fact.lines,
            "total_minor": fact.total_minor,
        },
    )


def _insert(ingest: Ingest, table: sa.Table, row_id: str, values: dict[str, object]) -> None:
    place = {"tenant_id": ingest.tenant_id, "id": row_id}
    ingest.connection.execute(sa.insert(table), place | {"event_id": ingest.item.id} | values)
