"""What the simulated payment terminal remembers, also over a power cut."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import msgspec


class Booking(msgspec.Struct, frozen=True):
    """One payment or reversal at the terminal.

    Args:
        sale_id, service_id: who asked, and the number of the request.
        category: ``Payment`` or ``Reversal``.
        transaction_id: the till's whole reference.
        amount: decimal number as text, as it stood in the request.
        state: ``in_progress``, ``approved``, ``declined`` or ``cancelled``.
        condition: the error condition of a payment that was not approved.
        poi_transaction_id, booked_at: how the terminal calls it, and since when.
        reversed_by: ``poi_transaction_id`` of the reversal; empty while the payment stands.
    """

    sale_id: str
    service_id: str
    category: str
    transaction_id: str
    amount: str
    currency: str
    state: str
    condition: str
    poi_transaction_id: str
    booked_at: str
    brand: str = ""
    last_digits: str = ""
    reversed_by: str = ""


class Memory:
    """The bookings by sale id and service id, kept in a file of JSON lines when there is one.

    Args:
        path: the file, made when missing; None keeps everything in memory only.
    """

    def __init__(self, path: Path | None) -> None:
        self._bookings: dict[tuple[str, str], Booking] = {}
        self._file: IO[bytes] | None = None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._load(path)
        self._file = path.open("ab")

    def _load(self, path: Path) -> None:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):  # power was cut while a line was written: it was never answered for, so it never was
            os.truncate(path, whole)
        for line in content[:whole].splitlines():
            booking = msgspec.json.decode(line, type=Booking)
            self._bookings[booking.sale_id, booking.service_id] = booking
        for booking in self.all():
            if booking.state == "in_progress":  # the customer stood before a dark terminal: nothing was authorised
                self._bookings[booking.sale_id, booking.service_id] = msgspec.structs.replace(
                    booking, state="cancelled", condition="Aborted"
                )

    def put(self, booking: Booking) -> None:
        """Keep a booking durably; a newer state replaces the older one."""
        if self._file is not None:
            self._file.write(msgspec.json.encode(booking) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._bookings[booking.sale_id, booking.service_id] = booking

    def get(self, sale_id: str, service_id: str) -> Booking | None:
        """Return what is known under a request's number, or None."""
        return self._bookings.get((sale_id, service_id))

    def by_terminal_reference(self, poi_transaction_id: str) -> Booking | None:
        """Return the booking that the terminal calls so, or None."""
        return next((entry for entry in self.all() if entry.poi_transaction_id == poi_transaction_id), None)

    def all(self) -> tuple[Booking, ...]:
        """Return every booking, oldest first."""
        return tuple(self._bookings.values())

    def busy(self) -> bool:
        """Whether a customer stands before the terminal."""
        return any(entry.state == "in_progress" for entry in self._bookings.values())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
