from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed, UserError
from pos_desktop.domain.loyalty import (
    Redeemable,
    RedeemLimit,
    allowance,
    balance,
    check_redemption,
    points_earned,
    points_for_minor,
    points_value_minor,
    redeemable,
)
from pos_desktop.domain.sales import LoyaltyEntry
from pos_desktop.domain.shop import Programme
from tests.domain.parts import PROGRAMME

NO_PROGRAMME = replace(PROGRAMME, earn_per_minor=0, redeem_points=0, redeem_minor=0)
programmes = st.builds(
    lambda earn, points, minor: replace(PROGRAMME, earn_per_minor=earn, redeem_points=points, redeem_minor=minor),
    st.integers(1, 1_000),
    st.integers(1, 1_000),
    st.integers(1, 1_000),
)
points_held = st.integers(-1_000, 100_000)
money = st.integers(0, 1_000_000)


@pytest.mark.parametrize(
    ("paid_minor", "tier", "points"),
    [
        (1_000, "BRONZE", 10),
        (1_099, "BRONZE", 10),
        (1_000, "GOLD", 12),
        (99, "BRONZE", 0),
        (80, "GOLD", 1),
        (1_000, "unheard of", 10),
        (0, "GOLD", 0),
        (-500, "GOLD", 0),
    ],
)
def test_money_earns_points_by_tier_rounded_down(paid_minor: int, tier: str, points: int) -> None:
    assert points_earned(paid_minor, PROGRAMME, tier) == points


@given(money, programmes)
def test_paying_in_parts_never_earns_more(paid_minor: int, programme: Programme) -> None:
    half = paid_minor // 2
    whole = points_earned(paid_minor, programme, "BRONZE")
    parts = points_earned(half, programme, "BRONZE") + points_earned(paid_minor - half, programme, "BRONZE")
    assert whole - 1 <= parts <= whole


@given(money, programmes)
def test_points_for_an_amount_are_the_fewest_that_are_worth_it(amount: int, programme: Programme) -> None:
    points = points_for_minor(amount, programme)
    assert points_value_minor(points, programme) >= amount
    assert points == 0 or points_value_minor(points - 1, programme) < amount


@given(st.integers(0, 100_000), programmes)
def test_the_value_of_points_needs_no_more_than_these_points(points: int, programme: Programme) -> None:
    assert points_for_minor(points_value_minor(points, programme), programme) <= points


def test_a_shop_without_a_programme_gives_and_takes_no_points() -> None:
    assert points_earned(1_000, NO_PROGRAMME, "GOLD") == 0
    assert points_value_minor(1_000, NO_PROGRAMME) == 0
    assert redeemable(1_000, 0, 500, True, NO_PROGRAMME).points == 0
    with pytest.raises(ValueError, match="no value"):
        points_for_minor(100, NO_PROGRAMME)


@pytest.mark.parametrize(
    ("held", "age_s", "expected"),
    [
        (1_000, 0, 500),
        (1_001, 86_400, 500),
        (5_000, 60, 1_000),
        (1_000, 86_401, 0),
        (1_000, -1, 0),
        (0, 0, 0),
        (-50, 0, 0),
    ],
)
def test_the_allowance_is_a_share_up_to_a_cap_and_only_for_a_while(held: int, age_s: int, expected: int) -> None:
    assert allowance(held, age_s, PROGRAMME) == expected


@given(points_held, st.integers(0, 200_000), st.integers(0, 300))
def test_the_allowance_never_exceeds_balance_or_cap(held: int, age_s: int, share: int) -> None:
    allowed = allowance(held, age_s, replace(PROGRAMME, allowance_percent=share))
    assert 0 <= allowed <= max(0, min(held, PROGRAMME.allowance_cap_points))


