"""Bad input: each kind has its own clear refusal, and nothing on disk has changed after it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

import resources
from pos_desktop.domain.barcodes import receipt_code
from pos_desktop.domain.basket import Discount, DiscountKind
from pos_desktop.domain.customers import NewCustomer
from pos_desktop.domain.errors import (
    BadInput,
    ErrorCode,
    NotAllowed,
    NotFound,
    PaymentTrouble,
    StorageTrouble,
    UserError,
)
from pos_desktop.storage.till_store import TILL_FILE
from tests.support.rights import as_ordinary_user, reachable_folder
from tests.support.till_file import Content, assert_whole, content
from tests.support.tills import TestTill, running_till


@dataclass(frozen=True)
class Ready:
    """A till with a basket of one cheeseburger for a customer, and a bag of bananas."""

    shop: TestTill
    basket: str
    burger: str
    bananas: str


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Ready]:
    with running_till(tmp_path) as shop:
        basket = shop.start()
        burger = shop.till.baskets.add_product(basket, "BURGER").basket.lines[0].id
        bananas = shop.till.baskets.add_product(basket, "prd_0001", 500).basket.lines[1].id
        shop.till.baskets.attach_customer(basket, "CUST_001")
        yield Ready(shop, basket, burger, bananas)


Attempt = Callable[[Ready], object]
PERCENT, AMOUNT = DiscountKind.PERCENT, DiscountKind.AMOUNT


def scan(code: str) -> Attempt:
    return lambda ready: ready.shop.till.baskets.scan(ready.basket, code)


def quantity(milli: int) -> Attempt:
    return lambda ready: ready.shop.till.baskets.set_quantity(ready.basket, ready.burger, milli)


def added(milli: int) -> Attempt:
    return lambda ready: ready.shop.till.baskets.add_product(ready.basket, "BURGER", milli)


def price(minor: int) -> Attempt:
    return lambda ready: ready.shop.till.baskets.set_price(ready.basket, ready.burger, minor)


def line_discount(discount: Discount) -> Attempt:
    return lambda ready: ready.shop.till.baskets.set_line_discount(ready.basket, ready.burger, discount)


def basket_discount(discount: Discount) -> Attempt:
    return lambda ready: ready.shop.till.baskets.set_basket_discount(ready.basket, discount)


def points(count: int) -> Attempt:
    return lambda ready: ready.shop.till.checkout.pay_points(ready.basket, count)


def cash(minor: int) -> Attempt:
    return lambda ready: ready.shop.till.checkout.pay_cash(ready.basket, minor)


def identify(text: str) -> Attempt:
    return lambda ready: ready.shop.till.baskets.identify(ready.basket, text)


def enrol(**fields: str) -> Attempt:
    person = NewCustomer(fields.pop("first", ""), fields.pop("last", ""), **fields)
    return lambda ready: ready.shop.till.customers.enrol(person, "emp_1", ready.basket)


CASES: list[tuple[str, Attempt, type[UserError], ErrorCode]] = [
    ("an unknown barcode", scan("4006381333931"), NotFound, ErrorCode.UNKNOWN_BARCODE),
    ("a wrong check digit", scan("4006381333932"), BadInput, ErrorCode.WRONG_CHECK_DIGIT),
    ("an overlong scan", scan("4" * 5_000), BadInput, ErrorCode.SCAN_TOO_LONG),
    ("an unreadable scan", scan("\x00\x01"), BadInput, ErrorCode.SCAN_UNREADABLE),
    ("an empty scan", scan(""), BadInput, ErrorCode.SCAN_UNREADABLE),
    ("an unknown receipt", scan(receipt_code("term_001", 77)), NotFound, ErrorCode.SALE_NOT_FOUND),
    ("a quantity of 0", quantity(0), BadInput, ErrorCode.QUANTITY_ZERO),
    ("a quantity below 0", quantity(-1_000), BadInput, ErrorCode.QUANTITY_ZERO),
    ("a quantity of 10^12", quantity(10**12 * 1_000), BadInput, ErrorCode.QUANTITY_TOO_LARGE),
    ("half a piece", quantity(500), BadInput, ErrorCode.QUANTITY_NOT_WHOLE),
    ("adding a quantity of 0", added(0), BadInput, ErrorCode.QUANTITY_ZERO),
    ("adding a quantity of 10^12", added(10**15), BadInput, ErrorCode.QUANTITY_TOO_LARGE),
    ("a price below zero", price(-1), BadInput, ErrorCode.PRICE_BELOW_ZERO),
    ("a price of 10^12", price(10**14), BadInput, ErrorCode.PRICE_TOO_LARGE),
    ("a line discount over 100 %", line_discount(Discount(PERCENT, 10_001)), BadInput, ErrorCode.DISCOUNT_OUT_OF_RANGE),
    ("a discount below zero", line_discount(Discount(PERCENT, -1)), BadInput, ErrorCode.DISCOUNT_OUT_OF_RANGE),
    ("a discount above the line", line_discount(Discount(AMOUNT, 900)), BadInput, ErrorCode.DISCOUNT_ABOVE_AMOUNT),
    ("a discount over 100 %", basket_discount(Discount(PERCENT, 20_000)), BadInput, ErrorCode.DISCOUNT_OUT_OF_RANGE),
    ("a discount above all", basket_discount(Discount(AMOUNT, 99_999)), BadInput, ErrorCode.DISCOUNT_ABOVE_AMOUNT),
    ("redeeming more than there is", points(1_251), NotAllowed, ErrorCode.REDEEM_ABOVE_BALANCE),
    ("redeeming more than is due", points(1_250), NotAllowed, ErrorCode.REDEEM_ABOVE_DUE),
    ("redeeming nothing", points(0), BadInput, ErrorCode.REDEEM_NOT_POSITIVE),
    ("credit that is not there", lambda r: r.shop.till.checkout.pay_credit(r.basket, 100), NotAllowed,
     ErrorCode.CREDIT_ABOVE_BALANCE),
    ("no cash", cash(0), BadInput, ErrorCode.TENDER_NOT_POSITIVE),
    ("cash below zero", cash(-5), BadInput, ErrorCode.TENDER_NOT_POSITIVE),
    ("a barcode typed as cash", cash(4_006_381_333_931), BadInput, ErrorCode.TENDER_TOO_LARGE),
    ("a card charged too much", lambda r: r.shop.till.checkout.pay_card(r.basket, 10_000, print), BadInput,
     ErrorCode.TENDER_ABOVE_DUE),
    ("paying nothing", lambda r: r.shop.till.checkout.finalise(r.basket), NotAllowed, ErrorCode.PAID_LESS_THAN_DUE),
    ("an identifier that is none", identify("?"), BadInput, ErrorCode.IDENTIFIER_UNREADABLE),
    ("an identifier without end", identify("a" * 10_000), BadInput, ErrorCode.IDENTIFIER_UNREADABLE),
    ("the number of a payment card", identify("4111 1111 1111 1111"), BadInput, ErrorCode.CARD_NUMBER_REFUSED),
    ("a customer nobody knows", lambda r: r.shop.till.baskets.attach_customer(r.basket, "CUST_999"), NotFound,
     ErrorCode.CUSTOMER_NOT_FOUND),
    ("an enrolment without a name", enrol(phone="030 123456"), BadInput, ErrorCode.NAME_MISSING),
    ("an enrolment without an identifier", enrol(first="Ada"), BadInput, ErrorCode.IDENTIFIER_UNREADABLE),
    ("an enrolment with half an e-mail", enrol(first="Ada", email="ada@"), BadInput, ErrorCode.IDENTIFIER_UNREADABLE),
    ("an enrolment with a payment card", enrol(first="Ada", card="4111111111111111"), BadInput,
     ErrorCode.CARD_NUMBER_REFUSED),
    ("an enrolment with a card as name", enrol(first="4111 1111 1111 1111", phone="030 123456"), BadInput,
     ErrorCode.CARD_NUMBER_REFUSED),
    ("a payment card in a note", lambda r: r.shop.till.baskets.set_note(r.basket, r.burger, "4111-1111-1111-1111"),
     BadInput, ErrorCode.CARD_NUMBER_REFUSED),
    ("a payment card as label", lambda r: r.shop.till.baskets.hold(r.basket, "4111111111111111"), BadInput,
     ErrorCode.CARD_NUMBER_REFUSED),
    ("a payment card as reason", lambda r: r.shop.till.baskets.void(r.basket, "5500 0000 0000 0004"), BadInput,
     ErrorCode.CARD_NUMBER_REFUSED),
    ("a product that is not there", lambda r: r.shop.till.baskets.add_product(r.basket, "NOTHING"), NotFound,
     ErrorCode.PRODUCT_NOT_FOUND),
    ("a line that is not there", lambda r: r.shop.till.baskets.remove_line(r.basket, "nothing"), NotFound,
     ErrorCode.LINE_NOT_FOUND),
    ("an employee who is not there", lambda r: r.shop.till.staff.log_in("emp_0", "1111"), NotFound,
     ErrorCode.EMPLOYEE_NOT_FOUND),
    ("a reprint of nothing", lambda r: r.shop.till.receipts.reprint("nothing", "emp_1"), NotFound,
     ErrorCode.SALE_NOT_FOUND),
    ("a receipt of nothing", lambda r: r.shop.till.receipts.print("nothing"), NotFound, ErrorCode.SALE_NOT_FOUND),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "kind", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_is_refused_by_its_name_and_changes_nothing(
    ready: Ready, attempt: Attempt, kind: type[UserError], code: ErrorCode
) -> None:
    before = content(ready.shop.folder)
    view = ready.shop.till.baskets.get(ready.basket)
    with pytest.raises(kind) as refusal:
        attempt(ready)
    assert refusal.value.code is code
    assert content(ready.shop.folder) == before
    assert ready.shop.till.baskets.get(ready.basket) == view
    assert ready.shop.background == []


def test_every_refusal_of_a_till_has_its_sentence_in_every_language() -> None:
    for language in ("en", "de"):
        sentences = json.loads(resources.text(f"translations/{language}.json"))
        for code in ErrorCode:
            assert sentences.get(f"error.{code.value}"), f"{language}: {code.value}"


def test_paying_less_than_due_says_how_much_is_left(ready: Ready) -> None:
    ready.shop.till.checkout.pay_cash(ready.basket, 500)
    before = content(ready.shop.folder)
    with pytest.raises(NotAllowed) as refusal:
        ready.shop.till.checkout.finalise(ready.basket)
    due = ready.shop.till.baskets.get(ready.basket).due_minor
    assert refusal.value.params == {"left_minor": due - 500}
    assert content(ready.shop.folder) == before


def test_redeeming_more_than_allowed_offline_says_how_much_is(ready: Ready) -> None:
    ready.shop.say_online("offline")
    before = content(ready.shop.folder)
    with pytest.raises(NotAllowed) as refusal:
        ready.shop.till.checkout.pay_points(ready.basket, 626)
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.REDEEM_ABOVE_ALLOWANCE, {"points": 625})
    assert content(ready.shop.folder) == before


@pytest.mark.parametrize(
    ("plan", "code"),
    [("decline", ErrorCode.CARD_DECLINED), ("silent", ErrorCode.CARD_OUTCOME_UNKNOWN)],
)
def test_a_card_that_is_not_charged_leaves_basket_sale_and_books_as_they_were(
    ready: Ready, plan: str, code: ErrorCode
) -> None:
    before = content(ready.shop.folder)
    view = ready.shop.till.checkout.begin(ready.basket)
    ready.shop.card.plan.append(plan)
    with pytest.raises(PaymentTrouble) as refusal:
        ready.shop.till.checkout.pay_card(ready.basket, view.due_minor, print)
    assert refusal.value.code is code
    after = content(ready.shop.folder)
    assert {name for name, rows in after.items() if rows != before[name]} == {"baskets", "card_intents"}
    assert ready.shop.till.baskets.get(ready.basket).tenders == ()


def test_a_wrong_pin_says_how_many_tries_are_left_and_lets_nobody_in(ready: Ready) -> None:
    with pytest.raises(NotAllowed) as refusal:
        ready.shop.till.staff.log_in("emp_1", "9999")
    assert (refusal.value.code, refusal.value.params) == (ErrorCode.WRONG_PIN, {"left": 4})


# -- the disk ---------------------------------------------------------------------------------------------------------


def paid(shop: TestTill) -> str:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 1_000)
    return basket


def assert_refused_and_sold_later(shop: TestTill, basket: str, code: ErrorCode, free: Callable[[], object]) -> None:
    before = content(shop.folder)
    for attempt in (
        lambda: shop.till.checkout.finalise(basket),
        lambda: shop.till.baskets.start("emp_1", "term_001"),
        lambda: shop.till.staff.log_in("emp_1", "1111"),
    ):
        with pytest.raises(StorageTrouble) as trouble:
            attempt()
        assert trouble.value.code is code
        assert trouble.value.params == {"file": TILL_FILE}
        assert content(shop.folder) == before
    free()
    assert shop.till.checkout.finalise(basket).sale.receipt_number == 1
    assert_whole(shop.folder)


def test_a_sale_on_a_locked_disk_is_refused_and_can_be_made_when_it_is_free(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        basket = paid(shop)
        with shop.till._till_file.read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(tmp_path / TILL_FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert_refused_and_sold_later(shop, basket, ErrorCode.DATABASE_LOCKED, lambda: other.execute("ROLLBACK"))


def _fill(shop: TestTill) -> tuple[Content, StorageTrouble]:
    for _ in range(200):
        before = content(shop.folder)
        try:
            shop.till.baskets.start("emp_1", "term_001")
        except StorageTrouble as trouble:
            return before, trouble
    raise AssertionError("the disk was never full")


def test_a_sale_on_a_full_disk_is_refused_and_can_be_made_when_there_is_room(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        basket = paid(shop)

        def room(pages: int) -> None:
            with shop.till._till_file.read() as connection:
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        room(1)  # as many as there are: SQLite never goes below
        before, trouble = _fill(shop)
        assert trouble.code is ErrorCode.DISK_FULL
        assert content(tmp_path) == before
        assert_whole(tmp_path)
        room(1_000_000)
        assert shop.till.checkout.finalise(basket).sale.receipt_number == 1
        assert_whole(tmp_path)


def test_a_sale_on_a_read_only_disk_is_refused_and_can_be_made_when_it_is_writable() -> None:
    with reachable_folder() as folder, running_till(folder) as shop:
        basket = paid(shop)
        shop.till.close()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        with as_ordinary_user(), pytest.raises(StorageTrouble) as trouble:
            shop.restart()
        assert trouble.value.code is ErrorCode.DATABASE_READ_ONLY
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.chmod(0o644)
        shop.restart()
        assert shop.till.checkout.finalise(basket).sale.receipt_number == 1
