"""What is being typed on the sale screen, and what it will be used for. Pure.

A number alone means "so many of the next item"; after a function key it is that line's quantity, price or discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from ui.amount_entry import to_minor

MOST_MILLI_DIGITS = 3
SHORTEST_CODE = 4


class Mode(StrEnum):
    """What the number being typed is for."""

    NONE = "none"
    QUANTITY = "quantity"
    PRICE = "price"
    PERCENT = "percent"
    AMOUNT_OFF = "amount_off"
    BASKET_PERCENT = "basket_percent"
    WEIGHT = "weight"
    LINE_WEIGHT = "line_weight"
    OPEN_PRICE = "open_price"
    OPEN_ITEM = "open_item"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Entry:
    """A mode with what it concerns.

    Args:
        subject: a line's or product's id, or the code of an open item.
        name: as shown to the cashier.
    """

    mode: Mode = Mode.NONE
    subject: str = ""
    name: str = ""
    unit: str = ""


class Typed(Enum):
    """What a text in the search box is, once Enter is pressed."""

    NOTHING = "nothing"
    CODE = "code"
    IDENTIFIER = "identifier"
    WORDS = "words"


IDLE = Entry()


def kind_of(text: str) -> Typed:
    """Tell a code from a customer's phone or e-mail from words to search by."""
    bare = text.strip()
    if not bare:
        return Typed.NOTHING
    if "@" in bare or (bare.startswith("+") and any(char.isdigit() for char in bare)):
        return Typed.IDENTIFIER
    if bare.replace(" ", "").isdigit():
        return Typed.CODE
    if " " not in bare and any(char.isdigit() for char in bare) and len(bare) >= SHORTEST_CODE:
        return Typed.CODE
    return Typed.WORDS


def is_search(text: str) -> bool:
    """Whether the tiles should be narrowed by what stands in the box: digits alone are a number or a code."""
    return bool(text.strip()) and not is_number(text)


def is_number(text: str) -> bool:
    """Whether the text is a plain number with at most one decimal mark."""
    bare = text.strip().replace(",", ".", 1)
    return bare.replace(".", "", 1).isdigit() and bare.isascii()


def to_milli(text: str) -> int | None:
    """A typed quantity in thousandths, or None when it is no number or finer than a thousandth."""
    return _scaled(text, MOST_MILLI_DIGITS)


def to_basis_points(text: str) -> int | None:
    """A typed percentage in basis points, or None."""
    return _scaled(text, 2)


def to_price(text: str, decimals: int) -> int | None:
    """A typed price in minor units, or None."""
    return _scaled(text, decimals)


def multiplier(text: str) -> int | None:
    """The quantity in thousandths that a number before an item stands for, or None when there is none.

    Four digits and more are a code that is being typed, not a quantity.
    """
    whole = text.strip().replace(",", ".", 1).partition(".")[0]
    if not is_number(text) or len(whole) >= SHORTEST_CODE:
        return None
    milli = to_milli(text)
    return milli or None


def _scaled(text: str, digits: int) -> int | None:
    bare = text.strip().replace(",", ".", 1)
    if not is_number(bare) or len(bare.partition(".")[2]) > digits:
        return None
    return to_minor(bare, digits)
