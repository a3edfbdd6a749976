"""How the till stands with the centre, always in sight. Offline is a state, not an error."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from pos_desktop.services.views import SyncState, SyncStatus
from ui.text import Texts
from ui.theme import GRID, RADIUS, TOUCH, Theme, Type, font

LOOKS: dict[SyncState, tuple[str, str, str]] = {
    SyncState.UP_TO_DATE: ("cloud", "done_text", "raised"),
    SyncState.SENDING: ("refresh-cw", "accent_text", "raised"),
    SyncState.OFFLINE: ("cloud-off", "warn_text", "warn_soft"),
    SyncState.SETTING_UP: ("hourglass", "accent_text", "accent_soft"),
    SyncState.REFUSED: ("triangle-alert", "bad_text", "bad_soft"),
    SyncState.STOPPED: ("cloud-off", "warn_text", "warn_soft"),
}


def chip_text(texts: Texts, status: SyncStatus, now: str) -> tuple[str, str]:
    """The two lines of the chip: the state with its age, and what waits; the second may be empty."""
    if status.parked:
        return texts.t("chip.refused"), texts.t("chip.parked", n=status.parked)
    since = texts.recent(status.since, now) if status.since else ""
    key = f"chip.{status.state.value}"
    head = texts.t(f"{key}_since", since=since) if since and texts.has(f"{key}_since") else texts.t(key)
    return head, texts.t("chip.to_send", n=status.pending) if status.pending else ""


class SyncChip(QAbstractButton):
    """Shows :class:`SyncStatus`; a tap opens the sync panel."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme = theme
        self._texts = texts
        self._lines = ("", "")
        self._look = LOOKS[SyncState.UP_TO_DATE]
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(TOUCH)
        theme.changed.connect(self.update)

    def show_status(self, status: SyncStatus, now: str) -> None:
        """Show ``status`` as seen at ``now`` (UTC ISO 8601)."""
        self._lines = chip_text(self._texts, status, now)
        self._look = LOOKS[SyncState.REFUSED if status.parked else status.state]
        self.setAccessibleName(" · ".join(line for line in self._lines if line))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its longer line."""
        metrics = QFontMetrics(font(Type.SMALL))
        return QSize(24 + 3 * GRID + max(metrics.horizontalAdvance(line) for line in self._lines), TOUCH)

    def minimumSizeHint(self) -> QSize:
        """Never squeezed: it is short, and it must be read."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Icon, and one or two lines."""
        icon, ink, ground = self._look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._theme.colour
        painter.setPen(QPen(colour("accent_text"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(colour("pressed" if self.isDown() else ground))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        pixmap = self._theme.pixmap(icon, colour(ink).name(), 24, self.devicePixelRatioF())
        painter.drawPixmap(GRID, (self.height() - 24) // 2, pixmap)
        painter.setFont(font(Type.SMALL))
        lines = [line for line in self._lines if line]
        height = QFontMetrics(painter.font()).height()
        y = (self.height() - height * len(lines)) // 2
        for number, line in enumerate(lines):
            painter.setPen(colour(ink) if number == 0 else QColor(colour("text")))
            row = QRect(24 + 2 * GRID, y, self.width() - 24 - 2 * GRID, height)
            painter.drawText(row, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line)
            y += height
        painter.end()
