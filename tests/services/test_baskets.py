"""Baskets: filled, changed, put aside, taken back, thrown away; each step on disk before it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pos_desktop.domain.basket import BasketState, Discount, DiscountKind
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed, NotFound
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import LookupState, ScanKind
from tests.support.till_file import assert_whole, changed_tables, content, rows
from tests.support.tills import TERMINAL, TestTill, put_rows, running_till

TEN_PERCENT = Discount(DiscountKind.PERCENT, 1_000, "friend")


def code_of(shop: TestTill, text: str) -> str:
    """A printed barcode of a product sold by the piece."""
    for product in shop.till.catalogue.products(text=text, limit=500).products:
        for code in product.barcodes:
            if len(code) == 13:
                return code
    raise LookupError(text)


def embedded(pattern: str) -> str:
    """Complete an in-store code with its check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(pattern))
    return f"{pattern}{-total % 10}"


def test_a_guest_basket_starts_at_once_and_asks_nobody(shop: TestTill) -> None:
    view = shop.till.baskets.start("emp_1", TERMINAL)
    assert (view.basket.state, view.lookup, view.customer, view.due_minor) == (
        BasketState.OPEN,
        LookupState.NONE,
        None,
        0,
    )
    assert shop.background == []
    assert [summary.id for summary in shop.till.baskets.open_baskets()] == [view.basket.id]


def test_a_blank_identifier_is_a_guest(shop: TestTill) -> None:
    assert shop.till.baskets.start("emp_1", TERMINAL, "   ").lookup is LookupState.NONE


def test_the_same_product_scanned_twice_is_one_line(shop: TestTill) -> None:
    basket, code = shop.start(), code_of(shop, "butter")
    shop.till.baskets.scan(basket, code)
    result = shop.till.baskets.scan(basket, code)
    assert result.kind is ScanKind.PRODUCT
    assert result.view is not None
    (line,) = result.view.basket.lines
    assert (line.quantity_milli, result.view.last_line_id) == (2_000, line.id)
    assert result.view.due_minor == 2 * line.unit_price_minor


def test_a_code_with_a_price_sells_that_price_and_says_the_weight(shop: TestTill) -> None:
    product = next(
        item
        for item in shop.till.catalogue.products(limit=600).products
        if item.unit.value == "kg" and any(len(code) == 5 and not code.startswith("0") for code in item.barcodes)
    )
    number = next(code for code in product.barcodes if len(code) == 5)
    basket = shop.start()
    view = shop.till.baskets.scan(basket, embedded(f"21{number}00500")).view
    assert view is not None
    assert view.priced.lines[0].gross_minor == 500
    assert view.priced.lines[0].quantity_milli == round(500_000 / product.price_minor)


def test_a_code_with_a_weight_of_nothing_is_refused(shop: TestTill) -> None:
    basket = shop.start()
    with pytest.raises(BadInput) as refusal:
        shop.till.baskets.scan(basket, embedded("280401100000"))
    assert refusal.value.code is ErrorCode.QUANTITY_ZERO


def test_a_code_with_a_weight_sells_that_weight(shop: TestTill) -> None:
    basket = shop.start()
    view = shop.till.baskets.scan(basket, embedded("280401101250")).view
    assert view is not None
    assert view.basket.lines[0].name == "Bananas"
    assert view.basket.lines[0].quantity_milli == 1_250
    assert view.due_minor == 224


def test_a_scan_tells_customers_receipts_and_badges_from_goods(shop: TestTill) -> None:
    basket = shop.start()
    assert shop.till.baskets.scan(basket, "BADGE_77").kind is ScanKind.BADGE
    seen = shop.till.baskets.scan(basket, "CARD_123456")
    assert (seen.kind, seen.identifier) == (ScanKind.CUSTOMER, "CARD_123456")
    shop.run_background()
    customer = shop.till.baskets.get(basket).customer
    assert customer is not None
    assert customer.customer.name == "Bob Wilson"
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 899)
    sale = shop.till.checkout.finalise(basket).sale
    again = shop.till.baskets.scan(shop.start(), sale.receipt_code)
    assert (again.kind, again.sale_id) == (ScanKind.RECEIPT, sale.id)


def test_an_open_item_is_taxed_as_the_shops_open_product(shop: TestTill) -> None:
    view = shop.till.baskets.add_open_item(shop.start(), " Pot plant ", 500, barcode="4999999999991")
    line = view.basket.lines[0]
    assert (line.name, line.barcode, line.unit_price_minor) == ("Pot plant", "4999999999991", 500)
    assert [tax.id for tax in line.taxes] == ["vat_19"]


