"""A start that says how far it has come; run as a process of its own by ``tests.bench.start``.

Imports nothing that the real start does not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = (1366, 768)


def say(word: str) -> None:
    """Tell the parent, at once."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def resident_kb() -> int:
    """What this process holds in memory, KiB; where the system does not say, the most it ever held."""
    try:
        fields = Path("/proc/self/statm").read_text("ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def paint(app: Any, done: Callable[[], bool]) -> None:
    """Let the events run until ``done``, and then until nothing more is waiting."""
    while not done():
        app.processEvents()
    app.sendPostedEvents()
    app.processEvents()


def bare() -> None:
    """An empty window."""
    from PySide6.QtWidgets import QApplication, QWidget

    app = QApplication([])
    window = QWidget()
    window.resize(*SIZE)
    window.show()
    paint(app, lambda: True)
    say("shown")


def till(folder: Path) -> None:
    """The till as ``main.py run`` starts it, with somebody logged in as soon as the lock screen is there."""
    import main
    from pos_desktop.settings import load

    settings = load(folder, os.environ)
    running = main.build(settings, with_sync=False)
    try:
        show(running.till, settings)
    finally:
        running.close()


def show(services: Any, settings: Any) -> None:
    """Show the lock screen, then the sale screen."""
    from pos_desktop.services.views import Session
    from ui.app import MainWindow, create_application

    app = create_application(["till"])
    window = MainWindow(services, settings)
    window.resize(*SIZE)
    window.show()
    paint(app, lambda: not window.desk.tasks.busy)
    say("lock")
    window.desk.session = Session(services.staff.employees()[0], window.desk.now())
    window.go("sale")
    paint(app, lambda: not window.desk.tasks.busy and window.screen_name == "sale")
    say("sale")
    say(f'{{"resident_kb": {resident_kb()}}}')
    window.close()


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        bare()
        say(f'{{"resident_kb": {resident_kb()}}}')
    else:
        till(Path(sys.argv[2]))
