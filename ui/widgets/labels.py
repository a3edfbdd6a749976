"""Labels whose size and meaning come from the stylesheet, and that never push a layout wider than the screen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget


def label(text: str = "", role: str = "body", tone: str = "", *, wrap: bool = False) -> QLabel:
    """A label.

    Args:
        role: ``small``, ``body``, ``strong``, ``title``, ``big`` or ``huge``.
        tone: ``soft``, ``accent``, ``done``, ``warn``, ``bad`` or empty.
        wrap: break into lines rather than widen.
    """
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setProperty("role", role)
    result.setProperty("tone", tone)
    result.setWordWrap(wrap)
    return result


def set_tone(widget: QLabel, tone: str) -> None:
    """Change the meaning of a label and have it painted so."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        repolish(widget)


def repolish(widget: QWidget) -> None:
    """Apply the stylesheet again after a property that it looks at has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def rule() -> QFrame:
    """A hairline."""
    line = QFrame()
    line.setProperty("rule", True)
    line.setFixedHeight(1)
    return line


def elided(text: str, metrics: QFontMetrics, width: int, tail: int = 0) -> str:
    """As much of a text as ``width`` pixels hold, an ellipsis in place of the rest.

    Args:
        tail: so many characters at the end are never given up.
    """
    if not tail or metrics.horizontalAdvance(text) <= width:
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
    head, end = text[:-tail], text[-tail:]
    return metrics.elidedText(head, Qt.TextElideMode.ElideRight, width - metrics.horizontalAdvance(end)) + end


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis when there is no room; the whole stays readable to a screen reader.

    Args:
        tail: so many characters at the end stay whatever happens.
    """

    def __init__(self, text: str = "", role: str = "body", tone: str = "", *, tail: int = 0) -> None:
        super().__init__(text)
        self._tail = tail
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setProperty("tone", tone)

    def minimumSizeHint(self) -> QSize:
        """Next to nothing: it gives way to everything else, but for what must stay."""
        metrics = QFontMetrics(self.font())
        end = metrics.horizontalAdvance("\N{HORIZONTAL ELLIPSIS}" + self.text()[-self._tail :]) if self._tail else 16
        return QSize(end, super().minimumSizeHint().height())

    def set_text(self, text: str, tail: int) -> None:
        """Change the text, and how many characters of its end stay."""
        self._tail = tail
        self.setText(text)

    @property
    def shown(self) -> str:
        """What can be read of it."""
        return elided(self.text(), QFontMetrics(self.font()), self.width(), self._tail)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much as fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()) | int(Qt.TextFlag.TextSingleLine), self.shown)
        painter.end()
