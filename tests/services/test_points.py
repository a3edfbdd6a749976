"""Points and store credit: what may be spent, online, offline, and in two baskets at once."""

from __future__ import annotations

import pytest

from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.storage.replica import Page
from tests.support.till_file import assert_whole, content, rows
from tests.support.tills import TestTill

JANE = "CUST_002"  # 5,000 points, 25.00 store credit
JOHN = "CUST_001"  # 1,250 points
VIKTOR = "CUST_005"  # blocked


def filled(shop: TestTill, pieces: int = 1, customer: str | None = None) -> str:
    """A basket of cheeseburgers at 8.99."""
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", pieces * 1_000)
    if customer is not None:
        shop.till.baskets.attach_customer(basket, customer)
    return basket


def due(shop: TestTill, basket: str) -> int:
    return shop.till.baskets.get(basket).due_minor


# -- points -----------------------------------------------------------------------------------------------------------


def test_online_the_whole_balance_may_be_spent(shop: TestTill) -> None:
    basket = filled(shop, pieces=3, customer=JOHN)
    most = shop.till.checkout.max_points(basket)
    assert (most.points, most.value_minor, most.reason) == (1_250, 1_250, "balance")
    view = shop.till.checkout.pay_points(basket, 1_250)
    assert view.left_minor == view.due_minor - 1_250
    shop.till.checkout.pay_cash(basket, view.left_minor)
    sale = shop.till.checkout.finalise(basket).sale
    redeemed, earned = sale.loyalty
    assert (redeemed.kind, redeemed.points, redeemed.allowance_points) == ("redeem", -1_250, 0)
    assert earned.points == (view.due_minor - 1_250) * 125 // 10_000
    assert sale.points_balance_after == earned.points
    assert shop.till.customers.profile(JOHN).points == earned.points


def test_offline_only_the_allowance_may_be_spent(shop: TestTill) -> None:
    shop.say_online("offline")
    basket = filled(shop, pieces=3, customer=JOHN)
    most = shop.till.checkout.max_points(basket)
    assert (most.points, most.reason) == (625, "allowance")
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.pay_points(basket, 626)
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.REDEEM_ABOVE_ALLOWANCE, {"points": 625})
    shop.till.checkout.pay_points(basket, 600)
    assert shop.till.checkout.max_points(basket).points == 25
    shop.till.checkout.pay_cash(basket, 5_000)
    sale = shop.till.checkout.finalise(basket).sale
    assert sale.offline
    assert sale.loyalty[0].allowance_points == 600
    second = filled(shop, pieces=3, customer=JOHN)
    assert shop.till.checkout.max_points(second).points == 25


def test_points_taken_offline_count_against_no_allowance_when_the_balance_is_confirmed_before_the_sale(
    shop: TestTill,
) -> None:
    shop.say_online("offline")
    basket = filled(shop, pieces=3, customer=JOHN)
    shop.till.checkout.pay_points(basket, 600)
    shop.till.checkout.pay_cash(basket, 5_000)
    shop.say_online()
    assert shop.till.checkout.finalise(basket).sale.loyalty[0].allowance_points == 0


def test_a_sync_process_that_died_counts_as_no_contact(shop: TestTill) -> None:
    basket = filled(shop, pieces=3, customer=JOHN)
    shop.clock.advance(91)
    assert shop.till.checkout.max_points(basket).reason == "allowance"
    shop.till.checkout.pay_cash(basket, 5_000)
    assert shop.till.checkout.finalise(basket).sale.offline


def test_a_balance_older_than_the_programme_allows_may_not_be_spent_at_all(shop: TestTill) -> None:
    shop.say_online("offline")
    shop.clock.advance(86_401)
    basket = filled(shop, customer=JOHN)
    assert shop.till.checkout.max_points(basket).points == 0


def test_a_clock_that_was_set_back_makes_no_balance_young(shop: TestTill) -> None:
    shop.say_online("offline")
    shop.clock.advance(-3_600)
    basket = filled(shop, customer=JOHN)
    assert shop.till.checkout.max_points(basket).points == 0
    shop.clock.advance(3_600)
    assert shop.till.checkout.max_points(basket).points == 625


def test_two_baskets_cannot_spend_the_same_points(shop: TestTill) -> None:
    first, second = filled(shop, 3, JOHN), filled(shop, 3, JOHN)
    shop.till.checkout.pay_points(first, 1_000)
    assert shop.till.checkout.max_points(second).points == 250
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.pay_points(second, 251)
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.REDEEM_ABOVE_BALANCE, {"points": 250})
    shop.till.checkout.remove_tender(first, shop.till.baskets.get(first).tenders[0].id)
    assert shop.till.checkout.max_points(second).points == 1_250


