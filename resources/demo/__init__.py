"""The demo shop: a neighbourhood grocery with its taxes, goods, staff and customers, as plain data.

Everything here is invented: the brands, the people, and article numbers from a range that no company holds. The first
four customers and the cheeseburger are those of seed 000.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import resources
from resources.demo.people import customers

__all__ = ["DemoData", "customers", "load"]


@dataclass(frozen=True, slots=True)
class DemoData:
    """What the files of this folder say.

    Args:
        shop: the fields of ``pos_desktop.domain.shop.Shop``.
        taxes: the fields of ``TaxRule``.
        categories: the fields of ``Category``, and ``picture``, the icon for goods of it that have none.
        products: the fields of ``Product`` with ``tax_ids`` for ``taxes``; ``picture`` names an icon.
        employees: ``id, name, role, colour`` and the plain ``pin``, to be hashed when it is stored.
        customers: the named ones, in the form that ``customers`` yields.
    """

    shop: dict[str, Any]
    taxes: tuple[dict[str, Any], ...]
    categories: tuple[dict[str, Any], ...]
    products: tuple[dict[str, Any], ...]
    employees: tuple[dict[str, Any], ...]
    customers: tuple[dict[str, Any], ...]


def load() -> DemoData:
    """Read the demo shop."""
    named = [{**row, "aliases": [tuple(alias) for alias in row["aliases"]]} for row in _rows("customers")]
    return DemoData(
        shop=dict(json.loads(resources.text("demo/shop.json"))),
        taxes=_rows("taxes"),
        categories=_rows("categories"),
        products=_rows("products"),
        employees=_rows("employees"),
        customers=tuple(named),
    )


def _rows(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(resources.text(f"demo/{name}.json")))
