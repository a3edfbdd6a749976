"""Tables of ``till.sqlite``: what happened at this terminal. Migrated by Alembic; never thrown away."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

baskets = Table(
    "baskets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("terminal_id", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("customer_id", Text),
    Column("customer_name", Text, nullable=False),
    Column("customer_identifier", Text),
    Column("lookup_state", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("discount", Text),
    Column("adjustments", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("last_line_id", Text),
    Column("line_count", Integer, nullable=False),
    Column("total_minor", Integer, nullable=False),
    Index("ix_baskets_live", "state", sqlite_where=text("state IN ('open', 'held', 'paying')")),
)

basket_lines = Table(
    "basket_lines",
    metadata,
    Column("basket_id", Text, ForeignKey("baskets.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

basket_tenders = Table(
    "basket_tenders",
    metadata,
    Column("basket_id", Text, ForeignKey("baskets.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

card_intents = Table(
    "card_intents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("basket_id", Text, ForeignKey("baskets.id"), nullable=False, index=True),
    Column("amount_minor", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

sales = Table(
    "sales",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device_seq", Integer, nullable=False, unique=True),
    Column("terminal_id", Text, nullable=False),
    Column("receipt_number", Integer, nullable=False),
    Column("receipt_code", Text, nullable=False, unique=True),
    Column("completed_at", Text, nullable=False, index=True),
    Column("business_date", Text, nullable=False, index=True),
    Column("employee_id", Text, nullable=False),
    Column("customer_id", Text, index=True),
    Column("customer_name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("gross_minor", Integer, nullable=False),
    Column("discount_minor", Integer, nullable=False),
    Column("net_minor", Integer, nullable=False),
    Column("tax_minor", Integer, nullable=False),
    Column("total_minor", Integer, nullable=False),
    Column("rounding_minor", Integer, nullable=False),
    Column("offline", Integer, nullable=False),
    Column("copies", Integer, nullable=False, server_default="0"),
    UniqueConstraint("terminal_id", "receipt_number"),
)

sale_lines = Table(
    "sale_lines",
    metadata,
    Column("sale_id", Text, ForeignKey("sales.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("product_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("quantity_milli", Integer, nullable=False),
    Column("unit_price_minor", Integer, nullable=False),
    Column("gross_minor", Integer, nullable=False),
    Column("discount_minor", Integer, nullable=False),
    Column("net_minor", Integer, nullable=False),
    Column("tax_minor", Integer, nullable=False),
    Column("total_minor", Integer, nullable=False),
    sqlite_with_rowid=False,
)

sale_taxes = Table(
    "sale_taxes",
    metadata,
    Column("sale_id", Text, ForeignKey("sales.id"), primary_key=True),
    Column("tax_id", Text, primary_key=True),
    Column("net_minor", Integer, nullable=False),
    Column("tax_minor", Integer, nullable=False),
    sqlite_with_rowid=False,
)

sale_tenders = Table(
    "sale_tenders",
    metadata,
    Column("sale_id", Text, ForeignKey("sales.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    Column("given_minor", Integer, nullable=False),
    Column("change_minor", Integer, nullable=False),
    Column("rounding_minor", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("reference", Text, nullable=False),
    sqlite_with_rowid=False,
)

loyalty_entries = Table(
    "loyalty_entries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sale_id", Text, ForeignKey("sales.id"), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("points", Integer, nullable=False),
    Column("allowance_points", Integer, nullable=False),
    Column("device_seq", Integer, nullable=False),
    Column("made_at", Text, nullable=False),
    UniqueConstraint("sale_id", "kind"),
    Index("ix_loyalty_entries_customer_id_device_seq", "customer_id", "device_seq"),
)

credit_entries = Table(
    "credit_entries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sale_id", Text, ForeignKey("sales.id"), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    Column("device_seq", Integer, nullable=False),
    Column("made_at", Text, nullable=False),
    Index("ix_credit_entries_customer_id_device_seq", "customer_id", "device_seq"),
)

drawer_movements = Table(
    "drawer_movements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    Column("sale_id", Text, ForeignKey("sales.id")),
    Column("employee_id", Text, nullable=False),
    Column("made_at", Text, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("device_seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("schema_v", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("acked_at", Text),
    Index("ix_outbox_unsent", "state", sqlite_where=text("state <> 'acked'")),
)

customer_cache = Table(
    "customer_cache",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("row_version", Integer, nullable=False),
    Column("fetched_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

cached_identifiers = Table(
    "cached_identifiers",
    metadata,
    Column("value", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
)

pending_customers = Table(
    "pending_customers",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("phone_e164", Text, nullable=False, index=True),
    Column("email_folded", Text, nullable=False, index=True),
    Column("card", Text, nullable=False, index=True),
    Column("name_folded", Text, nullable=False),
    Column("enrolled_at", Text, nullable=False),
    Column("device_seq", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

lookup_log = Table(
    "lookup_log",
    metadata,
    Column("id", Text, primary_key=True),
    Column("basket_id", Text),
    Column("looked_up_at", Text, nullable=False, index=True),
    Column("identifier_masked", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("customer_id", Text),
    Column("customer_name", Text, nullable=False),
    Column("error", Text, nullable=False),
)

staff_attempts = Table(
    "staff_attempts",
    metadata,
    Column("employee_id", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Text, nullable=False),
)

local_settings = Table(
    "local_settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

print_jobs = Table(
    "print_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sale_id", Text, ForeignKey("sales.id"), nullable=False, index=True),
    Column("copy", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_print_jobs_unprinted", "state", sqlite_where=text("state <> 'printed'")),
)
