"""Taking what a till pushes: each fact exactly once, whatever is sent twice, late, out of order or broken.

A batch is one transaction, an item one savepoint in it. For every item that reached the server something is kept for
good: a receipt (``events``) for a fact whose id, number and hash are in order, accepted or not; else a dead letter with
the whole item. ``arrivals`` says which numbers of an installation are accounted for by either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from central_api import high_water, tables
from central_api.clock import now
from central_api.database import write
from central_api.effects import Effects
from central_api.ingest import Ingest, Rejected, decode
from central_api.ingest_customer import take_enrolment
from central_api.ingest_journal import take_journal
from central_api.ingest_logs import take_lookup, take_void
from central_api.ingest_sale import take_sale
from central_api.logs import log
from central_api.problems import ApiProblem
from central_api.server_epoch import server_epoch
from central_api.terminals import Terminal
from pos_desktop.domain.events import EventKind
from sync.protocol import ItemStatus, PushAnswer, PushItem, PushRequest, PushResponse

HANDLERS: dict[tuple[EventKind, int], Callable[[Ingest, Any], None]] = {
    (EventKind.SALE_COMPLETED, 1): take_sale,
    (EventKind.BASKET_VOIDED, 1): take_void,
    (EventKind.CUSTOMER_ENROLLED, 1): take_enrolment,
    (EventKind.LOOKUP_LOGGED, 1): take_lookup,
    (EventKind.JOURNAL_WRITTEN, 1): take_journal,
}

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME = re.compile(r"[0-9TZ:.+-]{1,40}", re.ASCII)
_MAX_SEQ = 2**53


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
    if not _ID.fullmatch(request.device_epoch):
        raise ApiProblem(400, "bad_device_epoch", "The device epoch is no id.")
    with write(engine) as connection:
        _take_turns(connection, terminal)
        batch = _Batch(connection, terminal, request)
        answers = [batch.take(item) for item in request.batch]
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
    """The state of one batch: what is already known of its ids and numbers, and what it did so far."""

    def __init__(self, connection: sa.Connection, terminal: Terminal, request: PushRequest) -> None:
        self.connection = connection
        self.terminal = terminal
        self.device_epoch = request.device_epoch
        self.received_at = now()
        self.effects = Effects()
        sound = [item for item in request.batch if not _flaw(item)]
        e, a = tables.events, tables.arrivals
        receipts = connection.execute(
            sa.select(e.c.id, e.c.sha256, e.c.status).where(
                e.c.tenant_id == terminal.tenant_id, e.c.id.in_([item.id for item in sound])
            )
        )
        self.receipts = {row.id: (row.sha256, row.status) for row in receipts}
        arrivals = connection.execute(
            sa.select(a.c.device_seq, a.c.event_id).where(
                a.c.tenant_id == terminal.tenant_id,
                a.c.terminal_id == terminal.id,
                a.c.device_epoch == self.device_epoch,
                a.c.device_seq.in_([item.device_seq for item in request.batch if _is_seq(item.device_seq)]),
            )
        )
        self.arrivals = {row.device_seq: row.event_id for row in arrivals}

    def take(self, item: PushItem) -> PushAnswer:
        """Answer one item; only trouble with the database itself reaches the caller."""
        flaw = _flaw(item)
        if flaw:
            return self._bury(item, ItemStatus.REJECTED, "bad_envelope", f"Not a sound item: {flaw}.")
        if hashlib.sha256(item.payload.encode()).hexdigest() != item.sha256:
            return self._bury(item, ItemStatus.REJECTED, "hash_mismatch", "The payload is not what was hashed.")
        sha256, status = self.receipts.get(item.id, (item.sha256, None))
        if sha256 != item.sha256:
            return self._bury(
                item, ItemStatus.ID_CONFLICT, "id_conflict", "This id is already here with another payload."
            )
        if status == ItemStatus.CREATED:
            self._arrive(item)
            return PushAnswer(id=item.id, status=ItemStatus.EXISTS)
        if self.arrivals.get(item.device_seq, item.id) not in (item.id, ""):
            return self._bury(item, ItemStatus.REJECTED, "seq_conflict", "This number already came with another fact.")
        return self._ingest(item)

    def _ingest(self, item: PushItem) -> PushAnswer:
        effects = Effects()
        try:
            with self.connection.begin_nested():
                self._receipt(item, ItemStatus.CREATED)
                fact = decode(item)
                ingest = Ingest(self.connection, self.terminal, self.device_epoch, item, effects, self.received_at)
                HANDLERS[EventKind(item.kind), item.schema_v](ingest, fact)
        except Rejected as refusal:
            return self._refuse(item, refusal)
        except IntegrityError:
            return self._refuse(item, Rejected("duplicate_fact", "A row of this fact came with another fact already."))
        except OperationalError:
            raise
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            # A fault of the server must neither lose this fact nor stop the others: the till keeps and repeats it.
            log.exception("item_failed", kind=item.kind, item=item.id, terminal=self.terminal.id)
            return PushAnswer(id=item.id, status=ItemStatus.RETRY, code="server_fault")
        self._arrive(item)
        self.receipts[item.id] = (item.sha256, ItemStatus.CREATED)
        self.effects.merge(effects)
        return PushAnswer(id=item.id, status=ItemStatus.CREATED)

    def _refuse(self, item: PushItem, refusal: Rejected) -> PushAnswer:
        self._receipt(item, ItemStatus.REJECTED, refusal)
        self._arrive(item)
        self.receipts[item.id] = (item.sha256, ItemStatus.REJECTED)
        log.warning("item_rejected", code=refusal.code, kind=item.kind, item=item.id, terminal=self.terminal.id)
        return PushAnswer(id=item.id, status=ItemStatus.REJECTED, code=refusal.code, detail=refusal.detail)

    def _receipt(self, item: PushItem, status: ItemStatus, refusal: Rejected | None = None) -> None:
        e = tables.events
        values = {
            "terminal_id": self.terminal.id,
            "device_epoch": self.device_epoch,
            "device_seq": item.device_seq,
            "status": status.value,
            "code": refusal.code if refusal else "",
            "detail": refusal.detail if refusal else "",
            "received_at": self.received_at,
        }
        if item.id in self.receipts:
            mine = (e.c.tenant_id == self.terminal.tenant_id, e.c.id == item.id)
            self.connection.execute(sa.update(e).where(*mine).values(**values))
            return
        frozen = {
            "tenant_id": self.terminal.tenant_id,
            "id": item.id,
            "kind": item.kind,
            "schema_v": item.schema_v,
            "sha256": item.sha256,
            "made_at": item.made_at,
            "payload": item.payload.encode(),
        }
        self.connection.execute(sa.insert(e), frozen | values)

    def _arrive(self, item: PushItem, event_id: str | None = None) -> None:
        known = self.arrivals.get(item.device_seq)
        event_id = item.id if event_id is None else event_id
        if known:
            return
        a = tables.arrivals
        place = {
            "tenant_id": self.terminal.tenant_id,
            "terminal_id": self.terminal.id,
            "device_epoch": self.device_epoch,
            "device_seq": item.device_seq,
        }
        if known is None:
            self.connection.execute(sa.insert(a), place | {"event_id": event_id})
        else:
            self.connection.execute(sa.update(a).filter_by(**place).values(event_id=event_id))
        self.arrivals[item.device_seq] = event_id

    def _bury(self, item: PushItem, status: ItemStatus, code: str, detail: str) -> PushAnswer:
        """Keep an item that can have no receipt, so that somebody can see what came."""
        d = tables.dead_letters
        packed = msgspec.json.encode(item)
        place = {
            "tenant_id": self.terminal.tenant_id,
            "item_sha256": hashlib.sha256(packed).hexdigest(),
            "terminal_id": self.terminal.id,
        }
        again = sa.update(d).filter_by(**place).values(times=d.c.times + 1, last_at=self.received_at, code=code)
        if self.connection.execute(again).rowcount == 0:
            letter = {"code": code, "detail": detail, "device_epoch": self.device_epoch, "item": packed, "times": 1}
            letter |= {"first_at": self.received_at, "last_at": self.received_at}
            self.connection.execute(sa.insert(d), place | letter)
        if _is_seq(item.device_seq):
            self._arrive(item, "")
        log.warning("item_buried", code=code, terminal=self.terminal.id, device_seq=item.device_seq)
        return PushAnswer(id=item.id, status=status, code=code, detail=detail)


def _is_seq(number: int) -> bool:
    return 1 <= number < _MAX_SEQ


def _flaw(item: PushItem) -> str:
    """Name the field that keeps an item from being one, or nothing."""
    checks = {
        "id": bool(_ID.fullmatch(item.id)),
        "kind": bool(_KIND.fullmatch(item.kind)),
        "sha256": bool(_SHA256.fullmatch(item.sha256)),
        "made_at": bool(_TIME.fullmatch(item.made_at)),
        "device_seq": _is_seq(item.device_seq),
        "schema_v": 1 <= item.schema_v < 1_000_000,
    }
    return next((name for name, holds in checks.items() if not holds), "")
