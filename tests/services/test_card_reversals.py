"""Cards that get their money back: once, never guessed at, and never sold on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.domain.errors import ErrorCode, NotAllowed
from pos_desktop.domain.tenders import TenderKind
from tests.support.cards import OnTheTable, PowerCut, cut_power, filled, paid_by_card, refused, states
from tests.support.till_file import assert_whole, rows
from tests.support.tills import TestTill, running_till


@pytest.fixture
def card() -> OnTheTable:
    return OnTheTable()


@pytest.fixture
def shop(tmp_path: Path, card: OnTheTable) -> Iterator[TestTill]:
    with running_till(tmp_path) as parts:
        parts.card = card
        parts.restart()
        yield parts


def test_a_card_that_is_reversed_has_its_money_back_once(shop: TestTill, card: OnTheTable) -> None:
    basket, tender = paid_by_card(shop)
    view = shop.till.checkout.reverse_card(basket, tender)
    assert (view.tenders, view.left_minor, card.reversed) == ((), 899, [tender])
    assert states(shop) == ["reversed"]
    assert rows(shop.folder, "SELECT count(*) FROM journal WHERE kind = 'card_reversed'") == [(1,)]
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.reverse_card(basket, tender)
    assert refusal.value.code is ErrorCode.TENDER_NOT_REMOVABLE
    assert card.reversed == [tender]


def test_the_journal_says_who_gave_a_card_its_money_back(shop: TestTill) -> None:
    basket = filled(shop)
    shop.till.checkout.begin(basket, "emp_2")
    tender = shop.till.checkout.pay_card(basket, 500, print).tenders[0].id
    shop.till.checkout.reverse_card(basket, tender)
    ((body,),) = rows(shop.folder, "SELECT body FROM journal WHERE kind = 'card_reversed'")
    assert json.loads(body) == {"basket_id": basket, "intent": tender, "amount_minor": 500, "employee_id": "emp_2"}


def test_a_reversal_leaves_the_cash_beside_it_right(shop: TestTill) -> None:
    basket, tender = paid_by_card(shop)
    assert shop.till.checkout.pay_cash(basket, 400).change_minor == 1
    view = shop.till.checkout.reverse_card(basket, tender)
    assert (view.left_minor, view.change_minor, view.tenders[0].amount_minor) == (499, 0, 400)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (CardState.DECLINED, ErrorCode.CARD_DECLINED),
        (CardState.NOT_FOUND, ErrorCode.CARD_TERMINAL_SILENT),
        (CardState.NOT_REACHED, ErrorCode.CARD_TERMINAL_SILENT),
    ],
)
def test_a_reversal_that_was_not_done_leaves_the_tender(
    shop: TestTill, card: OnTheTable, state: CardState, code: ErrorCode
) -> None:
    basket, tender = paid_by_card(shop)
    card.undone = [CardOutcome(state, reason="why")]
    refused(code, lambda: shop.till.checkout.reverse_card(basket, tender), "why")
    view = shop.till.baskets.get(basket)
    assert ([item.id for item in view.tenders], view.card_unknown) == ([tender], None)
    shop.till.checkout.pay_cash(basket, 399)
    shop.till.checkout.finalise(basket)
    assert_whole(shop.folder)


def test_a_reversal_nobody_knows_of_blocks_the_sale_until_it_is_finished(shop: TestTill, card: OnTheTable) -> None:
    basket, tender = paid_by_card(shop)
    shop.till.checkout.pay_cash(basket, 399)
    card.undone = [CardOutcome(CardState.UNKNOWN, reason="timeout")]
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.reverse_card(basket, tender), "timeout")
    assert shop.till.baskets.get(basket).card_unknown == tender
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.finalise(basket))
    shop.restart()
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.finalise(basket))
    view = shop.till.checkout.resolve_card(basket)
    assert ([item.kind for item in view.tenders], view.left_minor) == ([TenderKind.CASH], 500)
    assert card.reversed == [tender]


@pytest.mark.parametrize(
    "state", [CardState.NOT_REACHED, CardState.NOT_FOUND, CardState.DECLINED, CardState.CANCELLED, CardState.UNKNOWN]
)
def test_a_repeated_reversal_is_settled_by_a_yes_only(shop: TestTill, card: OnTheTable, state: CardState) -> None:
    basket, tender = paid_by_card(shop)
    shop.till.checkout.pay_cash(basket, 399)
    card.undone = [CardOutcome(CardState.UNKNOWN, reason="timeout"), CardOutcome(state, reason="why")]
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.reverse_card(basket, tender), "timeout")
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.resolve_card(basket), "why")
    assert states(shop) == ["reversing"]
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.finalise(basket))
    view = shop.till.checkout.resolve_card(basket)
    assert ([item.kind for item in view.tenders], view.left_minor) == ([TenderKind.CASH], 500)
    assert states(shop) == ["reversed"]


def test_a_till_that_died_during_a_reversal_never_sells_on_money_that_went_back(
    shop: TestTill, card: OnTheTable
) -> None:
    basket, tender = paid_by_card(shop)
    shop.till.checkout.pay_cash(basket, 399)
    card.during = cut_power
    with pytest.raises(PowerCut):
        shop.till.checkout.reverse_card(basket, tender)
    card.during = lambda: None
    shop.restart()
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.finalise(basket))
    assert shop.till.checkout.resolve_card(basket).left_minor == 500
    assert set(card.reversed) == {tender}


def test_only_a_card_of_a_basket_in_payment_is_reversed(shop: TestTill, card: OnTheTable) -> None:
    basket, tender = paid_by_card(shop)
    cash = shop.till.checkout.pay_cash(basket, 399).tenders[1].id
    for tender_id in (cash, "nothing"):
        with pytest.raises(NotAllowed):
            shop.till.checkout.reverse_card(basket, tender_id)
    shop.till.checkout.finalise(basket)
    with pytest.raises(NotAllowed) as refusal:
        shop.till.checkout.reverse_card(basket, tender)
    assert refusal.value.code is ErrorCode.TENDER_NOT_REMOVABLE
    assert card.reversed == []


# -- other money than was asked for -----------------------------------------------------------------------------------


def booked_otherwise(shop: TestTill, card: OnTheTable, amount: int, currency: str) -> str:
    """A basket of 8.99 whose card was charged something else, as the terminal says twice."""
    basket = filled(shop)
    shop.till.checkout.begin(basket, "emp_2")
    card.payment = card.said = CardOutcome(CardState.APPROVED, "ref", "VISA **** 1234", "", amount, currency)
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 899, print), "amount_differs")
    return basket


def told(shop: TestTill, kind: str) -> list[dict[str, object]]:
    return [json.loads(body) for (body,) in rows(shop.folder, "SELECT body FROM journal WHERE kind = ?", kind)]


def test_less_than_was_asked_for_is_a_part_payment_of_what_was_booked(shop: TestTill, card: OnTheTable) -> None:
    basket = booked_otherwise(shop, card, 500, "EUR")
    view = shop.till.checkout.resolve_card(basket)
    (tender,) = view.tenders
    assert (tender.amount_minor, tender.reference, view.left_minor, view.card_unknown) == (500, "ref", 399, None)
    body = {"basket_id": basket, "intent": tender.id, "asked_minor": 899, "booked_minor": 500, "currency": "EUR"}
    assert told(shop, "card_amount_differed") == [body | {"employee_id": "emp_2"}]
    assert card.reversed == []
    shop.till.checkout.pay_cash(basket, 399)
    shop.till.checkout.finalise(basket)
    assert_whole(shop.folder)


def test_a_part_payment_that_is_reversed_is_told_with_what_was_booked(shop: TestTill, card: OnTheTable) -> None:
    basket = booked_otherwise(shop, card, 500, "EUR")
    tender = shop.till.checkout.resolve_card(basket).tenders[0].id
    assert shop.till.checkout.reverse_card(basket, tender).left_minor == 899
    assert [body["amount_minor"] for body in told(shop, "card_reversed")] == [500]


@pytest.mark.parametrize(("amount", "currency"), [(900, "EUR"), (899, "USD"), (0, "EUR")])
def test_more_or_other_money_goes_back_and_the_basket_is_free_again(
    shop: TestTill, card: OnTheTable, amount: int, currency: str
) -> None:
    basket = booked_otherwise(shop, card, amount, currency)
    refused(ErrorCode.CARD_CANCELLED, lambda: shop.till.checkout.resolve_card(basket), "amount_differs")
    view = shop.till.baskets.get(basket)
    assert (view.tenders, view.left_minor, view.card_unknown) == ((), 899, None)
    assert (len(card.reversed), states(shop)) == (1, ["reversed"])
    assert [body["booked_minor"] for body in told(shop, "card_amount_differed")] == [amount]
    shop.till.baskets.void(basket, "")
    assert_whole(shop.folder)


@pytest.mark.parametrize("state", [CardState.UNKNOWN, CardState.NOT_REACHED, CardState.DECLINED, CardState.NOT_FOUND])
def test_other_money_that_may_still_lie_at_the_terminal_blocks_until_it_is_back(
    shop: TestTill, card: OnTheTable, state: CardState
) -> None:
    basket = booked_otherwise(shop, card, 900, "EUR")
    card.undone = [CardOutcome(state, reason="why")]
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.resolve_card(basket), "why")
    assert states(shop) == ["reversing"]
    shop.restart()
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.finalise(basket))
    view = shop.till.checkout.resolve_card(basket)
    assert (view.tenders, view.left_minor, view.card_unknown) == ((), 899, None)
    assert len(told(shop, "card_amount_differed")) == len(told(shop, "card_reversed")) == 1


def test_a_till_that_died_while_other_money_went_back_asks_again(shop: TestTill, card: OnTheTable) -> None:
    basket = booked_otherwise(shop, card, 900, "EUR")
    card.during = cut_power
    with pytest.raises(PowerCut):
        shop.till.checkout.resolve_card(basket)
    card.during = lambda: None
    shop.restart()
    assert shop.till.checkout.resolve_card(basket).left_minor == 899
    assert states(shop) == ["reversed"]
