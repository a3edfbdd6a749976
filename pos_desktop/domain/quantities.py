"""Quantities in thousandths of a unit: reading, checking and pricing them."""

from __future__ import annotations

from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.shop import Shop


def check_quantity(quantity_milli: int, unit: Unit, shop: Shop) -> None:
    """Refuse a quantity that cannot be sold."""
    raise NotImplementedError


def gross_minor(quantity_milli: int, unit_price_minor: int) -> int:
    """Price a quantity, rounded half up to whole minor units."""
    raise NotImplementedError


def parse_quantity(text: str) -> int:
    """Read a typed quantity such as ``1,5`` or ``1.5`` into thousandths."""
    raise NotImplementedError
