"""What the journal says of a basket that is changed by hand. Pure; scanning writes nothing here.

An entry names no employee: the log-in before it in the chain does, whoever started the basket.
"""

from __future__ import annotations

from pos_desktop.domain.basket import Basket, BasketLine, Discount
from pos_desktop.domain.basket_changes import line_of

Entry = tuple[str, dict[str, object]]


def price_overridden(before: Basket, after: Basket, line_id: str) -> Entry | None:
    """Tell of a unit price typed in place of another, minor units; None when it stayed."""
    old, new = line_of(before, line_id), line_of(after, line_id)
    if old.unit_price_minor == new.unit_price_minor:
        return None
    prices = {"from_minor": old.unit_price_minor, "to_minor": new.unit_price_minor}
    return "price_overridden", {"basket_id": before.id, "line_id": line_id, "name": new.name, **prices}


def line_discount_given(before: Basket, after: Basket, line_id: str) -> Entry | None:
    """Tell of a discount on a line; None when it stayed or was taken away."""
    old, new = line_of(before, line_id), line_of(after, line_id)
    return _discount(before.id, line_id, old.discount, new.discount)


def basket_discount_given(before: Basket, after: Basket) -> Entry | None:
    """Tell of a discount on the whole basket; None when it stayed or was taken away."""
    return _discount(before.id, None, before.discount, after.discount)


def line_removed(before: Basket, _after: Basket, line_id: str) -> Entry:
    """Tell of a line taken out."""
    return "line_removed", _line(before.id, line_of(before, line_id))


def line_restored(_before: Basket, after: Basket, line_id: str) -> Entry:
    """Tell of a line put back."""
    return "line_restored", _line(after.id, line_of(after, line_id))


def held(basket: Basket, total_minor: int) -> Entry:
    """Tell of a basket put aside."""
    return "basket_held", {"basket_id": basket.id, "lines": len(basket.lines), "total_minor": total_minor}


def _discount(basket_id: str, line_id: str | None, old: Discount | None, new: Discount | None) -> Entry | None:
    if new is None or new == old:
        return None
    given = {"kind": new.kind.value, "value": new.value, "reason": new.reason}
    return "discount_given", {"basket_id": basket_id, "line_id": line_id, **given}


def _line(basket_id: str, line: BasketLine) -> dict[str, object]:
    return {
        "basket_id": basket_id,
        "line_id": line.id,
        "name": line.name,
        "quantity_milli": line.quantity_milli,
        "unit_price_minor": line.unit_price_minor,
    }
