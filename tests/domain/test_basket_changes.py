from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.basket import Basket, BasketLine, BasketState
from pos_desktop.domain.basket_changes import (
    add_line,
    line_of,
    merge_or_add,
    move,
    remove_line,
    restore_line,
    set_basket_discount,
    set_line_discount,
    set_note,
    set_price,
    set_quantity,
)
from pos_desktop.domain.catalogue import Unit
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed, NotFound, UserError
from tests.domain.parts import SHOP, VAT_7, amount, baskets, make_basket, make_line, percent

BREAD = make_line("bread")
MILK = make_line("milk", 129, name="Milk")

CHANGES: dict[str, Callable[[Basket], Basket]] = {
    "add": lambda basket: add_line(basket, make_line("new"), SHOP),
    "merge": lambda basket: merge_or_add(basket, make_line("new"), SHOP),
    "quantity": lambda basket: set_quantity(basket, "bread", 2_000, SHOP),
    "price": lambda basket: set_price(basket, "bread", 100, SHOP),
    "line discount": lambda basket: set_line_discount(basket, "bread", percent(500), SHOP),
    "note": lambda basket: set_note(basket, "bread", "sliced"),
    "remove": lambda basket: remove_line(basket, "bread"),
    "restore": lambda basket: restore_line(basket, make_line("new"), 0, SHOP),
    "basket discount": lambda basket: set_basket_discount(basket, percent(500), SHOP),
}
ON_A_LINE: dict[str, Callable[[Basket, str], Basket]] = {
    "quantity": lambda basket, line_id: set_quantity(basket, line_id, 2_000, SHOP),
    "price": lambda basket, line_id: set_price(basket, line_id, 100, SHOP),
    "discount": lambda basket, line_id: set_line_discount(basket, line_id, None, SHOP),
    "note": lambda basket, line_id: set_note(basket, line_id, "sliced"),
    "remove": remove_line,
}
MERGE_BLOCKERS: dict[str, Callable[[BasketLine], BasketLine]] = {
    "price": lambda line: replace(line, unit_price_minor=300),
    "list price": lambda line: replace(line, list_price_minor=399),
    "product": lambda line: replace(line, product_id="other"),
    "name": lambda line: replace(line, name="Open item"),
    "taxes": lambda line: replace(line, taxes=(VAT_7,)),
    "discount": lambda line: replace(line, discount=percent(500)),
    "note": lambda line: replace(line, note="sliced"),
    "amount from a code": lambda line: replace(line, fixed_gross_minor=349),
    "weighed": lambda line: replace(line, unit=Unit.KILOGRAM),
}


def refused(change: Callable[[], object], kind: type[UserError], code: ErrorCode) -> None:
    with pytest.raises(kind) as refusal:
        change()
    assert refusal.value.code is code


@pytest.mark.parametrize("state", [state for state in BasketState if state is not BasketState.OPEN])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_an_open_basket_changes(change: Callable[[Basket], Basket], state: BasketState) -> None:
    basket = replace(make_basket(BREAD), state=state)
    refused(lambda: change(basket), NotAllowed, ErrorCode.BASKET_NOT_OPEN)


@pytest.mark.parametrize("change", ON_A_LINE.values(), ids=ON_A_LINE)
def test_a_line_that_is_not_there_is_not_found(change: Callable[[Basket, str], Basket]) -> None:
    refused(lambda: change(make_basket(BREAD), "nobody"), NotFound, ErrorCode.LINE_NOT_FOUND)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_leaves_the_old_basket_as_it_was(change: Callable[[Basket], Basket]) -> None:
    basket = make_basket(BREAD)
    assert change(basket) != basket
    assert basket == make_basket(BREAD)


def test_lines_are_appended() -> None:
    assert add_line(make_basket(BREAD), MILK, SHOP).lines == (BREAD, MILK)


def test_an_equal_line_is_merged_and_becomes_the_newest() -> None:
    basket = merge_or_add(make_basket(BREAD, MILK), make_line("again", quantity_milli=2_000), SHOP)
    assert basket.lines == (MILK, replace(BREAD, quantity_milli=3_000))


@pytest.mark.parametrize("block", MERGE_BLOCKERS.values(), ids=MERGE_BLOCKERS)
def test_lines_that_differ_are_not_merged(block: Callable[[BasketLine], BasketLine]) -> None:
    new = make_line("again")
    assert merge_or_add(make_basket(block(BREAD)), new, SHOP).lines == (block(BREAD), new)
    assert merge_or_add(make_basket(BREAD), block(new), SHOP).lines == (BREAD, block(new))


