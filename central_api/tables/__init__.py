"""All tables of the server; importing this package fills :data:`metadata`."""

from __future__ import annotations

from central_api.tables.base import metadata
from central_api.tables.customers import credit_entries, customer_aliases, customers, loyalty_entries
from central_api.tables.facts import (
    arrivals,
    basket_voids,
    dead_letters,
    device_epochs,
    events,
    journal_entries,
    lookup_logs,
    sale_lines,
    sale_taxes,
    sale_tenders,
    sales,
)
from central_api.tables.shop import (
    categories,
    employees,
    feed_counters,
    meta,
    product_barcodes,
    product_taxes,
    products,
    settings,
    stores,
    taxes,
    tenants,
    terminals,
    tombstones,
)

__all__ = [
    "arrivals",
    "basket_voids",
    "categories",
    "credit_entries",
    "customer_aliases",
    "customers",
    "dead_letters",
    "device_epochs",
    "employees",
    "events",
    "feed_counters",
    "journal_entries",
    "lookup_logs",
    "loyalty_entries",
    "meta",
    "metadata",
    "product_barcodes",
    "product_taxes",
    "products",
    "sale_lines",
    "sale_taxes",
    "sale_tenders",
    "sales",
    "settings",
    "stores",
    "taxes",
    "tenants",
    "terminals",
    "tombstones",
]
