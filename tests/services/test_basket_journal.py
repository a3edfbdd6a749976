"""What is done to a basket by hand is in the journal, in the transaction that does it; scanning writes nothing there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pos_desktop.domain.basket import BasketLine, Discount, DiscountKind
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.services.baskets import Baskets
from tests.support.till_file import assert_whole, content, rows
from tests.support.tills import TestTill

TEN_PERCENT = Discount(DiscountKind.PERCENT, 1_000, "friend")


def entries(shop: TestTill) -> list[tuple[str, dict[str, Any]]]:
    """The journal but for the starts of baskets."""
    found = rows(shop.folder, "SELECT kind, body FROM journal WHERE kind <> 'basket_started' ORDER BY seq")
    return [(kind, json.loads(body)) for kind, body in found]


def one_line(shop: TestTill) -> tuple[str, BasketLine]:
    basket = shop.start()
    return basket, shop.till.baskets.add_product(basket, "BURGER").basket.lines[0]


def test_a_price_that_is_typed_is_told_with_the_one_before(shop: TestTill) -> None:
    basket, line = one_line(shop)
    shop.till.baskets.set_price(basket, line.id, 500)
    shop.till.baskets.set_price(basket, line.id, 500)
    body = {"basket_id": basket, "line_id": line.id, "name": line.name, "from_minor": 899, "to_minor": 500}
    assert entries(shop) == [("price_overridden", body)]
    assert_whole(shop.folder)


def test_a_discount_is_told_when_it_is_given(shop: TestTill) -> None:
    basket, line = one_line(shop)
    for discount in (TEN_PERCENT, TEN_PERCENT, None):
        shop.till.baskets.set_line_discount(basket, line.id, discount)
    for discount in (TEN_PERCENT, TEN_PERCENT, None):
        shop.till.baskets.set_basket_discount(basket, discount)
    given = {"basket_id": basket, "kind": "percent", "value": 1_000, "reason": "friend"}
    assert entries(shop) == [
        ("discount_given", given | {"line_id": line.id}),
        ("discount_given", given | {"line_id": None}),
    ]
    assert_whole(shop.folder)


def test_a_line_taken_out_and_put_back_is_told_both_times(shop: TestTill) -> None:
    basket, line = one_line(shop)
    shop.till.baskets.remove_line(basket, line.id)
    shop.till.baskets.restore_line(basket, line, 0)
    what = {"line_id": line.id, "name": line.name, "quantity_milli": 1_000, "unit_price_minor": 899}
    body = {"basket_id": basket} | what
    assert entries(shop) == [("line_removed", body), ("line_restored", body)]
    assert_whole(shop.folder)


def test_a_basket_put_aside_is_told(shop: TestTill) -> None:
    basket, _line = one_line(shop)
    shop.till.baskets.hold(basket, "table 4")
    assert entries(shop) == [("basket_held", {"basket_id": basket, "lines": 1, "total_minor": 899})]
    assert_whole(shop.folder)


def test_scanning_and_counting_write_nothing_into_the_journal(shop: TestTill) -> None:
    basket, line = one_line(shop)
    before = content(shop.folder)
    shop.till.baskets.scan(basket, "04133")
    shop.till.baskets.set_quantity(basket, line.id, 3_000)
    shop.till.baskets.set_note(basket, line.id, "well done")
    after = content(shop.folder)
    assert (after["journal"], after["outbox"]) == (before["journal"], before["outbox"])


@pytest.mark.parametrize(
    "change",
    [
        lambda baskets, basket, line: baskets.set_price(basket, line.id, 500),
        lambda baskets, basket, line: baskets.set_line_discount(basket, line.id, TEN_PERCENT),
        lambda baskets, basket, _: baskets.set_basket_discount(basket, TEN_PERCENT),
        lambda baskets, basket, line: baskets.remove_line(basket, line.id),
        lambda baskets, basket, _: baskets.hold(basket),
    ],
    ids=["price", "line discount", "basket discount", "line removed", "held"],
)
def test_what_cannot_be_told_is_not_done(shop: TestTill, change: Callable[[Baskets, str, BasketLine], object]) -> None:
    basket, line = one_line(shop)
    with shop.till._till_file.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no space'); END"
        )
    before = content(shop.folder)
    with pytest.raises(Exception, match="no space"):
        change(shop.till.baskets, basket, line)
    assert content(shop.folder) == before


def test_the_number_of_a_payment_card_is_no_reason_for_a_discount(shop: TestTill) -> None:
    basket, line = one_line(shop)
    before = content(shop.folder)
    discount = Discount(DiscountKind.PERCENT, 1_000, "5500 0000 0000 0004")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: shop.till.baskets.set_line_discount(basket, line.id, discount),
        lambda: shop.till.baskets.set_basket_discount(basket, discount),
    )
    for attempt in attempts:
        with pytest.raises(BadInput) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.CARD_NUMBER_REFUSED
    assert content(shop.folder) == before
