"""Printers: files, a printer on a loopback port, and printers that do not do their part."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pos_desktop.devices import drawer
from pos_desktop.devices.printer import (
    FilePrinter,
    NetworkPrinter,
    NullPrinter,
    PrinterTimeouts,
    open_printer,
)
from pos_desktop.domain.errors import BadInput, DeviceTrouble, ErrorCode
from tests.support.escpos import print_out

HOST = "127.0.0.1"
TIMEOUTS = PrinterTimeouts(connect_s=20.0, status_s=0.1, printed_s=0.1)
PATIENT = PrinterTimeouts(connect_s=20.0, status_s=20.0, printed_s=20.0)
JOB = b"\x1b@Tea\n\x1dVB\x00"

Reply = Callable[[bytes], bytes]


class HangUp(Exception):
    """The printer ends the connection."""


class Wire:
    """What a printer received: everything until the till hung up."""

    def __init__(self) -> None:
        self.received = b""


@contextmanager
def printer_that(reply: Reply) -> Iterator[tuple[int, Wire]]:
    """Run a printer for one connection. ``reply`` sees what came last and gives what to answer."""
    wire = Wire()
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line, suppress(ConnectionResetError, HangUp):  # the till may hang up before it heard everything
                while data := line.recv(65_536):
                    wire.received += data
                    line.sendall(reply(data))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], wire
        finally:
            thread.join()


def dumb(data: bytes) -> bytes:
    """A print server that takes everything and says nothing."""
    return b""


def talking(*, paper: int = 0x12, cause: int = 0x12, printed: int | None = 0x00) -> Reply:
    """A printer that answers for its paper, for why it is off line, and when it has printed."""

    def reply(data: bytes) -> bytes:
        answer = b""
        if b"\x10\x04\x04" in data:
            answer += bytes([paper])
        if b"\x10\x04\x02" in data:
            answer += bytes([cause])
        if b"\x1dr\x01" in data and printed is not None:
            answer += bytes([printed])
        return answer

    return reply


def refused(port: int, timeouts: PrinterTimeouts = TIMEOUTS) -> str | int | None:
    with pytest.raises(DeviceTrouble) as trouble:
        NetworkPrinter(HOST, port, timeouts).send(JOB)
    assert trouble.value.code is ErrorCode.PRINTER_SILENT
    assert trouble.value.params["printer"] == f"{HOST}:{port}"
    return trouble.value.params["reason"]


def test_each_job_is_a_file_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "receipts"
    for job in (b"one", b"two"):
        FilePrinter(folder).send(job)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "receipt-000001.bin": b"one",
        "receipt-000002.bin": b"two",
    }


def test_numbering_goes_on_after_the_highest_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "receipt-000007.bin").write_bytes(b"old")
    (tmp_path / "receipt-final.bin").write_bytes(b"note")
    FilePrinter(tmp_path).send(b"new")
    assert (tmp_path / "receipt-000008.bin").read_bytes() == b"new"
    assert (tmp_path / "receipt-000007.bin").read_bytes() == b"old"


def test_a_folder_that_cannot_be_written_is_a_silent_printer(tmp_path: Path) -> None:
    in_the_way = tmp_path / "receipts"
    in_the_way.write_bytes(b"a file")
    with pytest.raises(DeviceTrouble) as trouble:
        FilePrinter(in_the_way).send(JOB)
    assert trouble.value.code is ErrorCode.PRINTER_SILENT
    assert trouble.value.params["reason"] == "not_writable"
    assert in_the_way.read_bytes() == b"a file"


def test_a_print_server_that_says_nothing_gets_the_whole_job() -> None:
    job = JOB * 5_000
    with printer_that(dumb) as (port, wire):
        NetworkPrinter(HOST, port, TIMEOUTS).send(job)
    assert wire.received == b"\x10\x04\x04" + job


def test_a_printer_that_answers_confirms_what_it_printed() -> None:
    with printer_that(talking()) as (port, wire):
        NetworkPrinter(HOST, port, PATIENT).send(JOB)
    assert wire.received == b"\x10\x04\x04\x10\x04\x02" + JOB + b"\x1dr\x01"


def test_status_that_a_printer_sends_by_itself_is_not_taken_for_an_answer() -> None:
    def chatty(data: bytes) -> bytes:
        return b"\x10\x00\x00\x0f" + talking()(data)

    with printer_that(chatty) as (port, wire):
        NetworkPrinter(HOST, port, PATIENT).send(JOB)
    assert JOB in wire.received


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (talking(paper=0x72), "paper_out"),
        (talking(cause=0x16), "cover_open"),
        (talking(cause=0x52), "fault"),
    ],
)
def test_a_printer_that_cannot_print_gets_nothing(reply: Reply, reason: str) -> None:
    with printer_that(reply) as (port, wire):
        assert refused(port, PATIENT) == reason
    assert JOB not in wire.received


def test_paper_that_runs_out_during_the_job_is_noticed() -> None:
    with printer_that(talking(printed=0x0C)) as (port, _):
        assert refused(port, PATIENT) == "paper_out"


def test_a_job_that_is_never_confirmed_is_not_taken_for_printed() -> None:
    with printer_that(talking(printed=None)) as (port, _):
        assert refused(port, PrinterTimeouts(connect_s=20.0, status_s=20.0, printed_s=0.1)) == "not_confirmed"


def test_a_printer_that_hangs_up_did_not_print() -> None:
    def hanging_up(data: bytes) -> bytes:
        raise HangUp

    with printer_that(hanging_up) as (port, _):
        assert refused(port, PATIENT) == "closed"


def test_a_printer_that_is_off_is_silent() -> None:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    assert refused(port) == "not_connected"


def test_the_drawer_opens_without_paper(tmp_path: Path) -> None:
    drawer.kick(FilePrinter(tmp_path))
    paper = print_out((tmp_path / "receipt-000001.bin").read_bytes())
    assert paper.events == ["drawer"]
    assert paper.lines == []


def test_a_setting_opens_the_printer_it_names(tmp_path: Path) -> None:
    assert isinstance(open_printer("none"), NullPrinter)
    assert isinstance(open_printer("tcp://printer.example"), NetworkPrinter)
    open_printer(f"file:{tmp_path}").send(JOB)
    assert (tmp_path / "receipt-000001.bin").read_bytes() == JOB


@pytest.mark.parametrize(
    "spec", ["file:", "usb:1", "tcp://", "tcp://host:x", "tcp://host:0", "tcp://host/queue", "LPT1"]
)
def test_a_setting_that_names_no_printer_is_refused(spec: str) -> None:
    with pytest.raises(BadInput) as refusal:
        open_printer(spec)
    assert refusal.value.code is ErrorCode.SETTING_OUT_OF_RANGE
    assert refusal.value.params == {"setting": "printer", "value": spec}


def test_no_printer_takes_everything() -> None:
    NullPrinter().send(JOB)
