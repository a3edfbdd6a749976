"""One turn of the sync: push what is new here, pull what is new there, and say how it stands.

Push goes before pull, and a page of pull before the next push, so that neither starves the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from pos_desktop.domain.errors import StorageTrouble
from pos_desktop.services.core import Clock, iso
from pos_desktop.services.views import SyncState
from pos_desktop.storage import outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import ReplicaWriter, sync_state
from sync.http import Refused, SyncTrouble, Unreachable
from sync.protocol import Collection
from sync.pull import Puller
from sync.push import Pusher

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Turn:
    """What one turn came to.

    Args:
        state: how the till stands with the centre now.
        changed: names of the collections that were written.
        sent: facts that the centre has taken.
        retry_after_s: how long the server asked to be left alone, seconds.
    """

    state: SyncState
    changed: set[str] = field(default_factory=set)
    sent: int = 0
    error: str = ""
    retry_after_s: float = 0.0


class Engine:
    """The sync of one terminal.

    Args:
        on_progress: told after every page and batch: names of the collections written (empty after a push).
    """

    def __init__(
        self,
        till: Database,
        replica: ReplicaWriter,
        pusher: Pusher,
        puller: Puller,
        clock: Clock,
        on_progress: Callable[[frozenset[str]], None],
    ) -> None:
        self._till = till
        self._replica = replica
        self._pusher = pusher
        self._puller = puller
        self._clock = clock
        self._on_progress = on_progress

    def turn(self) -> Turn:
        """Do one turn. Trouble with network, server or disk ends it and is reported, never raised."""
        turn = Turn(SyncState.UP_TO_DATE)
        try:
            self._push_all(turn)
            behind = self._puller.behind()
            current = [name for name in Collection if name not in behind]
            for collection in behind:
                self._pull_all(collection, turn)
            self._puller.confirm(current, self._now())
            turn.state = SyncState.SENDING if self._pending() else SyncState.UP_TO_DATE
        except Refused as refusal:
            turn.state, turn.error = SyncState.REFUSED, refusal.reason
        except Unreachable as trouble:
            turn.state, turn.error, turn.retry_after_s = SyncState.OFFLINE, trouble.reason, trouble.retry_after_s
        except SyncTrouble as trouble:
            log.error("sync_request_refused", reason=trouble.reason, detail=trouble.detail)
            turn.state, turn.error = SyncState.REFUSED, trouble.reason
        except StorageTrouble as trouble:
            log.warning("sync_storage_trouble", code=trouble.code.value)
            turn.state, turn.error = SyncState.OFFLINE, trouble.code.value
        self._say(turn)
        return turn

    def _push_all(self, turn: Turn) -> None:
        while (report := self._pusher.push(self._now())) is not None:
            turn.sent += report.acked
            self._on_progress(frozenset())
            if report.acked == 0 and report.parked == 0:
                break

    def _pull_all(self, collection: Collection, turn: Turn) -> None:
        more = True
        while more:
            more = self._puller.pull_page(collection, self._now())
            turn.changed.add(collection.value)
            self._on_progress(frozenset({collection.value}))
            self._push_all(turn)

    def _pending(self) -> int:
        with self._till.read() as connection:
            return outbox.counts(connection).pending

    def _now(self) -> str:
        return iso(self._clock.now())

    def _say(self, turn: Turn) -> None:
        now = self._now()
        with self._replica.database.read() as connection:
            before = sync_state(connection)
        values = {"state": turn.state.value, "alive_at": now, "last_error": turn.error}
        good = (SyncState.UP_TO_DATE, SyncState.SENDING)
        if before.get("state") != turn.state.value and not (
            turn.state in good and before.get("state") in {state.value for state in good}
        ):
            values["since"] = now
        if turn.state in good:
            values["last_contact_at"] = now
        try:
            self._replica.put_state(values)
        except StorageTrouble as trouble:
            log.warning("sync_storage_trouble", code=trouble.code.value)
