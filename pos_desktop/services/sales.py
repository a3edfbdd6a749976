"""Finished sales: read, listed, and found by the code on a receipt."""

from __future__ import annotations

from pos_desktop.domain.errors import ErrorCode, NotFound
from pos_desktop.domain.events import EventKind, thaw
from pos_desktop.domain.sales import Sale
from pos_desktop.services.core import Core
from pos_desktop.services.views import SaleSummary, SaleView
from pos_desktop.storage import outbox, sales
from pos_desktop.storage.database import Connection


def read_sale(till: Connection, sale_id: str) -> SaleView:
    """Read a finished sale from its frozen document.

    Raises:
        NotFound: no such sale here.
    """
    row = sales.row(till, sale_id)
    payload = None if row is None else outbox.payload(till, sale_id)
    if row is None or payload is None:
        raise NotFound(ErrorCode.SALE_NOT_FOUND, code=sale_id)
    sale: Sale = thaw(EventKind.SALE_COMPLETED, 1, payload)
    return SaleView(sale, synced=row.synced, copies=row.copies)


class Sales:
    """Use cases on finished sales."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, sale_id: str) -> SaleView:
        """Read a sale."""
        with self._core.till.read() as till:
            return read_sale(till, sale_id)

    def by_receipt_code(self, code: str) -> SaleView:
        """Read the sale whose receipt carries ``code``."""
        with self._core.till.read() as till:
            sale_id = sales.id_by_code(till, code.strip())
            if sale_id is None:
                raise NotFound(ErrorCode.SALE_NOT_FOUND, code=code)
            return read_sale(till, sale_id)

    def recent(self, limit: int = 50) -> tuple[SaleSummary, ...]:
        """Read the newest sales, newest first."""
        with self._core.till.read() as till:
            return tuple(
                SaleSummary(row.id, row.receipt_code, row.completed_at, row.customer_name, row.total_minor, row.synced)
                for row in sales.recent(till, limit)
            )
