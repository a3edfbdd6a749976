"""How the till's standing with the centre is said: sentence keys and tones, no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.services.views import CollectionProgress, SyncState, SyncStatus


class Tone(StrEnum):
    """How loud a message is; the theme gives each its colour, the screen its icon."""

    CALM = "calm"
    WORKING = "working"
    ATTENTION = "attention"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Headline:
    """One sentence on the state, and one on what to do about it.

    Args:
        key, advice_key: translation keys; ``advice_key`` may be empty.
        since: UTC ISO 8601, or empty.
        count: the number that the sentence speaks of.
    """

    tone: Tone
    icon: str
    key: str
    advice_key: str
    since: str = ""
    count: int = 0


def headline(status: SyncStatus) -> Headline:
    """Say how the till stands.

    What is parked comes first: it is the only thing somebody must act on.
    """
    if status.parked:
        return Headline(Tone.TROUBLE, "triangle-alert", "sync.head.parked", "sync.advice.parked", count=status.parked)
    match status.state:
        case SyncState.OFFLINE:
            return Headline(
                Tone.ATTENTION, "cloud-off", "sync.head.offline", "sync.advice.offline", status.since, status.pending
            )
        case SyncState.SENDING:
            return Headline(Tone.WORKING, "refresh-cw", "sync.head.sending", "", status.since, status.pending)
        case SyncState.SETTING_UP:
            return Headline(Tone.ATTENTION, "loader", "sync.head.setting_up", "sync.advice.setting_up", status.since)
        case SyncState.REFUSED:
            return Headline(Tone.TROUBLE, "ban", "sync.head.refused", "sync.advice.refused", status.since)
        case SyncState.STOPPED:
            return Headline(
                Tone.ATTENTION, "pause", "sync.head.stopped", "sync.advice.stopped", status.since, status.pending
            )
        case SyncState.UP_TO_DATE:
            if status.pending:
                return Headline(Tone.WORKING, "refresh-cw", "sync.head.sending", "", status.since, status.pending)
            return Headline(Tone.CALM, "circle-check", "sync.head.up_to_date", "", status.last_contact_at)


def reason_keys(reason: str) -> tuple[str, ...]:
    """Give the sentences that may say why something has not reached the centre, the most exact first.

    Args:
        reason: the short code of the sync (``connect``, ``http_503``), or ``code: detail`` as the server refused.
    """
    code = reason.partition(":")[0].strip()
    general = ("sync.why.http",) if code.startswith("http_") else ()
    return (f"sync.why.{code}", *general)


def progress_percent(progress: CollectionProgress) -> int | None:
    """Return how much of a collection is here, 0 to 100, or None while the server has not said how much there is."""
    if progress.complete:
        return 100
    if progress.expected <= 0:
        return None
    return min(99, progress.rows * 100 // progress.expected)
