"""The line that says what happened. It has a place of its own and covers nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from ui.theme import GRID, TOUCH_PRIMARY, Theme
from ui.widgets.labels import label

ICONS = {"info": "info", "done": "circle-check", "warn": "triangle-alert", "bad": "triangle-alert"}
GROUNDS = {"": "raised", "info": "accent_soft", "done": "done_soft", "warn": "warn_soft", "bad": "bad_soft"}
INKS = {"info": "accent_text", "done": "done_text", "warn": "warn_text", "bad": "bad_text"}


class MessageLine(QFrame):
    """Says one thing until the next action, or until it is tapped away.

    Signals:
        dismissed(): it was tapped.
    """

    dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tone = ""
        self.setFixedHeight(TOUCH_PRIMARY)
        self.setObjectName("message")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 0, GRID, 0)
        row.setSpacing(GRID + 4)
        self._icon = QLabel()
        self._text = label("", "small", wrap=True)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self._icon.hide()
        theme.changed.connect(self._paint)
        self._paint()

    @property
    def text(self) -> str:
        """What it says now, empty when nothing."""
        return self._text.text()

    @property
    def tone(self) -> str:
        """``info``, ``done``, ``warn``, ``bad`` or empty."""
        return self._tone

    def say(self, text: str, tone: str = "info") -> None:
        """Say ``text``; ``tone`` is ``info``, ``done``, ``warn`` or ``bad``."""
        self._tone = tone if text else ""
        self._text.setText(text)
        self.setAccessibleName(text)
        self._paint()

    def clear(self) -> None:
        """Say nothing."""
        self.say("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A tap takes the message away."""
        if event.button() == Qt.MouseButton.LeftButton and self._tone:
            self.clear()
            self.dismissed.emit()

    def _paint(self) -> None:
        tokens = self._theme.tokens
        ground = getattr(tokens, GROUNDS[self._tone])
        self.setStyleSheet(f"QFrame#message {{ background: {ground}; border-bottom: 1px solid {tokens.line}; }}")
        self._icon.setVisible(bool(self._tone))
        if self._tone:
            ink = getattr(tokens, INKS[self._tone])
            self._icon.setPixmap(self._theme.pixmap(ICONS[self._tone], ink, 24, self.devicePixelRatioF()))
