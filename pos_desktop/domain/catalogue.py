"""What a shop sells: products, categories and the taxes that lie on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaxKind(StrEnum):
    """How a tax is measured."""

    PERCENT = "percent"
    PER_UNIT = "per_unit"


@dataclass(frozen=True, slots=True)
class TaxRule:
    """One tax on a product.

    Args:
        id: stable id of the tax.
        name: as printed, such as ``VAT 19%``.
        kind: percent of the net amount, or a fixed amount per unit.
        rate_ppm: for ``percent``: millionths of the net amount (19 % = 190_000); else 0.
        amount_minor: for ``per_unit``: minor units for each whole unit; else 0.
        inclusive: the shelf price contains it already.
    """

    id: str
    name: str
    kind: TaxKind
    rate_ppm: int
    amount_minor: int
    inclusive: bool


class Unit(StrEnum):
    """What one unit of quantity is; every unit but the piece takes three decimals."""

    PIECE = "piece"
    KILOGRAM = "kg"
    LITRE = "l"
    METRE = "m"


@dataclass(frozen=True, slots=True)
class Category:
    """A group of products, shown as a chip over the tiles."""

    id: str
    name: str
    colour: str
    position: int


@dataclass(frozen=True, slots=True)
class Product:
    """A thing that can be sold, as the server last described it.

    Args:
        price_minor: price of one whole unit.
        barcodes: GTINs as printed, and in-store item numbers for embedded codes.
        stock_milli: thousandths of a unit on hand, or None when not counted.
        open_price: the cashier types the price.
        colour: tile colour as ``#rrggbb``.
        picture: name of a picture in the resources, or None.
    """

    id: str
    sku: str
    name: str
    category_id: str
    unit: Unit
    price_minor: int
    barcodes: tuple[str, ...]
    taxes: tuple[TaxRule, ...]
    colour: str
    picture: str | None
    open_price: bool
    favourite: bool
    stock_milli: int | None
