"""Plugins that raise, hang, answer nonsense or are switched off: a sale never notices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pos_desktop.domain.basket import Adjustment, Basket, DiscountKind
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.plugins.hooks import hookimpl
from pos_desktop.plugins.runner import QUEUE_LIMIT, PluginRunner
from tests.support.quiet import LogWatch
from tests.support.tills import TestTill, running_till

PLENTY_S = 20.0


class Generous:
    """Gives five per cent, or whatever else a test hands it."""

    def __init__(self, answer: object = None) -> None:
        self.answer = (Adjustment("x", "happy hour", DiscountKind.PERCENT, 500),) if answer is None else answer

    @hookimpl
    def price_adjustments(self, basket: Basket) -> Any:
        return self.answer


class Broken:
    """Raises in every hook."""

    @hookimpl
    def basket_started(self, basket_id: str) -> None:
        raise ValueError("broken at the start")

    @hookimpl
    def customer_data_fetched(self, known: KnownCustomer) -> str | None:
        raise ValueError("broken at the customer")

    @hookimpl
    def price_adjustments(self, basket: Basket) -> tuple[Adjustment, ...]:
        raise ValueError("broken at the price")

    @hookimpl
    def sale_completed(self, sale: Sale) -> None:
        raise ValueError("broken at the sale")


class Stuck:
    """Hangs until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.entered = threading.Event()

    @hookimpl
    def price_adjustments(self, basket: Basket) -> tuple[Adjustment, ...]:
        self.entered.set()
        assert self.go.wait(PLENTY_S)
        return (Adjustment("x", "late", DiscountKind.PERCENT, 5_000),)

    @hookimpl
    def sale_completed(self, sale: Sale) -> None:
        assert self.go.wait(PLENTY_S)


class Moody:
    """Gives ten per cent, and hangs when told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()

    @hookimpl
    def price_adjustments(self, known: KnownCustomer | None) -> tuple[Adjustment, ...]:
        assert self.go.wait(PLENTY_S)
        return (Adjustment("x", "ten", DiscountKind.PERCENT, 1_000),)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., TestTill]]:
    stack: list[Any] = []

    def open_with(**plugins: object) -> TestTill:
        block = running_till(tmp_path, plugins=tuple(plugins.items()))
        stack.append(block)
        return block.__enter__()

    yield open_with
    for block in reversed(stack):
        block.__exit__(None, None, None)


def sell(shop: TestTill) -> int:
    basket = shop.start("+1234567890")
    shop.run_background()
    shop.till.baskets.add_product(basket, "BURGER")
    shop.till.checkout.pay_cash(basket, 1_000)
    return shop.till.checkout.finalise(basket).sale.total_minor


def test_a_plugin_from_outside_gives_its_reduction_under_its_own_name(opened: Callable[..., TestTill]) -> None:
    shop = opened(happy_hour=Generous())
    basket = shop.start()
    view = shop.till.baskets.add_product(basket, "BURGER")
    (given,) = view.priced.adjustments
    assert (given.adjustment.source, given.adjustment.label, given.amount_minor) == ("happy_hour", "happy hour", 45)


def test_a_plugin_that_is_switched_off_is_asked_nothing(opened: Callable[..., TestTill]) -> None:
    shop = opened(happy_hour=Generous())
    shop.till.enable_plugin("happy_hour", enabled=False)
    assert shop.till.baskets.add_product(shop.start(), "BURGER").due_minor == 899
    shop.till.enable_plugin("happy_hour", enabled=True)
    assert shop.till.baskets.add_product(shop.start(), "BURGER").due_minor == 854


def test_a_plugin_that_raises_everywhere_harms_no_sale(
    opened: Callable[..., TestTill], expected_logs: LogWatch
) -> None:
    expected_logs("plugin=broken.*event=plugin_raised")
    assert sell(opened(broken=Broken())) == 854


def test_a_plugin_that_hangs_is_passed_over_and_not_waited_for_twice(
    opened: Callable[..., TestTill], expected_logs: LogWatch
) -> None:
    expected_logs("plugin=stuck.*event=plugin_too_slow")
    stuck = Stuck()
    shop = opened(stuck=stuck)
    try:
        assert sell(shop) == 854
        assert stuck.entered.is_set()
        slow = [line for line in expected_logs.lines if "plugin_too_slow" in line.message]
        assert len(slow) == 1, "while it hangs it is not asked again"
    finally:
        stuck.go.set()


def test_what_a_plugin_gave_before_stands_while_it_is_late(
    opened: Callable[..., TestTill], expected_logs: LogWatch
) -> None:
    expected_logs("plugin_too_slow")
    moody = Moody()
    shop = opened(moody=moody)
    basket = shop.start()
    try:
        assert shop.till.baskets.add_product(basket, "BURGER").due_minor == 809
        moody.go.clear()
        assert shop.till.baskets.add_product(basket, "BURGER").due_minor == 1_618
        assert shop.till.baskets.attach_customer(basket, "CUST_004").due_minor == 1_798, "it was given to somebody else"
    finally:
        moody.go.set()


@pytest.mark.parametrize(
    "answer",
    [
        5,
        "ten per cent",
        {"a": 1},
        (None,),
        [Adjustment("x", "l", DiscountKind.PERCENT, -1)],
        (Adjustment("x", "l", DiscountKind.PERCENT, 10_001),),
        (Adjustment("x", "l", DiscountKind.PERCENT, 5.5),),  # type: ignore[arg-type]
        (Adjustment("x", "l", "percent", 500),),  # type: ignore[arg-type]
        (Adjustment("x", 7, DiscountKind.PERCENT, 500),),  # type: ignore[arg-type]
        (Adjustment("x", "l", DiscountKind.AMOUNT, 2**70),),
        (Adjustment("x", "l", DiscountKind.AMOUNT, True),),
    ],
    ids=repr,
)
def test_an_answer_that_is_nonsense_is_left_and_named(
    opened: Callable[..., TestTill], expected_logs: LogWatch, answer: object
) -> None:
    expected_logs("plugin=odd.*event=plugin_answer_unusable")
    shop = opened(odd=Generous(answer), happy_hour=Generous())
    basket = shop.start()
    assert shop.till.baskets.add_product(basket, "BURGER").due_minor == 854
    shop.restart()
    assert shop.till.baskets.get(basket).due_minor == 854


def test_reductions_of_several_plugins_apply_one_after_the_other_in_order(opened: Callable[..., TestTill]) -> None:
    half = Generous((Adjustment("x", "half", DiscountKind.PERCENT, 5_000),))
    euro = Generous([Adjustment("x", "a euro", DiscountKind.AMOUNT, 100)])
    shop = opened(half=half, euro=euro)
    view = shop.till.baskets.add_product(shop.start(), "BURGER")
    assert [item.adjustment.source for item in view.priced.adjustments] == ["half", "euro"]
    assert view.due_minor == 899 - 450 - 100


def test_a_sentence_that_is_none_is_not_shown(opened: Callable[..., TestTill]) -> None:
    class Odd:
        @hookimpl
        def customer_data_fetched(self, known: KnownCustomer) -> Any:
            return 42

    shop = opened(odd=Odd())
    shop.till.enable_plugin("recommendation", enabled=False)
    basket = shop.start("+1234567890")
    shop.run_background()
    shop.till.close()
    shop.restart()
    assert shop.till.baskets.get(basket).hint == ""


# -- the runner alone -------------------------------------------------------------------------------------------------


class Counting:
    """Counts what it is told, and hangs until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.heard = 0

    @hookimpl
    def sale_completed(self, sale: Sale) -> None:
        assert self.go.wait(PLENTY_S)
        self.heard += 1


