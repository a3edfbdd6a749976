"""Push: carry facts from the outbox to the centre, exactly once.

Sending again is always right: the server answers the same id and hash with ``exists``. So an answer that was lost
costs a repetition and nothing else, and only the server's word for an item changes its state here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_desktop.log import Log
from pos_desktop.storage import outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.outbox import OutboxRow
from sync.http import Api, BadRequest, SyncTrouble, Unreachable
from sync.protocol import MAX_PUSH_BYTES, MAX_PUSH_ITEMS, PUSH_PATH, ItemStatus, PushItem, PushRequest, PushResponse

log = Log(__name__)

TOO_LARGE = 413
MALFORMED = "malformed_body"


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push came to.

    Args:
        retry: items that the server could not take just now; they stay pending.
        upto_seq: last ``device_seq`` that was answered. What is still pending below it waits for another turn, so that it
            holds up nothing behind it.
    """

    acked: int
    parked: int
    retry: int
    upto_seq: int


class Pusher:
    """Sends the outbox.

    Args:
        till: the file of facts; only acknowledgements are written, in short transactions.
        device_epoch: names this installation's run of ``device_seq``.
    """

    def __init__(self, till: Database, api: Api, device_epoch: str) -> None:
        self._till = till
        self._api = api
        self._device_epoch = device_epoch
        self._limit = MAX_PUSH_ITEMS

    def push(self, now: str, above_seq: int = 0) -> PushReport | None:
        """Send one batch.

        Args:
            now: UTC ISO 8601.
            above_seq: only facts with a larger ``device_seq``.

        Returns:
            What came of it; None when there was nothing to send.

        Raises:
            SyncTrouble: no item's state has changed.
        """
        with self._till.read() as connection:
            rows = outbox.unsent(connection, self._limit, MAX_PUSH_BYTES, above_seq)
            oldest = outbox.oldest_seq(connection)
        if not rows:
            return None
        try:
            response = self._api.post(PUSH_PATH, self._request(rows, oldest, now), PushResponse)
        except BadRequest as refusal:
            # Any other refusal is about the terminal or the request: no fact is to blame for it.
            if refusal.status != TOO_LARGE and refusal.reason != MALFORMED:
                raise
            return self._isolate(rows, refusal, above_seq)
        except SyncTrouble as trouble:
            with self._till.write() as connection:
                outbox.note_attempt(connection, [row.id for row in rows], trouble.reason)
            raise
        return self._take(rows, response, now)

    def _request(self, rows: list[OutboxRow], oldest: int, now: str) -> PushRequest:
        return PushRequest(
            device_epoch=self._device_epoch,
            sent_at=now,
            oldest_seq=oldest,
            batch=[
                PushItem(
                    device_seq=row.device_seq,
                    id=row.id,
                    kind=row.kind,
                    schema_v=row.schema_v,
                    sha256=row.sha256,
                    made_at=row.made_at,
                    payload=row.payload.decode(),
                )
                for row in rows
            ],
        )

    def _isolate(self, rows: list[OutboxRow], refusal: BadRequest, above_seq: int) -> PushReport:
        # The server cannot read the batch: halve it until the item at fault stands alone, and only that one is parked.
        if len(rows) > 1:
            self._limit = len(rows) // 2
            return PushReport(0, 0, 0, above_seq)
        log.error("push_item_refused", id=rows[0].id, kind=rows[0].kind, code=refusal.reason)
        with self._till.write() as connection:
            outbox.park(connection, rows[0].id, f"{refusal.reason}: {refusal.detail}"[:300])
        return PushReport(0, 1, 0, rows[0].device_seq)

    def _take(self, rows: list[OutboxRow], response: PushResponse, now: str) -> PushReport:
        answers = {answer.id: answer for answer in response.answers}
        if set(answers) != {row.id for row in rows}:
            raise Unreachable("not_ours", "the answers are not those of the batch")
        acked: list[str] = []
        retry: list[str] = []
        parked = 0
        with self._till.write() as connection:
            for row in rows:
                answer = answers[row.id]
                if answer.status in (ItemStatus.CREATED, ItemStatus.EXISTS):
                    acked.append(row.id)
                elif answer.status is ItemStatus.RETRY:
                    retry.append(row.id)
                else:
                    parked += 1
                    reason = answer.code or answer.status.value
                    log.error("push_item_parked", id=row.id, kind=row.kind, status=answer.status.value, code=reason)
                    outbox.park(connection, row.id, f"{reason}: {answer.detail}"[:300])
            outbox.acknowledge(connection, acked, now)
            outbox.note_attempt(connection, retry, "server_busy")
        # Doubling, not back to the most at once: where something on the way takes only small bodies, most batches pass.
        self._limit = max(1, min(MAX_PUSH_ITEMS, response.max_batch, self._limit * 2))
        return PushReport(len(acked), parked, len(retry), rows[-1].device_seq)
