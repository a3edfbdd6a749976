"""From the last key of a scanner's burst to the painted line, beside one row into a bare QTableView, painted.

Both windows are of the same size and both are watched in the same way: the time runs from before the Enter key is handed
to the application until the window has painted everything that the new line has changed and flushed it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView, QVBoxLayout, QWidget

from pos_desktop.services.views import Session
from tests.bench import commit, shop_files
from tests.bench.measure import Figure
from ui.app import MainWindow, create_application
from ui.screens.sale import SaleScreen

AIM = 1.5
SIZE = (1366, 768)
LINES = 12
PATIENCE_S = 10.0
WAIT = QEventLoop.ProcessEventsFlag.WaitForMoreEvents


class PaintWatch(QObject):
    """Notes when a window has painted a new line and flushed it.

    Args:
        window: top-level.
        table: where the line appears.
    """

    def __init__(self, window: QWidget, table: QTableView) -> None:
        super().__init__()
        self._window, self._table = window, table
        self._viewport = table.viewport()
        self._rows_before = 0
        self._line_in_it = False
        self.flushed_ns = 0
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)

    def expect_line(self) -> None:
        """Wait for one row more than there are now."""
        self._rows_before = self._table.model().rowCount()
        self.flushed_ns = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """See a repaint of the window through, then note the time."""
        if watched is self._viewport and event.type() == QEvent.Type.Paint:
            self._line_in_it = self._table.model().rowCount() > self._rows_before
        if watched is not self._window or event.type() != QEvent.Type.UpdateRequest:
            return False
        self._line_in_it = False
        self._window.event(event)
        if self._line_in_it:
            self.flushed_ns = perf_counter_ns()
        return True

    def stop(self) -> None:
        """Watch no longer."""
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)


class BareWindow(QWidget):
    """A table in a window that takes a row at every Enter, in Qt's own classes throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.table = QTableView()
        self.rows = QStandardItemModel(0, 3)
        self.table.setModel(self.rows)
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        self.resize(*SIZE)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """One row."""
        self.rows.appendRow([QStandardItem(text) for text in ("1", "Whole milk 3.5 % 1 l", "1.29")])
        self.table.scrollToBottom()


def measure(folder: Path, rounds: int, warm_up: int = 3) -> dict[str, Figure]:
    """Scan different goods into baskets of up to twelve lines, in the real window.

    Args:
        folder: holds a replica with the demo shop.
    """
    app = create_application(["bench"])
    figure = Figure(AIM, "one row into a bare QTableView in a bare window of the same size, painted")
    figure.notes = {"platform": app.platformName(), "window": list(SIZE), "most_lines": LINES}
    with shop_files.open_bench_till(folder) as bench, _sale_window(bench) as window, _bare_window() as bare:
        codes = commit.piece_codes(bench.till)
        screen = window.current
        assert isinstance(screen, SaleScreen)
        watch = PaintWatch(window, screen.parts.table)
        bare_watch = PaintWatch(bare, bare.table)
        for turn in range(rounds + warm_up):
            if turn % LINES == 0:
                _empty_basket(window, screen)
                bare.rows.removeRows(0, bare.rows.rowCount())
                _settle(window)
            ours_ns = _scan(window, watch, codes[turn % len(codes)])
            _settle(window)
            floor_ns = _bare_row(bare, bare_watch)
            if turn >= warm_up:
                figure.ours_ns.append(ours_ns)
                figure.floor_ns.append(floor_ns)
        watch.stop()
        bare_watch.stop()
    return {"scan": figure}


@contextmanager
def _sale_window(bench: shop_files.BenchTill) -> Iterator[MainWindow]:
    window = MainWindow(bench.till, bench.settings)
    try:
        window.resize(*SIZE)
        window.show()
        employee = bench.till.staff.employees()[0]
        window.desk.session = Session(employee, window.desk.now())
        window.go("sale")
        _settle(window)
        yield window
    finally:
        window.close()
        window.deleteLater()


@contextmanager
def _bare_window() -> Iterator[BareWindow]:
    bare = BareWindow()
    try:
        bare.show()
        yield bare
    finally:
        bare.close()
        bare.deleteLater()


def _empty_basket(window: MainWindow, screen: SaleScreen) -> None:
    if screen.parts.table.lines.rows:
        screen.void("bench")
    _until(lambda: not window.desk.tasks.busy and not screen.parts.table.lines.rows)


def _scan(window: MainWindow, watch: PaintWatch, code: str) -> int:
    for character in code:
        _press(window, Qt.Key(ord(character)), character)
    watch.expect_line()
    began_ns = perf_counter_ns()
    _press(window, Qt.Key.Key_Return, "\r")
    _until(lambda: watch.flushed_ns > 0)
    return watch.flushed_ns - began_ns


def _bare_row(bare: BareWindow, watch: PaintWatch) -> int:
    watch.expect_line()
    began_ns = perf_counter_ns()
    _press(bare, Qt.Key.Key_Return, "\r")
    _until(lambda: watch.flushed_ns > 0)
    return watch.flushed_ns - began_ns


def _press(window: QWidget, key: Qt.Key, text: str) -> None:
    focused: QWidget | None = window.focusWidget()
    target = window if focused is None else focused
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))


def _settle(window: MainWindow) -> None:
    _until(lambda: not window.desk.tasks.busy)
    QCoreApplication.processEvents()


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        QCoreApplication.processEvents(WAIT)
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not get there")
