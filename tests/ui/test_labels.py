from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_desktop.services.views import BasketView
from tests.ui.fake_shop import CUSTOMERS, NOW, SHOP, known
from tests.ui.fake_till import FakeTill
from ui.sale_model import customer_lines
from ui.text import Texts
from ui.theme import Theme, font
from ui.widgets.customer_strip import CustomerStrip
from ui.widgets.labels import ElidedLabel, elided
from ui.widgets.last_band import ArticleName

CARD = "MASTERCARD **** 1234"


def test_a_text_with_room_is_whole(qapp: QApplication) -> None:
    assert elided(CARD, QFontMetrics(font()), 1_000, 4) == CARD


@pytest.mark.parametrize("share", [30, 50, 70, 90])
def test_the_end_that_must_stay_stays(qapp: QApplication, share: int) -> None:
    metrics = QFontMetrics(font())
    room = metrics.horizontalAdvance(CARD) * share // 100
    text = elided(CARD, metrics, room, 4)
    assert text.endswith("1234")
    assert "\N{HORIZONTAL ELLIPSIS}" in text
    assert metrics.horizontalAdvance(text) <= room


def test_without_such_an_end_the_end_is_what_goes(qapp: QApplication) -> None:
    assert elided(CARD, QFontMetrics(font()), 80).endswith("\N{HORIZONTAL ELLIPSIS}")


def test_a_label_is_never_squeezed_below_the_end_that_must_stay(qtbot: QtBot) -> None:
    label = ElidedLabel(CARD, tail=4)
    qtbot.addWidget(label)
    label.resize(label.minimumSizeHint())
    assert label.shown.endswith("1234")


def test_tier_and_vip_stay_in_sight_behind_a_long_name(till: FakeTill, qtbot: QtBot) -> None:
    jane = replace(CUSTOMERS[1], first_name="Maximiliane-Charlotte", last_name="Freifrau von und zu Hohenstein-Oberau")
    basket: BasketView = till.baskets.start("emp_1", "term_001")
    lines = customer_lines(replace(basket, customer=known(jane)), SHOP.programme, Texts("en"), NOW)
    strip = CustomerStrip(Theme(), "F5")
    qtbot.addWidget(strip)
    strip.show_lines(lines)
    assert lines.icon == "crown"
    assert lines.head.endswith(lines.marks)
    assert lines.marks == " · PLATINUM · VIP"
    shown = elided(lines.head, QFontMetrics(font()), 400, len(lines.marks))
    assert shown.startswith("Maximiliane")
    assert shown.endswith("\N{HORIZONTAL ELLIPSIS} · PLATINUM · VIP")


def test_a_long_article_is_written_on_two_lines(qtbot: QtBot) -> None:
    short, long = (
        ArticleName(name, "big") for name in ("Bananas", "Organic wholegrain spelt muesli with hazelnuts and raisins")
    )
    rows = []
    for name in (short, long):
        qtbot.addWidget(name)
        name.setFont(font(28))
        name.resize(QSize(320, 56))
        image = name.grab().toImage()
        ground = image.pixelColor(image.width() - 1, 0)
        inked = [any(image.pixelColor(x, y) != ground for x in range(image.width())) for y in range(image.height())]
        rows.append(sum(1 for here, before in zip(inked, [False, *inked[:-1]], strict=True) if here and not before))
    assert rows[0] == 1
    assert rows[1] >= 2
