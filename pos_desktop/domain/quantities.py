"""Quantities in thousandths of a unit: reading, checking and pricing them."""

from __future__ import annotations

from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.digits import read_decimal
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.money import round_div
from pos_desktop.domain.shop import Shop

UNIT_MILLI = 1_000


def check_quantity(quantity_milli: int, unit: Unit, shop: Shop, name: str = "") -> None:
    """Refuse a quantity that cannot be sold.

    Args:
        quantity_milli: thousandths of ``unit``.
        name: what is sold, for the error.

    Raises:
        BadInput: ``QUANTITY_ZERO`` for nothing or less, ``QUANTITY_TOO_LARGE`` (``max_milli``) above the shop's
            limit, ``QUANTITY_NOT_WHOLE`` (``name``, ``quantity_milli``) for a part of a piece.
    """
    if quantity_milli <= 0:
        raise BadInput(ErrorCode.QUANTITY_ZERO)
    if quantity_milli > shop.max_quantity_milli:
        raise BadInput(ErrorCode.QUANTITY_TOO_LARGE, max_milli=shop.max_quantity_milli)
    if unit is Unit.PIECE and quantity_milli % UNIT_MILLI:
        raise BadInput(ErrorCode.QUANTITY_NOT_WHOLE, name=name, quantity_milli=quantity_milli)


def gross_minor(quantity_milli: int, unit_price_minor: int) -> int:
    """Price a quantity, rounded half up to whole minor units."""
    return round_div(quantity_milli * unit_price_minor, UNIT_MILLI)


def parse_quantity(text: str) -> int:
    """Read a typed quantity such as ``1,5`` or ``1.5`` into thousandths. Thousands are not grouped in quantities.

    Raises:
        BadInput: ``AMOUNT_UNREADABLE``, also for more than three decimals.
    """
    return read_decimal(text, 3, grouped=False)