def test_every_change_of_a_line_can_be_undone(shop: TestTill) -> None:
    baskets = shop.till.baskets
    basket = shop.start()
    first = baskets.add_product(basket, "BURGER").basket.lines[0]
    baskets.add_product(basket, "VARIOUS", 1_000, 250)
    before = baskets.get(basket)
    removed = baskets.remove_line(basket, first.id)
    assert [line.product_id for line in removed.basket.lines] == ["VARIOUS"]
    assert baskets.restore_line(basket, first, 0).basket.lines == before.basket.lines
    assert baskets.set_quantity(basket, first.id, 3_000).due_minor == 3 * 899 + 250
    assert baskets.set_price(basket, first.id, 800).due_minor == 3 * 800 + 250
    assert baskets.set_line_discount(basket, first.id, TEN_PERCENT).due_minor == 2_160 + 250
    assert baskets.set_basket_discount(basket, Discount(DiscountKind.AMOUNT, 410)).due_minor == 2_000
    assert baskets.set_note(basket, first.id, " no onions ").basket.lines[0].note == "no onions"
    baskets.set_basket_discount(basket, None)
    baskets.set_line_discount(basket, first.id, None)
    assert baskets.get(basket).due_minor == 3 * 800 + 250


def test_the_list_price_stays_on_the_record_when_a_price_is_changed(shop: TestTill) -> None:
    basket = shop.start()
    line = shop.till.baskets.add_product(basket, "BURGER").basket.lines[0]
    line = shop.till.baskets.set_price(basket, line.id, 1).basket.lines[0]
    assert (line.unit_price_minor, line.list_price_minor) == (1, 899)


def test_a_basket_put_aside_comes_back_as_it_was(shop: TestTill) -> None:
    baskets = shop.till.baskets
    basket = shop.start()
    before = baskets.add_product(basket, "BURGER", 2_000)
    baskets.hold(basket, " blue jacket ")
    assert baskets.open_baskets() == ()
    (held,) = baskets.held()
    assert (held.id, held.label, held.lines, held.total_minor, held.state) == (basket, "blue jacket", 1, 1_798, "held")
    shop.restart()
    after = shop.till.baskets.recall(basket)
    assert after.basket.lines == before.basket.lines
    assert shop.till.baskets.held() == ()


