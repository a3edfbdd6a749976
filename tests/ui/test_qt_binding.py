"""The Qt binding must be one that this Python can live with."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QWidget


def test_calls_that_return_nothing_keep_the_count_of_none(qapp: QApplication) -> None:
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(1_000):
        widget.update()
    # PySide6 6.12.0 gives away one reference with each call on Python 3.11, and the interpreter ends when none is left.
    assert sys.getrefcount(None) > before - 500
