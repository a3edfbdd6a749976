"""Whole numbers of minor units: rounding, splitting without loss, cash steps, decimals of currencies."""

from __future__ import annotations

from collections.abc import Sequence

from pos_desktop.domain.shop import RoundingMode


def round_div(numerator: int, denominator: int, mode: RoundingMode = RoundingMode.HALF_UP) -> int:
    """Divide exactly and round to a whole number, the same way on both sides of zero."""
    raise NotImplementedError


def split(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share a total out by largest remainder, so that the parts always sum to it."""
    raise NotImplementedError


def cash_round(amount_minor: int, step_minor: int, mode: RoundingMode) -> int:
    """Round an amount to the smallest cash step."""
    raise NotImplementedError


def currency_decimals(code: str) -> int:
    """Return the minor digits of an ISO 4217 currency: 0, 2 or 3."""
    raise NotImplementedError


def parse_amount(text: str, decimals: int) -> int:
    """Read a typed amount into minor units."""
    raise NotImplementedError
