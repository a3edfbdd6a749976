"""Tells a scanner that types like a keyboard from a person who types, whatever has the focus.

A scanner's characters follow each other faster than a hand can (``max_gap_ms``) and end with Enter or Tab. Characters
are therefore held back for that long: a complete burst becomes one ``scanned`` signal and is never typed into a field,
nor does its Enter press a button; everything else is handed on unchanged and in order. Nothing is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication, QWidget

ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
MODIFIER_KEYS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock)
SIGNS_OF_LIFE = frozenset((QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin))
SEPARATORS = "\x1d\x1e\x04"
"""Control characters inside GS1 codes."""


def monotonic_ms() -> int:
    """Milliseconds of a clock that only goes forward."""
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class _Held:
    receiver: QObject
    event: QKeyEvent


class ScanRouter(QObject):
    """An event filter for the whole application.

    Args:
        max_gap_ms: characters that follow faster than this come from a scanner.
        min_length: a burst with fewer characters is typing.
        clock: milliseconds, used for key events that carry no time of their own.

    ``last_input_ms`` is when somebody last touched a key or the glass, by ``clock``: every event of the application passes
    through here, and a second filter would cost as much again.

    Signals:
        scanned(str): a burst is complete.
    """

    scanned = Signal(str)

    def __init__(
        self,
        max_gap_ms: int,
        min_length: int,
        clock: Callable[[], int] = monotonic_ms,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.max_gap_ms = max_gap_ms
        self.min_length = min_length
        self._clock = clock
        self._held: list[_Held] = []
        self._characters = ""
        self._last_ms = 0
        self._armed_ms = 0
        self.last_input_ms = clock()
        self._replaying = False
        self._listening = False
        self._swallow_release: Qt.Key | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_silence)

    def install(self) -> None:
        """Start to listen to every key of the application."""
        _application().installEventFilter(self)
        self._listening = True

    def remove(self) -> None:
        """Hand on what is held, and stop to listen."""
        self.release()
        _application().removeEventFilter(self)
        self._listening = False

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Do not listen inside the block, into which no event comes from outside.

        Making a screen raises thousands of events, none of them a key; looking at each took longer than the making.
        """
        listening, self._listening = self._listening, False
        if listening:
            _application().removeEventFilter(self)
        try:
            yield
        finally:
            self._listening = listening
            if listening:
                _application().installEventFilter(self)

    def idle_ms(self) -> int:
        """Milliseconds since somebody touched a key or the glass."""
        return self._clock() - self.last_input_ms

    @property
    def holding(self) -> bool:
        """Whether characters are being held back right now."""
        return bool(self._held)

    def release(self) -> None:
        """Hand on what is held back, as typing."""
        self._timer.stop()
        held, self._held, self._characters = self._held, [], ""
        self._replaying = True
        try:
            for each in held:
                QCoreApplication.sendEvent(_living(each.receiver), each.event)
        finally:
            self._replaying = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See every key before its widget does."""
        kind = event.type()
        if kind in SIGNS_OF_LIFE:
            self.last_input_ms = self._clock()
        if self._replaying or not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            # Otherwise a default button or shortcut would take the scanner's Enter before the key press arrives.
            if self._characters and event.key() in ENDS:
                event.accept()
                return True
            return False
        if not isinstance(watched, QWindow | QWidget):
            return False
        if kind == QEvent.Type.KeyPress:
            return self._on_press(watched, event)
        if kind == QEvent.Type.KeyRelease:
            return self._on_release(watched, event)
        return False

    def _on_press(self, watched: QObject, event: QKeyEvent) -> bool:
        if event.key() in MODIFIER_KEYS:
            return False
        now_ms = event.timestamp() or self._clock()
        in_burst = bool(self._characters) and now_ms - self._last_ms <= self.max_gap_ms
        if self._held and not in_burst:
            self.release()
        if event.isAutoRepeat():
            self.release()
            return False
        if event.key() in ENDS and in_burst:
            return self._on_end(event)
        if not _is_character(event, in_burst):
            self.release()
            return False
        self._held.append(_Held(watched, event.clone()))
        self._characters += event.text()
        self._last_ms = now_ms
        self._arm()
        return True

    def _on_end(self, event: QKeyEvent) -> bool:
        if len(self._characters) < self.min_length:
            self.release()
            return False
        code = self._characters
        self._timer.stop()
        self._held, self._characters = [], ""
        self._swallow_release = Qt.Key(event.key())
        self.scanned.emit(code)
        return True

    def _on_release(self, watched: QObject, event: QKeyEvent) -> bool:
        if event.key() in MODIFIER_KEYS:
            return False
        if self._swallow_release is not None and event.key() == self._swallow_release:
            self._swallow_release = None
            return True
        if self._held:
            self._held.append(_Held(watched, event.clone()))
            return True
        return False

    def _arm(self) -> None:
        self._armed_ms = self._clock()
        self._timer.start(self.max_gap_ms)

    def _on_silence(self) -> None:
        # A timer that comes late means the screen was busy: the rest of the burst may be waiting in the queue.
        if self._clock() - self._armed_ms > 3 * self.max_gap_ms:
            self._arm()
            return
        self.release()


def _application() -> QCoreApplication:
    app = QCoreApplication.instance()
    assert app is not None
    return app


def _is_character(event: QKeyEvent, in_burst: bool) -> bool:
    text = event.text()
    if len(text) != 1:
        return False
    if text in SEPARATORS:
        return in_burst
    commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    return text.isprintable() and not event.modifiers() & commands


def _living(receiver: QObject) -> QObject:
    # The field may have lost the focus while its character was held; whoever has it now is meant.
    if isinstance(receiver, QWidget):
        return QApplication.focusWidget() or receiver
    return receiver
