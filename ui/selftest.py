"""The program tries itself: every part that a bundle can lose, and one basket sold in the real window, unseen.

What a cashier does is done by key events with the pace of a hand and of a scanner; the pace is written into the events,
so that a busy machine makes no typist of a scanner.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QEventLoop, QLibraryInfo, Qt, QTimer, qVersion
from PySide6.QtGui import QFontInfo, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication

import resources.demo
from pos_desktop.devices.addresses import parse_tcp
from pos_desktop.devices.card_terminal import CardState
from pos_desktop.devices.nexo_terminal import NexoTerminal
from pos_desktop.services.companions import Companion
from pos_desktop.services.part_checks import Check, expect, part_checks
from pos_desktop.services.till import Till
from pos_desktop.services.views import SaleView, SyncState
from pos_desktop.settings import Settings, save_toml
from ui.app import MainWindow, create_application
from ui.pdf import receipt_html, write_pdf
from ui.screen_checks import screen_checks
from ui.text import Texts
from ui.theme import font

PATIENCE_S = 60.0
LOOK_MS = 5
HAND_MS = 400
SCANNER_MS = 2
SCANS = 3
CASHIER = "emp_1"
EAN13 = 13
ESC_POS_RESET = b"\x1b@"


class Running(Protocol):
    """A till with its background."""

    @property
    def till(self) -> Till: ...

    @property
    def close(self) -> Callable[[], None]: ...


class Connection(Protocol):
    """A way to ask a central API."""

    def get(self, path: str, params: Mapping[str, str | int], answer: type[dict[str, Any]]) -> dict[str, Any]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Program:
    """What the test needs of this program and may not import itself.

    Args:
        command: how the program is started again.
        central: makes the demo's central database in a folder; gives its address and the terminal's token.
        build: builds a till, its sync process included.
        connect: gives a connection to a central API, by its address and a token.
        prove: gives the sentence on the journal of the till in a folder, and whether it is good.
        say: prints a line.
    """

    command: Sequence[str]
    central: Callable[[Path], tuple[str, str]]
    build: Callable[[Settings], Running]
    connect: Callable[[str, str], Connection]
    prove: Callable[[Path], tuple[bool, str]]
    say: Callable[[str], None]


class Report:
    """Runs checks and says, one line each, what they saw."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.done = 0
        self.failed: list[str] = []

    def check(self, name: str, work: Callable[[], str]) -> bool:
        """Run a check; whatever it raises is its failure."""
        self.done += 1
        try:
            seen = work()
        except Exception as trouble:  # noqa: BLE001 - a part that is missing fails in its own way
            self.failed.append(name)
            self._say(f"FAIL {name}: {type(trouble).__name__}: {trouble}")
            self._say(traceback.format_exc())
            return False
        self._say(f"ok   {name}: {seen}")
        return True


