"""What the centre says about single customers and sales, and about all sales together."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from central_api import tables
from central_api.customers import resolve
from central_api.problems import ApiProblem

_HIDDEN = frozenset({"tenant_id", "feed_seq", "email_folded"})


def summary(connection: sa.Connection, tenant_id: str, terminal_id: str | None = None) -> dict[str, Any]:
    """Sum up what was sold.

    Args:
        terminal_id: one terminal only, or None for the whole tenant.

    Returns:
        ``count``, ``total_minor``, ``tax_minor``, ``drawer_minor``, ``offline``, the sum of every tender kind under
        ``tenders``, and what sales did to the ledgers: ``points`` and ``credit_minor``.

    Raises:
        ApiProblem: 422 ``bad_parameter``.
    """
    s, tender = tables.sales, tables.sale_tenders
    mine = [s.c.tenant_id == tenant_id]
    if terminal_id is not None and "\x00" in terminal_id:
        raise ApiProblem(422, "bad_parameter", errors={"query.terminal_id": "A terminal id has no NUL."})
    if terminal_id is not None:
        mine.append(s.c.terminal_id == terminal_id)
    sums = [sa.func.coalesce(sa.func.sum(s.c[name]), 0) for name in ("total_minor", "tax_minor", "drawer_minor")]
    offline = sa.func.count().filter(s.c.offline)
    count, total, tax, drawer, away = connection.execute(sa.select(sa.func.count(), *sums, offline).where(*mine)).one()
    of_sale = sa.and_(s.c.tenant_id == tender.c.tenant_id, s.c.id == tender.c.sale_id)
    tenders = connection.execute(
        sa.select(tender.c.kind, sa.func.sum(tender.c.amount_minor))
        .join(s, of_sale)
        .where(*mine)
        .group_by(tender.c.kind)
    )
    return {
        "count": count,
        "total_minor": int(total),
        "tax_minor": int(tax),
        "drawer_minor": int(drawer),
        "offline": away,
        "tenders": {kind: int(amount) for kind, amount in tenders},
        "points": _from_sales(connection, tables.loyalty_entries, "points", mine),
        "credit_minor": _from_sales(connection, tables.credit_entries, "amount_minor", mine),
    }


def _from_sales(connection: sa.Connection, ledger: sa.Table, column: str, mine: list[sa.ColumnElement[bool]]) -> int:
    s = tables.sales
    of_sale = sa.and_(s.c.tenant_id == ledger.c.tenant_id, s.c.id == ledger.c.sale_id)
    total = sa.func.coalesce(sa.func.sum(ledger.c[column]), 0)
    return int(connection.execute(sa.select(total).select_from(ledger).join(s, of_sale).where(*mine)).scalar_one())


def customer(connection: sa.Connection, tenant_id: str, customer_id: str) -> dict[str, Any]:
    """Everything known of a customer but their sales.

    Args:
        customer_id: their id, or one that leads to them.

    Raises:
        ApiProblem: 404 ``customer_not_found``.
    """
    c, a = tables.customers, tables.customer_aliases
    known = None if "\x00" in customer_id else resolve(connection, tenant_id, customer_id)
    if known is None:
        raise ApiProblem(404, "customer_not_found", "No customer has this id.")
    row = connection.execute(sa.select(c).where(c.c.tenant_id == tenant_id, c.c.id == known)).one()
    aliases = connection.execute(
        sa.select(a.c.kind, a.c.value).where(a.c.tenant_id == tenant_id, a.c.customer_id == known).order_by(a.c.id)
    )
    shown = {name: value for name, value in row._asdict().items() if name not in _HIDDEN}
    return shown | {"aliases": [alias._asdict() for alias in aliases]}


def sale(connection: sa.Connection, tenant_id: str, sale_id: str) -> dict[str, Any]:
    """A sale as its till froze it, and what the server adds.

    Returns:
        ``id``, ``event_id``, ``received_at``, ``customer_id`` (who that is today, or None) and ``sale``, the payload.

    Raises:
        ApiProblem: 404 ``sale_not_found``.
    """
    s, e = tables.sales, tables.events
    of_event = sa.and_(e.c.tenant_id == s.c.tenant_id, e.c.id == s.c.event_id)
    found = None
    if "\x00" not in sale_id:
        found = connection.execute(
            sa.select(s.c.id, s.c.event_id, e.c.received_at, s.c.customer_id, e.c.sha256, e.c.payload)
            .join(e, of_event)
            .where(s.c.tenant_id == tenant_id, s.c.id == sale_id)
        ).first()
    if found is None:
        raise ApiProblem(404, "sale_not_found", "No sale has this id.")
    shown = found._asdict()
    return shown | {"sale": msgspec.Raw(shown.pop("payload"))}
