"""Filling an empty server with a demo shop. What is there already is left as it is, so that it can run at every start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher

from central_api import tables
from central_api.clock import now
from central_api.customers import contact
from central_api.database import read, write
from central_api.feed import take
from central_api.terminals import token_sha256
from pos_desktop.domain.money import round_div
from pos_desktop.domain.shop import Shop
from sync.protocol import Collection

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class TerminalToken:
    """A terminal and the secret it shows: stored here only as its hash."""

    terminal_id: str
    token: str


@dataclass(frozen=True, slots=True)
class DemoShop:
    """A whole shop as plain data.

    Args:
        categories: fields of ``Category``; others are passed over.
        products: fields of ``Product``, with ``tax_ids`` in the place of ``taxes``.
        taxes: fields of ``TaxRule``.
        employees: ``id, name, role, colour, pin``; the PIN is stored as its Argon2id hash.
        customers: ``id, first_name, last_name, phone, email, card, tier, status, vip, points, credit_minor,
            total_spent_minor, total_orders, note, aliases`` with aliases as pairs of kind and value.
        terminals: pairs of terminal id and token.
    """

    shop: Shop
    categories: Sequence[Mapping[str, Any]]
    products: Sequence[Mapping[str, Any]]
    taxes: Sequence[Mapping[str, Any]]
    employees: Sequence[Mapping[str, Any]]
    customers: Iterable[Mapping[str, Any]]
    terminals: Sequence[tuple[str, str]]


def seed_demo(engine: sa.Engine, demo: DemoShop) -> list[TerminalToken]:
    """Store a demo shop, in one transaction.

    Running it again adds what is missing and changes nothing that is there, but for the tokens, which become those given.

    Returns:
        The terminals with their tokens.
    """
    with write(engine) as connection:
        seeder = _Seeder(connection, demo.shop)
        seeder.place(demo.terminals)
        seeder.settings()
        seeder.simple(Collection.TAXES, demo.taxes)
        seeder.simple(Collection.CATEGORIES, demo.categories)
        seeder.products(demo.products)
        seeder.employees(demo.employees)
        seeder.customers(demo.customers)
    return [TerminalToken(terminal_id, token) for terminal_id, token in demo.terminals]


def is_seeded(engine: sa.Engine, tenant_id: str, terminals: Sequence[tuple[str, str]]) -> bool:
    """Tell whether the shop is there with these terminals and tokens: it is stored in one transaction, whole or not."""
    t = tables.terminals
    with read(engine) as connection:
        rows = connection.execute(sa.select(t.c.id, t.c.token_sha256).where(t.c.tenant_id == tenant_id))
        known = {row.id: row.token_sha256 for row in rows}
    return all(known.get(terminal_id) == token_sha256(token) for terminal_id, token in terminals)


class _Seeder:
    def __init__(self, connection: sa.Connection, shop: Shop) -> None:
        self.connection = connection
        self.shop = shop
        self.tenant_id = shop.tenant_id

    def place(self, terminals: Sequence[tuple[str, str]]) -> None:
        t, tenant = tables.terminals, {"tenant_id": self.tenant_id}
        if not self._ids(tables.tenants.c.tenant_id):
            self._insert(tables.tenants, [tenant | {"name": self.shop.name, "created_at": now()}])
        if self.shop.store_id not in self._ids(tables.stores.c.id):
            self._insert(tables.stores, [tenant | {"id": self.shop.store_id, "name": self.shop.name}])
        known = self._ids(t.c.id)
        for terminal_id, token in terminals:
            values = {"token_sha256": token_sha256(token)}
            if terminal_id in known:
                mine = sa.update(t).filter_by(**tenant, id=terminal_id)
                self.connection.execute(mine.values(**values))
            else:
                self._insert(t, [tenant | {"id": terminal_id, "store_id": self.shop.store_id} | values])

    def settings(self) -> None:
        body = msgspec.json.encode(self.shop).decode()
        row = {"id": f"{self.shop.store_id}:shop", "store_id": self.shop.store_id, "name": "shop", "body": body}
        self._feed_in(Collection.SETTINGS, tables.settings, [row])

    def simple(self, collection: Collection, rows: Sequence[Mapping[str, Any]]) -> None:
        table = tables.taxes if collection is Collection.TAXES else tables.categories
        self._feed_in(collection, table, rows)

    def products(self, products: Sequence[Mapping[str, Any]]) -> None:
        new = self._feed_in(Collection.PRODUCTS, tables.products, products)
        for table, field, column in (
            (tables.product_barcodes, "barcodes", "code"),
            (tables.product_taxes, "tax_ids", "tax_id"),
        ):
            rows = [
                {"tenant_id": self.tenant_id, "product_id": product["id"], "position": position, column: value}
                for product in products
                if product["id"] in new
                for position, value in enumerate(product[field])
            ]
            self._insert(table, rows)

    def employees(self, employees: Sequence[Mapping[str, Any]]) -> None:
        known, hasher = self._ids(tables.employees.c.id), PasswordHasher()
        rows = [
            {**employee, "pin_hash": hasher.hash(str(employee["pin"]))}
            for employee in employees
            if employee["id"] not in known
        ]
        self._feed_in(Collection.EMPLOYEES, tables.employees, rows)

    def customers(self, customers: Iterable[Mapping[str, Any]]) -> None:
        known = self._ids(tables.customers.c.id)
        rows = [self._customer(customer) for customer in customers if customer["id"] not in known]
        if not rows:
            return
        first = take(self.connection, self.tenant_id, "customer_number", len(rows))
        numbered = [row | {"number": first + offset} for offset, row in enumerate(rows)]
        self._feed_in(Collection.CUSTOMERS, tables.customers, numbered)
        aliases = [
            {"id": f"{kind}:{value}", "kind": kind, "value": value, "customer_id": row["id"]}
            for row in rows
            for kind, value in row["aliases"]
        ]
        self._feed_in(Collection.CUSTOMER_ALIASES, tables.customer_aliases, aliases)
        # A balance is the sum of a ledger, from the first day: what somebody brings along is an entry as well.
        opening = [row for row in rows if row["points"]]
        entries = [self._opening(row) | {"kind": "opening", "points": row["points"]} for row in opening]
        self._insert(tables.loyalty_entries, entries)
        opening = [row for row in rows if row["credit_minor"]]
        entries = [self._opening(row) | {"amount_minor": row["credit_minor"]} for row in opening]
        self._insert(tables.credit_entries, entries)

    def _customer(self, customer: Mapping[str, Any]) -> dict[str, Any]:
        person = contact(customer["phone"], customer["email"], customer["card"], self.shop.region)
        orders, spent = customer["total_orders"], customer["total_spent_minor"]
        return {
            **customer,
            "phone_e164": person.phone_e164,
            "email_folded": person.email_folded,
            "average_order_minor": round_div(spent, orders) if orders else 0,
            "lifetime_value_minor": spent,
            "source": "demo",
            "created_at": now(),
        }

    def _opening(self, row: Mapping[str, Any]) -> dict[str, Any]:
        who = {"customer_said": row["id"], "customer_id": row["id"], "made_at": row["created_at"]}
        return {"tenant_id": self.tenant_id, "id": f"opening:{row['id']}"} | who

    def _feed_in(self, collection: Collection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        known = self._ids(table.c.id)
        new = [row for row in rows if row["id"] not in known]
        if not new:
            return set()
        first = take(self.connection, self.tenant_id, collection.value, len(new), added=len(new))
        columns = set(table.c.keys())
        stamped = [
            {name: value for name, value in row.items() if name in columns}
            | {"tenant_id": self.tenant_id, "row_version": 1, "feed_seq": first + offset}
            for offset, row in enumerate(new)
        ]
        self._insert(table, stamped)
        return {row["id"] for row in stamped}

    def _insert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(rows), _CHUNK):
            self.connection.execute(sa.insert(table), list(rows[start : start + _CHUNK]))

    def _ids(self, column: sa.Column[str]) -> set[str]:
        mine = sa.select(column).where(column.table.c.tenant_id == self.tenant_id)
        return set(self.connection.scalars(mine))
