"""Whole numbers of minor units: rounding, splitting without loss, cash steps, decimals of currencies."""

from __future__ import annotations

from collections.abc import Sequence

from pos_desktop.domain.digits import read_decimal
from pos_desktop.domain.shop import RoundingMode

# ISO 4217, List One. Four-decimal units of account (CLF, UYW) are no money that a drawer holds.
_NO_DECIMALS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def round_div(numerator: int, denominator: int, mode: RoundingMode = RoundingMode.HALF_UP) -> int:
    """Divide exactly and round to a whole number, the same way on both sides of zero.

    Args:
        mode: ``HALF_UP`` takes a half away from zero, ``DOWN`` goes towards zero, ``UP`` away from it.

    Raises:
        ZeroDivisionError: for a denominator of 0.
    """
    whole, rest = divmod(abs(numerator), abs(denominator))
    if mode is RoundingMode.HALF_UP:
        whole += 2 * rest >= abs(denominator)
    elif mode is RoundingMode.UP:
        whole += rest > 0
    return whole if (numerator < 0) == (denominator < 0) else -whole


def split(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share a total out by largest remainder, so that the parts always sum to it.

    Args:
        total_minor: minor units; a negative total is shared as its opposite would be.
        weights: none negative. A weight of 0 gets nothing, unless all are 0: then all count the same.

    Returns:
        One part a weight, each less than one unit away from its exact share. Of equal remainders the first wins.

    Raises:
        ValueError: for a negative weight, or something to share and nobody to share it among.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    if not weights:
        if total_minor:
            raise ValueError("nobody to share among")
        return ()
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    amount = abs(total_minor)
    parts = [amount * weight // whole for weight in weights]
    missing = amount - sum(parts)
    if missing:
        rests = [amount * weight % whole for weight in weights]
        for index in sorted(range(len(weights)), key=lambda i: -rests[i])[:missing]:
            parts[index] += 1
    return tuple(parts) if total_minor >= 0 else tuple(-part for part in parts)


def cash_round(amount_minor: int, step_minor: int, mode: RoundingMode) -> int:
    """Round an amount to the smallest cash step.

    Args:
        amount_minor: minor units, may be negative.
        step_minor: minor units; 1 or less means that cash is not rounded.
    """
    if step_minor <= 1:
        return amount_minor
    return round_div(amount_minor, step_minor, mode) * step_minor


def currency_decimals(code: str) -> int:
    """Return the minor digits of an ISO 4217 currency: 0, 2 or 3."""
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def parse_amount(text: str, decimals: int) -> int:
    """Read a typed amount into minor units.

    Args:
        text: such as ``12``, ``12,50``, ``1.234,50`` or ``1,234.50``.
        decimals: minor digits of the currency.

    Raises:
        BadInput: ``AMOUNT_UNREADABLE``, also for more decimals than the currency has and for an amount such as
            ``1.234`` in a currency of two, which could mean two things.
    """
    return read_decimal(text, decimals, grouped=True)
