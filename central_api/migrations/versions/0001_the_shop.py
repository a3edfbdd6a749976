"""What a shop is: tenants, stores, terminals, staff and goods, and the feed of their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "categories",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_categories")),
    )
    op.create_index(op.f("ix_categories_tenant_id_feed_seq"), "categories", ["tenant_id", "feed_seq"], unique=False)
    op.create_table(
        "employees",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_employees")),
    )
    op.create_index(op.f("ix_employees_tenant_id_feed_seq"), "employees", ["tenant_id", "feed_seq"], unique=False)
    op.create_table(
        "feed_counters",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "collection", name=op.f("pk_feed_counters")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        comment="of this database, not of a tenant: the server epoch",
    )
    op.create_table(
        "products",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("open_price", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("favourite", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("stock_milli", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_tenant_id_feed_seq"), "products", ["tenant_id", "feed_seq"], unique=False)
    op.create_index(op.f("ix_products_tenant_id_sku"), "products", ["tenant_id", "sku"], unique=False)
    op.create_table(
        "taxes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("inclusive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_taxes")),
    )
    op.create_index(op.f("ix_taxes_tenant_id_feed_seq"), "taxes", ["tenant_id", "feed_seq"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "tombstones",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "collection", "id", name=op.f("pk_tombstones")),
    )
    op.create_index(
        op.f("ix_tombstones_tenant_id_collection_feed_seq"),
        "tombstones",
        ["tenant_id", "collection", "feed_seq"],
        unique=False,
    )
    op.create_table(
        "product_barcodes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_product_barcodes_tenant_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "position", name=op.f("pk_product_barcodes")),
    )
    op.create_index(op.f("ix_product_barcodes_tenant_id_code"), "product_barcodes", ["tenant_id", "code"], unique=False)
    op.create_table(
        "product_taxes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_product_taxes_tenant_id_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "position", name=op.f("pk_product_taxes")),
    )
    op.create_table(
        "stores",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_stores_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stores")),
    )
    op.create_table(
        "settings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), nullable=False),
        sa.Column("feed_seq", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "store_id"], ["stores.tenant_id", "stores.id"], name=op.f("fk_settings_tenant_id_store_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_settings")),
        sa.UniqueConstraint("tenant_id", "store_id", "name", name=op.f("uq_settings_tenant_id_store_id_name")),
    )
    op.create_index(op.f("ix_settings_tenant_id_feed_seq"), "settings", ["tenant_id", "feed_seq"], unique=False)
    op.create_table(
        "terminals",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("device_epoch", sa.Text(), server_default=sa.text("('')"), nullable=False),
        sa.Column("high_water", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=True),
        sa.Column("blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "store_id"], ["stores.tenant_id", "stores.id"], name=op.f("fk_terminals_tenant_id_store_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_terminals")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_terminals_token_sha256")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("terminals")
    op.drop_index(op.f("ix_settings_tenant_id_feed_seq"))
    op.drop_table("settings")
    op.drop_table("stores")
    op.drop_table("product_taxes")
    op.drop_index(op.f("ix_product_barcodes_tenant_id_code"))
    op.drop_table("product_barcodes")
    op.drop_index(op.f("ix_tombstones_tenant_id_collection_feed_seq"))
    op.drop_table("tombstones")
    op.drop_table("tenants")
    op.drop_index(op.f("ix_taxes_tenant_id_feed_seq"))
    op.drop_table("taxes")
    op.drop_index(op.f("ix_products_tenant_id_sku"))
    op.drop_index(op.f("ix_products_tenant_id_feed_seq"))
    op.drop_table("products")
    op.drop_table("meta")
    op.drop_table("feed_counters")
    op.drop_index(op.f("ix_employees_tenant_id_feed_seq"))
    op.drop_table("employees")
    op.drop_index(op.f("ix_categories_tenant_id_feed_seq"))
    op.drop_table("categories")
