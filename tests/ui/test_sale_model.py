from __future__ import annotations

from dataclasses import replace

import pytest

from pos_desktop.domain.basket import Discount, DiscountKind
from pos_desktop.domain.customers import KnownFrom
from pos_desktop.services.views import BasketSummary, BasketView, LookupState, SyncState, SyncStatus
from tests.ui.fake_shop import CUSTOMERS, NOW, PRODUCTS, SHOP, known
from tests.ui.fake_till import FakeTill
from ui.sale_model import (
    customer_lines,
    line_rows,
    price_reasons,
    price_text,
    stock_text,
    tab_text,
    tax_kind,
    totals_text,
)
from ui.text import Texts
from ui.widgets.sync_chip import chip_text

EN = Texts("en", "EUR", 2, "Europe/Berlin")
DE = Texts("de", "EUR", 2, "Europe/Berlin")


@pytest.fixture
def basket(till: FakeTill) -> BasketView:
    """A burger, 1.53 kg of apples, a dozen loaves at a special price with a discount and a note."""
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    till.baskets.add_product(basket_id, "BURGER")
    till.baskets.add_product(basket_id, "APPLE", 1_530)
    view = till.baskets.add_product(basket_id, "BREAD", 12_000, 300)
    bread = view.basket.lines[2].id
    till.baskets.set_line_discount(basket_id, bread, Discount(DiscountKind.PERCENT, 1_000))
    return till.baskets.set_note(basket_id, bread, "sliced")


def test_a_plain_line_has_no_detail(basket: BasketView) -> None:
    row = line_rows(basket, EN)[0]
    assert (row.quantity, row.name, row.detail, row.amount, row.steps) == ("1", "Cheeseburger", "", "8.99", True)


def test_a_weighed_line_shows_weight_and_price_of_the_unit_and_has_no_stepper(basket: BasketView) -> None:
    row = line_rows(basket, DE)[1]
    assert (row.quantity, row.detail, row.amount, row.steps) == ("1,530\xa0kg", "2,99/kg", "4,57", False)


def test_a_line_says_why_it_costs_what_it_costs(basket: BasketView) -> None:
    row = line_rows(basket, EN)[2]
    assert row.detail == "× 3.00 · Shelf price 3.49 · −10\xa0% · sliced"
    assert (row.saved, row.amount) == ("−3.60", "32.40")


def test_only_the_line_touched_last_is_marked(basket: BasketView) -> None:
    assert [row.newest for row in line_rows(basket, EN)] == [False, False, True]


def test_the_amounts_on_screen_add_up_to_the_sum_before_basket_discounts(basket: BasketView) -> None:
    priced = basket.priced
    shown = sum(line.gross_minor - line.line_discount_minor for line in priced.lines)
    rows = line_rows(basket, EN)
    assert sum(round(float(row.amount) * 100) for row in rows) == shown


def test_the_steps_to_a_price_end_at_its_taxes(basket: BasketView) -> None:
    reasons = price_reasons(basket.basket.lines[2], basket.priced.lines[2], EN)
    assert reasons[0] == "12 × 3.00 = 36.00"
    assert "Discount on this line −3.60" in reasons
    assert reasons[-1].startswith("VAT 7% ")


def test_totals_count_pieces_and_each_weighed_article_once(basket: BasketView) -> None:
    assert totals_text(basket, EN)[0].startswith("14 items")


def test_a_guest_basket_asks_for_the_customer(basket: BasketView) -> None:
    lines = customer_lines(basket, SHOP.programme, EN, NOW)
    assert (lines.head, lines.detail, lines.tone) == ("Customer", "Phone, card or e-mail", "")


@pytest.mark.parametrize(
    ("state", "head", "tone"),
    [
        (LookupState.LOOKING, "Looking up +9999999999 …", ""),
        (LookupState.NOT_FOUND, "Not known: +9999999999", "warn"),
        (LookupState.UNREACHABLE, "Cannot ask about +9999999999 now", "warn"),
    ],
)
def test_the_strip_never_says_unknown_when_it_could_not_ask(
    basket: BasketView, state: LookupState, head: str, tone: str
) -> None:
    looking = replace(basket, lookup=state, basket=replace(basket.basket, customer_identifier="+9999999999"))
    lines = customer_lines(looking, SHOP.programme, EN, NOW)
    assert (lines.head, lines.tone) == (head, tone)


