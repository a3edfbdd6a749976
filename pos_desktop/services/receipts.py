"""Receipts: their document, the print spool, and reprints that say that they are copies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pos_desktop.devices.printer import NullPrinter, Printer
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import TenderKind
from pos_desktop.log import Log
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.sales import read_sale
from pos_desktop.services.views import PrintJobView
from pos_desktop.storage import records, sales
from pos_desktop.storage.database import Connection
from pos_desktop.storage.records import PrintJob

if TYPE_CHECKING:
    from pos_desktop.domain.receipts import ReceiptDocument

log = Log(__name__)


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
        printer: where the bytes go; a :class:`NullPrinter` gets no sale's receipt by itself.
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

    def queue_original(self, till: Connection, sale: Sale) -> bool:
        """Queue the first print of a sale in the transaction that makes it, so that a power cut cannot part them.

        A receipt that cannot be made is logged: the money is taken, and the sale must stand without its paper.

        Args:
            till: inside ``write()``.

        Returns:
            Whether something waits for the printer now.
        """
        if isinstance(self._printer, NullPrinter):
            return False
        try:
            data = self._bytes(sale, 0, kick_drawer=_is_cash(sale))
        except Exception:
            log.exception("receipt_not_made", sale=sale.id)
            return False
        self._add(till, sale, 0, data)
        return True

    def original(self, sale_id: str) -> PrintJobView | None:
        """Tell how the first print of a sale stands; None when none was queued."""
        with self._core.till.read() as till:
            job = records.original(till, sale_id)
        return None if job is None else _view(job)

    def print(self, sale_id: str) -> PrintJobView:
        """Queue the first print of a sale that has none yet, with the drawer opening for cash.

        There is one original: a second call gives the job of the first; further paper is :meth:`reprint`.
        """
        core = self._core
        with core.till.write() as till:
            known = records.original(till, sale_id)
            if known is not None:
                return _view(known)
            sale = read_sale(till, sale_id).sale
            job = self._add(till, sale, 0, self._bytes(sale, 0, kick_drawer=_is_cash(sale)))
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
            job = self._add(till, sale, copy, self._bytes(sale, copy, kick_drawer=False))
        core.feed.publish(Changes.PRINT, sale_id)
        return _view(job)

    def _bytes(self, sale: Sale, copy: int, *, kick_drawer: bool) -> bytes:
        return self._encode(_document(sale, self._core.shop(), copy), self._wording(), kick_drawer)

    def _add(self, till: Connection, sale: Sale, copy: int, data: bytes) -> PrintJob:
        job = PrintJob(self._core.new_id(), sale.id, copy, "waiting", 0, "", data)
        records.add_job(till, job, self._core.now())
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


def _is_cash(sale: Sale) -> bool:
    return any(tender.kind is TenderKind.CASH for tender in sale.tenders)


def _view(job: PrintJob) -> PrintJobView:
    return PrintJobView(job.id, job.sale_id, job.state, job.copy, job.attempts, job.last_error)


def _document(sale: Sale, shop: Shop, copy: int) -> ReceiptDocument:
    # Not before something is printed: the many parts of a receipt would hold up the start.
    from pos_desktop.domain.receipts import build

    return build(sale, shop, copy)
