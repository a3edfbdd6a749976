"""Where receipts go: a printer on the network, a folder of files, or nowhere."""

from __future__ import annotations

from typing import Protocol


class Printer(Protocol):
    """A receipt printer."""

    def send(self, data: bytes) -> None:
        """Print; returns when the printer has taken all of it.

        Raises:
            UserError: ``printer_silent``; the bytes are the caller's to try again.
        """


class NullPrinter:
    """A till without a printer: takes everything and prints nothing."""

    def send(self, data: bytes) -> None:
        """Take the bytes."""
