"""Facts that are only kept: lookups and baskets thrown away."""

from __future__ import annotations

from operator import attrgetter

from central_api import tables
from central_api.ingest import Ingest, check_terminal
from central_api.rows import Insert
from pos_desktop.domain.events import BasketVoided, LookupLogged

_LOOKUP = (
    "basket_id",
    "terminal_id",
    "identifier_masked",
    "identifier_kind",
    "outcome",
    "attempts",
    "elapsed_ms",
    "customer_id",
    "looked_up_at",
    "error",
)
_VOID = ("terminal_id", "employee_id", "voided_at", "reason", "lines", "total_minor")
_of_lookup, _of_void = attrgetter("lookup_id", *_LOOKUP), attrgetter("basket_id", *_VOID)
_INSERT_LOOKUP = Insert(tables.lookup_logs, "tenant_id", "event_id", "id", *_LOOKUP)
_INSERT_VOID = Insert(tables.basket_voids, "tenant_id", "event_id", "id", *_VOID)


def take_lookup(ingest: Ingest, fact: LookupLogged) -> None:
    """Store a lookup, version 1.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    check_terminal(ingest, fact.terminal_id)
    ingest.rows.add(_INSERT_LOOKUP, (ingest.tenant_id, ingest.item.id, *_of_lookup(fact)))


def take_void(ingest: Ingest, fact: BasketVoided) -> None:
    """Store a voided basket, version 1.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    check_terminal(ingest, fact.terminal_id)
    ingest.rows.add(_INSERT_VOID, (ingest.tenant_id, ingest.item.id, *_of_void(fact)))
