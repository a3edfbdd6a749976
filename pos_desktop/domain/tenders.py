"""What a customer pays with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TenderKind(StrEnum):
    """The kinds of payment a till takes."""

    CASH = "cash"
    CARD = "card"
    POINTS = "points"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment towards a basket.

    Args:
        amount_minor: what it settles of the amount due, change already taken off; never negative.
        given_minor: what was handed over (cash), else the same as ``amount_minor``.
        change_minor: what was given back.
        rounding_minor: what cash rounding added to (+) or took off (-) the amount that this tender had to settle:
            ``given_minor == amount_minor + rounding_minor + change_minor``.
        points: loyalty points spent, for ``points``; else 0.
        reference: the terminal's own reference for ``card``, empty otherwise.
        detail: what the receipt must say, such as the masked card ``VISA **** 1234``.
    """

    id: str
    kind: TenderKind
    amount_minor: int
    given_minor: int
    change_minor: int = 0
    rounding_minor: int = 0
    points: int = 0
    reference: str = ""
    detail: str = ""