def test_a_known_customer_shows_points_now_and_after_and_their_worth(basket: BasketView) -> None:
    with_john = replace(basket, customer=known(CUSTOMERS[0]), points_to_earn=57)
    lines = customer_lines(with_john, SHOP.programme, EN, NOW)
    assert lines.head == "John Doe · GOLD"
    assert lines.detail == "1,250 points + 57 = 1,307 · worth €12.50"


def test_old_knowledge_shows_its_age(basket: BasketView) -> None:
    stale = known(CUSTOMERS[0], KnownFrom.STALE, "2026-11-20T09:42:00.000Z")
    lines = customer_lines(replace(basket, customer=stale), SHOP.programme, EN, NOW)
    assert lines.detail.startswith("1,250 points, as of 10:42")
    assert lines.tone == "warn"


def test_a_blocked_customer_is_shown_as_blocked(basket: BasketView) -> None:
    lines = customer_lines(replace(basket, customer=known(CUSTOMERS[4])), SHOP.programme, EN, NOW)
    assert (lines.tone, lines.icon) == ("bad", "ban")


def test_a_tab_is_called_after_its_customer_its_label_or_its_place() -> None:
    bare = BasketSummary("b", "open", "", "", 1, 100, NOW, NOW, "emp_1")
    assert tab_text(replace(bare, customer_name="John Doe", label="blue coat"), 2, EN) == "John Doe"
    assert tab_text(replace(bare, label="blue coat"), 2, EN) == "blue coat"
    assert tab_text(bare, 2, DE) == "Korb 2"


def test_a_tile_shows_unit_and_low_stock() -> None:
    burger, apple = PRODUCTS[0], PRODUCTS[1]
    assert price_text(burger, EN) == "8.99"
    assert price_text(apple, DE) == "2,99 / kg"
    assert price_text(replace(burger, open_price=True), EN) == "open price"
    assert stock_text(burger, EN) == ""
    assert stock_text(replace(burger, stock_milli=20_000), EN) == ""
    assert stock_text(replace(burger, stock_milli=3_000), EN) == "3 left"
    assert stock_text(replace(burger, stock_milli=-1_000), EN) == "0 left"


def test_the_chip_tells_state_age_and_what_waits() -> None:
    status = SyncStatus(SyncState.OFFLINE, "2026-11-20T09:42:00.000Z", 3, 0, "", "", "", ())
    assert chip_text(EN, status, NOW) == ("Offline since 10:42", "3 to send")
    assert chip_text(DE, replace(status, state=SyncState.UP_TO_DATE, pending=0), NOW) == ("Aktuell", "")
    assert chip_text(EN, replace(status, parked=1), NOW) == ("Needs attention", "1 refused")


@pytest.mark.parametrize("state", SyncState)
def test_every_state_of_the_sync_has_a_word(state: SyncState) -> None:
    assert chip_text(DE, SyncStatus(state, NOW, 0, 0, "", "", "", ()), NOW)[0]


def test_an_open_item_has_no_price_on_a_shelf(basket: BasketView) -> None:
    bread = basket.basket.lines[2]
    opened = replace(bread, list_price_minor=0, note="")
    shown = replace(basket, basket=replace(basket.basket, lines=(*basket.basket.lines[:2], opened)))
    assert line_rows(shown, EN)[2].detail == "× 3.00 · −10\xa0%"
    assert not any("Shelf" in reason for reason in price_reasons(opened, basket.priced.lines[2], EN))


def test_an_amount_taken_off_a_line_is_said_once_under_what_it_costs(till: FakeTill) -> None:
    basket_id = till.baskets.start("emp_1", "term_001").basket.id
    line_id = till.baskets.add_product(basket_id, "BURGER").basket.lines[0].id
    row = line_rows(till.baskets.set_line_discount(basket_id, line_id, Discount(DiscountKind.AMOUNT, 250)), EN)[0]
    assert (row.amount, row.saved, row.detail) == ("6.49", "−2.50", "")


@pytest.mark.parametrize(
    ("inclusive", "kind"), [((True,), "included"), ((False,), "plus"), ((True, False), "mixed"), ((), "plus")]
)
def test_the_tax_is_called_what_it_is(basket: BasketView, inclusive: tuple[bool, ...], kind: str) -> None:
    some = basket.priced.taxes[0]
    taxes = tuple(replace(some, tax=replace(some.tax, inclusive=each)) for each in inclusive)
    assert tax_kind(replace(basket.priced, taxes=taxes)) == kind