def test_merging_beyond_the_largest_quantity_is_refused() -> None:
    full = replace(BREAD, quantity_milli=SHOP.max_quantity_milli // 1_000 * 1_000, unit_price_minor=1)
    again = replace(full, id="again")
    refused(lambda: merge_or_add(make_basket(full), again, SHOP), BadInput, ErrorCode.QUANTITY_TOO_LARGE)


def test_a_full_basket_takes_no_more_lines_but_still_merges() -> None:
    shop = replace(SHOP, max_lines=2)
    basket = make_basket(BREAD, MILK)
    refused(lambda: add_line(basket, make_line("new"), shop), NotAllowed, ErrorCode.BASKET_FULL)
    refused(lambda: merge_or_add(basket, make_line("new", name="Salt"), shop), NotAllowed, ErrorCode.BASKET_FULL)
    assert len(merge_or_add(basket, make_line("new"), shop).lines) == 2


@pytest.mark.parametrize(
    ("quantity_milli", "code"),
    [
        (0, ErrorCode.QUANTITY_ZERO),
        (10**12, ErrorCode.QUANTITY_TOO_LARGE),
        (1_001, ErrorCode.QUANTITY_NOT_WHOLE),
    ],
)
def test_a_bad_quantity_is_refused(quantity_milli: int, code: ErrorCode) -> None:
    basket = make_basket(BREAD)
    refused(lambda: set_quantity(basket, "bread", quantity_milli, SHOP), BadInput, code)
    refused(lambda: add_line(basket, make_line("new", quantity_milli=quantity_milli), SHOP), BadInput, code)


def test_a_price_below_zero_is_refused() -> None:
    refused(lambda: set_price(make_basket(BREAD), "bread", -1, SHOP), BadInput, ErrorCode.PRICE_BELOW_ZERO)


def test_a_discount_above_the_line_is_refused() -> None:
    basket = make_basket(BREAD)
    refused(lambda: set_line_discount(basket, "bread", amount(350), SHOP), BadInput, ErrorCode.DISCOUNT_ABOVE_AMOUNT)
    refused(
        lambda: set_line_discount(basket, "bread", percent(10_001), SHOP), BadInput, ErrorCode.DISCOUNT_OUT_OF_RANGE
    )


def test_a_basket_discount_is_measured_by_what_the_lines_leave() -> None:
    basket = make_basket(replace(BREAD, discount=amount(49)))
    assert set_basket_discount(basket, amount(300), SHOP).discount == amount(300)
    refused(lambda: set_basket_discount(basket, amount(301), SHOP), BadInput, ErrorCode.DISCOUNT_ABOVE_AMOUNT)


def test_a_basket_discount_replaces_the_one_before_and_can_be_taken_away() -> None:
    basket = set_basket_discount(make_basket(BREAD), amount(349), SHOP)
    assert set_basket_discount(basket, amount(349), SHOP).discount == amount(349)
    assert set_basket_discount(basket, None, SHOP).discount is None


def test_a_changed_quantity_or_price_overrides_an_amount_read_from_a_code() -> None:
    basket = make_basket(replace(BREAD, fixed_gross_minor=777))
    assert line_of(set_quantity(basket, "bread", 2_000, SHOP), "bread").fixed_gross_minor is None
    changed = line_of(set_price(basket, "bread", 500, SHOP), "bread")
    assert (changed.fixed_gross_minor, changed.unit_price_minor, changed.list_price_minor) == (None, 500, 349)


def test_a_restored_line_goes_to_the_end_of_a_shorter_basket() -> None:
    assert restore_line(make_basket(BREAD), MILK, 9, SHOP).lines == (BREAD, MILK)
    assert restore_line(make_basket(BREAD), MILK, -3, SHOP).lines == (MILK, BREAD)


def test_the_same_line_twice_is_a_bug() -> None:
    with pytest.raises(ValueError, match="already"):
        restore_line(make_basket(BREAD), BREAD, 0, SHOP)


@given(baskets().filter(lambda basket: bool(basket.lines)), st.data())
def test_removing_and_restoring_a_line_changes_nothing(basket: Basket, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(basket.lines) - 1))
    line = basket.lines[position]
    assert restore_line(remove_line(basket, line.id), line, position, SHOP) == basket


@pytest.mark.parametrize(
    ("start", "to"),
    [
        (BasketState.OPEN, BasketState.HELD),
        (BasketState.OPEN, BasketState.PAYING),
        (BasketState.OPEN, BasketState.VOIDED),
        (BasketState.HELD, BasketState.OPEN),
        (BasketState.HELD, BasketState.VOIDED),
        (BasketState.PAYING, BasketState.OPEN),
        (BasketState.PAYING, BasketState.COMPLETED),
        (BasketState.PAYING, BasketState.VOIDED),
    ],
)
def test_a_basket_moves_along_its_life(start: BasketState, to: BasketState) -> None:
    assert move(replace(make_basket(BREAD), state=start), to).state is to


@pytest.mark.parametrize("start", [BasketState.COMPLETED, BasketState.VOIDED])
@pytest.mark.parametrize("to", list(BasketState))
def test_a_finished_basket_never_moves_again(start: BasketState, to: BasketState) -> None:
    basket = replace(make_basket(BREAD), state=start)
    refused(lambda: move(basket, to), NotAllowed, ErrorCode.BASKET_NOT_OPEN)


@pytest.mark.parametrize(
    ("start", "to"), [(BasketState.HELD, BasketState.PAYING), (BasketState.OPEN, BasketState.COMPLETED)]
)
def test_no_state_is_skipped(start: BasketState, to: BasketState) -> None:
    refused(lambda: move(replace(make_basket(BREAD), state=start), to), NotAllowed, ErrorCode.BASKET_NOT_OPEN)


def test_nothing_cannot_be_paid() -> None:
    refused(lambda: move(make_basket(), BasketState.PAYING), NotAllowed, ErrorCode.BASKET_EMPTY)
