"""How a customer is named at the till: phone, e-mail or card, as typed or scanned.

What a text is, is decided in this order:

1. It starts with a loyalty card prefix of the shop: a card.
2. It holds the number of a payment card: refused. No till keeps one, whatever field it was put into.
3. It holds an ``@``: an e-mail address, or nothing.
4. It is made of digits and the signs people put into phone numbers: a phone number, if it can be one. Numbers with
   ``+`` that no region has are kept as they are (seed 000 names customers by such), so that a lookup finds them.
5. It is one word with a digit in it: a card, exact to the letter. Digits alone are one too when they cannot
   be a phone number, or are 12 or more that no region has; a shop with such cards should name their prefix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pos_desktop.domain.digits import plain_text
from pos_desktop.domain.errors import BadInput, ErrorCode

if TYPE_CHECKING:
    import phonenumbers

MAX_LENGTH = 254  # RFC 5321: the longest address that a mail server takes
MAX_LOCAL_PART = 64
MIN_PHONE_DIGITS = 6
MAX_PHONE_DIGITS = 15  # E.164
MIN_CARD_LIKE_DIGITS = 12

_PHONE_SIGNS = re.compile(r"(?:tel:)?\s*\(?\+?[\d\s()/.\-]*\d[\s()/.\-]*", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D")
_TRUNK_ZERO = re.compile(r"\(0\)")
_EMAIL_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_EMAIL_LABEL = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_CARD = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9_./:#*-]{1,63}")
_CARD_SCHEME = re.compile(r"[A-Za-z]{0,4}")
_DIGIT_RUN = re.compile(r"\d(?:[ ./-]?\d)*")
_WORD_RUN = re.compile(r"\d+")


class IdentifierKind(StrEnum):
    """What an identifier is."""

    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A recognised identifier.

    Args:
        value: normalised: E.164 (or ``+`` and digits), case-folded e-mail, trimmed card.
        raw: as given.
    """

    kind: IdentifierKind
    value: str
    raw: str


def classify(text: str, region: str, card_prefixes: Sequence[str] = ()) -> Identifier:
    """Recognise and normalise what a customer is named by.

    The value of an identifier is recognised as itself again.

    Args:
        text: as typed or scanned, in digits of any script.
        region: ISO 3166 code of the store, to read national phone numbers.
        card_prefixes: what the shop's loyalty cards start with.

    Raises:
        BadInput: ``IDENTIFIER_UNREADABLE`` for what is empty, overlong or none of the three,
            ``CARD_NUMBER_REFUSED`` for the number of a payment card.
    """
    plain = _plain(text)
    if _is_loyalty_card(plain, card_prefixes):
        return Identifier(IdentifierKind.CARD, plain, text)
    if _PHONE_SIGNS.fullmatch(plain):
        phone = _phone(plain, region)
        if phone and ("+" in plain or not has_card_number(plain)):
            return Identifier(IdentifierKind.PHONE, phone, text)
    refuse_card_number(plain)
    if "@" in plain:
        return Identifier(IdentifierKind.EMAIL, _email(plain), text)
    if _CARD.fullmatch(plain):
        return Identifier(IdentifierKind.CARD, plain, text)
    raise _unreadable()


def phone_e164(text: str, region: str) -> str:
    """Normalise a phone number.

    Args:
        text: in any spacing, brackets, dashes, slashes or dots, with ``+``, ``00`` or in national form.
        region: ISO 3166 code, to read national numbers.

    Returns:
        E.164; or ``+`` and the digits as given, for a number with ``+`` or ``00`` that no region has.

    Raises:
        BadInput: ``IDENTIFIER_UNREADABLE``.
    """
    plain = _plain(text)
    phone = _phone(plain, region) if _PHONE_SIGNS.fullmatch(plain) else ""
    if not phone:
        raise _unreadable()
    return phone


def email_folded(text: str) -> str:
    """Normalise an e-mail address: trimmed and case-folded, as people never mean two boxes by one spelling.

    Raises:
        BadInput: ``IDENTIFIER_UNREADABLE`` for what is not ``user@host.tld``.
    """
    return _email(_plain(text))


def mask(identifier: Identifier) -> str:
    """Return the identifier with its middle hidden, for logs: ``+12******90``, ``j***@example.com``, ``CARD******56``.

    As many stars whatever is behind them, and of a card only the letters of its scheme and two digits.
    """
    value = identifier.value
    if identifier.kind is IdentifierKind.EMAIL:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if identifier.kind is IdentifierKind.PHONE:
        return f"{value[:3]}******{value[-2:]}"
    scheme = _CARD_SCHEME.match(value)
    head = scheme[0] if scheme is not None else ""
    tail = value[-2:] if len(value) > len(head) + 3 else ""
    return f"{head}******{tail}"


