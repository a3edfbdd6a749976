from __future__ import annotations

from dataclasses import replace

import pytest

from pos_desktop.services.views import CollectionProgress, SyncState, SyncStatus
from ui import sync_model
from ui.sync_model import Tone

QUIET = SyncStatus(SyncState.UP_TO_DATE, "2026-11-20T10:42:00.000Z", 0, 0, "", "2026-11-20T10:42:00.000Z", "", ())


@pytest.mark.parametrize("state", list(SyncState))
def test_every_state_has_a_sentence(state: SyncState) -> None:
    assert sync_model.headline(replace(QUIET, state=state)).key.startswith("sync.head.")


def test_offline_is_a_state_and_not_trouble() -> None:
    head = sync_model.headline(replace(QUIET, state=SyncState.OFFLINE, pending=3))
    assert (head.tone, head.count, head.since) == (Tone.ATTENTION, 3, QUIET.since)


def test_what_is_refused_comes_before_being_offline() -> None:
    head = sync_model.headline(replace(QUIET, state=SyncState.OFFLINE, pending=3, parked=1))
    assert (head.key, head.count, head.tone) == ("sync.head.parked", 1, Tone.TROUBLE)


@pytest.mark.parametrize(
    ("rows", "expected", "complete", "percent"),
    [(0, 0, False, None), (5, 10, False, 50), (10, 10, False, 99), (15, 10, False, 99), (10, 10, True, 100)],
)
def test_progress_says_done_only_when_it_is(rows: int, expected: int, complete: bool, percent: int | None) -> None:
    assert sync_model.progress_percent(CollectionProgress("products", rows, expected, complete)) == percent


@pytest.mark.parametrize(
    ("reason", "keys"),
    [
        ("connect", ("sync.why.connect",)),
        ("http_503", ("sync.why.http_503", "sync.why.http")),
        ("sums_differ: lines and total", ("sync.why.sums_differ",)),
    ],
)
def test_a_reason_is_said_in_words_where_there_are_any(reason: str, keys: tuple[str, ...]) -> None:
    """The most exact sentence first, a general one after it."""
    assert sync_model.reason_keys(reason) == keys


def test_green_is_for_what_is_done_not_for_what_is_under_way() -> None:
    assert sync_model.headline(QUIET).tone is Tone.CALM
    assert sync_model.headline(replace(QUIET, pending=3)).tone is Tone.WORKING
    assert sync_model.headline(replace(QUIET, state=SyncState.SENDING, pending=3)).tone is Tone.WORKING
