"""Receipts of every fact that tills report, and the rows that facts become."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "arrivals",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), nullable=False),
        sa.Column("device_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "terminal_id", "device_epoch", "device_seq", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "basket_voids",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_basket_voids")),
    )
    op.create_table(
        "dead_letters",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("item_sha256", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), nullable=False),
        sa.Column("item", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "item_sha256", "terminal_id", name=op.f("pk_dead_letters")),
    )
    op.create_table(
        "device_epochs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), nullable=False),
        sa.Column("high_water", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("largest", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("oldest_kept", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_seen_at", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "terminal_id", "device_epoch", name=op.f("pk_device_epochs")),
    )
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), nullable=False),
        sa.Column("device_seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("schema_v", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_tenant_id_status_kind"), "events", ["tenant_id", "status", "kind"], unique=False)
    op.create_index(
        op.f("ix_events_tenant_id_terminal_id_device_epoch_device_seq"),
        "events",
        ["tenant_id", "terminal_id", "device_epoch", "device_seq"],
        unique=False,
    )
    op.create_table(
        "journal_entries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=True),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("flaw", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name=op.f("pk_journal_entries")),
    )
    op.create_index(
        op.f("ix_journal_entries_tenant_id_terminal_id_device_epoch_seq"),
        "journal_entries",
        ["tenant_id", "terminal_id", "device_epoch", "seq"],
        unique=False,
    )
    op.create_table(
        "lookup_logs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("basket_id", sa.Text(), nullable=True),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("identifier_masked", sa.Text(), nullable=False),
        sa.Column("identifier_kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("looked_up_at", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lookup_logs")),
    )
    op.create_index(
        op.f("ix_lookup_logs_tenant_id_looked_up_at"), "lookup_logs", ["tenant_id", "looked_up_at"], unique=False
    )
    op.create_table(
        "sales",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.Text(), nullable=False),
        sa.Column("employee_name", sa.Text(), nullable=False),
        sa.Column("customer_said", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("receipt_number", sa.BigInteger(), nullable=False),
        sa.Column("receipt_code", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("decimals", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("drawer_minor", sa.BigInteger(), nullable=False),
        sa.Column("points_balance_after", sa.BigInteger(), nullable=True),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False),
        sa.Column("journal_hash", sa.Text(), nullable=False),
        sa.Column("offline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"], ["events.tenant_id", "events.id"], name=op.f("fk_sales_tenant_id_event_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sales")),
    )
    op.create_index(
        op.f("ix_sales_tenant_id_customer_id_completed_at"),
        "sales",
        ["tenant_id", "customer_id", "completed_at"],
        unique=False,
    )
    op.create_index(op.f("ix_sales_tenant_id_customer_said"), "sales", ["tenant_id", "customer_said"], unique=False)
    op.create_index(
        op.f("ix_sales_tenant_id_store_id_business_date"),
        "sales",
        ["tenant_id", "store_id", "business_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sales_tenant_id_terminal_id_receipt_number"),
        "sales",
        ["tenant_id", "terminal_id", "receipt_number"],
        unique=False,
    )
    op.create_table(
        "sale_lines",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("list_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("line_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("basket_discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"], ["sales.tenant_id", "sales.id"], name=op.f("fk_sale_lines_tenant_id_sale_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", "position", name=op.f("pk_sale_lines")),
    )
    op.create_table(
        "sale_taxes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"], ["sales.tenant_id", "sales.id"], name=op.f("fk_sale_taxes_tenant_id_sale_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", "position", name=op.f("pk_sale_taxes")),
    )
    op.create_table(
        "sale_tenders",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sale_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"], ["sales.tenant_id", "sales.id"], name=op.f("fk_sale_tenders_tenant_id_sale_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sale_id", "position", name=op.f("pk_sale_tenders")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("sale_tenders")
    op.drop_table("sale_taxes")
    op.drop_table("sale_lines")
    op.drop_index(op.f("ix_sales_tenant_id_terminal_id_receipt_number"))
    op.drop_index(op.f("ix_sales_tenant_id_store_id_business_date"))
    op.drop_index(op.f("ix_sales_tenant_id_customer_said"))
    op.drop_index(op.f("ix_sales_tenant_id_customer_id_completed_at"))
    op.drop_table("sales")
    op.drop_index(op.f("ix_lookup_logs_tenant_id_looked_up_at"))
    op.drop_table("lookup_logs")
    op.drop_index(op.f("ix_journal_entries_tenant_id_terminal_id_device_epoch_seq"))
    op.drop_table("journal_entries")
    op.drop_index(op.f("ix_events_tenant_id_terminal_id_device_epoch_device_seq"))
    op.drop_index(op.f("ix_events_tenant_id_status_kind"))
    op.drop_table("events")
    op.drop_table("device_epochs")
    op.drop_table("dead_letters")
    op.drop_table("basket_voids")
    op.drop_table("arrivals")
