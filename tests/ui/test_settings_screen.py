"""What can be set at the till."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pos_desktop.domain.errors import ErrorCode, StorageTrouble
from pos_desktop.settings import TABLE, LookupSettings, Settings
from tests.ui.conftest import OpenWindow
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.screens.settings import SECTIONS, SET_UP, SettingsScreen, value_of, with_values


@pytest.fixture
def till(settings: Settings) -> FakeTill:
    return FakeTill(settings=settings)


@pytest.fixture
def screen(hands: Hands) -> SettingsScreen:
    hands.window.go("settings")
    hands.settle()
    shown = hands.window.current
    assert isinstance(shown, SettingsScreen)
    return shown


def test_every_setting_has_its_place() -> None:
    placed = {key for keys in SECTIONS.values() for key in keys} | {"disabled_plugins"}
    assert {setting.key for setting in TABLE} == placed


def test_values_go_where_they_belong(settings: Settings) -> None:
    changed = with_values(settings, {"theme": "dark", "lookup.timeout_seconds": 7})
    assert (value_of(changed, "theme"), value_of(changed, "lookup.timeout_seconds")) == ("dark", 7)
    assert changed.lookup == replace(LookupSettings(), timeout_seconds=7)


def test_nothing_can_be_saved_before_something_was_changed(screen: SettingsScreen) -> None:
    assert not screen.save.isEnabled()


def test_language_and_theme_change_at_once(hands: Hands, till: FakeTill, screen: SettingsScreen) -> None:
    choice = screen.rows["language"].choice
    assert choice is not None
    hands.tap(choice.buttons["de"])
    theme = screen.rows["theme"].choice
    assert theme is not None
    hands.tap(theme.buttons["dark"])
    hands.key(Qt.Key.Key_F12)
    assert (till.settings.language, till.settings.theme) == ("de", "dark")
    assert hands.window.desk.theme.name == "dark"
    assert hands.window.current.title.text() == "Einstellungen"
    assert hands.message == "Gesichert."


@pytest.mark.parametrize("key", sorted(SET_UP))
def test_what_the_token_belongs_to_is_shown_and_cannot_be_changed(
    hands: Hands, till: FakeTill, screen: SettingsScreen, key: str
) -> None:
    before = value_of(till.settings, key)
    hands.key(Qt.Key.Key_F6)
    field = screen.rows[key].field
    assert field is not None
    assert field.text() == before
    assert not field.isEnabled()
    QTest.keyClicks(field, "2")
    assert not screen.save.isEnabled()
    choice = screen.rows["printer_columns"].choice
    assert choice is not None
    hands.tap(choice.buttons[48])
    hands.key(Qt.Key.Key_F12)
    assert till.settings.printer_columns == 48
    assert value_of(till.settings, key) == before


def test_a_sale_begins_under_the_name_that_the_till_was_built_with(
    open_window: OpenWindow, settings: Settings, till: FakeTill, qtbot: QtBot
) -> None:
    till.terminal_id = "till-7"
    window = open_window(replace(settings, terminal_id="other"))
    window.desk.session = till.staff.log_in("emp_1", "1111")
    hands = Hands(window, qtbot)
    window.go("sale")
    hands.settle()
    hands.scan("4006381333931")
    assert {kept.basket.terminal_id for kept in till.kept.values()} == {"till-7"}


def test_the_lookup_settings_are_those_of_the_table(hands: Hands, till: FakeTill, screen: SettingsScreen) -> None:
    hands.key(Qt.Key.Key_F7)
    field = screen.rows["lookup.timeout_seconds"].field
    assert field is not None
    assert field.text() == "5"
    field.setFocus()
    field.selectAll()
    hands.type("9")
    hands.key(Qt.Key.Key_F12)
    assert till.settings.lookup.timeout_seconds == 9


def test_a_wrong_value_is_shown_where_it_stands_and_nothing_is_saved(
    hands: Hands, till: FakeTill, screen: SettingsScreen
) -> None:
    before = till.settings
    hands.key(Qt.Key.Key_F7)
    field = screen.rows["lookup.timeout_seconds"].field
    assert field is not None
    field.setFocus()
    field.selectAll()
    hands.type("99")
    hands.key(Qt.Key.Key_F5)
    hands.key(Qt.Key.Key_F12)
    assert till.settings == before
    assert hands.message != ""
    assert screen.rows["lookup.timeout_seconds"].trouble.isVisible()
    assert field.isVisible()


def test_changes_can_be_dropped(hands: Hands, till: FakeTill, screen: SettingsScreen) -> None:
    choice = screen.rows["left_handed"].choice
    assert choice is not None
    hands.tap(choice.buttons[True])
    hands.key(Qt.Key.Key_F9)
    assert choice.value is False
    assert not screen.save.isEnabled()
    assert till.calls["save_settings"] == 0


def test_a_full_disk_keeps_what_was_typed(hands: Hands, till: FakeTill, screen: SettingsScreen) -> None:
    till.fail_once("save_settings", StorageTrouble(ErrorCode.DISK_FULL))
    choice = screen.rows["left_handed"].choice
    assert choice is not None
    hands.tap(choice.buttons[True])
    hands.key(Qt.Key.Key_F12)
    assert choice.value is True
    assert screen.save.isEnabled()
    assert hands.message != ""


def test_a_plugin_is_switched_off_by_a_touch(hands: Hands, till: FakeTill, screen: SettingsScreen) -> None:
    hands.key(Qt.Key.Key_F8)
    hands.tap(screen.plugins["tier_discount"].buttons[False])
    assert {plugin.name: plugin.enabled for plugin in till.plugins()}["tier_discount"] is False


def test_every_plugin_has_a_name_in_words(hands: Hands, screen: SettingsScreen, till: FakeTill) -> None:
    assert [plugin.label_key for plugin in till.plugins() if not screen.texts.has(plugin.label_key)] == []
