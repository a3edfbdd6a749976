from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.domain.settlement import (
    cash_tender,
    check_tender,
    most_cash_minor,
    quick_amounts,
    settle,
    without_tender,
)
from pos_desktop.domain.shop import RoundingMode, Shop
from pos_desktop.domain.tenders import Tender, TenderKind
from tests.domain.parts import FIVE_CENTS, SHOP

CARD = Tender("card_1", TenderKind.CARD, 500, 500, reference="ref")
POINTS = Tender("points_1", TenderKind.POINTS, 200, 200, points=200)

cash_shops = st.builds(
    lambda step, mode: replace(SHOP, cash_step_minor=step, cash_rounding=mode),
    st.sampled_from([0, 1, 2, 5, 10, 50, 100]),
    st.sampled_from(RoundingMode),
)
totals = st.one_of(st.integers(1, 200), st.integers(1, 1_000_000))


def check_equation(tender: Tender) -> None:
    assert tender.given_minor == tender.amount_minor + tender.rounding_minor + tender.change_minor
    assert min(tender.amount_minor, tender.given_minor, tender.change_minor) >= 0


@pytest.mark.parametrize(
    ("left", "given_minor", "mode", "amount", "change", "rounding"),
    [
        (1_002, 1_000, RoundingMode.HALF_UP, 1_002, 0, -2),
        (1_002, 2_000, RoundingMode.HALF_UP, 1_002, 1_000, -2),
        (1_003, 1_005, RoundingMode.HALF_UP, 1_003, 0, 2),
        (1_003, 2_000, RoundingMode.HALF_UP, 1_003, 995, 2),
        (1_003, 2_000, RoundingMode.DOWN, 1_003, 1_000, -3),
        (1_001, 2_000, RoundingMode.UP, 1_001, 995, 4),
        (1_002, 500, RoundingMode.HALF_UP, 500, 0, 0),
        (1_002, 999, RoundingMode.HALF_UP, 999, 0, 0),
        (1_002, 1_001, RoundingMode.HALF_UP, 1_002, 0, -1),
        (1_003, 1_003, RoundingMode.HALF_UP, 1_003, 0, 0),
        (1_003, 1_004, RoundingMode.HALF_UP, 1_003, 0, 1),
        (2, 0, RoundingMode.HALF_UP, 2, 0, -2),
        (2, 5, RoundingMode.HALF_UP, 2, 5, -2),
    ],
)
def test_cash_is_rounded_where_it_settles_the_rest(
    left: int, given_minor: int, mode: RoundingMode, amount: int, change: int, rounding: int
) -> None:
    tender = cash_tender("cash_1", left, given_minor, replace(FIVE_CENTS, cash_rounding=mode))
    assert (tender.amount_minor, tender.change_minor, tender.rounding_minor) == (amount, change, rounding)
    check_equation(tender)


def test_cash_without_a_step_is_exact() -> None:
    tender = cash_tender("cash_1", 1_002, 2_000, SHOP)
    assert (tender.amount_minor, tender.change_minor, tender.rounding_minor) == (1_002, 998, 0)


@given(totals, st.integers(1, 2_000_000), cash_shops)
def test_given_is_amount_and_rounding_and_change(left: int, given_minor: int, shop: Shop) -> None:
    given_minor = min(given_minor, most_cash_minor(left, shop))
    tender = cash_tender("cash_1", left, given_minor, shop)
    check_equation(tender)
    assert tender.amount_minor <= left
    assert abs(tender.rounding_minor) < max(1, shop.cash_step_minor)
    if tender.amount_minor < left:
        assert (tender.amount_minor, tender.change_minor, tender.rounding_minor) == (given_minor, 0, 0)


@given(totals, cash_shops)
def test_the_exact_amount_offered_settles_without_change(left: int, shop: Shop) -> None:
    tender = cash_tender("cash_1", left, quick_amounts(left, shop)[0], shop)
    assert (tender.amount_minor, tender.change_minor) == (left, 0)


@given(totals, st.lists(st.integers(1, 100_000), max_size=5), cash_shops)
def test_any_run_of_payments_settles_exactly_what_is_due(total: int, parts: list[int], shop: Shop) -> None:
    tenders: list[Tender] = []
    for number, part in enumerate(parts):
        left = settle(total, tenders, shop).left_minor
        if left == 0:
            break
        if number % 2:
            tenders.append(cash_tender(f"cash_{number}", left, min(part, most_cash_minor(left, shop)), shop))
        else:
            tenders.append(replace(CARD, id=f"card_{number}", amount_minor=min(part, left)))
    left = settle(total, tenders, shop).left_minor
    if left:
        tenders.append(cash_tender("last", left, quick_amounts(left, shop)[0], shop))
    settlement = settle(total, tenders, shop)
    assert settlement.left_minor == 0
    assert settlement.paid_minor == sum(tender.amount_minor for tender in tenders) == total
    assert settlement.rounding_minor == sum(tender.rounding_minor for tender in tenders)


def test_the_standing_of_a_payment_is_told() -> None:
    settlement = settle(1_003, [CARD], FIVE_CENTS)
    assert (settlement.due_minor, settlement.paid_minor, settlement.left_minor) == (1_003, 500, 503)
    assert settlement.cash_left_minor == 505


def test_nothing_due_is_settled_at_once() -> None:
    assert settle(0, [], SHOP).left_minor == 0