def has_card_number(text: str) -> bool:
    """Tell whether a text holds what looks like the number of a payment card.

    That is 13 to 19 digits, in groups or not, that start as one of the card schemes does (2 to 6) and pass the Luhn
    check of ISO/IEC 7812. It finds one in the middle of a text too, such as a note or a read magnetic stripe.
    """
    for run in _DIGIT_RUN.findall(plain_text(text)):
        groups = _WORD_RUN.findall(run)
        if _is_card_number("".join(groups)) or any(_is_card_number(group) for group in groups):
            return True
        if _has_card_in_groups(groups):
            return True
    return False


def refuse_card_number(text: str, card_prefixes: Sequence[str] = ()) -> None:
    """Refuse a text that holds what looks like the number of a payment card: for every field a person types into.

    Args:
        card_prefixes: what the shop's loyalty cards start with; such a card is none of a bank, even if it looks so.

    Raises:
        BadInput: ``CARD_NUMBER_REFUSED``. The number is not in the error, which may be logged.
    """
    if not _is_loyalty_card(plain_text(text), card_prefixes) and has_card_number(text):
        raise BadInput(ErrorCode.CARD_NUMBER_REFUSED)


def _plain(text: str) -> str:
    plain = plain_text(text[: MAX_LENGTH * 2])
    if not plain or len(text) > MAX_LENGTH * 2 or len(plain) > MAX_LENGTH:
        raise _unreadable()
    return plain


def _unreadable() -> BadInput:
    return BadInput(ErrorCode.IDENTIFIER_UNREADABLE)


def _is_loyalty_card(plain: str, card_prefixes: Sequence[str]) -> bool:
    return any(
        prefix and plain.startswith(prefix) and len(plain) > len(prefix) and " " not in plain
        for prefix in card_prefixes
    )


def _is_card_number(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and _luhn(digits)


def _has_card_in_groups(groups: Sequence[str]) -> bool:
    """Look for a number that is printed as on a card, four digits first, with other numbers before or behind it."""
    for start, group in enumerate(groups):
        if len(group) == 4 and any(
            _is_card_number("".join(groups[start:end])) for end in range(start + 3, min(start + 5, len(groups)) + 1)
        ):
            return True
    return False


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) << (place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _phone(plain: str, region: str) -> str:
    """Return the normalised number, or nothing where the text cannot be one."""
    written = plain.lower().removeprefix("tel:").strip()
    if "+" in written or written.lstrip("( ").startswith("00"):
        digits = _NOT_DIGIT.sub("", _TRUNK_ZERO.sub("", written))
        return _international(digits if "+" in written else digits.removeprefix("00"))
    return _national(written, region)


def _international(digits: str) -> str:
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return ""
    number = _parsed(f"+{digits}", None)
    # What no region has is kept as given: the parser would drop digits that it takes for a trunk prefix.
    return f"+{digits}" if number is None or not _is_valid(number) else _e164(number)


def _national(written: str, region: str) -> str:
    digits = _NOT_DIGIT.sub("", written)
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return ""
    number = _parsed(digits, region)
    if number is None or not _is_possible(number):
        return ""
    looks_like_a_card = written.isdigit() and not written.startswith("0") and len(digits) >= MIN_CARD_LIKE_DIGITS
    if looks_like_a_card and not _is_valid(number):
        return ""
    phone = _e164(number)
    # Some regions leave national numbers longer than the country code has room for: nobody can be called there.
    return phone if len(phone) <= 1 + MAX_PHONE_DIGITS else ""


# The tables of phonenumbers take 150 ms to load, which the start of a till must not wait for: imported on first use.


def _parsed(number: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None


def _is_valid(number: phonenumbers.PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_valid_number(number)


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_possible_number(number)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(plain: str) -> str:
    # Twice, as Unicode's own caseless match does: folding can leave what normalising turns into capitals again.
    folded = plain_text(plain_text(plain.casefold()).casefold())
    local, _, domain = folded.rpartition("@")
    labels = domain.split(".")
    right = (
        _EMAIL_LOCAL.fullmatch(local) is not None
        and len(local) <= MAX_LOCAL_PART
        and len(folded) <= MAX_LENGTH
        and len(labels) > 1
        and all(len(label) <= 63 and _EMAIL_LABEL.fullmatch(label) for label in labels)
        and len(labels[-1]) > 1
        and not labels[-1].isdigit()
    )
    if not right:
        raise _unreadable()
    return folded
