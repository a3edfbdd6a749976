"""The lookup in the background: whichever way answer, cashier and restart cross, the basket has the right customer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import resources.demo
from pos_desktop.domain.errors import ErrorCode, NotAllowed
from pos_desktop.services.views import LookupState
from tests.support.quiet import LogWatch
from tests.support.till_file import assert_whole, content
from tests.support.tills import TestTill, customer_of, running_till

JOHN: dict[str, Any] = next(row for row in resources.demo.load().customers if row["id"] == "CUST_001")


# -- the lookup in the background -------------------------------------------------------------------------------------


def test_a_lookup_cut_off_by_a_restart_is_made_again(tmp_path: Path) -> None:
    with running_till(tmp_path, customers=()) as shop:
        shop.lookup.people["+1234567890"] = customer_of(JOHN)
        basket = shop.start("+1234567890")
        assert len(shop.background) == 1
        shop.restart()
        assert shop.till.baskets.get(basket).lookup is LookupState.LOOKING
        shop.run_background()
        assert shop.till.baskets.get(basket).basket.customer_id == "CUST_001"


def test_a_lookup_answered_while_the_basket_was_held_is_made_again_at_the_recall(tmp_path: Path) -> None:
    with running_till(tmp_path, customers=()) as shop:
        shop.lookup.people["+1234567890"] = customer_of(JOHN)
        basket = shop.start("+1234567890")
        shop.till.baskets.add_product(basket, "BURGER")
        shop.till.baskets.hold(basket)
        shop.run_background()
        assert shop.till.baskets.recall(basket).basket.customer_id is None
        shop.run_background()
        assert shop.till.baskets.get(basket).basket.customer_id == "CUST_001"


def test_an_answer_for_an_identifier_that_was_replaced_is_not_taken(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.identify(basket, "CARD_123456")
    late, current = shop.background
    shop.background.clear()
    late()
    view = shop.till.baskets.get(basket)
    assert (view.basket.customer_id, view.lookup) == (None, LookupState.LOOKING)
    current()
    late()
    assert shop.till.baskets.get(basket).basket.customer_id == "CUST_003"


def test_a_warning_is_not_talked_over_and_is_about_the_customer_who_is_there(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.attach_customer(basket, "CUST_005")
    say = shop.till.baskets.buyers.set_hint
    say(basket, "CUST_005", "plugin.fraud_check.blocked")
    say(basket, "CUST_005", "plugin.recommendation.offer_points")
    say(basket, "CUST_001", "plugin.marketing.somebody_else")
    assert shop.till.baskets.get(basket).hint == "plugin.fraud_check.blocked"
    shop.till.baskets.attach_customer(basket, "CUST_004")
    assert shop.till.baskets.get(basket).hint == ""


def test_an_answer_does_not_replace_a_customer_chosen_by_hand(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.attach_customer(basket, "CUST_003")
    shop.run_background()
    assert shop.till.baskets.get(basket).basket.customer_id == "CUST_003"


def test_an_answer_that_comes_after_the_sale_changes_nothing(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 900)
    sale = shop.till.checkout.finalise(basket)
    shop.run_background()
    assert shop.till.checkout.finalise(basket) == sale
    assert shop.till.baskets.get(basket).basket.customer_id is None


def test_a_customer_found_after_cash_was_taken_earns_but_changes_no_price(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 500)
    shop.run_background()
    view = shop.till.baskets.get(basket)
    assert (view.due_minor, view.left_minor, view.points_to_earn) == (899, 399, 11)
    shop.till.checkout.pay_cash(basket, 399)
    assert shop.till.checkout.finalise(basket).sale.customer_id == "CUST_001"


def test_a_reduction_held_back_by_a_tender_comes_when_the_tender_goes(shop: TestTill) -> None:
    basket = shop.start("+1234567890")
    shop.till.baskets.add_product(basket, "BURGER")
    tender = shop.till.checkout.pay_cash(basket, 500).tenders[0]
    shop.run_background()
    assert shop.till.baskets.get(basket).due_minor == 899
    view = shop.till.checkout.remove_tender(basket, tender.id)
    assert (view.due_minor, view.hint) == (854, "plugin.recommendation.offer_points")
    card = shop.till.checkout.pay_card(basket, 100, lambda _code: None).tenders[0]
    shop.till.baskets.attach_customer(basket, "CUST_002")
    assert shop.till.checkout.reverse_card(basket, card.id).due_minor == 827


def test_a_customer_whose_points_are_in_the_basket_stays_its_customer(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.baskets.attach_customer(basket, "CUST_001")
    shop.till.checkout.pay_points(basket, 100)
    before = content(shop.folder)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: shop.till.baskets.detach_customer(basket),
        lambda: shop.till.baskets.attach_customer(basket, "CUST_002"),
        lambda: shop.till.baskets.identify(basket, "CARD_123456"),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.BASKET_HAS_TENDERS
    assert content(shop.folder) == before


def test_a_customer_taken_away_takes_the_reduction_along(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    assert shop.till.baskets.attach_customer(basket, "CUST_001").due_minor == 854
    view = shop.till.baskets.detach_customer(basket)
    assert (view.due_minor, view.customer, view.lookup) == (899, None, LookupState.NONE)
    assert view.basket.customer_identifier is None


def test_a_lookup_that_breaks_ends_as_unreachable_and_is_logged(shop: TestTill, expected_logs: LogWatch) -> None:
    expected_logs("lookup_failed")

    class Broken:
        def fetch(self, identifier: str, settings: object) -> tuple[None, int]:
            raise ValueError("a bug")

    shop.lookup = Broken()  # type: ignore[assignment]
    shop.restart()
    basket = shop.start("+4930999999")
    shop.run_background()
    assert shop.till.baskets.get(basket).lookup is LookupState.UNREACHABLE


def test_many_lookups_at_once_find_each_basket_its_own_customer(shop: TestTill) -> None:
    wanted = {shop.start(identifier): customer for identifier, customer in [
        ("+1234567890", "CUST_001"), ("+0987654321", "CUST_002"), ("CARD_123456", "CUST_003"),
        ("+5555555555", "CUST_004"), ("john@example.com", "CUST_001"),
    ]}  # fmt: skip
    workers = [threading.Thread(target=work) for work in shop.background]
    shop.background.clear()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = {basket: shop.till.baskets.get(basket).basket.customer_id for basket in wanted}
    assert found == wanted
    assert_whole(shop.folder)