@pytest.mark.parametrize("given_minor", [0, -1])
def test_cash_of_nothing_is_refused(given_minor: int) -> None:
    with pytest.raises(BadInput) as refusal:
        cash_tender("cash_1", 100, given_minor, SHOP)
    assert refusal.value.code is ErrorCode.TENDER_NOT_POSITIVE


def test_cash_below_zero_is_refused_even_where_nothing_would_do() -> None:
    with pytest.raises(BadInput) as refusal:
        cash_tender("cash_1", 2, -1, FIVE_CENTS)
    assert refusal.value.code is ErrorCode.TENDER_NOT_POSITIVE


def test_cash_when_nothing_is_left_is_refused() -> None:
    with pytest.raises(BadInput) as refusal:
        cash_tender("cash_1", 0, 100, SHOP)
    assert refusal.value.code is ErrorCode.TENDER_ABOVE_DUE


def test_a_scan_that_lands_in_the_cash_field_is_refused() -> None:
    with pytest.raises(BadInput) as refusal:
        cash_tender("cash_1", 1_337, 96_385_074, SHOP)
    assert refusal.value.code is ErrorCode.TENDER_TOO_LARGE


@pytest.mark.parametrize(
    ("kind", "amount", "left", "code"),
    [
        (TenderKind.CARD, 0, 100, ErrorCode.TENDER_NOT_POSITIVE),
        (TenderKind.CREDIT, -5, 100, ErrorCode.TENDER_NOT_POSITIVE),
        (TenderKind.CARD, 101, 100, ErrorCode.TENDER_ABOVE_DUE),
        (TenderKind.POINTS, 101, 100, ErrorCode.TENDER_ABOVE_DUE),
        (TenderKind.CASH, 10, 0, ErrorCode.TENDER_ABOVE_DUE),
        (TenderKind.CARD, 0, 0, ErrorCode.TENDER_ABOVE_DUE),
    ],
)
def test_a_tender_that_cannot_be_is_refused(kind: TenderKind, amount: int, left: int, code: ErrorCode) -> None:
    with pytest.raises(BadInput) as refusal:
        check_tender(kind, amount, left)
    assert refusal.value.code is code


def test_cash_may_exceed_what_is_left_and_a_card_may_meet_it() -> None:
    check_tender(TenderKind.CASH, 10_000, 100)
    check_tender(TenderKind.CARD, 100, 100)


@pytest.mark.parametrize(
    ("left", "shop", "expected"),
    [
        (1_337, SHOP, (1_337, 1_400, 1_500, 2_000, 5_000)),
        (1_337, FIVE_CENTS, (1_335, 1_400, 1_500, 2_000, 5_000)),
        (349, SHOP, (349, 350, 400, 500, 1_000)),
        (2_000, SHOP, (2_000, 5_000, 10_000, 20_000, 50_000)),
        (8_720, SHOP, (8_720, 9_000, 10_000, 20_000, 50_000)),
        (0, SHOP, ()),
        (1_337, replace(SHOP, notes_minor=()), (1_337,)),
    ],
)
def test_likely_sums_are_offered(left: int, shop: Shop, expected: tuple[int, ...]) -> None:
    assert quick_amounts(left, shop) == expected


@given(totals, cash_shops)
def test_offered_sums_rise_and_each_settles(left: int, shop: Shop) -> None:
    offered = quick_amounts(left, shop)
    assert 1 <= len(offered) <= 5
    assert list(offered) == sorted(set(offered))
    assert all(cash_tender("cash_1", left, amount, shop).amount_minor == left for amount in offered)


def test_taking_a_tender_back_works_the_cash_after_it_out_again() -> None:
    cash = cash_tender("cash_1", 802, 2_000, FIVE_CENTS)
    assert cash.change_minor == 1_200
    again = without_tender([POINTS, cash], "points_1", 1_002, FIVE_CENTS)
    assert [(tender.amount_minor, tender.change_minor) for tender in again] == [(1_002, 1_000)]


def test_cash_that_no_longer_settles_becomes_a_part_payment() -> None:
    cash = cash_tender("cash_1", 802, 800, FIVE_CENTS)
    assert cash.rounding_minor == -2
    (again,) = without_tender([POINTS, cash], "points_1", 1_002, FIVE_CENTS)
    assert (again.amount_minor, again.rounding_minor) == (800, 0)
    check_equation(again)


def test_cash_that_only_rounded_a_rest_away_goes_with_its_reason() -> None:
    nothing = cash_tender("cash_1", 2, 0, FIVE_CENTS)
    assert without_tender([POINTS, nothing], "points_1", 202, FIVE_CENTS) == ()


def test_taking_cash_back_leaves_the_others() -> None:
    cash = cash_tender("cash_1", 502, 1_000, FIVE_CENTS)
    assert without_tender([CARD, cash], "cash_1", 1_002, FIVE_CENTS) == (CARD,)
    assert without_tender([CARD, cash], "nobody", 1_002, FIVE_CENTS) == (CARD, cash)


def test_a_card_payment_cannot_be_taken_back() -> None:
    with pytest.raises(NotAllowed) as refusal:
        without_tender([CARD], "card_1", 1_000, SHOP)
    assert refusal.value.code is ErrorCode.TENDER_NOT_REMOVABLE
