"""What a scan means: product, in-store code, loyalty card, receipt, staff badge.

What a code is, is decided in this order: receipt, loyalty card or badge (by the shop's prefixes, the longest one that
fits), in-store code (by the shop's table), product number (all digits, in a length that GS1 uses), anything else as a
plain code. Nothing is guessed: a wrong check digit is an error, never another product.

Check digits and the UPC-E rules are those of the GS1 General Specifications, sections 5.2 and 7.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.identifiers import has_card_number
from pos_desktop.domain.money import round_div
from pos_desktop.domain.shop import EmbeddedPattern, EmbeddedValue, Shop

MAX_SCAN = 80
GTIN_LENGTHS = frozenset({8, 12, 13, 14})

_MILLI_DECIMALS = 3
_SYMBOLOGY = re.compile(r"\](?P<symbology>[A-Za-z][0-9A-Za-z])")
_EAN_8 = "E4"
_GS1_SYMBOLOGIES = frozenset({"C1", "e0", "e1", "e2", "d2", "Q3", "J1"})
_GS1_GTIN = re.compile(r"(?:\(01\)|01)(?P<gtin>[0-9]{14})")
_RECEIPT = re.compile(r"R-(?P<terminal>.+)-(?P<number>[0-9]{1,15})-(?P<check>[0-9]{2})")
_RECEIPT_MODULUS = 97


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
        raw: all 13 digits.
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
    """Tell what a scan means.

    Args:
        code: as the scanner sent it or a person typed it; control characters, spaces around it and the symbology
            prefix of ISO/IEC 15424 (``]E0`` and the like) are dropped.
        shop: its prefixes, its table of in-store codes and its currency count here.

    Raises:
        BadInput: ``SCAN_TOO_LONG`` (``length``, ``max_length``), ``SCAN_UNREADABLE`` for nothing or for characters
            that no scanner sends, ``WRONG_CHECK_DIGIT`` (``code``), ``CARD_NUMBER_REFUSED`` for a payment card.
    """
    text, symbology = _cleaned(code)
    receipt = _receipt(text)
    if receipt is not None:
        return receipt
    by_prefix = _by_prefix(text, shop)
    if by_prefix is not None:
        return by_prefix
    gs1 = _GS1_GTIN.match(text)
    if gs1 is not None and (symbology in _GS1_SYMBOLOGIES or text.startswith("(01)")):
        text = gs1["gtin"]
    if text.isdigit() and len(text) in GTIN_LENGTHS:
        return _article(text, symbology, shop)
    if has_card_number(text):
        raise BadInput(ErrorCode.CARD_NUMBER_REFUSED)
    return PlainCode(text)


def check_digit(digits: str) -> str:
    """Return the GS1 check digit for digits that lack it."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin_is_right(code: str) -> bool:
    """Tell whether a code of 8, 12, 13 or 14 digits ends in its check digit."""
    return code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS and check_digit(code[:-1]) == code[-1]


def expand_upc_e(code: str) -> str | None:
    """Return the UPC-A (12 digits) that an 8-digit UPC-E stands for, or None when it cannot be one."""
    if len(code) != 8 or not code.isdigit() or code[0] not in "01":
        return None
    body, last, check = code[1:7], code[6], code[7]
    if last in "012":
        middle = f"{body[:2]}{last}0000{body[2:5]}"
    elif last == "3":
        middle = f"{body[:3]}00000{body[3:5]}"
    elif last == "4":
        middle = f"{body[:4]}00000{body[4]}"
    else:
        middle = f"{body[:5]}0000{last}"
    return f"{code[0]}{middle}{check}"


def receipt_code(terminal_id: str, number: int) -> str:
    """Return what is printed on a receipt, to be scanned or typed.

    ``R-<terminal>-<number>-<check>``, in capitals. The two check digits find every wrong character and every two
    that changed places, so that a slip is refused and never becomes another receipt.

    Args:
        terminal_id: printable ASCII, at most 60 characters.
        number: the receipt number, from 1.

    Raises:
        ValueError: for anything else.
    """
    if not (terminal_id.isascii() and terminal_id.isprintable() and 0 < len(terminal_id) <= 60):
        raise ValueError(f"terminal id cannot be printed on a receipt: {terminal_id!r}")
    if not 0 < number < 10**15:
        raise ValueError(f"receipt number out of range: {number}")
    body = f"R-{terminal_id.upper()}-{number}"
    return f"{body}-{_receipt_check(body):02d}"


