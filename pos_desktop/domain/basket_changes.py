"""Changes to a basket: each takes a frozen basket and gives a new one, or refuses and changes nothing."""

from __future__ import annotations

from pos_desktop.domain.basket import Basket, BasketLine, BasketState, Discount
from pos_desktop.domain.shop import Shop


def line_of(basket: Basket, line_id: str) -> BasketLine:
    """Return the line with that id."""
    raise NotImplementedError


def add_line(basket: Basket, line: BasketLine, shop: Shop) -> Basket:
    """Append a line."""
    raise NotImplementedError


def merge_or_add(basket: Basket, line: BasketLine, shop: Shop) -> Basket:
    """Raise the quantity of an equal line, which becomes the newest (last) one, or append the line."""
    raise NotImplementedError


def set_quantity(basket: Basket, line_id: str, quantity_milli: int, shop: Shop) -> Basket:
    """Change the quantity of a line."""
    raise NotImplementedError


def set_price(basket: Basket, line_id: str, unit_price_minor: int, shop: Shop) -> Basket:
    """Change the unit price of a line; the list price stays."""
    raise NotImplementedError


def set_line_discount(basket: Basket, line_id: str, discount: Discount | None, shop: Shop) -> Basket:
    """Give a line a discount, or take it away."""
    raise NotImplementedError


def set_note(basket: Basket, line_id: str, note: str) -> Basket:
    """Write a note on a line."""
    raise NotImplementedError


def remove_line(basket: Basket, line_id: str) -> Basket:
    """Take a line out."""
    raise NotImplementedError


def restore_line(basket: Basket, line: BasketLine, position: int, shop: Shop) -> Basket:
    """Put a removed line back where it was."""
    raise NotImplementedError


def set_basket_discount(basket: Basket, discount: Discount | None, shop: Shop) -> Basket:
    """Give the whole basket a discount, or take it away."""
    raise NotImplementedError


def move(basket: Basket, to: BasketState) -> Basket:
    """Move a basket to another state, if its life allows that."""
    raise NotImplementedError
