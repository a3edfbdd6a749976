"""Taking what a till pushes: each fact exactly once, whatever is sent twice, late, out of order or broken.

A batch is one transaction. Its items are taken together under one savepoint, their rows written a table at a time; when
that fails, it is undone and each half taken on its own, down to the item at fault. So what becomes of an item is what
would become of it alone after those before it, and a batch in order costs a few statements. For every item that reached the server something is kept for
good: a receipt (``events``) for a fact whose id, number and hash are in order, accepted or not; else a dead letter with
the whole item. ``arrivals`` says which numbers of an installation are accounted for by either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from central_api import high_water, tables
from central_api.clock import now
from central_api.database import write
from central_api.effects import Effects
from central_api.ingest import Ingest, Rejected
from central_api.ingest_customer import take_enrolment
from central_api.ingest_journal import take_journal
from central_api.ingest_logs import take_lookup, take_void
from central_api.ingest_sale import take_sale
from central_api.known import Known
from central_api.logs import log
from central_api.parcels import MAX_SEQ, Parcel, is_id
from central_api.problems import ApiProblem
from central_api.rows import Insert, Rows
from central_api.server_epoch import server_epoch
from central_api.terminals import Terminal
from pos_desktop.domain.events import EventKind, JournalWritten
from pos_desktop.domain.sales import Sale
from sync.protocol import ItemStatus, PushAnswer, PushItem, PushRequest, PushResponse

HANDLERS: dict[tuple[EventKind, int], Callable[[Ingest, Any], None]] = {
    (EventKind.SALE_COMPLETED, 1): take_sale,
    (EventKind.BASKET_VOIDED, 1): take_void,
    (EventKind.CUSTOMER_ENROLLED, 1): take_enrolment,
    (EventKind.LOOKUP_LOGGED, 1): take_lookup,
    (EventKind.JOURNAL_WRITTEN, 1): take_journal,
}

_PLACE = ("tenant_id", "terminal_id", "device_epoch", "device_seq")
_INSERT_ARRIVAL = Insert(tables.arrivals, *_PLACE, "event_id")
_INSERT_RECEIPT = Insert(
    tables.events,
    *_PLACE,
    "id",
    "kind",
    "schema_v",
    "sha256",
    "made_at",
    "payload",
    "status",
    "code",
    "detail",
    "received_at",
)


def push(engine: sa.Engine, terminal: Terminal, request: PushRequest, *, max_items: int) -> PushResponse:
    """Take a batch.

    Args:
        terminal: whose token came with it; every fact is taken as made by this terminal.
        max_items: largest batch.

    Returns:
        One answer an item, in the order of the batch.

    Raises:
        ApiProblem: 413 ``batch_too_large`` or 400 ``bad_device_epoch``; then nothing was taken.
    """
    if len(request.batch) > max_items:
        raise ApiProblem(413, "batch_too_large", f"A batch has at most {max_items} items.")
    if not is_id(request.device_epoch):
        raise ApiProblem(400, "bad_device_epoch", "The device epoch is no id.")
    with write(engine) as connection:
        _take_turns(connection, terminal)
        batch = _Batch(connection, terminal, request.device_epoch)
        answers = batch.take([Parcel(item) for item in request.batch])
        batch.effects.settle(connection, terminal.tenant_id)
        mark, missing = high_water.advance(
            connection, terminal, request.device_epoch, oldest_kept=request.oldest_seq, at=batch.received_at
        )
        return PushResponse(
            server_epoch=server_epoch(connection),
            server_time=now(),
            high_water=mark,
            missing=missing,
            answers=answers,
            max_batch=max_items,
        )


def _take_turns(connection: sa.Connection, terminal: Terminal) -> None:
    # A till that repeats a batch whose answer is slow to come must not race with itself. (SQLite has one writer anyway.)
    t = tables.terminals
    mine = sa.select(t.c.id).where(t.c.tenant_id == terminal.tenant_id, t.c.id == terminal.id)
    connection.execute(mine.with_for_update())


class _Batch:
    """One batch on its way in: what all its parts share."""

    def __init__(self, connection: sa.Connection, terminal: Terminal, device_epoch: str) -> None:
        self.connection = connection
        self.terminal = terminal
        self.device_epoch = device_epoch
        self.received_at = now()
        self.effects = Effects()

    def take(self, parcels: Sequence[Parcel]) -> list[PushAnswer]:
        """Answer items, in their order; only trouble with the database itself reaches the caller."""
        part = _Part(self)
        try:
            with self.connection.begin_nested():
                answers = part.take(parcels)
        except OperationalError:
            raise
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            if len(parcels) == 1:
                return [self._alone(parcels[0], error)]
            half = len(parcels) // 2
            return self.take(parcels[:half]) + self.take(parcels[half:])
        self._keep(part)
        return answers

    def _alone(self, parcel: Parcel, error: Exception) -> PushAnswer:
        """Answer the item that an error is about."""
        if isinstance(error, IntegrityError):
            error = Rejected("duplicate_fact", "A row of this fact came with another fact already.")
        if isinstance(error, Rejected):
            part = _Part(self)
            answer = part.refuse(parcel, error)
            self._keep(part)
            return answer
        # A fault of the server must neither lose this fact nor stop the others: the till keeps and repeats it.
        item = parcel.item
        log.error("item_failed", kind=item.kind, item=item.id, terminal=self.terminal.id, exc_info=error)
        return PushAnswer(id=item.id, status=ItemStatus.RETRY, code="server_fault")

    def _keep(self, part: _Part) -> None:
        self.effects.merge(part.effects)
        for event, fields in part.notes:
            log.warning(event, terminal=self.terminal.id, **fields)


class _Part:
    """Items that are taken together, all or none: what is known of them, and what they did so far.

    Args (attributes):
        notes: what is to be logged once it is sure that this part stays.
    """

    def __init__(self, batch: _Batch) -> None:
        self.batch = batch
        self.connection = batch.connection
        self.terminal = batch.terminal
        self.known = Known(batch.connection, batch.terminal, batch.device_epoch)
        self.rows = Rows(batch.connection)
        self.effects = Effects()
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def take(self, parcels: Sequence[Parcel]) -> list[PushAnswer]:
        """Answer items and write what they are.

        Raises:
            Exception: for whatever one of them cannot be taken with the others for.
        """
        self._read(parcels)
        answers = [self._take(parcel, alone=len(parcels) == 1) for parcel in parcels]
        self.rows.flush()
        return answers

    def refuse(self, parcel: Parcel, refusal: Rejected) -> PushAnswer:
        """Refuse one item for what showed only when it was written, and write that."""
        self._read([parcel])
        answer = self._refuse(parcel, refusal)
        self.rows.flush()
        return answer

    def _read(self, parcels: Sequence[Parcel]) -> None:
        sound = [parcel for parcel in parcels if parcel.fault is None]
        numbers = [parcel.item.device_seq for parcel in parcels if parcel.has_number]
        self.known.read_receipts([parcel.item.id for parcel in sound], numbers)
        new = [parcel.fact for parcel in sound if not self._is_here(parcel)]
        self.known.read_customers([fact.customer_id for fact in new if isinstance(fact, Sale) and fact.customer_id])
        links = [fact.journal_seq for fact in new if isinstance(fact, Sale)]
        self.known.read_links(links + [fact.seq for fact in new if isinstance(fact, JournalWritten)])

    def _is_here(self, parcel: Parcel) -> bool:
        return self.known.receipts.get(parcel.item.id) == (parcel.item.sha256, ItemStatus.CREATED)

    def _take(self, parcel: Parcel, *, alone: bool) -> PushAnswer:
        item, fault = parcel.item, parcel.fault
        if fault is not None:
            return self._bury(item, ItemStatus.REJECTED, fault.code, fault.detail)
        if self.known.receipts.get(item.id, (item.sha256,))[0] != item.sha256:
            return self._bury(
                item, ItemStatus.ID_CONFLICT, "id_conflict", "This id is already here with another payload."
            )
        if self._is_here(parcel):
            self._arrive(item, item.id)
            return PushAnswer(id=item.id, status=ItemStatus.EXISTS)
        if self.known.arrivals.get(item.device_seq, item.id) not in (item.id, ""):
            return self._bury(item, ItemStatus.REJECTED, "seq_conflict", "This number already came with another fact.")
        added = self.rows.added
        try:
            self._ingest(parcel)
        except Rejected as refusal:
            if alone or self.rows.added != added:
                raise
            return self._refuse(parcel, refusal)
        self._receipt(parcel, ItemStatus.CREATED)
        self._arrive(item, item.id)
        return PushAnswer(id=item.id, status=ItemStatus.CREATED)

    def _ingest(self, parcel: Parcel) -> None:
        item, fact = parcel.item, parcel.fact
        if isinstance(fact, Rejected):
            raise fact
        ingest = Ingest(
            self.connection, self.terminal, self.batch.device_epoch, item, self.effects, self.known, self.rows
        )
        HANDLERS[EventKind(item.kind), item.schema_v](ingest, fact)

    def _refuse(self, parcel: Parcel, refusal: Rejected) -> PushAnswer:
        item = parcel.item
        self._receipt(parcel, ItemStatus.REJECTED, refusal.code, refusal.detail)
        self._arrive(item, item.id)
        self.notes.append(("item_rejected", {"code": refusal.code, "kind": item.kind, "item": item.id}))
        return PushAnswer(id=item.id, status=ItemStatus.REJECTED, code=refusal.code, detail=refusal.detail)

    def _receipt(self, parcel: Parcel, status: ItemStatus, code: str = "", detail: str = "") -> None:
        item, at = parcel.item, self.batch.received_at
        place = (self.terminal.tenant_id, self.terminal.id, self.batch.device_epoch, item.device_seq)
        known = item.id in self.known.receipts
        self.known.receipts[item.id] = (item.sha256, status)
        if not known:
            frozen = (item.id, item.kind, item.schema_v, item.sha256, item.made_at, parcel.payload)
            self.rows.add(_INSERT_RECEIPT, (*place, *frozen, status.value, code, detail, at))
            return
        self.rows.flush()
        e = tables.events
        told = dict(zip(_PLACE, place, strict=True)) | {"status": status.value, "code": code, "detail": detail}
        mine = (e.c.tenant_id == self.terminal.tenant_id, e.c.id == item.id)
        self.connection.execute(sa.update(e).where(*mine).values(**told, received_at=at))

    def _arrive(self, item: PushItem, event_id: str) -> None:
        known = self.known.arrivals.get(item.device_seq)
        if known:
            return
        self.known.arrivals[item.device_seq] = event_id
        place = (self.terminal.tenant_id, self.terminal.id, self.batch.device_epoch, item.device_seq)
        if known is None:
            self.rows.add(_INSERT_ARRIVAL, (*place, event_id))
            return
        self.rows.flush()
        mine = sa.update(tables.arrivals).filter_by(**dict(zip(_PLACE, place, strict=True)))
        self.connection.execute(mine.values(event_id=event_id))

    def _bury(self, item: PushItem, status: ItemStatus, code: str, detail: str) -> PushAnswer:
        """Keep an item that can have no receipt, so that somebody can see what came."""
        d, at = tables.dead_letters, self.batch.received_at
        packed = msgspec.json.encode(item)
        place = {
            "tenant_id": self.terminal.tenant_id,
            "item_sha256": hashlib.sha256(packed).hexdigest(),
            "terminal_id": self.terminal.id,
        }
        again = sa.update(d).filter_by(**place).values(times=d.c.times + 1, last_at=at, code=code)
        if self.connection.execute(again).rowcount == 0:
            letter = {"code": code, "detail": detail, "device_epoch": self.batch.device_epoch, "item": packed}
            times = {"times": 1, "first_at": at, "last_at": at}
            self.connection.execute(sa.insert(d), place | letter | times)
        if 1 <= item.device_seq < MAX_SEQ:
            self._arrive(item, "")
        self.notes.append(("item_buried", {"code": code, "device_seq": item.device_seq}))
        return PushAnswer(id=item.id, status=status, code=code, detail=detail)
