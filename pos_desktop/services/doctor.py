"""What is wrong with this till: each part is asked, and says so in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pos_desktop.devices.card_terminal import CardTerminal
from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import ChangeFeed
from pos_desktop.services.preferences import Preferences
from pos_desktop.services.sync_status import COLLECTIONS
from pos_desktop.services.verification import verify_journal
from pos_desktop.settings import Settings
from pos_desktop.storage import outbox
from pos_desktop.storage.replica import ReplicaReader, collections
from pos_desktop.storage.till_store import REPLICA_FILE, open_till


@dataclass(frozen=True, slots=True)
class Finding:
    """One part and how it is."""

    subject: str
    good: bool
    detail: str


def examine(settings: Settings, probe: Callable[[], str], card: CardTerminal | None) -> list[Finding]:
    """Ask every part.

    Args:
        probe: asks the lookup endpoint; an empty answer is good, else it says what was met.
        card: the payment terminal, or None when there is none.
    """
    found = [*_files(settings), *_replica(settings)]
    on = Preferences(settings, ChangeFeed()).plugin_enabled("customer_lookup")
    found.append(Finding("customer lookup plugin", on, "switched on" if on else "switched off in the settings"))
    trouble = probe()
    endpoint = settings.lookup.api_endpoint or settings.api_url
    found.append(Finding("central API", not trouble, trouble or f"answers at {endpoint}"))
    if card is not None:
        answers = card.ping()
        found.append(Finding("payment terminal", answers, settings.card_terminal if answers else "does not answer"))
    return found


def _files(settings: Settings) -> list[Finding]:
    try:
        database = open_till(settings.data_dir)
    except UserError as trouble:
        return [Finding("till.sqlite", good=False, detail=f"{trouble.code.value} {trouble.params}")]
    try:
        with database.read() as till:
            check = str(till.exec_driver_sql("PRAGMA quick_check").scalar_one())
            counts = outbox.counts(till)
        verdict = verify_journal(database)
    finally:
        database.close()
    waiting = f"{counts.pending} to send, {counts.parked} refused"
    return [
        Finding("till.sqlite", check == "ok", check),
        Finding("outbox", counts.parked == 0, waiting),
        Finding("journal", verdict.good, verdict.sentence),
    ]


def _replica(settings: Settings) -> list[Finding]:
    reader = ReplicaReader(settings.data_dir / REPLICA_FILE)
    try:
        with reader.read() as replica:
            stands = {} if replica is None else collections(replica)
    finally:
        reader.close()
    missing = [name for name in COLLECTIONS if name not in stands or not stands[name].complete]
    detail = f"not loaded: {', '.join(missing)}" if missing else f"{stands['customers'].row_count} customers"
    return [Finding("replica.sqlite", not missing, detail)]
