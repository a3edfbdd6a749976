"""Lists for fingers: drag scrolls, a tap is a tap, a swipe to the left is a swipe. One rule for all lists."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QScrollBar

SLOP = 12
SWIPE = 96


class FingerScroll(QObject):
    """Watches the viewport of a scrolling widget.

    Signals:
        pressed(QPoint): a finger came down.
        tapped(QPoint): it went up again where it came down.
        swiped(QPoint): it moved far to the left; the point is where it began.
        released(): it is up, whatever it did.
    """

    pressed = Signal(QPoint)
    tapped = Signal(QPoint)
    swiped = Signal(QPoint)
    released = Signal()

    def __init__(self, area: QAbstractScrollArea, *, sideways: bool = False) -> None:
        super().__init__(area)
        self._area = area
        self._sideways = sideways
        self._from: QPoint | None = None
        self._start = 0
        self._scrolling = False
        if isinstance(area, QAbstractItemView):
            area.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            area.setAutoScroll(False)
        # Qt's own two-finger panning would keep the first touches to itself.
        area.viewport().ungrabGesture(Qt.GestureType.PanGesture)
        area.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the finger; the widget underneath gets no mouse events of its own."""
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            if event.button() is not Qt.MouseButton.LeftButton:
                return False
            self._from = event.position().toPoint()
            self._start = self._bar().value()
            self._scrolling = False
            self.pressed.emit(self._from)
            return True
        if kind == QEvent.Type.MouseMove and self._from is not None:
            self._move(event.position().toPoint())
            return True
        if kind == QEvent.Type.MouseButtonRelease and self._from is not None:
            self._up(event.position().toPoint())
            return True
        return False

    def _move(self, point: QPoint) -> None:
        assert self._from is not None
        moved = point - self._from
        along = moved.x() if self._sideways else moved.y()
        if abs(along) > SLOP:
            self._scrolling = True
        if self._scrolling:
            self._bar().setValue(self._start - along)

    def _up(self, point: QPoint) -> None:
        assert self._from is not None
        start, self._from = self._from, None
        moved = point - start
        self.released.emit()
        if self._scrolling:
            return
        if not self._sideways and moved.x() < -SWIPE and abs(moved.y()) <= SLOP:
            self.swiped.emit(start)
        elif abs(moved.x()) <= SLOP:
            self.tapped.emit(start)

    def _bar(self) -> QScrollBar:
        return self._area.horizontalScrollBar() if self._sideways else self._area.verticalScrollBar()
