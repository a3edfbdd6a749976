"""What takes longer to load than the window to show: opened at its first use, or loaded soon after the window is there."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pos_desktop.domain.customers import Customer
from pos_desktop.domain.errors import BadInput
from pos_desktop.domain.identifiers import phone_e164
from pos_desktop.settings import LookupSettings

if TYPE_CHECKING:
    from sync.lookup import LiveLookup

SOON_S = 2.0
ANY_PHONE = "030 1234567"


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


def load_soon(region: str, after_s: float = SOON_S) -> threading.Timer:
    """Load in the background what the first log-in, the first customer and the first line of the log would wait for.

    Args:
        region: ISO 3166 code, whose phone numbers are read.
        after_s: seconds from now, by when the window is there.

    Returns:
        The timer that does it, started; to be cancelled when the till closes sooner.
    """
    timer = threading.Timer(after_s, lambda: load_late_parts(region))
    timer.name = "loader"
    timer.daemon = True
    timer.start()
    return timer


def load_late_parts(region: str) -> None:
    """Load what the start left out."""
    importlib.import_module("sync.lookup")
    importlib.import_module("argon2")
    importlib.import_module("structlog")
    importlib.import_module("pos_desktop.devices.escpos")  # or the first sale would hold its transaction for it
    with contextlib.suppress(BadInput):
        phone_e164(ANY_PHONE, region)
