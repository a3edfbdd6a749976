"""Products, categories, staff and shop settings, read from the replica."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from pos_desktop.domain.catalogue import Category, Product, TaxKind, TaxRule, Unit
from pos_desktop.domain.shop import Shop
from pos_desktop.storage.database import Connection

_strings = msgspec.json.Decoder(tuple[str, ...])
_shop = msgspec.json.Decoder(Shop)

_PRODUCT = (
    "p.id, p.sku, p.name, p.category_id, p.unit, p.price_minor, p.barcodes, p.tax_ids, p.colour, p.picture,"
    " p.open_price, p.favourite, p.stock_milli"
)


@dataclass(frozen=True, slots=True)
class EmployeeRow:
    """A person who may log in, with the Argon2id hash of the PIN."""

    id: str
    name: str
    role: str
    colour: str
    pin_hash: str


def shop(replica: Connection) -> Shop | None:
    """Read the shop's rules; None before the first contact with the centre."""
    body = replica.exec_driver_sql("SELECT body FROM settings WHERE id = 'shop'").scalar()
    return None if body is None else _shop.decode(str(body))


def taxes(replica: Connection) -> dict[str, TaxRule]:
    """Read all taxes by id."""
    rows = replica.exec_driver_sql("SELECT id, name, kind, rate_ppm, amount_minor, inclusive FROM taxes")
    return {row[0]: _rule(row) for row in rows}


@lru_cache(maxsize=256)
def _rule(row: tuple[Any, ...]) -> TaxRule:
    return TaxRule(row[0], row[1], TaxKind(row[2]), int(row[3]), int(row[4]), bool(row[5]))


def categories(replica: Connection) -> tuple[Category, ...]:
    """Read the categories in their order."""
    rows = replica.exec_driver_sql("SELECT id, name, colour, position FROM categories ORDER BY position, name")
    return tuple(Category(*row) for row in rows)


def employees(replica: Connection) -> tuple[EmployeeRow, ...]:
    """Read who may log in, by name."""
    rows = replica.exec_driver_sql(
        "SELECT id, name, role, colour, pin_hash FROM employees WHERE active = 1 ORDER BY role <> 'cashier', name"
    )
    return tuple(EmployeeRow(*row) for row in rows)


def product_by_code(replica: Connection, code: str) -> Product | None:
    """Find a product by an exact barcode, in-store item number or SKU."""
    return _one(
        replica,
        f"SELECT {_PRODUCT} FROM product_codes c JOIN products p ON p.id = c.product_id WHERE c.code = ?",
        code,
    )


def product(replica: Connection, product_id: str) -> Product | None:
    """Read a product."""
    return _one(replica, f"SELECT {_PRODUCT} FROM products p WHERE p.id = ?", product_id)


def open_product(replica: Connection) -> Product | None:
    """Find the product with an open price under which unlisted goods are sold."""
    row = replica.exec_driver_sql(
        "SELECT id FROM products WHERE open_price = 1 AND unit = 'piece' ORDER BY id LIMIT 1"
    ).scalar()
    return None if row is None else product(replica, str(row))


def _one(replica: Connection, statement: str, value: str) -> Product | None:
    row = replica.exec_driver_sql(statement, (value,)).fetchone()
    if row is None:
        return None
    rules = _taxes_of(replica, str(row[7]))
    return None if rules is None else _product(row, rules)


def _taxes_of(replica: Connection, tax_ids: str) -> tuple[TaxRule, ...] | None:
    ids = _strings.decode(tax_ids)
    if not ids:
        return ()
    marks = ",".join("?" for _ in ids)
    rows = replica.exec_driver_sql(
        f"SELECT id, name, kind, rate_ppm, amount_minor, inclusive FROM taxes WHERE id IN ({marks})", ids
    )
    found = {row[0]: _rule(row) for row in rows}
    # A product whose tax has not arrived must not be sold untaxed: it is not there yet.
    return tuple(found[tax_id] for tax_id in ids) if len(found) == len(set(ids)) else None


def _product(row: tuple[object, ...], rules: tuple[TaxRule, ...]) -> Product:
    return Product(
        id=str(row[0]),
        sku=str(row[1]),
        name=str(row[2]),
        category_id=str(row[3]),
        unit=Unit(str(row[4])),
        price_minor=int(str(row[5])),
        barcodes=_strings.decode(str(row[6])),
        taxes=rules,
        colour=str(row[8]),
        picture=None if row[9] is None else str(row[9]),
        open_price=bool(row[10]),
        favourite=bool(row[11]),
        stock_milli=None if row[12] is None else int(str(row[12])),
    )


def products(
    replica: Connection, category_id: str | None, text: str, offset: int, limit: int
) -> tuple[tuple[Product, ...], int]:
    """Read a stretch of products.

    Args:
        category_id: only of this category; None for all.
        text: words that name or SKU contain, in any case; empty for all.
        offset, limit: which stretch, in rows.

    Returns:
        The products (favourites first when nothing narrows the list, then by name) and how many match in all.
    """
    where, values = _conditions(category_id, text)
    order = "p.name" if where else "p.favourite DESC, p.name"
    clause = f" WHERE {' AND '.join(where)}" if where else ""
    total = replica.exec_driver_sql(f"SELECT count(*) FROM products p{clause}", tuple(values)).scalar_one()
    rows = replica.exec_driver_sql(
        f"SELECT {_PRODUCT} FROM products p{clause} ORDER BY {order}, p.id LIMIT ? OFFSET ?",
        (*values, limit, offset),
    ).fetchall()
    rules = taxes(replica)
    found = []
    for row in rows:
        ids = _strings.decode(str(row[7]))
        if all(tax_id in rules for tax_id in ids):
            found.append(_product(row, tuple(rules[tax_id] for tax_id in ids)))
    return tuple(found), int(total)


def _conditions(category_id: str | None, text: str) -> tuple[list[str], list[object]]:
    where: list[str] = []
    values: list[object] = []
    if category_id is not None:
        where.append("p.category_id = ?")
        values.append(category_id)
    for word in text.split():
        if len(word) < 3:
            # LIKE folds the case of ASCII letters only, and the index of the search holds no words so short.
            forms = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
            where.append(
                "(" + " OR ".join(["p.name LIKE ? ESCAPE '\\'"] * len(forms) + ["p.sku LIKE ? ESCAPE '\\'"]) + ")"
            )
            values += [_holding(form) for form in (*forms, word)]
        else:
            where.append("p.rowid IN (SELECT rowid FROM product_search WHERE product_search MATCH ?)")
            values.append('"' + word.replace('"', '""') + '"')
    return where, values


def _holding(word: str) -> str:
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
