"""One turn of the sync: push what is new here, pull what is new there, and say how it stands.

Push goes before pull, and a page of pull before the next push, so that neither starves the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pos_desktop.domain.errors import StorageTrouble
from pos_desktop.log import Log
from pos_desktop.services.core import Clock, iso
from pos_desktop.services.views import SyncState
from pos_desktop.storage import customers, meta, outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import ReplicaWriter, sync_state
from sync.http import Refused, SyncTrouble, Unreachable
from sync.protocol import Collection
from sync.pull import News, Puller, UnusablePage
from sync.push import Pusher

GOOD = (SyncState.UP_TO_DATE, SyncState.SENDING)

log = Log(__name__)


@dataclass(slots=True)
class Turn:
    """What one turn came to.

    Args:
        state: how the till stands with the centre now.
        changed: names of the collections that were written.
        sent: facts that the centre has taken.
        error: short and stable reason of what went wrong, or empty.
        file: of a trouble with the disk, the name of the file.
        retry_after_s: how long the server asked to be left alone, seconds.
    """

    state: SyncState
    changed: set[str] = field(default_factory=set)
    sent: int = 0
    error: str = ""
    file: str = ""
    retry_after_s: float = 0.0
    pushed_upto: int = 0


class Engine:
    """The sync of one terminal.

    Args:
        on_progress: told after every page and batch: names of the collections written (empty after a push).
        stopping: asked between two requests; the turn ends early when it says yes.
    """

    def __init__(
        self,
        till: Database,
        replica: ReplicaWriter,
        pusher: Pusher,
        puller: Puller,
        clock: Clock,
        on_progress: Callable[[frozenset[str]], None],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._till = till
        self._replica = replica
        self._pusher = pusher
        self._puller = puller
        self._clock = clock
        self._on_progress = on_progress
        self._stopping = stopping

    def turn(self) -> Turn:
        """Do one turn. Trouble with network, server or disk ends it and is reported, never raised."""
        turn = Turn(SyncState.UP_TO_DATE)
        try:
            self._push_all(turn)
            asked_at = self._now()
            news = self._puller.news()
            self._mind_epoch(news, turn)
            self._say_contact()
            self._pull_news(news.behind, turn)
            self._puller.confirm(news.current, asked_at)
            turn.state = SyncState.SENDING if self.pending() else SyncState.UP_TO_DATE
        except Refused as refusal:
            turn.state, turn.error = SyncState.REFUSED, refusal.reason
        except Unreachable as trouble:
            turn.state, turn.error, turn.retry_after_s = SyncState.OFFLINE, trouble.reason, trouble.retry_after_s
        except SyncTrouble as trouble:
            log.error("sync_request_refused", reason=trouble.reason, detail=trouble.detail)
            turn.state, turn.error = SyncState.REFUSED, trouble.reason
        except StorageTrouble as trouble:
            self._note_storage(turn, trouble)
        try:
            self._say(turn.state, turn.error)
        except StorageTrouble as trouble:
            self._note_storage(turn, trouble)
        return turn

    def pending(self) -> int:
        """Count the facts that wait to be sent.

        Raises:
            StorageTrouble: the file cannot be read.
        """
        with self._till.read() as connection:
            return outbox.counts(connection).pending

    def _push_all(self, turn: Turn) -> None:
        while not self._stopping():
            report = self._pusher.push(self._now(), turn.pushed_upto)
            if report is None:
                return
            turn.pushed_upto = report.upto_seq
            turn.sent += report.acked
            if report.acked or report.parked:
                self._on_progress(frozenset())

    def _pull_news(self, behind: list[Collection], turn: Turn) -> None:
        unusable: UnusablePage | None = None
        for collection in behind:
            try:
                self._pull_all(collection, turn)
            except UnusablePage as bad:
                unusable = bad
        if unusable is not None:
            raise unusable

    def _pull_all(self, collection: Collection, turn: Turn) -> None:
        more = True
        while more and not self._stopping():
            more = self._puller.pull_page(collection, self._now())
            turn.changed.add(collection.value)
            self._on_progress(frozenset({collection.value}))
            if more:
                self._replica.put_state({"alive_at": self._now()})
            self._push_all(turn)

    def _mind_epoch(self, news: News, turn: Turn) -> None:
        # A server that was set back to a backup says so by a new epoch; what it took since then it has lost.
        with self._till.read() as connection:
            known = meta.get(connection, meta.SERVER_EPOCH)
        if known == news.server_epoch:
            return
        with self._till.write() as connection:
            again = 0 if known is None else outbox.send_again(connection, news.high_water)
            meta.put(connection, meta.SERVER_EPOCH, news.server_epoch)
            # Kept under the versions of before, they would stand above every row of now.
            customers.forget_answers(connection)
        if known is not None:
            turn.pushed_upto = 0
            log.warning("server_epoch_changed", facts_to_send_again=again)

    def _now(self) -> str:
        return iso(self._clock.now())

    def _note_storage(self, turn: Turn, trouble: StorageTrouble) -> None:
        turn.state, turn.error, turn.file = SyncState.OFFLINE, trouble.code.value, str(trouble.params.get("file", ""))
        log.warning("sync_storage_trouble", code=turn.error, file=turn.file)

    def _say_contact(self) -> None:
        # A first load takes minutes: whoever waits for it is told at its start that the centre answers.
        with self._replica.database.read() as connection:
            before = sync_state(connection).get("state")
        if before in (None, SyncState.OFFLINE.value):
            self._say(SyncState.SENDING, "")

    def _say(self, state: SyncState, error: str) -> None:
        now = self._now()
        with self._replica.database.read() as connection:
            before = sync_state(connection).get("state")
        values = {"state": state.value, "alive_at": now, "last_error": error}
        if before != state.value and not (state in GOOD and before in {one.value for one in GOOD}):
            values["since"] = now
        if state in GOOD:
            values["last_contact_at"] = now
        self._replica.put_state(values)
