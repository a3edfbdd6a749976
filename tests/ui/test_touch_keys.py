"""Letters on the screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.customer import CustomerScreen
from ui.screens.touch_keys import COLUMNS, ROWS
from ui.text import LANGUAGES


@pytest.fixture
def screen(hands: Hands) -> CustomerScreen:
    hands.window.go("customer")
    hands.settle()
    shown = hands.window.current
    assert isinstance(shown, CustomerScreen)
    hands.tap(shown.show_keys)
    return shown


def tap(hands: Hands, screen: CustomerScreen, *keys: str) -> None:
    for key in keys:
        hands.tap(screen.touch_keys.keys[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_rows_that_fit(language: str) -> None:
    assert {len(row) for row in ROWS[language]} == {COLUMNS}
    assert len(set("".join(ROWS[language]))) == len("".join(ROWS[language]))


def test_they_are_shown_only_when_asked_for(hands: Hands, screen: CustomerScreen) -> None:
    assert screen.touch_keys.isVisible()
    hands.tap(screen.show_keys)
    assert not screen.touch_keys.isVisible()


def test_they_type_into_the_field_that_has_the_focus(hands: Hands, screen: CustomerScreen) -> None:
    screen.box.setFocus()
    tap(hands, screen, "j", "o", "x", "back")
    assert screen.box.text() == "jo"
    assert screen.box.hasFocus()


def test_one_capital_and_then_small_letters(hands: Hands, screen: CustomerScreen) -> None:
    screen.box.setFocus()
    tap(hands, screen, "shift", "j", "o")
    assert screen.box.text() == "Jo"


def test_a_customer_is_enrolled_by_touch_alone(hands: Hands, screen: CustomerScreen, till: FakeTill) -> None:
    hands.tap(screen.enrol)
    tap(hands, screen, "a", "n", "n", "a", " ", "shift", "b")
    QApplication.processEvents()
    hands.tap(screen.form.fields["email"])
    tap(hands, screen, "a", "@", "b", ".", "d", "e")
    hands.tap(screen.form.save)
    new = list(till.people.values())[-1]
    assert (new.first_name, new.last_name, new.email) == ("Anna", "B", "a@b.de")


def test_a_scanner_still_works_beside_them(hands: Hands, screen: CustomerScreen) -> None:
    tap(hands, screen, "j")
    hands.scan("CARD_123456")
    assert [row.title for row in screen.list.rows.rows] == ["Bob Wilson"]


def test_keys_never_take_the_focus(screen: CustomerScreen) -> None:
    assert all(key.focusPolicy() == Qt.FocusPolicy.NoFocus for key in screen.touch_keys.keys.values())
