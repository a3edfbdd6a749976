"""The line that says what happened. It has a place of its own and covers nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from ui.theme import BAR, GRID, Theme
from ui.widgets.buttons import ActionButton
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
        self._calm = False
        self.setFixedHeight(BAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 0, GRID, 0)
        row.setSpacing(GRID + 4)
        self._icon = QLabel()
        self._text = label("", "small", wrap=True)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self.action = ActionButton(theme)
        self.action.hide()
        self.action.clicked.connect(self._act)
        self._do: Callable[[], None] | None = None
        row.addWidget(self.action)
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

    def say(
        self, text: str, tone: str = "info", action: str = "", do: Callable[[], None] | None = None, hint: str = ""
    ) -> None:
        """Say something.

        Args:
            text: a sentence.
            tone: ``info``, ``done``, ``warn`` or ``bad``.
            action: the word of a button beside it that calls ``do``; ``hint`` the key that does the same.
        """
        self._do = do
        self.action.setVisible(do is not None)
        if do is not None:
            self.action.set_text(action, hint)
        self._tone = tone if text else ""
        self._text.setText(text)
        self.setAccessibleName(text)
        self._paint()

    def calm(self) -> None:
        """Have no ground of its own while there is nothing to say."""
        self._calm = True
        self._paint()

    def clear(self) -> None:
        """Say nothing."""
        if self._tone:
            self.say("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A tap takes the message away."""
        if event.button() == Qt.MouseButton.LeftButton and self._tone:
            self.clear()
            self.dismissed.emit()

    def _act(self) -> None:
        do = self._do
        self.clear()
        if do is not None:
            do()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of its tone, and a hairline."""
        if self._calm and not self._tone:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour(GROUNDS[self._tone]))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), self._theme.colour("line"))
        painter.end()

    def _paint(self) -> None:
        self._icon.setVisible(bool(self._tone))
        if self._tone:
            ink = getattr(self._theme.tokens, INKS[self._tone])
            self._icon.setPixmap(self._theme.pixmap(ICONS[self._tone], ink, 24, self.devicePixelRatioF()))
        self.update()
