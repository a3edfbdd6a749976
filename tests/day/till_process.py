"""The till of the day, in a process of its own so that it can be killed: a part of the story, and lines that tell of it.

Out, one JSON object a line: ``{"at": "mid_basket", ...}``. At a place where the day goes on outside (a server killed,
this process killed) it waits for a line on its input.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

from PySide6.QtTest import QTest

import main as till_program
from pos_desktop.settings import load
from tests.day import story
from tests.day.cashier import LOOK_MS, Cashier
from ui.app import MainWindow, create_application


class Stage:
    """The way to the director of the day and back."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._read, name="director", daemon=True).start()

    def tell(self, at: str, **values: object) -> None:
        """Say where the story is."""
        print(json.dumps({"at": at, **values}), flush=True)

    def wait_for_director(self, at: str, **values: object) -> None:
        """Say where the story is and hold still until told to go on; the window goes on living."""
        self.tell(at, **values)
        while True:
            try:
                self._lines.get_nowait()
                return
            except Empty:
                QTest.qWait(LOOK_MS)

    def _read(self) -> None:
        for line in sys.stdin:
            self._lines.put(line.strip())


def main() -> int:
    """Play one part.

    Returns:
        The exit code.
    """
    options = argparse.ArgumentParser()
    options.add_argument("part", choices=sorted(story.PARTS))
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--shots", type=Path, required=True)
    given = options.parse_args()
    settings = load(given.data_dir, os.environ)
    app = create_application(["till"])
    running = till_program.build(settings)
    window = MainWindow(running.till, running.till.settings)
    window.resize(1024, 768)
    window.show()
    window.activateWindow()
    stage = Stage()
    try:
        story.PARTS[given.part](Cashier(window, given.shots), stage)
        stage.tell("end")
    finally:
        window.close()
        app.processEvents()
        running.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
