"""Paying with any mix of tenders, and the sale that comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos_desktop.domain.basket import BasketState
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed
from pos_desktop.domain.tenders import TenderKind
from tests.support.till_file import assert_whole, changed_tables, content, rows
from tests.support.tills import TestTill, running_till

JANE = "CUST_002"  # 5,000 points, 25.00 store credit
JOHN = "CUST_001"  # 1,250 points


def filled(shop: TestTill, pieces: int = 1, customer: str | None = None) -> str:
    """A basket of cheeseburgers at 8.99."""
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", pieces * 1_000)
    if customer is not None:
        shop.till.baskets.attach_customer(basket, customer)
    return basket


def due(shop: TestTill, basket: str) -> int:
    return shop.till.baskets.get(basket).due_minor


# -- cash -------------------------------------------------------------------------------------------------------------


def test_cash_gives_change_and_the_drawer_gains_what_the_goods_cost(shop: TestTill) -> None:
    basket = filled(shop)
    view = shop.till.checkout.pay_cash(basket, 1_000)
    assert (view.left_minor, view.change_minor, view.basket.state) == (0, 101, BasketState.PAYING)
    sale = shop.till.checkout.finalise(basket).sale
    assert (sale.total_minor, sale.drawer_minor) == (899, 899)
    assert rows(shop.folder, "SELECT kind, amount_minor, employee_id FROM drawer_movements") == [("sale", 899, "emp_1")]
    assert_whole(shop.folder)


def test_cash_in_two_parts(shop: TestTill) -> None:
    basket = filled(shop)
    assert shop.till.checkout.pay_cash(basket, 500).left_minor == 399
    view = shop.till.checkout.pay_cash(basket, 500)
    assert (view.left_minor, view.change_minor) == (0, 101)
    assert shop.till.checkout.finalise(basket).sale.drawer_minor == 899
    assert_whole(shop.folder)


def test_cash_is_rounded_to_the_step_of_the_shop(tmp_path: Path) -> None:
    with running_till(tmp_path, shop_changes={"cash_step_minor": 5}) as shop:
        basket = filled(shop)
        assert shop.till.checkout.quick_amounts(899)[0] == 900
        view = shop.till.checkout.pay_cash(basket, 1_000)
        assert (view.left_minor, view.change_minor) == (0, 100)
        sale = shop.till.checkout.finalise(basket).sale
        assert (sale.total_minor, sale.rounding_minor, sale.drawer_minor) == (899, 1, 900)
        assert_whole(tmp_path)


def test_a_card_is_never_rounded(tmp_path: Path) -> None:
    with running_till(tmp_path, shop_changes={"cash_step_minor": 5}) as shop:
        basket = filled(shop)
        shop.till.checkout.pay_card(basket, 899, print)
        assert shop.till.checkout.finalise(basket).sale.rounding_minor == 0


def test_quick_amounts_begin_with_the_exact_sum(shop: TestTill) -> None:
    amounts = shop.till.checkout.quick_amounts(899)
    assert amounts[0] == 899
    assert list(amounts) == sorted(amounts)
    assert {900, 1_000}.issubset(amounts)
    assert len(amounts) <= 5


def test_an_unlikely_sum_of_cash_is_taken_for_a_slip(shop: TestTill) -> None:
    basket = filled(shop)
    before = content(shop.folder)
    with pytest.raises(BadInput) as refusal:
        shop.till.checkout.pay_cash(basket, 4_006_381_333_931)
    assert refusal.value.code is ErrorCode.TENDER_TOO_LARGE
    assert content(shop.folder) == before


# -- mixes ------------------------------------------------------------------------------------------------------------


def test_every_tender_at_once(shop: TestTill) -> None:
    basket = filled(shop, pieces=5, customer=JANE)
    total = due(shop, basket)
    checkout = shop.till.checkout
    checkout.pay_points(basket, 1_000)
    checkout.pay_credit(basket, 500)
    checkout.pay_card(basket, 700, print)
    checkout.pay_cash(basket, 300)
    view = checkout.pay_cash(basket, 5_000)
    assert view.left_minor == 0
    sale = checkout.finalise(basket).sale
    assert [tender.kind.value for tender in sale.tenders] == ["points", "credit", "card", "cash", "cash"]
    assert sum(tender.amount_minor for tender in sale.tenders) == total == sale.total_minor
    assert sale.drawer_minor == total - 2_200
    assert_whole(shop.folder)


def test_a_tender_given_back_leaves_the_rest_right(shop: TestTill) -> None:
    basket = filled(shop, customer=JANE)
    total = due(shop, basket)
    shop.till.checkout.begin(basket, "emp_2")
    points = shop.till.checkout.pay_points(basket, 300).tenders[0]
    view = shop.till.checkout.pay_cash(basket, 1_000)
    assert view.change_minor == 1_000 - (total - 300)
    view = shop.till.checkout.remove_tender(basket, points.id)
    assert [tender.kind for tender in view.tenders] == [TenderKind.CASH]
    assert (view.left_minor, view.change_minor) == (0, 1_000 - total)
    ((body,),) = rows(shop.folder, "SELECT body FROM journal WHERE kind = 'tender_removed'")
    said = {"basket_id": basket, "kind": "points", "amount_minor": 300, "employee_id": "emp_2"}
    assert json.loads(body) == said
    shop.till.checkout.finalise(basket)
    assert_whole(shop.folder)


def test_cash_of_a_settled_basket_becomes_a_part_payment_when_another_tender_is_given_back(shop: TestTill) -> None:
    basket = filled(shop, customer=JANE)
    total = due(shop, basket)
    points = shop.till.checkout.pay_points(basket, 300).tenders[0]
    shop.till.checkout.pay_cash(basket, total - 300)
    view = shop.till.checkout.remove_tender(basket, points.id)
    assert (view.left_minor, view.change_minor) == (300, 0)


def test_a_card_payment_is_not_given_back_by_hand(shop: TestTill) -> None:
    basket = filled(shop)
    tender = shop.till.checkout.pay_card(basket, 899, print).tenders[0]
    before = content(shop.folder)
    for tender_id in (tender.id, "nothing"):
        with pytest.raises(NotAllowed) as refusal:
            shop.till.checkout.remove_tender(basket, tender_id)
        assert refusal.value.code is ErrorCode.TENDER_NOT_REMOVABLE
    assert content(shop.folder) == before


def test_back_to_the_goods_and_to_payment_again(shop: TestTill) -> None:
    basket = filled(shop)
    assert shop.till.checkout.begin(basket).basket.state is BasketState.PAYING
    assert shop.till.checkout.begin(basket).basket.state is BasketState.PAYING
    assert shop.till.checkout.back(basket).basket.state is BasketState.OPEN
    assert shop.till.checkout.back(basket).basket.state is BasketState.OPEN


def test_a_sale_is_whose_hands_took_the_money(shop: TestTill) -> None:
    basket = filled(shop)
    shop.till.checkout.begin(basket, "emp_2")
    shop.till.checkout.pay_cash(basket, due(shop, basket))
    sale = shop.till.checkout.finalise(basket).sale
    assert (sale.employee_id, sale.employee_name) == ("emp_2", "Ben Carter")


def test_nothing_is_taken_for_a_basket_that_is_paid(shop: TestTill) -> None:
    basket = filled(shop, customer=JANE)
    shop.till.checkout.pay_cash(basket, due(shop, basket))
    before = content(shop.folder)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: shop.till.checkout.pay_cash(basket, 1),
        lambda: shop.till.checkout.pay_points(basket, 1),
        lambda: shop.till.checkout.pay_credit(basket, 1),
        lambda: shop.till.checkout.pay_card(basket, 1, print),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.TENDER_ABOVE_DUE
    assert content(shop.folder) == before


# -- the sale ---------------------------------------------------------------------------------------------------------


def test_a_sale_says_who_where_when_and_in_which_shop(tmp_path: Path) -> None:
    with running_till(tmp_path, shop_changes={"zone": "Pacific/Auckland"}) as shop:
        shop.clock.instant = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
        basket = filled(shop, customer=JOHN)
        shop.till.checkout.pay_cash(basket, 1_000)
        sale = shop.till.checkout.finalise(basket).sale
    assert (sale.employee_name, sale.customer_name, sale.terminal_id) == ("Anna Berg", "John Doe", "term_001")
    assert (sale.id, sale.receipt_number, sale.currency, sale.store_id) == (basket, 1, "EUR", "store_1")
    assert sale.business_date == "2026-11-21"
    assert sale.completed_at.startswith("2026-11-20T22:30:00")


def test_a_sale_finished_twice_is_one_sale(shop: TestTill) -> None:
    basket = filled(shop)
    shop.till.checkout.pay_cash(basket, 1_000)
    first = shop.till.checkout.finalise(basket)
    before = content(shop.folder)
    assert shop.till.checkout.finalise(basket) == first
    shop.restart()
    assert shop.till.checkout.finalise(basket) == first
    assert content(shop.folder) == before


def test_what_is_paid_less_than_due_is_no_sale(shop: TestTill) -> None:
    basket = filled(shop)
    shop.till.checkout.pay_cash(basket, 500)
    before = content(shop.folder)
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.finalise(basket)
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.PAID_LESS_THAN_DUE, {"left_minor": 399})
    assert content(shop.folder) == before


def test_an_empty_basket_is_neither_paid_nor_sold(shop: TestTill) -> None:
    basket = shop.start()
    before = content(shop.folder)
    for attempt in (
        lambda: shop.till.checkout.begin(basket),
        lambda: shop.till.checkout.pay_cash(basket, 100),
        lambda: shop.till.checkout.finalise(basket),
        lambda: shop.till.baskets.hold(basket),
    ):
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.BASKET_EMPTY
    assert content(shop.folder) == before


def test_a_sale_touches_only_the_tables_of_facts(shop: TestTill) -> None:
    basket = filled(shop, customer=JOHN)
    shop.till.checkout.pay_cash(basket, 1_000)
    before = content(shop.folder)
    shop.till.checkout.finalise(basket)
    assert changed_tables(before, content(shop.folder)) == {
        "baskets": 0,
        "drawer_movements": 1,
        "journal": 1,
        "loyalty_entries": 1,
        "outbox": 1,
        "print_jobs": 1,
        "sale_lines": 1,
        "sale_taxes": 1,
        "sale_tenders": 1,
        "sales": 1,
    }


def test_receipt_numbers_have_no_gap_over_restarts_voids_and_days(shop: TestTill) -> None:
    numbers = []
    for step in range(6):
        basket = filled(shop)
        if step % 2:
            shop.till.baskets.void(basket, "")
            shop.restart()
            continue
        shop.till.checkout.pay_cash(basket, 900)
        numbers.append(shop.till.checkout.finalise(basket).sale.receipt_number)
        shop.clock.advance(86_400)
    assert numbers == [1, 2, 3]
    assert_whole(shop.folder)


def test_finished_sales_are_listed_newest_first_and_found_by_their_code(shop: TestTill) -> None:
    sales = []
    for _ in range(3):
        basket = filled(shop, customer=JOHN)
        shop.till.checkout.pay_cash(basket, 1_000)
        sales.append(shop.till.checkout.finalise(basket).sale)
    recent = shop.till.sales.recent(limit=2)
    assert [item.id for item in recent] == [sales[2].id, sales[1].id]
    assert (recent[0].customer_name, recent[0].total_minor, recent[0].synced) == ("John Doe", 854, False)
    assert shop.till.sales.by_receipt_code(f" {sales[0].receipt_code} ").sale == sales[0]
    assert shop.till.sales.get(sales[1].id).sale == sales[1]


def test_a_document_of_a_sale_is_what_was_computed_when_it_was_sold(shop: TestTill) -> None:
    basket = filled(shop, pieces=2, customer=JOHN)
    priced = shop.till.baskets.get(basket).priced
    shop.till.checkout.pay_cash(basket, 2_000)
    sale = shop.till.checkout.finalise(basket).sale
    fields: dict[str, Any] = {name: getattr(sale, name) for name in ("lines", "adjustments", "taxes", "total_minor")}
    assert fields == {name: getattr(priced, name) for name in fields}


def test_a_clock_that_was_set_back_over_a_restart_changes_the_order_of_nothing(shop: TestTill) -> None:
    first = filled(shop)
    shop.till.checkout.pay_cash(first, 100)
    shop.clock.advance(-86_400)
    shop.restart()
    view = shop.till.checkout.pay_cash(first, 200)
    assert [tender.amount_minor for tender in view.tenders] == [100, 200]
    assert view.tenders[1].id > view.tenders[0].id
    shop.till.checkout.pay_cash(first, 1_000)
    shop.till.checkout.finalise(first)
    second = filled(shop)
    assert second > first
    shop.till.checkout.pay_cash(second, 1_000)
    assert shop.till.checkout.finalise(second).sale.receipt_number == 2
    assert [item.id for item in shop.till.sales.recent()] == [second, first]
    assert_whole(shop.folder)
