"""Receipts: their document, the print spool, and reprints that say that they are copies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pos_desktop.devices.printer import Printer
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.sales import read_sale
from pos_desktop.services.views import PrintJobView
from pos_desktop.storage import records, sales
from pos_desktop.storage.database import Connection
from pos_desktop.storage.records import PrintJob

if TYPE_CHECKING:
    from pos_desktop.domain.receipts import ReceiptDocument


@dataclass(frozen=True, slots=True)
class Wording:
    """How a receipt speaks: words for its labels, amounts and instants in the shop's language."""

    labels: Mapping[str, str]
    money: Callable[[int], str]
    when: Callable[[str], str]


class Encoder(Protocol):
    """Turns a receipt into the bytes of a printer."""

    def __call__(self, document: ReceiptDocument, wording: Wording, kick_drawer: bool) -> bytes:
        """Encode.

        Args:
            kick_drawer: open the cash drawer too.
        """


class Receipts:
    """Use cases on receipts.

    Args:
        wording: gives the wording in force; asked at every print.
        encode: for the printer that is set up.
        printer: where the bytes go.
    """

    def __init__(self, core: Core, wording: Callable[[], Wording], encode: Encoder, printer: Printer) -> None:
        self._core = core
        self._wording = wording
        self._encode = encode
        self._printer = printer
        # Two threads that both found a job waiting would print it twice.
        self._printing = threading.Lock()

    def document(self, sale_id: str, copy: int = 0) -> ReceiptDocument:
        """Make the receipt of a sale.

        Args:
            copy: 0 for the first print, else the number of the copy.
        """
        with self._core.till.read() as till:
            sale = read_sale(till, sale_id).sale
        return _document(sale, self._core.shop(), copy)

    def print(self, sale_id: str) -> PrintJobView:
        """Queue the first print of a sale, with the drawer opening for cash. The sale never waits for paper.

        There is one original: a second call gives the job of the first; further paper is :meth:`reprint`.
        """
        core = self._core
        with core.till.read() as till:
            original = records.original(till, sale_id)
        if original is not None:
            return _view(original)
        with core.till.write() as till:
            sale = read_sale(till, sale_id).sale
            cash = any(tender.kind is TenderKind.CASH for tender in sale.tenders)
            job = self._queue(till, sale, 0, cash)
        core.feed.publish(Changes.PRINT, sale_id)
        return _view(job)

    def reprint(self, sale_id: str, employee_id: str) -> PrintJobView:
        """Queue a further print, marked as a copy with its number, and journalled with it."""
        core = self._core
        with core.till.write() as till:
            sale = read_sale(till, sale_id).sale
            copy = sales.count_copy(till, sale_id)
            core.record(
                till,
                "receipt_reprinted",
                {"sale_id": sale_id, "receipt_code": sale.receipt_code, "copy": copy, "employee_id": employee_id},
            )
            job = self._queue(till, sale, copy, kick_drawer=False)
        core.feed.publish(Changes.PRINT, sale_id)
        return _view(job)

    def _queue(self, till: Connection, sale: Sale, copy: int, kick_drawer: bool) -> PrintJob:
        core = self._core
        data = self._encode(_document(sale, core.shop(), copy), self._wording(), kick_drawer)
        job = PrintJob(core.new_id(), sale.id, copy, "waiting", 0, "", data)
        records.add_job(till, job, core.now())
        return job

    def flush_spool(self) -> tuple[PrintJobView, ...]:
        """Send what waits to the printer, oldest first; stops at the first job that it does not take.

        Returns:
            The jobs that were tried, as they stand now.
        """
        with self._printing:
            return self._flush()

    def _flush(self) -> tuple[PrintJobView, ...]:
        core = self._core
        with core.till.read() as till:
            jobs = records.unprinted(till)
        tried: list[PrintJobView] = []
        for job in jobs:
            try:
                self._printer.send(job.data)
                state, error = "printed", ""
            except UserError as trouble:
                state, error = "failed", trouble.code.value
            with core.till.write() as till:
                records.finish_job(till, job.id, state, error)
                fresh = records.job(till, job.id)
            if fresh is not None:
                tried.append(_view(fresh))
            if error:
                break
        if tried:
            core.feed.publish(Changes.PRINT)
        return tuple(tried)


def _view(job: PrintJob) -> PrintJobView:
    return PrintJobView(job.id, job.sale_id, job.state, job.copy, job.attempts, job.last_error)


def _document(sale: Sale, shop: Shop, copy: int) -> ReceiptDocument:
    # Not before something is printed: the many parts of a receipt would hold up the start.
    from pos_desktop.domain.receipts import build

    return build(sale, shop, copy)
