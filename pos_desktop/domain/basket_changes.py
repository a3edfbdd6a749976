"""Changes to a basket: each takes a frozen basket and gives a new one, or refuses and changes nothing.

Only an open basket changes: all but :func:`line_of` and :func:`move` raise ``NotAllowed`` (``BASKET_NOT_OPEN``,
``state``) for any other. Those that take a ``line_id`` raise ``NotFound`` (``LINE_NOT_FOUND``) for a line that is not
there.
"""

from __future__ import annotations

from dataclasses import replace

from pos_desktop.domain.basket import Basket, BasketLine, BasketState, Discount
from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import ErrorCode, NotAllowed, NotFound
from pos_desktop.domain.pricing import check_discount, check_line, line_gross_minor, price
from pos_desktop.domain.shop import Shop

_MOVES = {
    BasketState.OPEN: {BasketState.HELD, BasketState.PAYING, BasketState.VOIDED},
    BasketState.HELD: {BasketState.OPEN, BasketState.VOIDED},
    BasketState.PAYING: {BasketState.OPEN, BasketState.COMPLETED, BasketState.VOIDED},
    BasketState.COMPLETED: set[BasketState](),
    BasketState.VOIDED: set[BasketState](),
}


def line_of(basket: Basket, line_id: str) -> BasketLine:
    """Return the line with that id.

    Raises:
        NotFound: ``LINE_NOT_FOUND``.
    """
    return basket.lines[_position(basket, line_id)]


def add_line(basket: Basket, line: BasketLine, shop: Shop) -> Basket:
    """Append a line.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_line`.
        NotAllowed: ``BASKET_FULL`` (``max_lines``).
    """
    return restore_line(basket, line, len(basket.lines), shop)


def merge_or_add(basket: Basket, line: BasketLine, shop: Shop) -> Basket:
    """Raise the quantity of an equal line, which becomes the newest (last) one, or append the line.

    Lines are equal when they are the same product under the same name, counted in pieces, at the same price and
    taxes, and nothing was done to either: no discount, no note, no amount read from a code.

    Raises:
        BadInput, NotAllowed: as :func:`add_line`.
    """
    _open(basket)
    check_line(line, shop)
    for position in reversed(range(len(basket.lines))):
        present = basket.lines[position]
        if _mergeable(present, line):
            merged = replace(present, quantity_milli=present.quantity_milli + line.quantity_milli)
            check_line(merged, shop)
            rest = basket.lines[:position] + basket.lines[position + 1 :]
            return replace(basket, lines=(*rest, merged))
    return add_line(basket, line, shop)


def set_quantity(basket: Basket, line_id: str, quantity_milli: int, shop: Shop) -> Basket:
    """Change the quantity of a line; an amount read from a code no longer counts then.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_line`.
    """
    line = replace(line_of(basket, line_id), quantity_milli=quantity_milli, fixed_gross_minor=None)
    return _with_line(basket, line, shop)


def set_price(basket: Basket, line_id: str, unit_price_minor: int, shop: Shop) -> Basket:
    """Change the unit price of a line; the list price stays, an amount read from a code no longer counts.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_line`.
    """
    line = replace(line_of(basket, line_id), unit_price_minor=unit_price_minor, fixed_gross_minor=None)
    return _with_line(basket, line, shop)


def set_line_discount(basket: Basket, line_id: str, discount: Discount | None, shop: Shop) -> Basket:
    """Give a line a discount, or take it away.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_discount`.
    """
    line = line_of(basket, line_id)
    if discount is not None:
        check_discount(discount, line_gross_minor(line))
    return _with_line(basket, replace(line, discount=discount), shop)


def set_note(basket: Basket, line_id: str, note: str) -> Basket:
    """Write a note on a line."""
    position = _position(basket, line_id)
    return _replaced(basket, position, replace(basket.lines[position], note=note.strip()))


def remove_line(basket: Basket, line_id: str) -> Basket:
    """Take a line out."""
    _open(basket)
    position = _position(basket, line_id)
    return replace(basket, lines=basket.lines[:position] + basket.lines[position + 1 :])


def restore_line(basket: Basket, line: BasketLine, position: int, shop: Shop) -> Basket:
    """Put a removed line back where it was.

    Args:
        position: from 0; where the basket has become shorter, the line goes to its end.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_line`.
        NotAllowed: ``BASKET_FULL`` (``max_lines``).
        ValueError: when a line with that id is there.
    """
    _open(basket)
    check_line(line, shop)
    if len(basket.lines) >= shop.max_lines:
        raise NotAllowed(ErrorCode.BASKET_FULL, max_lines=shop.max_lines)
    if any(present.id == line.id for present in basket.lines):
        raise ValueError(f"line {line.id} is in the basket already")
    position = max(0, position)
    return replace(basket, lines=(*basket.lines[:position], line, *basket.lines[position:]))


def set_basket_discount(basket: Basket, discount: Discount | None, shop: Shop) -> Basket:
    """Give the whole basket a discount, or take it away.

    Raises:
        BadInput: as :func:`pos_desktop.domain.pricing.check_discount`, for what lines and adjustments leave.
    """
    _open(basket)
    if discount is not None:
        without = price(replace(basket, discount=None), shop)
        check_discount(discount, without.gross_minor - without.discount_minor)
    return replace(basket, discount=discount)


def move(basket: Basket, to: BasketState) -> Basket:
    """Move a basket to another state, if its life allows that.

    Raises:
        NotAllowed: ``BASKET_NOT_OPEN`` (``state``) when it does not, ``BASKET_EMPTY`` for paying nothing.
    """
    if to not in _MOVES[basket.state]:
        raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=basket.state.value)
    if to is BasketState.PAYING and not basket.lines:
        raise NotAllowed(ErrorCode.BASKET_EMPTY)
    return replace(basket, state=to)


def _open(basket: Basket) -> None:
    if basket.state is not BasketState.OPEN:
        raise NotAllowed(ErrorCode.BASKET_NOT_OPEN, state=basket.state.value)


def _position(basket: Basket, line_id: str) -> int:
    for position, line in enumerate(basket.lines):
        if line.id == line_id:
            return position
    raise NotFound(ErrorCode.LINE_NOT_FOUND, line_id=line_id)


def _with_line(basket: Basket, line: BasketLine, shop: Shop) -> Basket:
    _open(basket)
    check_line(line, shop)
    return _replaced(basket, _position(basket, line.id), line)


def _replaced(basket: Basket, position: int, line: BasketLine) -> Basket:
    _open(basket)
    return replace(basket, lines=(*basket.lines[:position], line, *basket.lines[position + 1 :]))


def _mergeable(present: BasketLine, line: BasketLine) -> bool:
    untouched = all(
        one.discount is None and not one.note and one.fixed_gross_minor is None and one.unit is Unit.PIECE
        for one in (present, line)
    )
    return untouched and _what_is_sold(present) == _what_is_sold(line)


def _what_is_sold(line: BasketLine) -> tuple[object, ...]:
    return line.product_id, line.name, line.unit_price_minor, line.list_price_minor, line.taxes
