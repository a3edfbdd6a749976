"""A till that is used at random and restarted at any moment: nothing is lost, doubled, or out of sum."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pos_desktop.domain.basket import BasketState, Discount, DiscountKind
from pos_desktop.domain.customers import NewCustomer
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.sales import Sale
from pos_desktop.services.views import BasketView
from tests.support.till_file import assert_whole, rows
from tests.support.tills import TestTill, running_till

IDENTIFIERS = ["+1234567890", "CARD_123456", "john@example.com", "+9999999999", "2900000000056"]
CUSTOMERS = ["CUST_001", "CUST_002", "CUST_003", "CUST_005"]
CODES = ["2804011012504", "2104011005004", "FRU-001", "BURGER", "4006381333932", "nothing"]
GOODS = [("BURGER", 1_000), ("BURGER", 3_000), ("prd_0001", 1_250), ("VARIOUS", 2_000)]
KINDS = ["cash", "card", "points", "credit"]
PLANS = ["approve", "approve", "decline", "silent", "lost"]
MOST_BASKETS = 4


class Day:
    """A cashier without a plan, and what must hold after each of the steps.

    Args:
        shop: the till.
    """

    def __init__(self, shop: TestTill) -> None:
        self.shop = shop
        self.baskets: list[str] = []
        self.sales: dict[str, Sale] = {}
        self.refusals = 0

    # -- what can be done ---------------------------------------------------------------------------------------

    def live(self) -> list[str]:
        return [each for each in self.baskets if each not in self.sales]

    def pick(self, choice: int) -> BasketView:
        return self.shop.till.baskets.get(self.live()[choice % len(self.live())])

    def tried(self, act: object) -> None:
        assert callable(act)
        try:
            act()
        except UserError:
            self.refusals += 1

    def fill(self, choice: int, goods: list[tuple[str, int]]) -> None:
        view = self.pick(choice)
        for product, milli in goods:
            price = 333 if product == "VARIOUS" else None
            self.tried(partial(self.shop.till.baskets.add_product, view.basket.id, product, milli, price))

    def sell(self, choice: int, kinds: list[str], part: int, restart: bool) -> None:
        basket = self.pick(choice).basket.id
        for kind in kinds:
            self.pay_part(basket, kind, part)
        if restart:
            self.restart()
        left = self.shop.till.baskets.get(basket).left_minor
        self.tried(lambda: self.shop.till.checkout.pay_cash(basket, left + part * 100))
        self.finish(basket)

    def start(self, identifier: str | None) -> None:
        self.baskets.append(self.shop.start(identifier))

    def add(self, choice: int, product: str, milli: int) -> None:
        view = self.pick(choice)
        self.tried(lambda: self.shop.till.baskets.add_product(view.basket.id, product, milli * 1_000, 333))

    def scan(self, choice: int, code: str) -> None:
        view = self.pick(choice)
        self.tried(lambda: self.shop.till.baskets.scan(view.basket.id, code))

    def change_a_line(self, choice: int, what: str, number: int) -> None:
        view, baskets = self.pick(choice), self.shop.till.baskets
        if not view.basket.lines:
            return
        basket, line = view.basket.id, view.basket.lines[number % len(view.basket.lines)].id
        percent = Discount(DiscountKind.PERCENT, number * 1_000)
        acts = {
            "quantity": lambda: baskets.set_quantity(basket, line, number * 1_000),
            "price": lambda: baskets.set_price(basket, line, number * 111),
            "discount": lambda: baskets.set_line_discount(basket, line, percent),
            "remove": lambda: baskets.remove_line(basket, line),
            "note": lambda: baskets.set_note(basket, line, f"note {number}"),
        }
        self.tried(acts[what])

    def discount_a_basket(self, choice: int, discount: int | None) -> None:
        view = self.pick(choice)
        given = None if discount is None else Discount(DiscountKind.PERCENT, discount)
        self.tried(lambda: self.shop.till.baskets.set_basket_discount(view.basket.id, given))

    def move(self, choice: int, step: str) -> None:
        view, till = self.pick(choice), self.shop.till
        basket = view.basket.id
        acts = {
            "hold": lambda: till.baskets.hold(basket, "later"),
            "recall": lambda: till.baskets.recall(basket),
            "begin": lambda: till.checkout.begin(basket),
            "back": lambda: till.checkout.back(basket),
            "void": lambda: till.baskets.void(basket, "no reason"),
            "detach": lambda: till.baskets.detach_customer(basket),
        }
        self.tried(acts[step])
        if till.baskets.get(basket).basket.state is BasketState.VOIDED:
            self.baskets.remove(basket)

    def attach(self, choice: int, customer: str) -> None:
        view = self.pick(choice)
        self.tried(lambda: self.shop.till.baskets.attach_customer(view.basket.id, customer))

    def enrol(self, choice: int, number: int) -> None:
        view = self.pick(choice)
        person = NewCustomer("New", f"Person {number}", phone=f"030 555000{number}")
        self.tried(lambda: self.shop.till.customers.enrol(person, "emp_1", view.basket.id))

    def pay(self, choice: int, kind: str, part: int, plan: str) -> None:
        self.shop.card.plan[:] = [plan]
        self.pay_part(self.pick(choice).basket.id, kind, part)

    def pay_part(self, basket: str, kind: str, part: int) -> None:
        checkout = self.shop.till.checkout
        amount = self.shop.till.baskets.get(basket).left_minor * part // 10
        acts = {
            "cash": lambda: checkout.pay_cash(basket, amount),
            "card": lambda: checkout.pay_card(basket, amount, lambda _code: None),
            "points": lambda: checkout.pay_points(basket, amount),
            "credit": lambda: checkout.pay_credit(basket, amount),
        }
        self.tried(acts[kind])

    def settle_the_rest(self, choice: int) -> None:
        view = self.pick(choice)
        self.tried(lambda: self.shop.till.checkout.pay_cash(view.basket.id, view.left_minor))

    def give_a_tender_back(self, choice: int, number: int) -> None:
        view = self.pick(choice)
        if view.tenders:
            tender = view.tenders[number % len(view.tenders)].id
            self.tried(lambda: self.shop.till.checkout.remove_tender(view.basket.id, tender))
            self.tried(lambda: self.shop.till.checkout.reverse_card(view.basket.id, tender))

    def resolve(self, choice: int) -> None:
        view = self.pick(choice)
        self.tried(lambda: self.shop.till.checkout.resolve_card(view.basket.id))

    def finalise(self, choice: int) -> None:
        self.finish(self.pick(choice).basket.id)

    def finish(self, basket: str) -> None:
        try:
            self.sales[basket] = self.shop.till.checkout.finalise(basket).sale
        except UserError:
            self.refusals += 1

    def let_the_network_have_its_turn(self) -> None:
        self.shop.run_background()

    def line(self, state: str) -> None:
        self.shop.say_online(state)

    def time_passes(self, seconds: int) -> None:
        self.shop.clock.advance(seconds)

    def restart(self) -> None:
        self.shop.say_online()
        before = {basket: self.shop.till.baskets.get(basket) for basket in self.baskets}
        self.shop.restart()
        assert {basket: self.shop.till.baskets.get(basket) for basket in self.baskets} == before

    # -- what always holds --------------------------------------------------------------------------------------

    def every_basket_adds_up(self) -> None:
        for basket in self.live():
            view = self.shop.till.baskets.get(basket)
            assert sum(line.total_minor for line in view.priced.lines) == view.due_minor >= 0
            assert view.priced.net_minor + view.priced.tax_minor == view.due_minor
            paid = sum(tender.amount_minor for tender in view.tenders)
            assert paid + view.left_minor == view.due_minor, "paid more than due, or less than said"
            assert view.change_minor == sum(tender.change_minor for tender in view.tenders)
            assert all(
                tender.given_minor == tender.amount_minor + tender.rounding_minor + tender.change_minor
                for tender in view.tenders
            )

    def no_card_is_charged_for_nothing(self) -> None:
        held = {
            tender.id: tender.amount_minor
            for basket in self.baskets
            for tender in self.shop.till.baskets.get(basket).tenders
            if tender.kind.value == "card"
        }
        undone = set(self.shop.card.reversed)
        charged = {key: amount for key, amount in self.shop.card.booked.items() if key not in undone}
        doubtful = {row[0] for row in rows(self.shop.folder, "SELECT id FROM card_intents WHERE state = 'unknown'")}
        assert {key for key in charged if key not in doubtful} == set(held)
        assert all(charged[key] == amount for key, amount in held.items())

    def a_sale_stays_as_it_was(self) -> None:
        for basket, sale in list(self.sales.items())[-2:]:
            assert self.shop.till.sales.get(basket).sale == sale

    def balances_are_the_sum_of_their_ledgers(self) -> None:
        start = {"CUST_001": 1_250, "CUST_002": 5_000, "CUST_003": 500, "CUST_005": 40}
        for customer, points in start.items():
            moved = sum(
                entry.points for sale in self.sales.values() for entry in sale.loyalty if entry.customer_id == customer
            )
            assert self.shop.till.customers.profile(customer).points == points + moved >= 0

    def check(self) -> None:
        """Hold all of it."""
        self.every_basket_adds_up()
        self.no_card_is_charged_for_nothing()
        self.a_sale_stays_as_it_was()
        self.balances_are_the_sum_of_their_ledgers()


Draw = Callable[[Random], tuple[Any, ...]]
WITH_A_BASKET: dict[str, tuple[int, Draw]] = {
    "fill": (8, lambda r: (r.randrange(9), r.choices(GOODS, k=r.randint(1, 4)))),
    "add": (2, lambda r: (r.randrange(9), r.choice(["BURGER", "prd_0001", "VARIOUS"]), r.randint(-1, 4))),
    "scan": (3, lambda r: (r.randrange(9), r.choice(CODES))),
    "change_a_line": (
        4,
        lambda r: (r.randrange(9), r.choice(["quantity", "price", "discount", "remove", "note"]), r.randint(-1, 12)),
    ),
    "discount_a_basket": (1, lambda r: (r.randrange(9), r.choice([None, -1, 500, 2_000, 10_000, 11_000]))),
    "move": (3, lambda r: (r.randrange(9), r.choice(["hold", "recall", "recall", "begin", "back", "void", "detach"]))),
    "attach": (3, lambda r: (r.randrange(9), r.choice(CUSTOMERS))),
    "enrol": (1, lambda r: (r.randrange(9), r.randrange(4))),
    "pay": (5, lambda r: (r.randrange(9), r.choice(KINDS), r.randint(-1, 13), r.choice(PLANS))),
    "sell": (6, lambda r: (r.randrange(9), r.choices(KINDS, k=r.randrange(4)), r.randint(1, 6), r.random() < 0.3)),
    "settle_the_rest": (1, lambda r: (r.randrange(9),)),
    "give_a_tender_back": (2, lambda r: (r.randrange(9), r.randrange(6))),
    "resolve": (3, lambda r: (r.randrange(9),)),
    "finalise": (3, lambda r: (r.randrange(9),)),
}
ALONE: dict[str, tuple[int, Draw]] = {
    "start": (5, lambda r: (r.choice([None, *IDENTIFIERS]),)),
    "let_the_network_have_its_turn": (4, lambda _r: ()),
    "line": (3, lambda r: (r.choice(["up_to_date", "up_to_date", "offline", "refused"]),)),
    "time_passes": (1, lambda r: (r.choice([-3_600, 1, 30, 100, 4_000]),)),
    "restart": (3, lambda _r: ()),
}
STEPS = {**WITH_A_BASKET, **ALONE}


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_random_steps_and_restarts_loses_nothing(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)
    with running_till(tmp_path) as shop:
        day = Day(shop)
        for name in dice.choices(list(STEPS), [weight for weight, _draw in STEPS.values()], k=100):
            if name == "start" and len(day.live()) >= MOST_BASKETS:
                continue
            if name in WITH_A_BASKET and not day.live():
                day.start(None)
            getattr(day, name)(*STEPS[name][1](dice))
            day.check()
        assert day.sales, "a day without a sale shows little"
        assert_whole(tmp_path)
