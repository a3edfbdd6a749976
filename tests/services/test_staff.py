"""Log-in by PIN, and the door that shuts after wrong ones."""

from __future__ import annotations

import json

import pytest

from pos_desktop.domain.errors import ErrorCode, NotAllowed
from tests.support.till_file import assert_whole, rows
from tests.support.tills import CHEAP_HASHER, TestTill, put_rows


def wrong(shop: TestTill, pin: str = "0000", employee: str = "emp_1") -> NotAllowed:
    with pytest.raises(NotAllowed) as refusal:
        shop.till.staff.log_in(employee, pin)
    return refusal.value


def test_who_knows_the_pin_is_let_in_and_it_is_journalled(shop: TestTill) -> None:
    session = shop.till.staff.log_in("emp_1", "1111")
    assert (session.employee.id, session.employee.name, session.employee.role) == ("emp_1", "Anna Berg", "cashier")
    shop.till.staff.log_out("emp_1")
    kinds = rows(shop.folder, "SELECT kind, body FROM journal ORDER BY seq")
    assert kinds == [
        ("employee_logged_in", '{"employee_id":"emp_1"}'),
        ("employee_logged_out", '{"employee_id":"emp_1"}'),
    ]
    assert_whole(shop.folder)


def test_a_wrong_pin_counts_down_and_then_shuts_the_door(shop: TestTill) -> None:
    for left in (4, 3, 2, 1):
        refusal = wrong(shop)
        assert (refusal.code, refusal.params) == (ErrorCode.WRONG_PIN, {"left": left})
    refusal = wrong(shop)
    assert (refusal.code, refusal.params) == (ErrorCode.PIN_LOCKED, {"seconds": 30})
    assert wrong(shop, "1111").code is ErrorCode.PIN_LOCKED, "the right PIN does not open it either"
    view = next(person for person in shop.till.staff.employees() if person.id == "emp_1")
    assert view.locked_until is not None


def test_the_door_stays_shut_over_a_restart_and_opens_in_time(shop: TestTill) -> None:
    for _ in range(5):
        wrong(shop)
    shop.restart()
    refusal = wrong(shop, "1111")
    assert refusal.code is ErrorCode.PIN_LOCKED
    assert 0 < int(refusal.params["seconds"] or 0) <= 30
    shop.clock.advance(31)
    assert shop.till.staff.log_in("emp_1", "1111").employee.id == "emp_1"
    assert wrong(shop).params == {"left": 4}, "the right PIN forgives the wrong ones"


def test_every_further_wrong_pin_shuts_it_twice_as_long_up_to_an_hour(shop: TestTill) -> None:
    for _ in range(4):
        wrong(shop)
    times = []
    for _ in range(9):
        seconds = int(wrong(shop).params["seconds"] or 0)
        times.append(seconds)
        shop.clock.advance(seconds + 1)
    assert times == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]


def test_a_wrong_pin_of_one_shuts_nobody_else_out(shop: TestTill) -> None:
    for _ in range(5):
        wrong(shop)
    assert shop.till.staff.log_in("emp_2", "2222").employee.name == "Ben Carter"


def test_a_clock_that_was_set_back_locks_nobody_out_for_days(shop: TestTill) -> None:
    for _ in range(5):
        wrong(shop)
    shop.clock.advance(-86_400)
    assert shop.till.staff.log_in("emp_1", "1111").employee.id == "emp_1"


def test_wrong_pins_are_journalled_without_the_pin(shop: TestTill) -> None:
    wrong(shop, "4711")
    ((body,),) = rows(shop.folder, "SELECT body FROM journal WHERE kind = 'pin_refused'")
    assert json.loads(body) == {"employee_id": "emp_1", "failures": 1}
    assert not any(b"4711" in payload for (payload,) in rows(shop.folder, "SELECT payload FROM outbox"))


@pytest.mark.parametrize("pin", ["", " 1111", "1111 ", "11110", "１１１１", "\x00", "1" * 10_000])
def test_only_the_pin_itself_opens(shop: TestTill, pin: str) -> None:
    assert wrong(shop, pin).code is ErrorCode.WRONG_PIN


def test_who_left_the_shop_is_gone_and_who_came_is_there(shop: TestTill) -> None:
    person = {"role": "cashier", "colour": "#000000"}
    leaves = {**person, "id": "emp_1", "name": "Anna Berg", "row_version": 2, "pin_hash": "x", "active": 0}
    comes = {**person, "id": "emp_7", "name": "Eve New", "pin_hash": CHEAP_HASHER.hash("7777"), "active": 1}
    put_rows(shop.writer, "employees", [leaves, {"row_version": 1, **comes}])
    assert [view.id for view in shop.till.staff.employees()] == ["emp_2", "emp_7", "emp_9"]
    assert shop.till.staff.log_in("emp_7", "7777").employee.name == "Eve New"
