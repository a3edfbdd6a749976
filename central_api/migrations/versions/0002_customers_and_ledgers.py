"""Customers, what they are found by, and the ledgers of their points and credit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "credit_entries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_said", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("sale_id", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=True),
        sa.Column("device_epoch", sa.Text(), nullable=True),
        sa.Column("device_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_entries")),
    )
    op.create_index(
        "ix_credit_entries_own_seq",
        "credit_entries",
        ["tenant_id", "customer_id", "terminal_id", "device_epoch", "device_seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_credit_entries_tenant_id_customer_said"),
        "credit_entries",
        ["tenant_id", "customer_said"],
        unique=False,
    )
    op.create_index(
        op.f("ix_credit_entries_tenant_id_sale_id"), "credit_entries", ["tenant_id", "sale_id"], unique=False
    )
    op.create_table(
        "customer_aliases",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_aliases")),
        sa.UniqueConstraint("tenant_id", "kind", "value", name=op.f("uq_customer_aliases_tenant_id_kind_value")),
    )
    op.create_index(
        op.f("ix_customer_aliases_tenant_id_customer_id"),
        "customer_aliases",
        ["tenant_id", "customer_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_aliases_tenant_id_feed_seq"), "customer_aliases", ["tenant_id", "feed_seq"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_e164", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_folded", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("vip", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("points", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_orders", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_spent_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("average_order_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lifetime_value_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_order_at", sa.Text(), nullable=True),
        sa.Column("last_order_at", sa.Text(), nullable=True),
        sa.Column("overspent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_customers_tenant_id_number")),
    )
    op.create_index(op.f("ix_customers_tenant_id_card"), "customers", ["tenant_id", "card"], unique=False)
    op.create_index(
        op.f("ix_customers_tenant_id_email_folded"), "customers", ["tenant_id", "email_folded"], unique=False
    )
    op.create_index(op.f("ix_customers_tenant_id_feed_seq"), "customers", ["tenant_id", "feed_seq"], unique=False)
    op.create_index(op.f("ix_customers_tenant_id_phone_e164"), "customers", ["tenant_id", "phone_e164"], unique=False)
    op.create_table(
        "loyalty_entries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_said", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("sale_id", sa.Text(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("allowance_points", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=True),
        sa.Column("device_epoch", sa.Text(), nullable=True),
        sa.Column("device_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_loyalty_entries")),
        sa.UniqueConstraint("tenant_id", "sale_id", "kind", name=op.f("uq_loyalty_entries_tenant_id_sale_id_kind")),
    )
    op.create_index(
        "ix_loyalty_entries_own_seq",
        "loyalty_entries",
        ["tenant_id", "customer_id", "terminal_id", "device_epoch", "device_seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_loyalty_entries_tenant_id_customer_said"),
        "loyalty_entries",
        ["tenant_id", "customer_said"],
        unique=False,
    )
    op.create_index(
        op.f("ix_loyalty_entries_tenant_id_sale_id"), "loyalty_entries", ["tenant_id", "sale_id"], unique=False
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_loyalty_entries_tenant_id_sale_id"))
    op.drop_index(op.f("ix_loyalty_entries_tenant_id_customer_said"))
    op.drop_index("ix_loyalty_entries_own_seq")
    op.drop_table("loyalty_entries")
    op.drop_index(op.f("ix_customers_tenant_id_phone_e164"))
    op.drop_index(op.f("ix_customers_tenant_id_feed_seq"))
    op.drop_index(op.f("ix_customers_tenant_id_email_folded"))
    op.drop_index(op.f("ix_customers_tenant_id_card"))
    op.drop_table("customers")
    op.drop_index(op.f("ix_customer_aliases_tenant_id_feed_seq"))
    op.drop_index(op.f("ix_customer_aliases_tenant_id_customer_id"))
    op.drop_table("customer_aliases")
    op.drop_index(op.f("ix_credit_entries_tenant_id_sale_id"))
    op.drop_index(op.f("ix_credit_entries_tenant_id_customer_said"))
    op.drop_index("ix_credit_entries_own_seq")
    op.drop_table("credit_entries")
