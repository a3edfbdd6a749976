from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from pos_desktop.domain.errors import BadInput, ErrorCode, UserError
from ui.tasks import Tasks


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.stop()


def test_database_calls_run_one_after_the_other_in_order(tasks: Tasks, qtbot: QtBot) -> None:
    seen: list[int] = []
    threads: set[int] = set()

    def work(number: int) -> int:
        threads.add(threading.get_ident())
        return number

    for number in range(50):
        tasks.run(partial(work, number), seen.append)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert seen == list(range(50))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_results_come_back_on_the_gui_thread(tasks: Tasks, qtbot: QtBot) -> None:
    came_back: list[int] = []
    tasks.run(lambda: 1, lambda _one: came_back.append(threading.get_ident()), network=True)
    qtbot.waitUntil(lambda: bool(came_back))
    assert came_back == [threading.get_ident()]


def test_a_refusal_goes_to_who_asked(tasks: Tasks, qtbot: QtBot) -> None:
    def refuse() -> None:
        raise BadInput(ErrorCode.QUANTITY_ZERO)

    troubles: list[UserError] = []
    others: list[UserError] = []
    tasks.refused.connect(others.append)
    tasks.run(refuse, failed=troubles.append)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert [trouble.code for trouble in troubles] == [ErrorCode.QUANTITY_ZERO]
    assert others == []


def test_a_refusal_that_nobody_takes_is_not_lost(tasks: Tasks, qtbot: QtBot) -> None:
    def refuse() -> None:
        raise BadInput(ErrorCode.QUANTITY_ZERO)

    with qtbot.waitSignal(tasks.refused) as caught:
        tasks.run(refuse)
    assert caught.args is not None
    assert caught.args[0].code is ErrorCode.QUANTITY_ZERO


def test_a_bug_is_told_as_a_bug_and_the_thread_lives_on(tasks: Tasks, qtbot: QtBot) -> None:
    def broken() -> int:
        return 1 // 0

    bugs: list[Exception] = []
    results: list[int] = []
    tasks.crashed.connect(bugs.append)
    tasks.run(broken, failed=lambda _trouble: results.append(-1))
    tasks.run(lambda: 7, results.append)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    assert results == [7]


def test_a_slow_network_call_holds_up_neither_database_nor_other_network_calls(tasks: Tasks, qtbot: QtBot) -> None:
    gate = threading.Event()
    order: list[str] = []
    tasks.run(lambda: gate.wait(10), lambda _waited: order.append("slow"), network=True)
    tasks.run(lambda: "database", order.append)
    tasks.run(lambda: "network", order.append, network=True)
    qtbot.waitUntil(lambda: len(order) == 2)
    gate.set()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert order[2] == "slow"


def test_the_origin_of_a_change_is_known_while_its_call_runs(tasks: Tasks, qtbot: QtBot) -> None:
    me = object()
    seen: list[object] = []
    tasks.run(tasks.origin, seen.append, owner=me)
    tasks.run(tasks.origin, seen.append)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [me, None]


def test_stopping_finishes_what_was_started(qtbot: QtBot) -> None:
    tasks = Tasks()
    done: list[int] = []
    for number in range(20):
        tasks.run(partial(done.append, number))
    tasks.stop()
    assert done == list(range(20))


def test_after_stopping_nothing_is_started(qtbot: QtBot) -> None:
    tasks = Tasks()
    tasks.stop()
    done: list[int] = []
    tasks.run(lambda: done.append(1))
    assert not tasks.busy
    assert done == []


def test_an_answer_for_a_screen_that_is_gone_harms_nobody(tasks: Tasks, qtbot: QtBot) -> None:
    owner = QObject()
    gate = threading.Event()
    got: list[object] = []
    refused: list[UserError] = []

    def refuse() -> None:
        raise BadInput(ErrorCode.QUANTITY_ZERO)

    tasks.refused.connect(refused.append)
    tasks.run(lambda: gate.wait(10), got.append, owner=owner)
    tasks.run(refuse, failed=got.append, owner=owner)
    delete(owner)
    gate.set()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert got == []
    assert [trouble.code for trouble in refused] == [ErrorCode.QUANTITY_ZERO]
