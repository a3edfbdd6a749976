"""Tables of ``replica.sqlite``: the copy of what the server owns.

The file can be thrown away and fetched again at any moment, so it is not migrated: a file of another
``REPLICA_SCHEMA`` is put aside and built anew. Written only by the sync process.
"""

from __future__ import annotations

REPLICA_SCHEMA = 1

TABLES = """
CREATE TABLE collections (
    name TEXT PRIMARY KEY, cursor TEXT NOT NULL, schema_v INTEGER NOT NULL, server_epoch TEXT NOT NULL,
    complete INTEGER NOT NULL, row_count INTEGER NOT NULL, expected INTEGER NOT NULL, synced_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sync_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE settings (id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE employees (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, colour TEXT NOT NULL,
    pin_hash TEXT NOT NULL, active INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE taxes (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    rate_ppm INTEGER NOT NULL, amount_minor INTEGER NOT NULL, inclusive INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE categories (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, name TEXT NOT NULL, colour TEXT NOT NULL,
    position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE products (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
    category_id TEXT NOT NULL, unit TEXT NOT NULL, price_minor INTEGER NOT NULL, barcodes TEXT NOT NULL,
    tax_ids TEXT NOT NULL, colour TEXT NOT NULL, picture TEXT, open_price INTEGER NOT NULL,
    favourite INTEGER NOT NULL, stock_milli INTEGER
);
CREATE TABLE product_codes (code TEXT PRIMARY KEY, product_id TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE product_search USING fts5(name, sku, tokenize='trigram');
CREATE TABLE customers (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
    phone TEXT NOT NULL, phone_e164 TEXT NOT NULL, email TEXT NOT NULL, card TEXT NOT NULL, tier TEXT NOT NULL,
    status TEXT NOT NULL, vip INTEGER NOT NULL, points INTEGER NOT NULL, credit_minor INTEGER NOT NULL,
    total_spent_minor INTEGER NOT NULL, total_orders INTEGER NOT NULL, note TEXT NOT NULL, own_seq INTEGER NOT NULL,
    email_folded TEXT NOT NULL, name_folded TEXT NOT NULL, first_folded TEXT NOT NULL
);
CREATE TABLE customer_aliases (
    id TEXT PRIMARY KEY, row_version INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
    customer_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX ix_customer_aliases_value ON customer_aliases (value);
CREATE INDEX ix_customer_aliases_customer ON customer_aliases (customer_id);
CREATE INDEX ix_product_codes_product ON product_codes (product_id);
CREATE INDEX ix_products_category ON products (category_id, name);
"""

# Built after the first load: three to five times faster at a million rows, and a miss is not said before that anyway.
CUSTOMER_INDEXES = """
CREATE INDEX IF NOT EXISTS ix_customers_phone ON customers (phone_e164) WHERE phone_e164 <> '';
CREATE INDEX IF NOT EXISTS ix_customers_email ON customers (email_folded) WHERE email_folded <> '';
CREATE INDEX IF NOT EXISTS ix_customers_card ON customers (card) WHERE card <> '';
CREATE INDEX IF NOT EXISTS ix_customers_name ON customers (name_folded);
CREATE INDEX IF NOT EXISTS ix_customers_first ON customers (first_folded);
"""