def test_a_basket_put_aside_from_payment_is_open_again_when_it_is_recalled(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.begin(basket)
    shop.till.baskets.hold(basket)
    assert shop.till.baskets.recall(basket).basket.state is BasketState.OPEN


def test_a_held_basket_takes_no_goods_no_payment_and_no_sale(shop: TestTill) -> None:
    basket = shop.start()
    line = shop.till.baskets.add_product(basket, "BURGER").basket.lines[0]
    shop.till.baskets.hold(basket)
    before = content(shop.folder)
    for attempt in (
        lambda: shop.till.baskets.add_product(basket, "BURGER"),
        lambda: shop.till.baskets.set_quantity(basket, line.id, 2_000),
        lambda: shop.till.baskets.identify(basket, "+1234567890"),
        lambda: shop.till.baskets.attach_customer(basket, "CUST_001"),
        lambda: shop.till.baskets.hold(basket),
        lambda: shop.till.checkout.begin(basket),
        lambda: shop.till.checkout.pay_cash(basket, 899),
        lambda: shop.till.checkout.pay_card(basket, 899, print),
        lambda: shop.till.checkout.finalise(basket),
    ):
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.BASKET_NOT_OPEN
        assert refusal.value.params == {"state": "held"}
    assert content(shop.folder) == before


def test_what_costs_nothing_is_sold_once_and_never_from_a_voided_basket(shop: TestTill) -> None:
    free, thrown = shop.start(), shop.start()
    for basket in (free, thrown):
        shop.till.baskets.add_product(basket, "BURGER")
        shop.till.baskets.set_basket_discount(basket, Discount(DiscountKind.PERCENT, 10_000))
    shop.till.baskets.void(thrown, "changed their mind")
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.finalise(thrown)
    assert refusal.value.params == {"state": "voided"}
    assert shop.till.checkout.finalise(free).sale.total_minor == 0
    assert_whole(shop.folder)


def test_a_voided_basket_is_in_the_journal_with_its_reason_and_on_its_way_to_the_centre(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", 2_000)
    shop.till.baskets.void(basket, " no money ", "emp_2")
    assert shop.till.baskets.open_baskets() == ()
    assert shop.till.baskets.get(basket).basket.state is BasketState.VOIDED
    ((body,),) = rows(shop.folder, "SELECT body FROM journal WHERE kind = 'basket_voided'")
    assert json.loads(body) == {
        "basket_id": basket,
        "reason": "no money",
        "total_minor": 1_798,
        "employee_id": "emp_2",
    }
    ((payload,),) = rows(shop.folder, "SELECT payload FROM outbox WHERE kind = 'basket_voided'")
    assert (json.loads(payload)["reason"], json.loads(payload)["employee_id"]) == ("no money", "emp_2")
    assert_whole(shop.folder)


def test_a_basket_with_money_in_it_is_neither_voided_nor_held_nor_changed(shop: TestTill) -> None:
    basket = shop.start()
    line = shop.till.baskets.add_product(basket, "BURGER").basket.lines[0]
    shop.till.checkout.pay_cash(basket, 500)
    before = content(shop.folder)
    for attempt in (
        lambda: shop.till.baskets.void(basket, ""),
        lambda: shop.till.baskets.hold(basket),
        lambda: shop.till.baskets.add_product(basket, "BURGER"),
        lambda: shop.till.baskets.remove_line(basket, line.id),
        lambda: shop.till.baskets.set_basket_discount(basket, TEN_PERCENT),
        lambda: shop.till.checkout.back(basket),
    ):
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code is ErrorCode.BASKET_HAS_TENDERS
    assert content(shop.folder) == before


def test_adding_goods_to_a_basket_in_payment_takes_it_back_to_the_goods(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.begin(basket)
    assert shop.till.baskets.add_product(basket, "BURGER").basket.state is BasketState.OPEN


def test_a_full_basket_refuses_one_line_more(tmp_path: Path) -> None:
    with running_till(tmp_path, shop_changes={"max_lines": 2}) as shop:
        basket = shop.start()
        shop.till.baskets.add_open_item(basket, "one", 1)
        shop.till.baskets.add_open_item(basket, "two", 2)
        before = content(shop.folder)
        with pytest.raises(NotAllowed) as refusal:
            shop.till.baskets.add_open_item(basket, "three", 3)
        assert refusal.value.code is ErrorCode.BASKET_FULL
        assert content(shop.folder) == before


def test_a_change_writes_only_the_basket_it_is_about(shop: TestTill) -> None:
    first, second = shop.start(), shop.start()
    shop.till.baskets.add_product(first, "BURGER")
    before = content(shop.folder)
    shop.till.baskets.add_product(second, "BURGER")
    after = content(shop.folder)
    assert changed_tables(before, after) == {"baskets": 0, "basket_lines": 1}
    assert [row for row in after["baskets"] if row[0] == first] == [row for row in before["baskets"] if row[0] == first]


def test_every_change_is_told_once_with_the_id_of_the_basket(shop: TestTill) -> None:
    told: list[tuple[Changes, str]] = []
    stop = shop.till.changes.listen(lambda changes, subject: told.append((changes, subject)))
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.baskets.hold(basket)
    shop.till.baskets.recall(basket)
    stop()
    shop.till.baskets.add_product(basket, "BURGER")
    flags = [Changes.BASKET, Changes.BASKET, Changes.BASKET | Changes.OUTBOX, Changes.BASKET]
    assert told == [(changed, basket) for changed in flags], "putting it aside is journalled, so something waits"


def test_a_listener_that_fails_undoes_nothing_and_keeps_nobody_from_hearing(
    shop: TestTill, expected_logs: object
) -> None:
    assert callable(expected_logs)
    expected_logs("change_listener_failed")
    told: list[str] = []

    def broken(_changes: Changes, _subject: str) -> None:
        raise ValueError("a screen that is gone")

    shop.till.changes.listen(broken)
    shop.till.changes.listen(lambda _changes, subject: told.append(subject))
    basket = shop.start()
    assert told == [basket]
    assert shop.till.baskets.get(basket).basket.id == basket


def test_an_unknown_basket_is_said_to_be_unknown(shop: TestTill) -> None:
    with pytest.raises(NotFound):
        shop.till.baskets.get("nothing")


def test_a_rate_that_changes_while_a_basket_is_open_does_not_keep_it_from_being_sold(shop: TestTill) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    rate = {"name": "VAT 8 %", "kind": "percent", "rate_ppm": 80_000, "amount_minor": 0, "inclusive": True}
    put_rows(shop.writer, "taxes", [{"id": "vat_7", "row_version": 2, **rate}])
    shop.till.replica_changed(frozenset({"taxes"}))
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 5_000)
    sale = shop.till.checkout.finalise(basket).sale
    assert sorted((item.tax.id, item.tax.rate_ppm) for item in sale.taxes if item.tax.id == "vat_7") == [
        ("vat_7", 70_000),
        ("vat_7", 80_000),
    ]
    assert_whole(shop.folder)
