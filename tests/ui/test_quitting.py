"""A till that is asked to stop from outside closes its window as a person would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import main

PATIENCE_S = 60

WINDOW = """
import os, signal, sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QWidget
from ui.quitting import quit_when_asked

class Window(QWidget):
    def closeEvent(self, event: QCloseEvent) -> None:
        print("closed", flush=True)
        super().closeEvent(event)

app = QApplication(["till"])
window = Window()
window.show()
clock = QTimer(window)
clock.timeout.connect(lambda: None)
clock.start(20)
quit_when_asked()
QTimer.singleShot(0, lambda: os.kill(os.getpid(), getattr(signal, sys.argv[1])))
sys.exit(app.exec())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process that is sent a signal")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_window_is_closed_and_the_program_ends_well(name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WINDOW, name],
        cwd=Path(main.__file__).parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "closed\n"), ended.stderr
