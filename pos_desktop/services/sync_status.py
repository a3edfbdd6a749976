"""How the till stands with the centre: what is pending, since when, and why."""

from __future__ import annotations

from collections.abc import Callable

from pos_desktop.services.core import Core
from pos_desktop.services.views import CollectionProgress, PendingItem, SyncState, SyncStatus
from pos_desktop.storage import outbox
from pos_desktop.storage.replica import collections, sync_state

COLLECTIONS = ("settings", "employees", "taxes", "categories", "products", "customers", "customer_aliases")


class SyncReports:
    """Reading of the sync's state.

    Args:
        wake: asks the sync process to look at the outbox now.
    """

    def __init__(self, core: Core, wake: Callable[[], None]) -> None:
        self._core = core
        self._wake = wake

    def status(self) -> SyncStatus:
        """Read the state in one word, with its numbers."""
        core = self._core
        with core.read() as (till, replica):
            counts = outbox.counts(till)
            state = {} if replica is None else sync_state(replica)
            stands = {} if replica is None else collections(replica)
        loading = tuple(
            CollectionProgress(name, stand.row_count, stand.expected, stand.complete)
            if (stand := stands.get(name)) is not None
            else CollectionProgress(name, 0, 0, complete=False)
            for name in COLLECTIONS
        )
        word = self._state(state, loading, counts.pending)
        return SyncStatus(
            state=word,
            # a process that stopped could not say since when: the last sign of life is the truth
            since=state.get("alive_at" if word is SyncState.STOPPED else "since", ""),
            pending=counts.pending,
            parked=counts.parked,
            oldest_pending_at=counts.oldest_pending_at,
            last_contact_at=state.get("last_contact_at", ""),
            last_error=state.get("last_error", ""),
            loading=loading,
        )

    def _state(self, state: dict[str, str], loading: tuple[CollectionProgress, ...], pending: int) -> SyncState:
        said = state.get("state", "")
        if not said or not self._core.heard_from(state):
            return SyncState.STOPPED
        if said in (SyncState.OFFLINE, SyncState.REFUSED, SyncState.STOPPED):
            return SyncState(said)
        if not all(item.complete for item in loading):
            return SyncState.SETTING_UP
        return SyncState.SENDING if pending else SyncState.UP_TO_DATE

    def pending(self, limit: int = 200) -> tuple[PendingItem, ...]:
        """Read what is not at the centre yet, oldest first."""
        with self._core.till.read() as till:
            return tuple(
                PendingItem(
                    device_seq=row.device_seq,
                    id=row.id,
                    kind=row.kind,
                    subject=row.subject,
                    made_at=row.made_at,
                    state=row.state,
                    attempts=row.attempts,
                    last_error=row.last_error,
                )
                for row in outbox.not_acked(till, limit)
            )

    def retry_now(self) -> None:
        """Ask the sync process to try at once instead of at its next turn."""
        self._wake()