def _cleaned(code: str) -> tuple[str, str]:
    """Drop what a scanner adds. Returns the code and the symbology, if the scanner named it."""
    if len(code) > MAX_SCAN:
        raise BadInput(ErrorCode.SCAN_TOO_LONG, length=len(code), max_length=MAX_SCAN)
    text = "".join(char for char in code if char >= " " and char != "\x7f").strip()
    prefix = _SYMBOLOGY.match(text)
    symbology = ""
    if prefix is not None:
        symbology, text = prefix["symbology"], text[prefix.end() :].strip()
    if not text or not text.isprintable() or "\ufffd" in text:
        raise BadInput(ErrorCode.SCAN_UNREADABLE)
    return text, symbology


def _receipt(text: str) -> ReceiptCode | None:
    code = text.upper()
    match = _RECEIPT.fullmatch(code)
    if match is None or not code.isascii():
        return None
    number = int(match["number"])
    if number == 0 or receipt_code(match["terminal"][:60], number) != code:
        raise BadInput(ErrorCode.WRONG_CHECK_DIGIT, code=text)
    return ReceiptCode(code, match["terminal"], number)


def _receipt_check(body: str) -> int:
    """Weigh every character by its place.

    Printable ASCII has 95 characters and a body is shorter than 97, so modulo the prime 97 neither a wrong character
    nor an exchange of two can cancel out.
    """
    return sum(place * (ord(char) - 31) for place, char in enumerate(body, 1)) % _RECEIPT_MODULUS


def _by_prefix(text: str, shop: Shop) -> LoyaltyCode | BadgeCode | None:
    loyalty = _longest_prefix(text, shop.loyalty_card_prefixes)
    badge = _longest_prefix(text, shop.staff_badge_prefixes)
    if loyalty == badge == 0:
        return None
    return LoyaltyCode(text) if loyalty >= badge else BadgeCode(text)


def _longest_prefix(text: str, prefixes: tuple[str, ...]) -> int:
    return max((len(prefix) for prefix in prefixes if text.startswith(prefix)), default=0)


def _article(digits: str, symbology: str, shop: Shop) -> ProductCode | EmbeddedCode:
    """Read a product number or an in-store code; an 8-digit one may be a UPC-E."""
    short = expand_upc_e(digits) if symbology != _EAN_8 else None
    spelled_out = short if short is not None and gtin_is_right(short) else None
    if not gtin_is_right(digits):
        if spelled_out is None:
            raise BadInput(ErrorCode.WRONG_CHECK_DIGIT, code=digits)
        return _product(spelled_out)
    embedded = _embedded(digits, shop)
    if embedded is not None:
        return embedded
    product = _product(digits)
    if spelled_out is None:
        return product
    # One in ten short codes is right as EAN-8 and as UPC-E: only the catalogue can tell, so both are named.
    return ProductCode(product.code, product.spellings + _product(spelled_out).spellings)


def _product(gtin: str) -> ProductCode:
    if len(gtin) == 8:
        return ProductCode(gtin, (gtin, gtin.zfill(13), gtin.zfill(14)))
    full = gtin.zfill(14)
    if not full.startswith("0"):
        return ProductCode(full, (full,))
    spellings = [full[1:], full]
    if full.startswith("00"):
        spellings.append(full[2:])
    if full.startswith("000000"):
        spellings.append(full[6:])
    code = full[6:] if full.startswith("000000") else full[1:]
    return ProductCode(code, (code, *(spelling for spelling in spellings if spelling != code)))


def _embedded(digits: str, shop: Shop) -> EmbeddedCode | None:
    if len(digits) not in (12, 13):
        return None
    code = digits.zfill(13)
    for pattern in shop.embedded_patterns:
        item, value = _cut(pattern.pattern, code)
        if item and value:
            return _with_value(pattern, item, int(value), code, shop)
    return None


def _cut(pattern: str, code: str) -> tuple[str, str]:
    """Return item number and value digits, or two empty texts where the pattern does not fit."""
    item = value = ""
    if len(pattern) != len(code):
        return "", ""
    for sign, digit in zip(pattern, code, strict=True):
        if sign == "I":
            item += digit
        elif sign == "V":
            value += digit
        elif sign not in ("C", "X", digit):
            return "", ""
    return item, value


def _with_value(pattern: EmbeddedPattern, item: str, value: int, code: str, shop: Shop) -> EmbeddedCode:
    if pattern.value is EmbeddedValue.WEIGHT:
        return EmbeddedCode(item, None, _scaled(value, pattern.decimals, _MILLI_DECIMALS), code)
    return EmbeddedCode(item, _scaled(value, pattern.decimals, shop.decimals), None, code)


def _scaled(value: int, decimals: int, wanted: int) -> int:
    return round_div(value * 10**wanted, 10**decimals)
