"""The look: one table of tokens for each theme, one stylesheet made from it, icons in its colours.

No colour, radius or type size stands anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources

GRID = 8
RADIUS = 8
TOUCH = 48
TOUCH_PRIMARY = 64
BAR = 56


class Type(IntEnum):
    """Sizes of letters, pixels."""

    SMALL = 14
    BODY = 16
    TITLE = 20
    BIG = 28
    HUGE = 44


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour of a theme.

    Args:
        ground: behind everything; ``surface`` cards, lists and keys; ``raised`` bars and strips.
        line: hairlines; ``line_strong`` the edge of something that can be touched.
        text, soft, faint: what is read, what is read second, what is switched off.
        accent: the fill of the next step; ``on_accent`` on it; ``accent_text`` the accent as a letter;
            ``accent_soft`` behind what is chosen.
        done, warn, bad: money taken, attention, refusal; ``_soft`` the ground under each.
        pressed: a key that is held down.
    """

    ground: str
    surface: str
    raised: str
    line: str
    line_strong: str
    text: str
    soft: str
    faint: str
    accent: str
    accent_pressed: str
    on_accent: str
    accent_text: str
    accent_soft: str
    done: str
    on_done: str
    done_text: str
    done_soft: str
    warn_text: str
    warn_soft: str
    bad: str
    on_bad: str
    bad_text: str
    bad_soft: str
    pressed: str


LIGHT = Tokens(
    ground="#eef0f3",
    surface="#ffffff",
    raised="#f8f9fb",
    line="#dce0e6",
    line_strong="#c3cad4",
    text="#12161c",
    soft="#4b5563",
    faint="#8b94a1",
    accent="#1f4fd6",
    accent_pressed="#173da8",
    on_accent="#ffffff",
    accent_text="#1b46c2",
    accent_soft="#e6edfd",
    done="#13713c",
    on_done="#ffffff",
    done_text="#11653a",
    done_soft="#e2f3e8",
    warn_text="#7a4700",
    warn_soft="#fff0d1",
    bad="#b3261e",
    on_bad="#ffffff",
    bad_text="#a4221a",
    bad_soft="#fde8e6",
    pressed="#dde3ea",
)

DARK = Tokens(
    ground="#0f1318",
    surface="#191f27",
    raised="#141a21",
    line="#2a333f",
    line_strong="#414d5d",
    text="#f1f4f8",
    soft="#aeb8c6",
    faint="#6d7886",
    accent="#2f63e6",
    accent_pressed="#244fbd",
    on_accent="#ffffff",
    accent_text="#8fb1ff",
    accent_soft="#1c2a4a",
    done="#1b7a45",
    on_done="#ffffff",
    done_text="#6fd69a",
    done_soft="#143324",
    warn_text="#f6c46b",
    warn_soft="#3a2c10",
    bad="#c2382f",
    on_bad="#ffffff",
    bad_text="#ff9d94",
    bad_soft="#3d1b19",
    pressed="#2d3744",
)

THEMES: Mapping[str, Tokens] = {"light": LIGHT, "dark": DARK}

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("text", "soft") for ground in ("ground", "surface", "raised", "accent_soft")),
    *((text, ground) for text in ("accent_text", "bad_text") for ground in ("ground", "surface", "raised")),
    ("text", "pressed"),
    ("text", "warn_soft"),
    ("text", "bad_soft"),
    ("text", "done_soft"),
    ("soft", "warn_soft"),
    ("soft", "bad_soft"),
    ("soft", "done_soft"),
    ("accent_text", "accent_soft"),
    ("on_accent", "accent"),
    ("on_accent", "accent_pressed"),
    ("on_done", "done"),
    ("on_bad", "bad"),
    ("done_text", "surface"),
    ("done_text", "done_soft"),
    ("warn_text", "surface"),
    ("warn_text", "warn_soft"),
    ("bad_text", "bad_soft"),
)
"""Which letters stand on which ground; each pair keeps a contrast of 4.5 : 1 or more (WCAG 2.2, 1.4.3)."""


def contrast(one: str, other: str) -> float:
    """Contrast of two colours ``#rrggbb``, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of a colour ``#rrggbb``, 0 to 1 (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(colour: str) -> str:
    """White, or black where white would not be seen, for a picture on ``colour`` (``#rrggbb``).

    Both can be seen on colours of middle brightness; white there, so that neighbours look alike (WCAG 2.2, 1.4.11).
    """
    return "#ffffff" if contrast("#ffffff", colour) >= 3 else "#000000"


def load_fonts() -> None:
    """Make the bundled letters known to Qt, so that the till looks the same where no font is installed.

    Raises:
        RuntimeError: when a font file cannot be read: without it every letter would be an empty box.
    """
    for name in resources.names("fonts"):
        if name.endswith(".ttf") and QFontDatabase.addApplicationFont(str(resources.path(name))) < 0:
            raise RuntimeError(name)


def font(size: int = Type.BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Inter with figures of one width, ``size`` in pixels."""
    result = QFont("Inter")
    result.setPixelSize(int(size))
    result.setWeight(weight)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


class Theme(QObject):
    """The theme in use. Widgets that paint themselves read ``tokens`` and repaint on ``changed``."""

    changed = Signal()

    def __init__(self, name: str = "light") -> None:
        super().__init__()
        self.name = name
        self.tokens = THEMES[name]
        self._icons: dict[tuple[str, str, int, float], QPixmap] = {}
        self._colours: dict[str, QColor] = {}

    def use(self, name: str) -> None:
        """Switch to another theme.

        Raises:
            KeyError: for a theme that is not in :data:`THEMES`.
        """
        self.tokens = THEMES[name]
        self.name = name
        self._colours.clear()
        self.changed.emit()

    def colour(self, token: str) -> QColor:
        """The colour of a token by its name."""
        if token not in self._colours:
            self._colours[token] = QColor(str(getattr(self.tokens, token)))
        return self._colours[token]

    def pixmap(self, icon: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """An icon of the bundled family.

        Args:
            icon: file name without ending, such as ``wifi-off``.
            colour: ``#rrggbb``.
            size: edge in logical pixels; ``ratio`` device pixels for each.
        """
        key = (icon, colour, size, ratio)
        if key not in self._icons:
            self._icons[key] = _render(icon, colour, size, ratio)
        return self._icons[key]

    def icon(self, icon: str, colour: str = "text", size: int = 24) -> QIcon:
        """An icon in the colour of a token (by its name), for Qt widgets that take one."""
        return QIcon(self.pixmap(icon, str(getattr(self.tokens, colour)), size, 2.0))

    def stylesheet(self) -> str:
        """The one stylesheet, made from the tokens."""
        sheet = resources.text("styles/till.qss")
        return re.sub(r"@([a-z_]+)", lambda token: str(getattr(self.tokens, token[1])), sheet)


def _render(icon: str, colour: str, size: int, ratio: float) -> QPixmap:
    svg = resources.text(f"icons/{icon}.svg").replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
