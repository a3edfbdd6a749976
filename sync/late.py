"""The live lookup, opened at its first question: what speaks HTTP takes longer to load than the window to show."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pos_desktop.domain.customers import Customer
from pos_desktop.settings import LookupSettings

if TYPE_CHECKING:
    from sync.lookup import LiveLookup


class LateLookup:
    """Asks as :class:`sync.lookup.LiveLookup` does.

    Args:
        open_lookup: opens it; called once, on the thread that asks first.
    """

    def __init__(self, open_lookup: Callable[[], LiveLookup]) -> None:
        self._open = open_lookup
        self._lock = threading.Lock()
        self._live: LiveLookup | None = None

    def fetch(self, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        """Ask for a customer, see :meth:`sync.lookup.LiveLookup.fetch`."""
        with self._lock:
            if self._live is None:
                self._live = self._open()
        return self._live.fetch(identifier, settings)

    def close(self) -> None:
        """Close the connections, if there are any."""
        with self._lock:
            if self._live is not None:
                self._live.close()