def test_a_plugin_that_hangs_for_good_loses_calls_and_says_so(expected_logs: LogWatch) -> None:
    expected_logs("plugin=counting.*event=plugin_call_dropped")
    counting = Counting()
    runner = PluginRunner({}, {"counting": counting}, lambda _name: True)
    for _ in range(QUEUE_LIMIT + 5):
        runner.tell("sale_completed", sale=None)
    dropped = [line for line in expected_logs.lines if "plugin_call_dropped" in line.message]
    assert len(dropped) in (4, 5), "one call may be under way beside those that wait"
    counting.go.set()
    runner.stop(PLENTY_S)
    assert 1 <= counting.heard <= QUEUE_LIMIT + 1


def test_a_plugin_that_never_comes_back_does_not_keep_the_till_from_closing(expected_logs: LogWatch) -> None:
    expected_logs("plugin=counting.*event=plugin_left_hanging")
    counting = Counting()
    runner = PluginRunner({}, {"counting": counting}, lambda _name: True)
    runner.tell("sale_completed", sale=None)
    runner.stop(timeout_s=0.01)
    counting.go.set()


def test_a_plugin_is_called_by_one_thread_though_several_have_news() -> None:
    class Who:
        def __init__(self) -> None:
            self.threads: set[int] = set()

        @hookimpl
        def sale_completed(self, sale: Sale) -> None:
            self.threads.add(threading.get_ident())

    who = Who()
    runner = PluginRunner({}, {"who": who}, lambda _name: True)
    start = threading.Barrier(8)

    def tell() -> None:
        start.wait()
        runner.tell("sale_completed", sale=None)

    tellers = [threading.Thread(target=tell) for _ in range(8)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    runner.stop(PLENTY_S)
    assert len(who.threads) == 1


def test_the_plugins_of_the_till_are_called_in_place() -> None:
    class Here:
        def __init__(self) -> None:
            self.thread = 0

        @hookimpl
        def price_adjustments(self, shop: Shop) -> tuple[Adjustment, ...]:
            self.thread = threading.get_ident()
            return ()

    here = Here()
    runner = PluginRunner({"here": here}, {}, lambda _name: True)
    assert runner.adjustments(None, None, None) == ()  # type: ignore[arg-type]
    assert here.thread == threading.get_ident()
    assert runner.names() == ("here",)
    assert (runner.is_on("here"), runner.is_on("nobody")) == (True, False)
