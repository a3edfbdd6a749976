"""Buttons that paint themselves from the theme: a word, its key, an icon, and an answer to the finger at once."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui.theme import GRID, RADIUS, TOUCH, Theme, Type, font

STACKED_MARGIN = 3
SMALLER = (Type.TITLE, Type.BODY, Type.SMALL)


class Kind(StrEnum):
    """What pressing it means."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DONE = "done"
    QUIET = "quiet"
    DANGER = "danger"


class Face(StrEnum):
    """How word, key and icon are arranged."""

    ROW = "row"
    STACKED = "stacked"
    SPREAD = "spread"


class ActionButton(QAbstractButton):
    """A button with a word, and beside or under it the key that does the same.

    Args:
        theme: colours.
        text: the word.
        hint: the key as printed, such as ``F2``; empty for none.
        icon: name of an icon, empty for none.
        kind: what pressing it means.
        face: ``ROW`` centres icon, word and key; ``STACKED`` puts the key under the word; ``SPREAD`` puts the word
            at the left and the key at the right.
        size: of the word, pixels; ``height`` smallest height, pixels.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        hint: str = "",
        icon: str = "",
        kind: Kind = Kind.PLAIN,
        face: Face = Face.ROW,
        size: int = Type.BODY,
        height: int = TOUCH,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._hint = hint
        self._icon = icon
        self._kind = kind
        self._face = face
        self._size = size
        self._weight = QFont.Weight.DemiBold if kind in (Kind.PRIMARY, Kind.DONE) else QFont.Weight.Medium
        self.setMinimumHeight(height)
        self.setMinimumWidth(TOUCH)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)
        self.set_text(text, hint)
        theme.changed.connect(self.update)

    def set_text(self, text: str, hint: str | None = None) -> None:
        """Change the word, and the printed key when given."""
        if text == self.text() and hint in (None, self._hint) and self.accessibleName():
            return
        self.setText(text)
        if hint is not None:
            self._hint = hint
        if not self.property("named"):
            self.setAccessibleName(" ".join(part for part in (text.replace("\n", " "), self._hint) if part))
        self.updateGeometry()
        self.update()

    def name_it(self, name: str) -> None:
        """Say what it does to who cannot see it, for a button whose face is only an icon."""
        self.setProperty("named", True)
        self.setAccessibleName(name)

    def set_kind(self, kind: Kind) -> None:
        """Change what pressing it means."""
        self._kind = kind
        self.update()

    def set_icon(self, icon: str) -> None:
        """Change the icon."""
        self._icon = icon
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for its word, as high as its smallest height."""
        hint = QFontMetrics(font(Type.SMALL))
        width = self._width_of_word(font(self._size, self._weight))
        if self._face is Face.STACKED:
            width = max(width, hint.horizontalAdvance(self._hint))
        elif self._hint:
            width += GRID + hint.horizontalAdvance(self._hint)
        if self._icon and self._face is not Face.STACKED:
            width += 24 + (GRID if self.text() else 0)
        padding = 2 * GRID if self._face is Face.STACKED or not self.text() else 4 * GRID
        return QSize(max(width + padding, TOUCH), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        """May be squeezed down to a finger's width; the word is then elided."""
        return QSize(TOUCH, self.minimumHeight())

    def shows_whole_word(self) -> bool:
        """Whether its word is painted in full, not elided."""
        return self._width_of_word(self._letters()) <= self._room()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint when switched on or off."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, ring for the keyboard, then icon, word and key."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, edge, ink, soft = self._colours()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(edge, 1) if edge.alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._ring(), 2))
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), RADIUS - 2, RADIUS - 2)
        self._paint_face(painter, self.rect().adjusted(GRID, 0, -GRID, 0), ink, soft)
        painter.end()

    def _ring(self) -> QColor:
        filled = self._kind in (Kind.PRIMARY, Kind.DONE) or (self._kind is Kind.DANGER and self.isDown())
        return self._theme.colour("on_accent" if filled and self.isEnabled() else "accent_text")

    def _colours(self) -> tuple[QColor, QColor, QColor, QColor]:
        tokens, held = self._theme.tokens, self.isDown()
        none = QColor(0, 0, 0, 0)
        if not self.isEnabled():
            quiet = self._kind is Kind.QUIET
            fill = none if quiet else QColor(tokens.raised)
            return fill, none if quiet else QColor(tokens.line), QColor(tokens.faint), QColor(tokens.faint)
        if self._kind is Kind.PRIMARY:
            fill = QColor(tokens.accent_pressed if held else tokens.accent)
            return fill, none, QColor(tokens.on_accent), QColor(tokens.on_accent)
        if self._kind is Kind.DONE:
            fill = QColor(tokens.done).darker(118) if held else QColor(tokens.done)
            return fill, none, QColor(tokens.on_done), QColor(tokens.on_done)
        if self.isChecked():
            ink = QColor(tokens.accent_text)
            return QColor(tokens.accent_soft), ink, ink, QColor(tokens.soft)
        ink = QColor(tokens.bad_text if self._kind is Kind.DANGER else tokens.text)
        if self._kind is Kind.QUIET:
            return QColor(tokens.pressed) if held else none, none, ink, QColor(tokens.soft)
        fill = QColor(tokens.pressed if held else tokens.surface)
        return fill, QColor(tokens.line_strong), ink, QColor(tokens.soft)

    def _paint_face(self, painter: QPainter, box: QRect, ink: QColor, soft: QColor) -> None:
        if self._face is Face.STACKED:
            self._paint_stacked(painter, box, ink, soft)
            return
        words, small = self._letters(), font(Type.SMALL)
        hint_width, icon_width, gaps = self._beside()
        text = QFontMetrics(words).elidedText(self.text(), Qt.TextElideMode.ElideRight, self._room())
        width = QFontMetrics(words).horizontalAdvance(text)
        used = icon_width + width + hint_width + gaps
        spread = self._face is Face.SPREAD
        x = box.x() + (GRID if spread else max(0, (box.width() - used) // 2))
        if self._icon:
            self._paint_icon(painter, x, box.center().y() - 11, ink)
            x += icon_width + (GRID if self.text() else 0)
        painter.setFont(words)
        painter.setPen(ink)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(x, box.y(), width + 2, box.height()), int(left), text)
        if self._hint:
            x = box.right() - hint_width - GRID if spread else x + width + GRID
            painter.setFont(small)
            painter.setPen(soft)
            painter.drawText(QRect(x, box.y(), hint_width + 2, box.height()), int(left), self._hint)

    def _beside(self) -> tuple[int, int, int]:
        # Pixels that key, icon and the gaps between them take from the word.
        hint = QFontMetrics(font(Type.SMALL)).horizontalAdvance(self._hint) if self._hint else 0
        gaps = (GRID if self._icon and self.text() else 0) + (GRID if self._hint else 0)
        return hint, 24 if self._icon else 0, gaps

    def _letters(self) -> QFont:
        # A large amount in smaller figures is better than one that ends in an ellipsis.
        letters = font(self._size, self._weight)
        for size in SMALLER:
            if size < self._size and self._width_of_word(letters) > self._room():
                letters = font(size, self._weight)
        return letters

    def _width_of_word(self, letters: QFont) -> int:
        metrics = QFontMetrics(letters)
        return max((metrics.horizontalAdvance(line) for line in self.text().split("\n")), default=0)

    def _room(self) -> int:
        if self._face is Face.STACKED:
            return self.width() - 2 * STACKED_MARGIN
        return self.width() - 2 * GRID - sum(self._beside())

    def _paint_stacked(self, painter: QPainter, box: QRect, ink: QColor, soft: QColor) -> None:
        words, small = self._letters(), font(Type.SMALL)
        lines = self.text().split("\n") if self.text() else []
        metrics, gap = QFontMetrics(words), 2
        height = len(lines) * metrics.height() + (24 + gap if self._icon else 0)
        height += QFontMetrics(small).height() if self._hint else 0
        y = box.y() + (box.height() - height) // 2
        if self._icon:
            self._paint_icon(painter, box.center().x() - 11, y, ink)
            y += 24 + gap
        wide = self.rect().adjusted(STACKED_MARGIN, 0, -STACKED_MARGIN, 0)
        for line in lines:
            painter.setFont(words)
            painter.setPen(ink)
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, wide.width())
            painter.drawText(QRect(wide.x(), y, wide.width(), metrics.height()), Qt.AlignmentFlag.AlignCenter, text)
            y += metrics.height()
        if self._hint:
            painter.setFont(small)
            painter.setPen(soft)
            row = QRect(wide.x(), y, wide.width(), QFontMetrics(small).height())
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, self._hint)

    def _paint_icon(self, painter: QPainter, x: int, y: int, ink: QColor) -> None:
        painter.drawPixmap(x, y, self._theme.pixmap(self._icon, ink.name(), 24, self.devicePixelRatioF()))
