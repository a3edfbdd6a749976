"""Sends what waits in the print spool, on a thread that may wait for a printer."""

from __future__ import annotations

import threading

from pos_desktop.domain.errors import StorageTrouble
from pos_desktop.log import Log
from pos_desktop.services.changes import ChangeFeed, Changes
from pos_desktop.services.receipts import Receipts

EVERY_S = 5.0

log = Log(__name__)


class SpoolRunner:
    """Prints as soon as something waits, and tries again every few seconds while the printer is silent.

    Args:
        receipts: whose spool it is.
        feed: tells of new jobs.
    """

    def __init__(self, receipts: Receipts, feed: ChangeFeed) -> None:
        self._receipts = receipts
        self._due = threading.Event()
        self._ended = threading.Event()
        self._unlisten = feed.listen(self._hear)
        self._thread = threading.Thread(target=self._run, name="print-spool")

    def start(self) -> None:
        """Start printing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the job at hand; what waits stays in the spool."""
        self._unlisten()
        self._ended.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join()

    def _hear(self, changes: Changes, _subject: str) -> None:
        if changes & Changes.PRINT:
            self._due.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._due.wait(EVERY_S)
            self._due.clear()
            if not self._ended.is_set():
                self._print()

    def _print(self) -> None:
        try:
            self._receipts.flush_spool()
        except StorageTrouble as trouble:
            log.warning("spool_waits", code=trouble.code.value)
        except Exception:
            # One job or driver at fault must not end all printing until the till is started again.
            log.exception("spool_failed")