@pytest.mark.parametrize(
    ("held", "allowed", "left", "online", "expected"),
    [
        (500, 100, 10_000, True, Redeemable(500, 500, RedeemLimit.BALANCE)),
        (500, 100, 10_000, False, Redeemable(100, 100, RedeemLimit.ALLOWANCE)),
        (500, 500, 10_000, False, Redeemable(500, 500, RedeemLimit.BALANCE)),
        (500, 100, 300, True, Redeemable(300, 300, RedeemLimit.DUE)),
        (500, 100, 300, False, Redeemable(100, 100, RedeemLimit.ALLOWANCE)),
        (0, 0, 300, True, Redeemable(0, 0, RedeemLimit.BALANCE)),
        (-20, 0, 300, False, Redeemable(0, 0, RedeemLimit.BALANCE)),
        (500, -5, 300, False, Redeemable(0, 0, RedeemLimit.ALLOWANCE)),
        (500, 100, 0, True, Redeemable(0, 0, RedeemLimit.DUE)),
    ],
)
def test_what_may_be_redeemed_is_told_with_its_reason(
    held: int, allowed: int, left: int, online: bool, expected: Redeemable
) -> None:
    assert redeemable(held, allowed, left, online, PROGRAMME) == expected


def test_points_that_make_no_whole_unit_stay_with_the_customer() -> None:
    three_a_cent = replace(PROGRAMME, redeem_points=3, redeem_minor=1)
    assert redeemable(100, 0, 1_000, True, three_a_cent).points == 99
    ten_cents_each = replace(PROGRAMME, redeem_points=1, redeem_minor=10)
    assert redeemable(100, 0, 105, True, ten_cents_each) == Redeemable(10, 100, RedeemLimit.DUE)


@given(points_held, points_held, money, st.booleans(), programmes)
def test_the_most_that_may_be_redeemed_is_within_every_limit_and_passes_the_check(
    held: int, allowed: int, left: int, online: bool, programme: Programme
) -> None:
    most = redeemable(held, allowed, left, online, programme)
    assert 0 <= most.points <= max(0, held)
    assert online or most.points <= max(0, allowed)
    assert most.value_minor == points_value_minor(most.points, programme) <= left
    if most.points:
        assert check_redemption(most.points, held, allowed, left, online, programme) == most.value_minor


@given(points_held, points_held, money, st.booleans(), programmes)
def test_one_minor_unit_more_than_the_most_is_always_refused(
    held: int, allowed: int, left: int, online: bool, programme: Programme
) -> None:
    most = redeemable(held, allowed, left, online, programme)
    more = points_for_minor(most.value_minor + 1, programme)
    with pytest.raises(UserError):
        check_redemption(more, held, allowed, left, online, programme)


@pytest.mark.parametrize(
    ("points", "online", "kind", "code"),
    [
        (0, True, BadInput, ErrorCode.REDEEM_NOT_POSITIVE),
        (-10, True, BadInput, ErrorCode.REDEEM_NOT_POSITIVE),
        (501, True, NotAllowed, ErrorCode.REDEEM_ABOVE_BALANCE),
        (101, False, NotAllowed, ErrorCode.REDEEM_ABOVE_ALLOWANCE),
        (301, True, NotAllowed, ErrorCode.REDEEM_ABOVE_DUE),
    ],
)
def test_redeeming_more_than_allowed_is_refused(
    points: int, online: bool, kind: type[UserError], code: ErrorCode
) -> None:
    with pytest.raises(kind) as refusal:
        check_redemption(points, 500, 100, 300, online, PROGRAMME)
    assert refusal.value.code is code


def test_the_refusal_says_how_many_points_would_do() -> None:
    with pytest.raises(NotAllowed) as refusal:
        check_redemption(400, 500, 100, 300, True, PROGRAMME)
    assert refusal.value.params["points"] == 300


@given(st.lists(st.integers(-1_000, 1_000)))
def test_a_balance_is_the_sum_of_its_ledger(movements: list[int]) -> None:
    entries = [LoyaltyEntry(str(number), "c", "earn", points) for number, points in enumerate(movements)]
    assert balance(entries) == sum(movements)
