"""Receipt printers: where the bytes of a print job go.

A driver either took the whole job or raises; it keeps nothing back. What was refused stays with the caller's spool.
"""

from __future__ import annotations

import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pos_desktop.devices.addresses import parse_tcp
from pos_desktop.domain.errors import BadInput, DeviceTrouble, ErrorCode

RAW_PORT: Final = 9100

_JOB_NAME: Final = re.compile(r"receipt-(\d{6,})\.bin")
_ASK_PAPER_NOW: Final = b"\x10\x04\x04"  # DLE EOT 4: answered at once, whatever the printer is doing
_ASK_OFFLINE_NOW: Final = b"\x10\x04\x02"  # DLE EOT 2
_ASK_PAPER_IN_TURN: Final = b"\x1dr\x01"  # GS r 1: answered when everything before it was printed
_REAL_TIME_FIXED: Final = (0x93, 0x12)  # the bits by which an answer to DLE EOT is known
_IN_TURN_FIXED: Final = (0x90, 0x00)
_AUTOMATIC_FIXED: Final = (0x93, 0x10)  # the first of four bytes that some printers send unasked
_AUTOMATIC_BYTES: Final = 4
_PAPER_OUT: Final = 0x60
_PAPER_OUT_IN_TURN: Final = 0x0C
_COVER_OPEN: Final = 0x04
_FAULT: Final = 0x40


class Printer(Protocol):
    """Takes print jobs."""

    def send(self, data: bytes) -> None:
        """Print one job.

        Raises:
            DeviceTrouble: PRINTER_SILENT with ``printer`` and ``reason``: ``not_connected``, ``timeout``, ``closed``,
                ``paper_out``, ``cover_open``, ``fault``, ``not_confirmed`` or ``not_writable``.
        """


class NullPrinter:
    """A till without a printer: receipts are on the screen only."""

    def send(self, data: bytes) -> None:
        """Do nothing."""


class FilePrinter:
    """Writes each job as a file of its own, ``receipt-000001.bin`` and so on: for training, archives and tests.

    Args:
        folder: made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, data: bytes) -> None:
        """Write one job durably; see the protocol."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._folder / ".unfinished"
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / f"receipt-{self._next_number():06d}.bin")
            _sync_folder(self._folder)
        except OSError as fault:
            raise _silent(str(self._folder), "not_writable") from fault

    def _next_number(self) -> int:
        names = (_JOB_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return 1 + max((int(name[1]) for name in names if name is not None), default=0)


@dataclass(frozen=True, slots=True)
class PrinterTimeouts:
    """How long to wait for a printer, in seconds.

    Args:
        connect_s: for the connection, and for it to take bytes.
        status_s: for an answer about its paper; many print servers never give one.
        printed_s: for a printer that answers to have printed the job.
    """

    connect_s: float = 3.0
    status_s: float = 0.4
    printed_s: float = 10.0


class NetworkPrinter:
    """Prints on a raw TCP port (9100).

    A printer that answers is asked for paper before a job, and after it whether all was printed. One that never
    answers has taken the job when the network has.
    """

    def __init__(self, host: str, port: int = RAW_PORT, timeouts: PrinterTimeouts | None = None) -> None:
        self._host = host
        self._port = port
        self._timeouts = timeouts or PrinterTimeouts()
        self._name = f"{host}:{port}"

    def send(self, data: bytes) -> None:
        """Print one job; see the protocol."""
        stage = "not_connected"
        try:
            with socket.create_connection((self._host, self._port), timeout=self._timeouts.connect_s) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stage = "closed"
                paper = self._ask(line, _ASK_PAPER_NOW, _REAL_TIME_FIXED, self._timeouts.status_s)
                if paper is not None:
                    self._check(line, paper)
                line.settimeout(self._timeouts.connect_s)
                line.sendall(data)
                if paper is not None:
                    self._confirm(line)
                else:
                    self._hang_up(line)
        except TimeoutError as fault:
            raise _silent(self._name, "timeout") from fault
        except OSError as fault:
            raise _silent(self._name, stage) from fault

    def _check(self, line: socket.socket, paper: int) -> None:
        if paper & _PAPER_OUT:
            raise _silent(self._name, "paper_out")
        cause = self._ask(line, _ASK_OFFLINE_NOW, _REAL_TIME_FIXED, self._timeouts.status_s)
        if cause is not None and cause & _COVER_OPEN:
            raise _silent(self._name, "cover_open")
        if cause is not None and cause & _FAULT:
            raise _silent(self._name, "fault")

    def _confirm(self, line: socket.socket) -> None:
        printed = self._ask(line, _ASK_PAPER_IN_TURN, _IN_TURN_FIXED, self._timeouts.printed_s)
        if printed is None:
            paper = self._ask(line, _ASK_PAPER_NOW, _REAL_TIME_FIXED, self._timeouts.status_s)
            raise _silent(self._name, "paper_out" if paper is not None and paper & _PAPER_OUT else "not_confirmed")
        if printed & _PAPER_OUT_IN_TURN:
            raise _silent(self._name, "paper_out")

    def _hang_up(self, line: socket.socket) -> None:
        """End the job and read what is still said: a close with unread bytes resets the line and may cost the job."""
        line.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + self._timeouts.status_s
        while (left_s := deadline - time.monotonic()) > 0:
            line.settimeout(left_s)
            try:
                if not line.recv(256):
                    return
            except TimeoutError:
                return

    def _ask(self, line: socket.socket, question: bytes, fixed: tuple[int, int], timeout_s: float) -> int | None:
        """Return the status byte, or None when there is none in time; other bytes (automatic status) are skipped."""
        line.settimeout(self._timeouts.connect_s)
        line.sendall(question)
        mask, value = fixed
        automatic_mask, automatic_value = _AUTOMATIC_FIXED
        skip = 0
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            line.settimeout(left_s)
            try:
                answer = line.recv(1)
            except TimeoutError:
                return None
            if not answer:
                raise ConnectionResetError("closed by the printer")
            if skip:
                skip -= 1
            elif answer[0] & automatic_mask == automatic_value:
                skip = _AUTOMATIC_BYTES - 1
            elif answer[0] & mask == value:
                return answer[0]
        return None


def open_printer(spec: str, timeouts: PrinterTimeouts | None = None) -> Printer:
    """Return the printer that a setting names.

    Args:
        spec: ``none``, ``file:<folder>`` or ``tcp://host[:port]``.
        timeouts: how long to wait for one on the network; the usual ones when left out.

    Raises:
        BadInput: SETTING_OUT_OF_RANGE for anything else.
    """
    if spec in ("", "none"):
        return NullPrinter()
    if spec.startswith("file:"):
        folder = spec.removeprefix("file:")
        if not folder:
            raise BadInput(ErrorCode.SETTING_OUT_OF_RANGE, setting="printer", value=spec)
        return FilePrinter(Path(folder))
    host, port = parse_tcp(spec, "printer", RAW_PORT)
    return NetworkPrinter(host, port, timeouts)


def _silent(printer: str, reason: str) -> DeviceTrouble:
    return DeviceTrouble(ErrorCode.PRINTER_SILENT, printer=printer, reason=reason)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable as well, where the system lets a folder be opened for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
