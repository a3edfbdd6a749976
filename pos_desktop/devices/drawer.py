"""The cash drawer: it hangs on the printer's own socket and is opened by a pulse through it."""

from __future__ import annotations

from pos_desktop.devices.escpos import KICK_DRAWER, RESET
from pos_desktop.devices.printer import Printer


def kick(printer: Printer) -> None:
    """Open the drawer without printing.

    Raises:
        DeviceTrouble: PRINTER_SILENT, as for a print job.
    """
    printer.send(RESET + KICK_DRAWER)
