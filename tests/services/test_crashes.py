"""A power cut between any two statements of a use case leaves all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pos_desktop.domain.customers import NewCustomer
from tests.support.till_file import Content, assert_whole, content
from tests.support.tills import TestTill, running_till

MOST_STATEMENTS = 200


class PowerCut(BaseException):
    """The till's process ends here."""


READING = ("SELECT", "PRAGMA", "BEGIN", "ROLLBACK")


@contextmanager
def before_each(shop: TestTill, look: Callable[[str], bool]) -> Iterator[None]:
    """Show every statement that writes, and every commit, to ``look`` first; where that is true the power is cut after."""
    database = shop.till._till_file
    with database.read() as connection:
        kind = type(connection)
    plain = {name: getattr(kind, name) for name in ("exec_driver_sql", "execute")}

    def watched(name: str) -> Callable[..., Any]:
        def perform(self: object, statement: Any, *rest: Any) -> Any:
            cut = not str(statement).startswith(READING) and look(str(statement))
            answer = plain[name](self, statement, *rest)
            if cut:
                raise PowerCut
            return answer

        return perform

    with pytest.MonkeyPatch.context() as patch:
        for name in plain:
            patch.setattr(kind, name, watched(name))
        yield


@contextmanager
def cut_before(shop: TestTill, statement: int) -> Iterator[None]:
    """Cut the power before the given statement that writes, counted from 0."""
    passed: list[str] = []

    def look(text: str) -> bool:
        if len(passed) == statement:
            raise PowerCut(text)
        passed.append(text)
        return False

    with before_each(shop, look):
        yield


def every_cut(
    folder: Path, prepare: Callable[[TestTill], str], act: Callable[[TestTill, str], object]
) -> list[tuple[Content, Content]]:
    """Do something with a cut before each of its statements in turn; each time a till opened anew goes on.

    Returns:
        The file before and after each cut.
    """
    seen: list[tuple[Content, Content]] = []
    for statement in range(MOST_STATEMENTS):
        place = folder / str(statement)
        place.mkdir()
        with running_till(place) as shop:
            subject = prepare(shop)
            before = content(place)
            try:
                with cut_before(shop, statement):
                    act(shop, subject)
            except PowerCut:
                seen.append((before, content(place)))
                shop.restart()
                assert_whole(place)
                act(shop, subject)
                assert_whole(place)
                continue
            assert_whole(place)
            return seen
    raise AssertionError("it never came to an end")


def ready_to_finish(shop: TestTill) -> str:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER", 3_000)
    shop.till.baskets.add_product(basket, "prd_0001", 1_250)
    shop.till.baskets.attach_customer(basket, "CUST_002")
    checkout = shop.till.checkout
    checkout.pay_points(basket, 300)
    checkout.pay_credit(basket, 200)
    checkout.pay_card(basket, 500, lambda _code: None)
    checkout.pay_cash(basket, 5_000)
    return basket


def test_a_sale_is_on_disk_whole_or_not_at_all_wherever_the_power_is_cut(tmp_path: Path) -> None:
    cuts = every_cut(tmp_path, ready_to_finish, lambda shop, basket: shop.till.checkout.finalise(basket))
    assert len(cuts) >= 10, "a sale has more parts than that"
    for before, after in cuts:
        assert after == before


def test_a_void_is_whole_or_not_at_all(tmp_path: Path) -> None:
    def filled(shop: TestTill) -> str:
        basket = shop.start()
        shop.till.baskets.add_product(basket, "BURGER")
        return basket

    def void(shop: TestTill, basket: str) -> None:
        shop.till.baskets.void(basket, "no money")

    for before, after in every_cut(tmp_path, filled, void):
        assert after == before


def test_an_enrolment_is_whole_or_not_at_all(tmp_path: Path) -> None:
    def enrol(shop: TestTill, _subject: str) -> None:
        shop.till.customers.enrol(NewCustomer("Ada", "Byron", phone="030 1234567"), "emp_1")

    for before, after in every_cut(tmp_path, lambda _shop: "", enrol):
        assert after == before


def test_a_reprint_is_counted_journalled_and_queued_together_or_not_at_all(tmp_path: Path) -> None:
    def sold(shop: TestTill) -> str:
        return shop.till.checkout.finalise(ready_to_finish(shop)).sale.id

    def reprint(shop: TestTill, sale: str) -> None:
        shop.till.receipts.reprint(sale, "emp_1")

    for before, after in every_cut(tmp_path, sold, reprint):
        assert after == before


def test_a_tender_is_given_back_whole_or_not_at_all(tmp_path: Path) -> None:
    def give_back(shop: TestTill, basket: str) -> None:
        points = [item for item in shop.till.baskets.get(basket).tenders if item.points]
        for tender in points:
            shop.till.checkout.remove_tender(basket, tender.id)

    for before, after in every_cut(tmp_path, ready_to_finish, give_back):
        assert after == before


def _at_the_commit(moment: str) -> Callable[[str], bool]:
    def look(statement: str) -> bool:
        if statement == "COMMIT" and moment == "before":
            raise PowerCut
        return statement == "COMMIT"

    return look


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cut_around_the_commit_itself_leaves_a_sale_or_none(tmp_path: Path, moment: str) -> None:
    with running_till(tmp_path) as shop:
        basket = ready_to_finish(shop)
        with before_each(shop, _at_the_commit(moment)), pytest.raises(PowerCut):
            shop.till.checkout.finalise(basket)
        shop.restart()
        assert_whole(tmp_path)
        assert len(shop.till.sales.recent()) == (1 if moment == "after" else 0)
        shop.till.receipts.flush_spool()
        assert len(shop.printer.paper) == len(shop.till.sales.recent()), "paper and sale come together"
        sale = shop.till.checkout.finalise(basket).sale
        assert [item.id for item in shop.till.sales.recent()] == [sale.id]
        assert_whole(tmp_path)
