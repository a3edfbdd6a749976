"""How a customer is named at the till: phone, e-mail or card, as typed or scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


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
    """Recognise and normalise what a customer is named by."""
    raise NotImplementedError


def phone_e164(text: str, region: str) -> str:
    """Normalise a phone number."""
    raise NotImplementedError


def email_folded(text: str) -> str:
    """Normalise an e-mail address."""
    raise NotImplementedError


def mask(identifier: Identifier) -> str:
    """Return the identifier with its middle hidden, for logs."""
    raise NotImplementedError


def has_card_number(text: str) -> bool:
    """Tell whether a text holds what looks like the number of a payment card."""
    raise NotImplementedError


def refuse_card_number(text: str, card_prefixes: Sequence[str] = ()) -> None:
    """Refuse a text that holds what looks like the number of a payment card."""
    raise NotImplementedError
