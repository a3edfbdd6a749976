"""Being asked to stop from outside: Ctrl-C, the end of a session, a closed terminal."""

from __future__ import annotations

import signal
from types import FrameType

from PySide6.QtCore import QCoreApplication


def quit_when_asked() -> None:
    """Close the window as a person would when a signal asks for it.

    Python hears of a signal only when it is given a turn; the clock of the window gives it one every second. Left alone,
    an interrupt would be raised in the middle of whatever Qt was calling.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _quit)


def _quit(_number: int, _frame: FrameType | None) -> None:
    QCoreApplication.quit()
