"""Card payments: recorded before the terminal hears of them, resolved after a silence, never charged twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.domain.errors import BadInput, ErrorCode, NotAllowed, PaymentTrouble
from pos_desktop.domain.tenders import TenderKind
from tests.support.cards import OnTheTable, PowerCut, cut_power, filled, refused, states
from tests.support.till_file import assert_whole, content, rows
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


class Waiting(set[str]):
    """What a process waits for; remembers what lay on disk whenever something was put in."""

    def __init__(self, shop: TestTill) -> None:
        super().__init__()
        self.shop = shop
        self.on_disk: list[list[str]] = []

    def add(self, intent_id: str) -> None:
        self.on_disk.append(states(self.shop))
        super().add(intent_id)


def test_a_payment_is_waited_for_before_anybody_can_see_it_and_ask_what_became_of_it(shop: TestTill) -> None:
    basket = filled(shop)
    waiting = Waiting(shop)
    shop.till.checkout._cards._in_flight = waiting
    tender = shop.till.checkout.pay_card(basket, 500, print).tenders[0].id
    shop.till.checkout.reverse_card(basket, tender)
    assert waiting.on_disk == [[], ["approved"]]
    assert waiting == set()


def test_a_payment_that_was_refused_beforehand_is_not_waited_for(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    waiting = Waiting(shop)
    shop.till.checkout._cards._in_flight = waiting
    with pytest.raises(BadInput):
        shop.till.checkout.pay_card(basket, 900, print)
    assert (waiting, card.booked) == (set(), {})


def test_an_approved_card_is_a_tender_with_the_terminals_reference(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    heard: list[str] = []
    view = shop.till.checkout.pay_card(basket, 899, heard.append)
    (tender,) = view.tenders
    assert (tender.kind, tender.amount_minor, tender.detail) == (TenderKind.CARD, 899, "VISA **** 1234")
    assert card.booked == {tender.id: 899}
    assert tender.reference
    assert heard == ["present_card"]
    assert (view.left_minor, view.card_unknown) == (0, None)
    shop.till.checkout.finalise(basket)
    assert_whole(shop.folder)


def test_the_intent_is_on_disk_before_the_terminal_hears_of_it(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    seen: list[object] = []
    card.during = lambda: seen.append(rows(shop.folder, "SELECT state, amount_minor, currency FROM card_intents"))
    shop.till.checkout.pay_card(basket, 899, print)
    assert seen == [[("created", 899, "EUR")]]


@pytest.mark.parametrize(
    ("plan", "code", "state"),
    [
        ("decline", ErrorCode.CARD_DECLINED, "declined"),
        ("cancel", ErrorCode.CARD_CANCELLED, "cancelled"),
        ("lost", ErrorCode.CARD_OUTCOME_UNKNOWN, "unknown"),
        ("silent", ErrorCode.CARD_OUTCOME_UNKNOWN, "unknown"),
    ],
)
def test_what_is_not_approved_is_no_tender(shop: TestTill, plan: str, code: ErrorCode, state: str) -> None:
    basket = filled(shop)
    shop.card.plan.append(plan)
    refused(code, lambda: shop.till.checkout.pay_card(basket, 899, print))
    view = shop.till.baskets.get(basket)
    assert (view.tenders, view.left_minor) == ((), 899)
    assert states(shop) == [state]
    assert (view.card_unknown is not None) == (state == "unknown")


def test_a_terminal_that_was_never_reached_charged_nothing_and_blocks_nothing(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    card.payment = CardOutcome(CardState.NOT_REACHED, reason="not_connected")
    refused(ErrorCode.CARD_TERMINAL_SILENT, lambda: shop.till.checkout.pay_card(basket, 899, print), "not_connected")
    card.payment = None
    assert shop.till.checkout.pay_card(basket, 899, print).left_minor == 0


def test_a_declined_card_may_be_followed_by_another(shop: TestTill) -> None:
    basket = filled(shop)
    shop.card.plan.append("decline")
    refused(ErrorCode.CARD_DECLINED, lambda: shop.till.checkout.pay_card(basket, 899, print), "refusal")
    assert shop.till.checkout.pay_card(basket, 899, print).left_minor == 0
    assert states(shop) == ["declined", "approved"]


def test_an_unknown_outcome_blocks_every_further_step_until_it_is_resolved(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    card.plan.append("silent")
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 500, print))
    before = content(shop.folder)
    checkout = shop.till.checkout
    for attempt in (
        lambda: checkout.pay_card(basket, 899, print),
        lambda: checkout.pay_cash(basket, 899),
        lambda: checkout.back(basket),
        lambda: checkout.finalise(basket),
    ):
        refused(ErrorCode.CARD_OUTCOME_UNKNOWN, attempt)
    for blocked in (
        lambda: shop.till.baskets.void(basket, ""),
        lambda: shop.till.baskets.hold(basket),
        lambda: shop.till.baskets.add_product(basket, "BURGER"),
    ):
        with pytest.raises(NotAllowed) as refusal:
            blocked()
        assert refusal.value.code is ErrorCode.BASKET_HAS_TENDERS
    assert content(shop.folder) == before
    assert len(card.booked) == 1
    view = checkout.resolve_card(basket)
    assert (view.card_unknown, view.left_minor, view.tenders[0].amount_minor) == (None, 399, 500)
    checkout.pay_cash(basket, 399)
    checkout.finalise(basket)
    assert_whole(shop.folder)


def test_a_payment_that_never_arrived_is_resolved_as_not_charged(shop: TestTill) -> None:
    basket = filled(shop)
    shop.card.plan.append("lost")
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 899, print))
    refused(ErrorCode.CARD_TERMINAL_SILENT, lambda: shop.till.checkout.resolve_card(basket))
    view = shop.till.baskets.get(basket)
    assert (view.card_unknown, view.tenders) == (None, ())
    assert states(shop) == ["not_found"]
    assert shop.till.checkout.pay_card(basket, 899, print).left_minor == 0


def test_a_terminal_that_cannot_be_asked_leaves_it_unknown(shop: TestTill) -> None:
    basket = filled(shop)
    shop.card.plan.append("silent")
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 899, print))
    shop.card.answers = False
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.resolve_card(basket), "not_connected")
    assert shop.till.baskets.get(basket).card_unknown is not None
    shop.card.answers = True
    assert shop.till.checkout.resolve_card(basket).left_minor == 0


def test_there_is_nothing_to_resolve_in_a_basket_without_a_doubt(shop: TestTill) -> None:
    basket = filled(shop)
    before = content(shop.folder)
    assert shop.till.checkout.resolve_card(basket).left_minor == 899
    shop.till.checkout.cancel_card(basket)
    assert content(shop.folder) == before


def test_a_till_that_died_between_charge_and_answer_asks_and_finds_the_money(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    card.during = cut_power
    with pytest.raises(PowerCut):
        shop.till.checkout.pay_card(basket, 899, print)
    card.during = lambda: None
    shop.restart()
    view = shop.till.baskets.get(basket)
    assert view.card_unknown is not None
    assert view.tenders == ()
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 899, print))
    view = shop.till.checkout.resolve_card(basket)
    assert (view.left_minor, view.card_unknown) == (0, None)
    assert len(card.booked) == 1
    shop.till.checkout.finalise(basket)
    assert_whole(shop.folder)


@pytest.mark.parametrize(("amount", "currency"), [(898, "EUR"), (900, "EUR"), (899, "USD")])
def test_an_approval_of_other_money_is_not_believed(
    shop: TestTill, card: OnTheTable, amount: int, currency: str
) -> None:
    basket = filled(shop)
    card.payment = CardOutcome(CardState.APPROVED, "ref", "VISA **** 1234", "", amount, currency)
    refused(ErrorCode.CARD_OUTCOME_UNKNOWN, lambda: shop.till.checkout.pay_card(basket, 899, print), "amount_differs")
    assert shop.till.baskets.get(basket).card_unknown is not None


@pytest.mark.parametrize(
    ("amount", "code"),
    [(0, ErrorCode.TENDER_NOT_POSITIVE), (-1, ErrorCode.TENDER_NOT_POSITIVE), (900, ErrorCode.TENDER_ABOVE_DUE)],
)
def test_a_card_is_charged_at_most_what_is_left_and_more_than_nothing(
    shop: TestTill, amount: int, code: ErrorCode
) -> None:
    basket = filled(shop)
    before = content(shop.folder)
    with pytest.raises(BadInput) as refusal:
        shop.till.checkout.pay_card(basket, amount, print)
    assert refusal.value.code is code
    assert content(shop.folder) == before


def test_while_a_card_is_charged_nothing_else_can_be_done_to_the_basket(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    checkout = shop.till.checkout
    found: list[ErrorCode] = []

    def try_everything() -> None:
        for attempt in (
            lambda: checkout.pay_cash(basket, 899),
            lambda: checkout.pay_card(basket, 899, print),
            lambda: checkout.back(basket),
            lambda: checkout.finalise(basket),
            lambda: shop.till.baskets.add_product(basket, "BURGER"),
            lambda: shop.till.baskets.void(basket, ""),
        ):
            with pytest.raises((NotAllowed, PaymentTrouble)) as refusal:
                attempt()
            found.append(refusal.value.code)
        assert shop.till.baskets.get(basket).card_unknown is None
        assert checkout.resolve_card(basket).tenders == ()

    def elsewhere() -> None:
        other = threading.Thread(target=try_everything)
        other.start()
        other.join()

    card.during = elsewhere
    assert checkout.pay_card(basket, 899, print).left_minor == 0
    assert found == [ErrorCode.CARD_ALREADY_RUNNING] * 4 + [ErrorCode.BASKET_HAS_TENDERS] * 2
    assert len(card.booked) == 1


def test_a_customer_found_while_the_card_is_charged_does_not_change_what_is_due(
    shop: TestTill, card: OnTheTable
) -> None:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    card.during = lambda: shop.till.baskets.attach_customer(basket, "CUST_001")
    view = shop.till.checkout.pay_card(basket, 899, print)
    assert (view.due_minor, view.left_minor, view.change_minor) == (899, 0, 0)
    assert view.customer is not None
    sale = shop.till.checkout.finalise(basket).sale
    assert sale.customer_id == "CUST_001"
    assert_whole(shop.folder)


def test_cancelling_reaches_the_terminal_that_is_waiting(shop: TestTill, card: OnTheTable) -> None:
    basket = filled(shop)
    card.during = lambda: shop.till.checkout.cancel_card(basket)
    view = shop.till.checkout.pay_card(basket, 899, print)
    assert card.aborted == [view.tenders[0].id]


def test_a_till_without_a_terminal_says_so(shop: TestTill) -> None:
    shop.card = None  # type: ignore[assignment]
    shop.restart()
    basket = filled(shop)
    before = content(shop.folder)
    refused(ErrorCode.CARD_NOT_SET_UP, lambda: shop.till.checkout.pay_card(basket, 899, print))
    assert content(shop.folder) == before
