"""Customers, the names they are found by, and the two ledgers that their balances are sums of."""

from __future__ import annotations

import sqlalchemy as sa

from central_api.tables.base import flag, key, metadata, number, tenant, text, versioned

customers = sa.Table(
    "customers",
    metadata,
    tenant(),
    key(),
    *versioned(),
    number("number"),
    text("first_name"),
    text("last_name"),
    text("phone"),
    text("phone_e164"),
    text("email"),
    text("email_folded"),
    text("card"),
    text("tier"),
    text("status"),
    flag("vip"),
    number("points", optional=True),
    number("credit_minor", optional=True),
    number("total_orders", optional=True),
    number("total_spent_minor", optional=True),
    number("average_order_minor", optional=True),
    number("lifetime_value_minor", optional=True),
    text("first_order_at", null=True),
    text("last_order_at", null=True),
    flag("overspent"),
    text("note", optional=True),
    text("source"),
    text("created_at"),
    sa.UniqueConstraint("tenant_id", "number"),
    sa.Index(None, "tenant_id", "feed_seq"),
    sa.Index(None, "tenant_id", "phone_e164"),
    sa.Index(None, "tenant_id", "email_folded"),
    sa.Index(None, "tenant_id", "card"),
)
customer_aliases = sa.Table(
    "customer_aliases",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("kind"),
    text("value"),
    text("customer_id"),
    sa.UniqueConstraint("tenant_id", "kind", "value"),
    sa.Index(None, "tenant_id", "feed_seq"),
    sa.Index(None, "tenant_id", "customer_id"),
)


def _ledger(name: str, amount: str, *more: sa.Column[str] | sa.Column[int] | sa.UniqueConstraint) -> sa.Table:
    # customer_said is who the till named; customer_id who that is here, null until an enrolment tells.
    return sa.Table(
        name,
        metadata,
        tenant(),
        key(),
        text("customer_said"),
        text("customer_id", null=True),
        text("sale_id", null=True),
        number(amount),
        *more,
        text("made_at"),
        text("terminal_id", null=True),
        text("device_epoch", null=True),
        number("device_seq", null=True),
        # Covers own_seq, the newest entry of one terminal for one customer, which every row of a page asks for.
        sa.Index(f"ix_{name}_own_seq", "tenant_id", "customer_id", "terminal_id", "device_epoch", "device_seq"),
        sa.Index(None, "tenant_id", "customer_said"),
        sa.Index(None, "tenant_id", "sale_id"),
    )


loyalty_entries = _ledger(
    "loyalty_entries",
    "points",
    number("allowance_points", optional=True),
    text("kind"),
    sa.UniqueConstraint("tenant_id", "sale_id", "kind"),
)
credit_entries = _ledger("credit_entries", "amount_minor")
