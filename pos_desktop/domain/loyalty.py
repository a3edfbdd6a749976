"""Points: what a sale earns, what they are worth, and how many may be spent now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.domain.sales import LoyaltyEntry
from pos_desktop.domain.shop import Programme

BASE_PERCENT = 100


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
    """Return the points that money earns, rounded down.

    Args:
        paid_minor: the part of the total paid with money, not with points, in minor units.
        tier_name: an unknown tier earns at the base rate.
    """
    if paid_minor <= 0 or programme.earn_per_minor <= 0:
        return 0
    tiers = {tier.name: tier.earn_percent for tier in programme.tiers}
    return paid_minor * tiers.get(tier_name, BASE_PERCENT) // (BASE_PERCENT * programme.earn_per_minor)


def points_value_minor(points: int, programme: Programme) -> int:
    """Return what points are worth, minor units, rounded down; 0 where points cannot be spent."""
    if points <= 0 or programme.redeem_points <= 0:
        return 0
    return points * programme.redeem_minor // programme.redeem_points


def points_for_minor(amount_minor: int, programme: Programme) -> int:
    """Return the fewest points that are worth an amount of minor units, or more.

    Raises:
        ValueError: where points cannot be spent.
    """
    if programme.redeem_points <= 0 or programme.redeem_minor <= 0:
        raise ValueError("this programme gives points no value")
    return max(0, -(-amount_minor * programme.redeem_points // programme.redeem_minor))


def allowance(balance_points: int, age_s: int, programme: Programme) -> int:
    """Return the points that may be spent without asking the server.

    Args:
        balance_points: the last balance the server confirmed.
        age_s: how long ago that was, in seconds. A negative age (the clock was set back) counts as unknown, so 0.
    """
    if balance_points <= 0 or not 0 <= age_s <= programme.allowance_max_age_s:
        return 0
    share = balance_points * programme.allowance_percent // 100
    return max(0, min(share, programme.allowance_cap_points, balance_points))


def redeemable(
    balance_points: int, allowance_points: int, left_minor: int, online: bool, programme: Programme
) -> Redeemable:
    """Return the most that may be redeemed towards what is left to pay.

    Never more points than the value needs: where several points make one minor unit, the odd ones stay with the
    customer.

    Args:
        balance_points: what the customer has, own unsent entries counted.
        allowance_points: what is left of the allowance; only counts when not ``online``.
        left_minor: what is still to pay, minor units.
    """
    limit, reason = _limit(balance_points, allowance_points, online)
    value_minor = points_value_minor(limit, programme)
    if value_minor > left_minor:
        value_minor, reason = points_value_minor(_points_within(left_minor, programme), programme), RedeemLimit.DUE
    points = points_for_minor(value_minor, programme) if value_minor > 0 else 0
    return Redeemable(points, points_value_minor(points, programme), reason)


def check_redemption(
    points: int, balance_points: int, allowance_points: int, left_minor: int, online: bool, programme: Programme
) -> int:
    """Refuse a redemption above the limits, else return its value.

    Args:
        balance_points, allowance_points, left_minor, online: as in :func:`redeemable`.

    Returns:
        What the points settle, minor units, above 0.

    Raises:
        BadInput: ``REDEEM_NOT_POSITIVE``, also for points too few to be worth a minor unit.
        NotAllowed: ``REDEEM_ABOVE_BALANCE`` or ``REDEEM_ABOVE_ALLOWANCE`` (``points``: the most), or ``REDEEM_ABOVE_DUE``
            (``points``: the most,
            ``left_minor``).
    """
    value_minor = points_value_minor(points, programme)
    if value_minor <= 0:
        raise BadInput(ErrorCode.REDEEM_NOT_POSITIVE)
    if points > balance_points:
        raise NotAllowed(ErrorCode.REDEEM_ABOVE_BALANCE, points=max(0, balance_points))
    if not online and points > allowance_points:
        raise NotAllowed(ErrorCode.REDEEM_ABOVE_ALLOWANCE, points=max(0, allowance_points))
    if value_minor > left_minor:
        most = redeemable(balance_points, allowance_points, left_minor, online, programme)
        raise NotAllowed(ErrorCode.REDEEM_ABOVE_DUE, points=most.points, left_minor=max(0, left_minor))
    return value_minor


def balance(entries: Iterable[LoyaltyEntry]) -> int:
    """Return the sum of a ledger, in points."""
    return sum(entry.points for entry in entries)


def _limit(balance_points: int, allowance_points: int, online: bool) -> tuple[int, RedeemLimit]:
    if not online and allowance_points < balance_points:
        return max(0, allowance_points), RedeemLimit.ALLOWANCE
    return max(0, balance_points), RedeemLimit.BALANCE


def _points_within(amount_minor: int, programme: Programme) -> int:
    """Return the most points whose value does not exceed an amount."""
    if amount_minor <= 0:
        return 0
    return ((amount_minor + 1) * programme.redeem_points - 1) // programme.redeem_minor
