"""What a scan means: product, in-store code, loyalty card, receipt, staff badge."""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.domain.shop import Shop

MAX_SCAN = 80


@dataclass(frozen=True, slots=True)
class ProductCode:
    """A GTIN with a right check digit.

    Args:
        code: normalised: EAN-13 (a UPC is its EAN-13 with leading zeros), EAN-8 or GTIN-14.
        spellings: every way a catalogue may hold the same number, ``code`` first; look for any of them.
    """

    code: str
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EmbeddedCode:
    """An in-store code with a price or a weight in it.

    Args:
        item: item number as the pattern cuts it out, leading zeros kept.
        price_minor: amount of the line, or None.
        quantity_milli: thousandths of a kilogram, or None.
        raw: all digits.
    """

    item: str
    price_minor: int | None
    quantity_milli: int | None
    raw: str


@dataclass(frozen=True, slots=True)
class LoyaltyCode:
    """A loyalty card, exactly as scanned."""

    card: str


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """A receipt of this shop: ``code`` is what :func:`receipt_code` gave."""

    code: str
    terminal_id: str
    number: int


@dataclass(frozen=True, slots=True)
class BadgeCode:
    """A staff badge, exactly as scanned."""

    badge: str


@dataclass(frozen=True, slots=True)
class PlainCode:
    """Anything else that is readable, such as an internal article number: matched exactly."""

    code: str


ScanMeaning = ProductCode | EmbeddedCode | LoyaltyCode | ReceiptCode | BadgeCode | PlainCode


def read_scan(code: str, shop: Shop) -> ScanMeaning:
    """Tell what a scan means."""
    raise NotImplementedError


def check_digit(digits: str) -> str:
    """Return the GS1 check digit for digits that lack it."""
    raise NotImplementedError


def gtin_is_right(code: str) -> bool:
    """Tell whether a code of 8, 12, 13 or 14 digits ends in its check digit."""
    raise NotImplementedError


def receipt_code(terminal_id: str, number: int) -> str:
    """Return what is printed on a receipt, to be scanned or typed."""
    raise NotImplementedError
