"""Receipts: one original, numbered copies, and a spool that a silent printer cannot empty."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.domain.receipts import ReceiptDocument
from pos_desktop.services.changes import Changes
from pos_desktop.services.receipts import Wording
from pos_desktop.services.spool import SpoolRunner
from tests.support.quiet import LogWatch
from tests.support.till_file import assert_whole, rows
from tests.support.tills import TestTill, plain_encode, running_till

PLENTY_S = 20.0


def sold(shop: TestTill, *, cash: bool = True) -> str:
    basket = shop.start()
    shop.till.baskets.add_product(basket, "BURGER")
    if cash:
        shop.till.checkout.pay_cash(basket, 1_000)
    else:
        shop.till.checkout.pay_card(basket, 899, lambda _code: None)
    return shop.till.checkout.finalise(basket).sale.id


def texts(shop: TestTill) -> list[str]:
    return [paper.decode() for paper in shop.printer.paper]


def test_a_sale_is_on_its_way_to_the_printer_before_anybody_asks(shop: TestTill) -> None:
    heard: list[Changes] = []
    shop.till.changes.listen(lambda changes, _subject: heard.append(changes))
    sale = sold(shop)
    job = shop.till.receipts.original(sale)
    assert job is not None
    assert (job.sale_id, job.state, job.copy) == (sale, "waiting", 0)
    assert any(changes & Changes.PRINT for changes in heard), "nobody tells the spool"
    shop.restart()
    shop.till.receipts.flush_spool()
    (paper,) = texts(shop)
    assert paper.startswith("DRAWER")
    assert shop.till.sales.get(sale).sale.receipt_code in paper


def test_a_receipt_that_cannot_be_made_does_not_harm_the_sale(tmp_path: Path, expected_logs: LogWatch) -> None:
    expected_logs("receipt_not_made")
    with running_till(tmp_path) as shop:

        def broken(document: ReceiptDocument, wording: Wording, kick_drawer: bool) -> bytes:
            raise ValueError("a character that no table knows")

        shop.encode = broken
        shop.restart()
        sale = sold(shop)
        assert shop.till.sales.get(sale).sale.total_minor == 899
        assert shop.till.receipts.original(sale) is None
        assert_whole(tmp_path)
        shop.encode = plain_encode
        shop.restart()
        assert [shop.till.receipts.print(sale).state for _ in range(2)] == ["waiting", "waiting"]
        shop.till.receipts.flush_spool()
        assert len(shop.printer.paper) == 1


def test_without_a_printer_a_sale_queues_nothing(tmp_path: Path) -> None:
    with running_till(tmp_path) as shop:
        shop.has_printer = False
        shop.restart()
        assert shop.till.receipts.original(sold(shop)) is None
        assert rows(tmp_path, "SELECT count(*) FROM print_jobs") == [(0,)]


def test_the_first_print_opens_the_drawer_for_cash_only(shop: TestTill) -> None:
    sold(shop)
    sold(shop, cash=False)
    shop.till.receipts.flush_spool()
    assert [text.startswith("DRAWER") for text in texts(shop)] == [True, False]


def test_printing_twice_gives_one_original_and_one_opening_of_the_drawer(shop: TestTill) -> None:
    sale = sold(shop)
    first = shop.till.receipts.print(sale)
    assert shop.till.receipts.print(sale) == first
    shop.till.receipts.flush_spool()
    again = shop.till.receipts.print(sale)
    assert (again.id, again.state) == (first.id, "printed")
    shop.till.receipts.flush_spool()
    assert len(shop.printer.paper) == 1


def test_a_reprint_says_which_copy_it_is_and_is_journalled(shop: TestTill) -> None:
    sale = sold(shop)
    shop.till.receipts.print(sale)
    assert [shop.till.receipts.reprint(sale, "emp_9").copy for _ in range(2)] == [1, 2]
    shop.restart()
    assert shop.till.receipts.reprint(sale, "emp_2").copy == 3
    shop.till.receipts.flush_spool()
    code = shop.till.sales.get(sale).sale.receipt_code
    bodies = [json.loads(body) for (body,) in rows(shop.folder, _REPRINTS)]
    assert [(body["copy"], body["employee_id"], body["receipt_code"]) for body in bodies] == [
        (1, "emp_9", code),
        (2, "emp_9", code),
        (3, "emp_2", code),
    ]
    assert shop.till.sales.get(sale).copies == 3
    assert [text.startswith("DRAWER") for text in texts(shop)] == [True, False, False, False]
    assert len(set(texts(shop))) == 4, "each paper says which one it is"
    assert_whole(shop.folder)


_REPRINTS = "SELECT body FROM journal WHERE kind = 'receipt_reprinted' ORDER BY seq"


def test_a_silent_printer_keeps_every_job_in_order_until_it_speaks(shop: TestTill) -> None:
    shop.printer.silent = True
    sales = [sold(shop) for _ in range(3)]
    (tried,) = shop.till.receipts.flush_spool()
    assert (tried.sale_id, tried.state, tried.attempts, tried.last_error) == (
        sales[0],
        "failed",
        1,
        ErrorCode.PRINTER_SILENT.value,
    )
    shop.restart()
    (tried,) = shop.till.receipts.flush_spool()
    assert tried.attempts == 2
    shop.printer.silent = False
    assert [job.sale_id for job in shop.till.receipts.flush_spool()] == sales
    assert len(shop.printer.paper) == 3
    assert shop.till.receipts.flush_spool() == ()


def test_the_sale_is_whole_though_the_printer_is_not(shop: TestTill) -> None:
    shop.printer.silent = True
    sale = sold(shop)
    assert shop.till.receipts.print(sale).state == "waiting"
    shop.till.receipts.flush_spool()
    assert shop.till.sales.get(sale).sale.total_minor == 899
    assert_whole(shop.folder)


def test_two_threads_print_every_job_once(shop: TestTill) -> None:
    for _ in range(6):
        sold(shop)
    start = threading.Barrier(4)

    def flush() -> None:
        start.wait()
        shop.till.receipts.flush_spool()

    flushers = [threading.Thread(target=flush) for _ in range(4)]
    for flusher in flushers:
        flusher.start()
    for flusher in flushers:
        flusher.join()
    assert len(shop.printer.paper) == len(set(shop.printer.paper)) == 6


def test_a_spool_runner_prints_what_is_queued_and_stops_when_told(shop: TestTill) -> None:
    printed = threading.Event()
    runner = SpoolRunner(shop.till.receipts, shop.till.changes)
    shop.till.changes.listen(
        lambda changes, subject: printed.set() if changes & Changes.PRINT and not subject else None
    )
    runner.start()
    sold(shop)
    assert printed.wait(PLENTY_S)
    runner.stop()
    assert len(shop.printer.paper) == 1
    sold(shop)
    assert len(shop.printer.paper) == 1


def test_a_document_is_made_of_the_sale_as_it_was_sold(shop: TestTill) -> None:
    sale = sold(shop)
    document = shop.till.receipts.document(sale)
    assert repr(shop.till.receipts.document(sale, copy=2)) != repr(document)
    assert shop.till.sales.get(sale).sale.receipt_code in repr(document)
    with pytest.raises(NotFound) as refusal:
        shop.till.receipts.document("nothing")
    assert refusal.value.code is ErrorCode.SALE_NOT_FOUND


def test_a_fault_while_printing_does_not_end_all_printing(shop: TestTill, expected_logs: LogWatch) -> None:
    expected_logs("spool_failed")
    faults: list[Exception] = [ValueError("a driver's bug")]
    met = threading.Semaphore(0)

    def send(data: bytes) -> None:
        met.release()
        if faults:
            raise faults.pop(0)
        shop.printer.paper.append(data)

    shop.printer.send = send  # type: ignore[method-assign]
    runner = SpoolRunner(shop.till.receipts, shop.till.changes)
    runner.start()
    for _ in range(2):
        sold(shop)
        assert met.acquire(timeout=PLENTY_S)
    runner.stop()
    assert faults == []
