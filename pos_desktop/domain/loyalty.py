"""Points: what a sale earns, what they are worth, and how many may be spent now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.sales import LoyaltyEntry
from pos_desktop.domain.shop import Programme


class RedeemLimit(StrEnum):
    """What sets the limit of a redemption. The last two are for callers that cannot ask :func:`redeemable` at all."""

    BALANCE = "balance"
    ALLOWANCE = "allowance"
    DUE = "due"
    NO_CUSTOMER = "no_customer"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Redeemable:
    """The most that may be redeemed now.

    Args:
        value_minor: what ``points`` are worth, minor units, never above what is left to pay.
        reason: what keeps it from being more.
    """

    points: int
    value_minor: int
    reason: RedeemLimit


def points_earned(paid_minor: int, programme: Programme, tier_name: str) -> int:
    """Return the points that money earns."""
    raise NotImplementedError


def points_value_minor(points: int, programme: Programme) -> int:
    """Return what points are worth, minor units, rounded down."""
    raise NotImplementedError


def points_for_minor(amount_minor: int, programme: Programme) -> int:
    """Return the points needed for an amount, rounded up."""
    raise NotImplementedError


def allowance(balance_points: int, age_s: int, programme: Programme) -> int:
    """Return the points that may be spent without asking the server."""
    raise NotImplementedError


def redeemable(
    balance_points: int, allowance_points: int, left_minor: int, online: bool, programme: Programme
) -> Redeemable:
    """Return the most that may be redeemed towards what is left to pay."""
    raise NotImplementedError


def check_redemption(
    points: int, balance_points: int, allowance_points: int, left_minor: int, online: bool, programme: Programme
) -> int:
    """Refuse a redemption above the limits, else return its value in minor units."""
    raise NotImplementedError


def balance(entries: Iterable[LoyaltyEntry]) -> int:
    """Return the sum of a ledger."""
    raise NotImplementedError
