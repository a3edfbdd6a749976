"""What a basket costs: gross, reductions, tax and totals, whose parts always sum to the whole."""

from __future__ import annotations

from pos_desktop.domain.basket import Basket, BasketLine, Discount
from pos_desktop.domain.sales import PricedBasket
from pos_desktop.domain.shop import Shop

MANUAL = "manual"


def price(basket: Basket, shop: Shop) -> PricedBasket:
    """Price a basket."""
    raise NotImplementedError


def check_discount(discount: Discount, amount_minor: int) -> None:
    """Refuse a discount that is out of range for the amount it is given on."""
    raise NotImplementedError


def check_price(unit_price_minor: int, shop: Shop) -> None:
    """Refuse a price below zero or above what a till takes."""
    raise NotImplementedError


def line_gross_minor(line: BasketLine) -> int:
    """Return the gross of a line before any reduction, minor units."""
    raise NotImplementedError


def check_line(line: BasketLine, shop: Shop) -> None:
    """Refuse a line whose quantity, price, gross or discount is out of bounds."""
    raise NotImplementedError
