"""The row of categories: pushed by a finger, or led on by the keys at its ends."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.theme import TOUCH
from ui.widgets.strip import ChipStrip


@pytest.fixture
def chips(hands: Hands) -> ChipStrip:
    return hands.sale.parts.chips


def in_sight(chips: ChipStrip) -> list[str]:
    """The categories that can be read whole, not hidden by the keys."""
    left = TOUCH if chips.back.isVisible() else 0
    right = chips.width() - (TOUCH if chips.on.isVisible() else 0)
    at = chips.horizontalScrollBar().value()
    return [key for key, chip in chips.chips.items() if chip.x() - at >= left and chip.geometry().right() - at < right]


def test_a_key_shows_at_the_end_where_there_is_more(chips: ChipStrip) -> None:
    assert (chips.back.isVisible(), chips.on.isVisible()) == (False, True)
    chips.horizontalScrollBar().setValue(chips.horizontalScrollBar().maximum())
    assert (chips.back.isVisible(), chips.on.isVisible()) == (True, False)


def test_the_keys_lead_past_every_category_and_back(hands: Hands, chips: ChipStrip) -> None:
    seen = set(in_sight(chips))
    presses = 0
    while chips.on.isVisible() and presses < 20:
        hands.tap(chips.on.key)
        seen |= set(in_sight(chips))
        presses += 1
    assert seen == set(chips.chips)
    back = set(in_sight(chips))
    while chips.back.isVisible() and presses < 40:
        hands.tap(chips.back.key)
        back |= set(in_sight(chips))
        presses += 1
    assert back == set(chips.chips)
    assert chips.horizontalScrollBar().value() == 0


def test_leading_on_chooses_nothing_and_takes_no_focus(hands: Hands, chips: ChipStrip) -> None:
    focused = QApplication.focusWidget()
    hands.tap(chips.on.key)
    assert chips.chips[""].isChecked()
    assert QApplication.focusWidget() is focused


def test_the_keys_are_large_enough_and_named(chips: ChipStrip) -> None:
    assert chips.on.key.accessibleName() == "Further to the right"
    assert chips.back.key.accessibleName() == "Further to the left"
    assert min(chips.on.key.width(), chips.on.key.height()) >= TOUCH


def test_without_more_there_are_no_keys(hands: Hands, till: FakeTill, chips: ChipStrip) -> None:
    chips.show_chips([("", "All", ""), ("one", "Bakery", "")], "")
    QApplication.processEvents()
    assert (chips.back.isVisible(), chips.on.isVisible()) == (False, False)


def test_the_chosen_category_is_not_under_a_key(chips: ChipStrip) -> None:
    for key in (*chips.chips, *reversed(chips.chips)):
        chips.choose(key)
        assert key in in_sight(chips)