def run_selftest(program: Program) -> int:
    """Check everything; the last line is JSON.

    Returns:
        0 when all is well, else 1.
    """
    report = Report(program.say)
    with tempfile.TemporaryDirectory(prefix="till-selftest-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for part in ("parts", "shop"):
            (folder / part).mkdir()
        for check in part_checks(folder / "parts"):
            report.check(*check)
        if report.check("Qt and letters", _start_qt):
            for check in screen_checks():
                report.check(*check)
        # A shop that lacks a part fails somewhere, which would only hide what it lacks.
        if not report.failed:
            with ExitStack() as closing:
                counter = _Counter(program, folder / "shop", closing)
                all(report.check(*check) for check in counter.checks())
    if report.failed:
        program.say(json.dumps({"selftest": "failed", "failed": report.failed, "checks": report.done}))
        return 1
    program.say(json.dumps({"selftest": "ok", "checks": report.done}))
    return 0


def _start_qt() -> str:
    # Where the plugin is missing Qt ends the process instead of saying so.
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms")
    expect(any(plugins.glob("*qoffscreen*")), f"nothing to paint with unseen in {plugins}")
    create_application(["till"])
    used = QFontInfo(font())
    expect(used.family() == "Inter", f"letters come from {used.family()!r}")
    return f"Qt {qVersion()}, {used.family()}"


def _shopping() -> list[tuple[str, int]]:
    """Codes and prices of a few goods that cost what is printed on them."""
    demo = resources.demo.load()
    inclusive = {tax["id"] for tax in demo.taxes if tax["inclusive"]}
    plain = [
        (code, product["price_minor"])
        for product in demo.products
        if product["unit"] == "piece" and not product["open_price"] and inclusive.issuperset(product["tax_ids"])
        for code in product["barcodes"][:1]
        if len(code) == EAN13
    ]
    return plain[:SCANS]


class _Hands:
    """Keys for a window, and eyes that wait."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._now_ms = HAND_MS

    def press(self, key: Qt.Key, text: str = "") -> None:
        self._now_ms += HAND_MS
        self._send(key, text)

    def write(self, text: str) -> None:
        for character in text:
            self.press(Qt.Key(ord(character)), character)

    def scan(self, code: str) -> None:
        self._now_ms += HAND_MS
        for character in code:
            self._now_ms += SCANNER_MS
            self._send(Qt.Key(ord(character)), character)
        self._now_ms += SCANNER_MS
        self._send(Qt.Key.Key_Return, "\r")

    def wait(self, seen: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not seen():
            message = self._window.current.message.text
            expect(
                time.monotonic() < deadline,
                f"no {what} after {PATIENCE_S:.0f} s; screen {self._window.screen_name}, message {message!r}",
            )
            loop = QEventLoop()
            QTimer.singleShot(LOOK_MS, loop.quit)
            loop.exec()

    def on(self, screen: str) -> None:
        self.wait(
            lambda: self._window.screen_name == screen and not self._window.desk.tasks.busy, f"{screen} screen at rest"
        )

    def _send(self, key: Qt.Key, text: str) -> None:
        # To the system's window, where the keys of a keyboard arrive.
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
            event.setTimestamp(self._now_ms)
            QApplication.sendEvent(self._window.windowHandle(), event)


class _Counter:
    """A shop counter: a central API, a payment terminal, a till and its window, in processes as in a shop."""

    def __init__(self, program: Program, folder: Path, closing: ExitStack) -> None:
        self._program, self._folder, self._closing = program, folder, closing
        self._companions: list[Companion] = []
        # Each is set by the check that makes it; those after it run only if that went well.
        self._token: str
        self._api_url: str
        self._card: str
        self._till: Till
        self._window: MainWindow
        self._hands: _Hands
        self._sale: SaleView

    def checks(self) -> tuple[Check, ...]:
        """The story in its order; each check stands on the one before."""
        return (
            ("central API", self._start_central),
            ("payment terminal", self._pay_at_terminal),
            ("window", self._open_window),
            ("first synchronisation", self._load),
            ("log-in", self._log_in),
            ("basket", self._fill_basket),
            ("payment", self._pay),
            ("receipt printer", self._printed),
            ("receipt PDF", self._write_pdf),
            ("sale at the centre", self._arrive),
            ("closing", self._close),
            ("journal", self._prove),
        )

    def _companion(self, *arguments: str) -> str:
        companion = self._closing.enter_context(Companion([*self._program.command, *arguments]))
        self._companions.append(companion)
        return companion.address()

    def _summary(self) -> dict[str, Any]:
        connection = self._program.connect(self._api_url, self._token)
        try:
            return connection.get("/v1/sales/summary", {}, dict[str, Any])
        finally:
            connection.close()

    # The checks

    def _start_central(self) -> str:
        database, self._token = self._program.central(self._folder)
        self._api_url = self._companion("serve", "--log-level", "WARNING", "--database", database)
        count = self._summary()["count"]
        expect(count == 0, f"a new server knows {count} sales")
        return f"a process of its own answers at {self._api_url}"

    def _pay_at_terminal(self) -> str:
        self._card = f"tcp://127.0.0.1:{self._companion('card-terminal')}"
        host, port = parse_tcp(self._card, "card_terminal")
        steps: list[str] = []
        outcome = NexoTerminal(host, port, "selftest").pay("selftest-1", 1234, "EUR", steps.append)
        expect(outcome.state is CardState.APPROVED, f"a payment ended as {outcome.state}: {outcome.reason}")
        return f"{outcome.amount_minor} approved after {', '.join(steps)}"

    def _open_window(self) -> str:
        settings = Settings(
            self._folder,
            api_url=self._api_url,
            card_terminal=self._card,
            printer=f"file:{self._folder / 'printed'}",
            idle_lock_s=0,
        )
        save_toml(settings)  # the sync process reads them there
        running = self._program.build(settings)
        self._closing.callback(running.close)
        self._till = running.till
        self._window = MainWindow(self._till, settings)
        self._closing.callback(self._window.close)
        self._window.show()
        self._window.activateWindow()
        self._hands = _Hands(self._window)
        self._hands.on("lock")
        drawn = self._window.grab()
        expect(not drawn.isNull(), "the window draws nothing")
        return f"{drawn.width()} by {drawn.height()}"

    def _load(self) -> str:
        self._hands.wait(lambda: self._till.sync.status().state is SyncState.UP_TO_DATE, "sync that is up to date")
        self._hands.wait(lambda: bool(self._lock_tiles()), "person on the lock screen")
        return ", ".join(f"{each.rows} {each.name}" for each in self._till.sync.status().loading)

    def _lock_tiles(self) -> Sequence[str]:
        return list(getattr(self._window.current, "tiles", ()))

    def _log_in(self) -> str:
        pin = next(person["pin"] for person in resources.demo.load().employees if person["id"] == CASHIER)
        for _ in range(1 + self._lock_tiles().index(CASHIER)):
            self._hands.press(Qt.Key.Key_Down)
        self._hands.write(pin)
        self._hands.press(Qt.Key.Key_Return, "\r")
        self._hands.on("sale")
        return "by keys"

    def _fill_basket(self) -> str:
        for count, (code, _price) in enumerate(_shopping(), start=1):
            self._hands.scan(code)
            self._hands.wait(partial(self._basket_has, count), f"line for {code}")
        lines, total = self._basket()
        wanted = sum(price for _code, price in _shopping())
        expect(total == wanted, f"{lines} lines cost {total} instead of {wanted}")
        return f"{lines} scanned, {total}"

    def _basket_has(self, lines: int) -> bool:
        return self._basket()[0] == lines

    def _basket(self) -> tuple[int, int]:
        filled = [basket for basket in self._till.baskets.open_baskets() if basket.lines]
        return (filled[0].lines, filled[0].total_minor) if filled else (0, 0)

    def _pay(self) -> str:
        self._hands.press(Qt.Key.Key_F12)
        self._hands.on("payment")
        self._hands.press(Qt.Key.Key_F5)
        self._hands.on("receipt")
        self._sale = self._till.sales.get(self._till.sales.recent(1)[0].id)
        return f"{self._sale.sale.receipt_code} over {self._sale.sale.total_minor}"

    def _printed(self) -> str:
        paper = self._folder / "printed"
        self._hands.wait(lambda: any(paper.glob("*.bin")), "print job")
        data = next(paper.glob("*.bin")).read_bytes()
        expect(data.startswith(ESC_POS_RESET), f"a print job begins with {data[:8]!r}")
        expect(self._sale.sale.receipt_code.encode() in data, "the receipt's number is not printed")
        return f"{len(data)} bytes of ESC/POS"

    def _write_pdf(self) -> str:
        html = receipt_html(self._till.receipts.document(self._sale.sale.id), Texts("en"))
        code = re.search(r'data:image/png;base64,([^"]+)"', html)
        expect(code is not None and not QImage.fromData(base64.b64decode(code[1])).isNull(), "no QR code")
        path = self._folder / "receipt.pdf"
        write_pdf(html, path, "receipt")
        data = path.read_bytes()
        expect(data.startswith(b"%PDF-") and b"Inter" in data, "no PDF in the till's own letters")
        return f"{len(data)} bytes with a QR code"

    def _arrive(self) -> str:
        self._hands.press(Qt.Key.Key_Return, "\r")
        self._hands.on("sale")
        self._hands.wait(lambda: self._till.sync.status().pending == 0, "empty outbox")
        summary = self._summary()
        told, wanted = (summary["count"], summary["total_minor"]), (1, self._sale.sale.total_minor)
        expect(told == wanted, f"the centre counts {told[0]} over {told[1]} instead of {wanted[0]} over {wanted[1]}")
        parked = self._till.sync.status().parked
        expect(parked == 0, f"the centre refused {parked} facts")
        return f"{told[0]} over {told[1]}, nothing left to send"

    def _close(self) -> str:
        self._closing.close()
        QApplication.processEvents()
        codes = [companion.stop() for companion in self._companions]
        expect(not any(codes), f"the processes ended with {codes}")
        return "window, till and processes ended"

    def _prove(self) -> str:
        good, sentence = self._program.prove(self._folder)
        expect(good, sentence)
        return sentence
