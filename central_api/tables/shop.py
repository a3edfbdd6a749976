"""Who sells, and what: tenants, stores, terminals, staff, taxes, categories and products; and the change feed."""

from __future__ import annotations

import sqlalchemy as sa

from central_api.tables.base import flag, key, metadata, number, tenant, text, versioned

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    text("value"),
    comment="of this database, not of a tenant: the server epoch",
)
tenants = sa.Table("tenants", metadata, tenant(), text("name"), text("created_at"))
stores = sa.Table(
    "stores",
    metadata,
    tenant(),
    key(),
    text("name"),
    sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
)
terminals = sa.Table(
    "terminals",
    metadata,
    tenant(),
    key(),
    text("store_id"),
    text("token_sha256"),
    text("device_epoch", optional=True),
    number("high_water", optional=True),
    text("last_seen_at", null=True),
    flag("blocked"),
    sa.ForeignKeyConstraint(["tenant_id", "store_id"], ["stores.tenant_id", "stores.id"]),
    sa.UniqueConstraint("token_sha256"),
)
settings = sa.Table(
    "settings",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("store_id"),
    text("name"),
    text("body"),
    sa.ForeignKeyConstraint(["tenant_id", "store_id"], ["stores.tenant_id", "stores.id"]),
    sa.UniqueConstraint("tenant_id", "store_id", "name"),
    sa.Index(None, "tenant_id", "feed_seq"),
)
employees = sa.Table(
    "employees",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("name"),
    text("role"),
    text("colour"),
    text("pin_hash"),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Index(None, "tenant_id", "feed_seq"),
)
taxes = sa.Table(
    "taxes",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("name"),
    text("kind"),
    number("rate_ppm"),
    number("amount_minor"),
    flag("inclusive"),
    sa.Index(None, "tenant_id", "feed_seq"),
)
categories = sa.Table(
    "categories",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("name"),
    text("colour"),
    number("position"),
    sa.Index(None, "tenant_id", "feed_seq"),
)
products = sa.Table(
    "products",
    metadata,
    tenant(),
    key(),
    *versioned(),
    text("sku"),
    text("name"),
    text("category_id"),
    text("unit"),
    number("price_minor"),
    text("colour"),
    text("picture", null=True),
    flag("open_price"),
    flag("favourite"),
    number("stock_milli", null=True),
    sa.Index(None, "tenant_id", "feed_seq"),
    sa.Index(None, "tenant_id", "sku"),
)
product_barcodes = sa.Table(
    "product_barcodes",
    metadata,
    tenant(),
    key("product_id"),
    sa.Column("position", sa.Integer, primary_key=True),
    text("code"),
    sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["products.tenant_id", "products.id"], ondelete="CASCADE"),
    sa.Index(None, "tenant_id", "code"),
)
product_taxes = sa.Table(
    "product_taxes",
    metadata,
    tenant(),
    key("product_id"),
    sa.Column("position", sa.Integer, primary_key=True),
    text("tax_id"),
    sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["products.tenant_id", "products.id"], ondelete="CASCADE"),
)
# live: how many rows the collection holds. Counting them would cost every till that asks the length of the table.
feed_counters = sa.Table(
    "feed_counters", metadata, tenant(), key("collection"), number("seq"), number("live", optional=True)
)
tombstones = sa.Table(
    "tombstones",
    metadata,
    tenant(),
    key("collection"),
    key(),
    *versioned(),
    text("store_id", null=True),
    text("deleted_at"),
    sa.Index(None, "tenant_id", "collection", "feed_seq"),
)