def test_two_baskets_cannot_spend_the_same_store_credit(shop: TestTill) -> None:
    first, second = filled(shop, 3, JANE), filled(shop, 3, JANE)
    shop.till.checkout.pay_credit(first, 2_000)
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.pay_credit(second, 501)
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.CREDIT_ABOVE_BALANCE, {"max_minor": 500})
    assert shop.till.checkout.pay_credit(second, 500).tenders[0].amount_minor == 500


@pytest.mark.parametrize(
    ("customer", "points", "code"),
    [
        (None, 1, ErrorCode.CUSTOMER_NEEDED),
        (VIKTOR, 1, ErrorCode.CUSTOMER_BLOCKED),
        (JOHN, 0, ErrorCode.REDEEM_NOT_POSITIVE),
        (JOHN, -5, ErrorCode.REDEEM_NOT_POSITIVE),
        (JOHN, 1_251, ErrorCode.REDEEM_ABOVE_BALANCE),
        (JANE, 5_000, ErrorCode.REDEEM_ABOVE_DUE),
    ],
)
def test_points_that_may_not_be_spent_change_nothing(
    shop: TestTill, customer: str | None, points: int, code: ErrorCode
) -> None:
    basket = filled(shop, pieces=2, customer=customer)
    before = content(shop.folder)
    with pytest.raises((BadInput, NotAllowed)) as refusal:
        shop.till.checkout.pay_points(basket, points)
    assert refusal.value.code is code
    assert content(shop.folder) == before


def test_who_has_no_points_to_spend_is_told_why(shop: TestTill) -> None:
    assert shop.till.checkout.max_points(filled(shop)).reason == "no_customer"
    assert shop.till.checkout.max_points(filled(shop, customer=VIKTOR)).reason == "blocked"
    assert shop.till.checkout.max_points(filled(shop, customer=JANE)).reason == "due"


def test_points_settle_a_whole_basket_and_earn_nothing(shop: TestTill) -> None:
    basket = filled(shop, customer=JANE)
    view = shop.till.checkout.pay_points(basket, due(shop, basket))
    assert (view.left_minor, view.points_to_earn) == (0, 0)
    sale = shop.till.checkout.finalise(basket).sale
    assert [entry.kind for entry in sale.loyalty] == ["redeem"]
    assert sale.drawer_minor == 0
    assert rows(shop.folder, "SELECT count(*) FROM drawer_movements") == [(0,)]
    assert_whole(shop.folder)


def forget(shop: TestTill, customer: str) -> None:
    """Let the server's tombstone of a customer arrive."""
    page = Page("customers", ["id", "row_version"], [], [(customer, 99)], "2", False, 0, 1, "test")
    shop.writer.apply(page, "2026-11-20T08:00:00.000Z")
    shop.till.replica_changed(frozenset({"customers"}))


def test_points_and_credit_of_a_customer_whose_row_went_meanwhile_are_booked_all_the_same(shop: TestTill) -> None:
    basket = filled(shop, pieces=3, customer=JANE)
    shop.till.checkout.pay_points(basket, 500)
    shop.till.checkout.pay_credit(basket, 700)
    shop.till.checkout.pay_cash(basket, 10_000)
    forget(shop, JANE)
    assert shop.till.baskets.get(basket).customer is None
    sale = shop.till.checkout.finalise(basket).sale
    earned = (sale.total_minor - 500) // 100
    assert [(entry.kind, entry.customer_id, entry.points) for entry in sale.loyalty] == [
        ("redeem", JANE, -500),
        ("earn", JANE, earned),
    ]
    assert [(entry.customer_id, entry.amount_minor) for entry in sale.credit] == [(JANE, -700)]
    assert sale.points_balance_after is None
    assert_whole(shop.folder)


# -- store credit -----------------------------------------------------------------------------------------------------


def test_store_credit_is_spent_only_in_contact_with_the_centre(shop: TestTill) -> None:
    basket = filled(shop, customer=JANE)
    shop.say_online("offline")
    before = content(shop.folder)
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.pay_credit(basket, 100)
    assert refusal.value.code is ErrorCode.CREDIT_NEEDS_NETWORK
    assert content(shop.folder) == before
    shop.say_online()
    assert shop.till.checkout.pay_credit(basket, 100).tenders[0].kind is TenderKind.CREDIT


def test_store_credit_goes_down_by_what_was_spent(shop: TestTill) -> None:
    basket = filled(shop, pieces=3, customer=JANE)
    shop.till.checkout.pay_credit(basket, 1_500)
    shop.till.checkout.pay_cash(basket, 5_000)
    sale = shop.till.checkout.finalise(basket).sale
    assert [(entry.customer_id, entry.amount_minor) for entry in sale.credit] == [(JANE, -1_500)]
    assert shop.till.customers.profile(JANE).credit_minor == 1_000
    assert_whole(shop.folder)
