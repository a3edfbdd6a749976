"""Fonts load, icons can be drawn and coloured, and each brings its licence."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QRawFont
from PySide6.QtSvg import QSvgRenderer

import resources

pytestmark = pytest.mark.usefixtures("qapp")

FONTS = {"Inter-Regular": 400, "Inter-Medium": 500, "Inter-SemiBold": 600, "Inter-Bold": 700}
TILL_ICONS = (
    "banknote",
    "credit-card",
    "scan-barcode",
    "wifi-off",
    "wifi",
    "refresh-cw",
    "cloud",
    "cloud-off",
    "lock",
    "unlock",
    "user",
    "user-plus",
    "users",
    "search",
    "plus",
    "minus",
    "x",
    "trash-2",
    "undo-2",
    "pause",
    "play",
    "percent",
    "tag",
    "receipt",
    "printer",
    "mail",
    "qr-code",
    "settings",
    "clock",
    "star",
    "gift",
    "wallet",
    "coins",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "chevron-down",
    "arrow-left",
    "arrow-right",
    "delete",
    "corner-down-left",
    "check",
    "circle-check",
    "triangle-alert",
    "info",
    "shopping-basket",
    "shopping-cart",
    "scale",
    "package",
    "menu",
    "moon",
    "sun",
    "log-out",
    "key-round",
    "badge-check",
    "crown",
    "ban",
    "history",
    "list",
    "grid-3x3",
    "layout-grid",
    "keyboard",
    "hand-coins",
    "loader",
    "hourglass",
    "phone",
    "at-sign",
    "id-card",
    "calculator",
    "file-text",
    "image",
)


def raw_font(name: str) -> QRawFont:
    font = QRawFont()
    data = QByteArray(resources.read_bytes(f"fonts/{name}.ttf"))
    font.loadFromData(data, 16, QFont.HintingPreference.PreferDefaultHinting)
    return font


@pytest.mark.parametrize("name", FONTS)
def test_a_bundled_font_loads_as_inter_with_its_weight(name: str) -> None:
    font = raw_font(name)
    assert font.isValid()
    assert font.familyName().startswith("Inter")
    # usWeightClass of the OS/2 table, bytes 4 and 5 (OpenType): Qt derives a weight of its own from the style's name
    assert int.from_bytes(font.fontTable("OS/2").data()[4:6], "big") == FONTS[name]


def test_the_fonts_have_the_letters_and_signs_of_a_receipt() -> None:
    for name in FONTS:
        font = raw_font(name)
        missing = [sign for sign in "ÄÖÜäöüßéèçñøłž€£¥$×−–…·°½" if not font.supportsCharacter(ord(sign))]
        assert missing == [], name


def test_all_fonts_register_under_one_family() -> None:
    families = set()
    for name in resources.names("fonts"):
        number = QFontDatabase.addApplicationFont(str(resources.path(name)))
        families.update(QFontDatabase.applicationFontFamilies(number))
    assert "Inter" in families


@pytest.mark.parametrize("name", resources.names("icons"))
def test_an_icon_parses_takes_the_colour_of_its_text_and_draws_something(name: str) -> None:
    source = resources.text(name)
    root = ET.fromstring(source)
    assert (root.get("viewBox"), root.get("stroke"), root.get("fill")) == ("0 0 24 24", "currentColor", "none")
    renderer = QSvgRenderer(QByteArray(source.encode()))
    assert renderer.isValid()
    image = QImage(48, 48, QImage.Format.Format_ARGB32)
    image.fill(QColor("transparent"))
    blank = image.copy()
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    assert image != blank


def test_the_icons_that_screens_count_on_are_there() -> None:
    assert {f"icons/{name}.svg" for name in TILL_ICONS} <= set(resources.names("icons"))


@pytest.mark.parametrize(("name", "says"), [("fonts", "SIL OPEN FONT LICENSE"), ("icons", "ISC License")])
def test_a_folder_from_elsewhere_brings_its_licence(name: str, says: str) -> None:
    assert says in resources.text(f"{name}/LICENSE.txt")
