"""What can be set at the till itself: display, devices, the customer lookup, plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import PluginView
from pos_desktop.settings import BY_KEY, Settings, Value
from ui.desk import Desk
from ui.screens.base import Screen
from ui.screens.settings_form import Choice, SettingRow
from ui.theme import GRID, TOUCH_PRIMARY, Type
from ui.widgets.buttons import ActionButton, Face, Kind
from ui.widgets.finger import FingerScroll
from ui.widgets.labels import label, rule

SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "display": ("language", "theme", "layout", "left_handed", "idle_lock_s"),
        "devices": (
            "printer", "printer_columns", "card_terminal", "scanner_max_gap_ms", "scanner_min_length", "terminal_id",
            "api_url",
        ),
        "lookup": (
            "lookup.api_endpoint", "lookup.timeout_seconds", "lookup.retry_attempts", "lookup.cache_ttl_seconds",
            "lookup.fallback_to_cache_on_error",
        ),
        "plugins": (),
    }
)  # fmt: skip
"""Where each setting stands. What no section holds has a screen of its own."""

_ICONS = {"display": "monitor", "devices": "printer", "lookup": "search", "plugins": "plug-zap"}
_AT_NEXT_START = frozenset({"printer", "printer_columns", "card_terminal"})
SET_UP = frozenset({"terminal_id", "api_url"})
"""Shown only: the centre knows the till by its token, and would take no sale under another name or at another place."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What is set now."""

    settings: Settings
    plugins: tuple[PluginView, ...]


def value_of(settings: Settings, key: str) -> Value:
    """The value of a setting by its key in the table."""
    section, _, name = key.rpartition(".")
    value: Value = getattr(settings.lookup if section else settings, name)
    return value


def with_values(settings: Settings, values: Mapping[str, Value]) -> Settings:
    """Settings with some values changed.

    Args:
        values: by key of the table; a key ``lookup.…`` goes into the lookup's own settings.
    """
    plain: dict[str, Any] = {key: value for key, value in values.items() if "." not in key}
    lookup: dict[str, Any] = {key.partition(".")[2]: value for key, value in values.items() if "." in key}
    return replace(settings, **plain, lookup=replace(settings.lookup, **lookup))


class SettingsScreen(Screen):
    """Sections at the left, their settings at the right, and one key that keeps them."""

    title_key = "settings.title"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._in_force: InForce | None = None
        self.rows: dict[str, SettingRow] = {}
        self.plugins: dict[str, Choice] = {}
        self._plugin_rows = QVBoxLayout()
        self.pages = QStackedWidget()
        self.sections: dict[str, ActionButton] = {}
        self.state = label("", "body", "soft")
        self.discard = ActionButton(
            self.theme, self.t("settings.discard"), hint="F9", icon="undo-2", height=TOUCH_PRIMARY
        )
        self.save = ActionButton(
            self.theme, self.t("settings.save"), hint="F12", icon="check", kind=Kind.PRIMARY, size=Type.TITLE,
            height=TOUCH_PRIMARY,
        )  # fmt: skip
        self.save.clicked.connect(self.save_all)
        self.discard.clicked.connect(self.discard_all)
        self._build()

    def enter(self, **params: object) -> None:
        """Show what is in force."""
        self.setFocus()
        section = params.get("section")
        self._choose(section if isinstance(section, str) else self._chosen())
        self._load()
        if params.get("saved"):
            self.say(self.t("settings.saved"), "done")

    def refresh(self, changes: Changes, subject: str) -> None:
        """Somebody else changed a setting; what is being typed here is left alone."""
        if changes & Changes.SETTINGS and not self.save.isEnabled():
            self._load()

    def keys(self) -> dict[int, Callable[[], None]]:
        """F12 keeps, F9 forgets; F5 to F8 choose the section."""
        sections = zip((Qt.Key.Key_F5, Qt.Key.Key_F6, Qt.Key.Key_F7, Qt.Key.Key_F8), SECTIONS, strict=True)
        return {
            Qt.Key.Key_F12: self.save_all,
            Qt.Key.Key_F9: self.discard_all,
            **{key: partial(self._choose, section) for key, section in sections},
        }

    # What a press does

    def save_all(self) -> None:
        """Keep every changed setting, or none when one of them cannot be."""
        if self._in_force is None or not self.save.isEnabled():
            return
        try:
            values = {key: row.read() for key, row in self.rows.items() if key not in SET_UP}
        except UserError as trouble:
            setting = str(trouble.params.get("setting", ""))
            self._choose(next((name for name, keys in SECTIONS.items() if setting in keys), self._chosen()))
            self.refuse(trouble)
            return
        settings = with_values(self._in_force.settings, values)
        self._edited(False)
        self.run(partial(self.desk.till.save_settings, settings), partial(self._saved, settings), self._not_saved)

    def discard_all(self) -> None:
        """Show again what is in force."""
        if self._in_force is not None:
            self._show(self._in_force)
            self.message.clear()

    # What comes back

    def _load(self) -> None:
        self.run(self._read, self._show)

    def _read(self) -> InForce:
        return InForce(self.desk.till.settings, self.desk.till.plugins())

    def _show(self, in_force: InForce) -> None:
        self._in_force = in_force
        for key, row in self.rows.items():
            row.show_value(value_of(in_force.settings, key))
        self._show_plugins(in_force.plugins)
        self._edited(False)

    def _saved(self, settings: Settings, _none: None) -> None:
        section = self._chosen()
        navigator = self.desk.navigator
        # the words and the looks of every screen may have changed: this one is made anew too
        navigator.apply_settings(settings)
        navigator.go("settings", saved=True, section=section)

    def _not_saved(self, trouble: UserError) -> None:
        self._edited(True)
        self.refuse(trouble)

    def _show_plugins(self, plugins: tuple[PluginView, ...]) -> None:
        if set(self.plugins) != {plugin.name for plugin in plugins}:
            self._make_plugin_rows(plugins)
        for plugin in plugins:
            self.plugins[plugin.name].show_value(plugin.enabled)

    def _make_plugin_rows(self, plugins: tuple[PluginView, ...]) -> None:
        for plugin in plugins:
            name = self.t(plugin.label_key) if self.texts.has(plugin.label_key) else plugin.name
            about = f"{plugin.label_key}.about"
            row = QHBoxLayout()
            row.setContentsMargins(0, GRID, 0, GRID)
            row.setSpacing(2 * GRID)
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(label(name, "body", wrap=True))
            if self.texts.has(about):
                words.addWidget(label(self.t(about), "small", "soft", wrap=True))
            row.addLayout(words, 1)
            choice = Choice(self.theme, name, ((True, self.t("settings.on")), (False, self.t("settings.off"))))
            choice.setFixedWidth(312)
            choice.chosen.connect(partial(self._switch_plugin, plugin.name))
            self.plugins[plugin.name] = choice
            row.addWidget(choice)
            self._plugin_rows.addLayout(row)
            self._plugin_rows.addWidget(rule())

    def _switch_plugin(self, name: str, enabled: bool) -> None:
        self.run(
            partial(self.desk.till.enable_plugin, name, enabled),
            lambda _none: self.say(self.t("settings.saved"), "done"),
            self._plugin_refused,
        )

    def _plugin_refused(self, trouble: UserError) -> None:
        self.refuse(trouble)
        self._load()

    def _edited(self, edited: bool = True) -> None:
        self.save.setEnabled(edited)
        self.discard.setEnabled(edited)
        self.state.setText(self.t("settings.unsaved") if edited else "")

    def _choose(self, section: str) -> None:
        self.pages.setCurrentIndex(list(SECTIONS).index(section))
        for name, button in self.sections.items():
            button.setChecked(name == section)

    def _chosen(self) -> str:
        return list(SECTIONS)[self.pages.currentIndex()]

    # Layout

    def _build(self) -> None:
        row = QHBoxLayout(self.body)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(3 * GRID)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        for number, (section, keys) in enumerate(SECTIONS.items()):
            button = ActionButton(
                self.theme, self.t(f"settings.section.{section}"), hint=f"F{5 + number}", icon=_ICONS[section],
                face=Face.SPREAD, height=TOUCH_PRIMARY,
            )  # fmt: skip
            button.setCheckable(True)
            button.setFixedWidth(256)
            button.clicked.connect(partial(self._choose, section))
            self.sections[section] = button
            left.addWidget(button)
            self.pages.addWidget(self._build_page(section, keys))
        left.addStretch(1)
        row.addLayout(left)
        right = QVBoxLayout()
        right.setSpacing(2 * GRID)
        right.addWidget(self.pages, 1)
        actions = QHBoxLayout()
        actions.setSpacing(GRID)
        actions.addWidget(self.state, 1)
        actions.addWidget(self.discard)
        self.save.setMinimumWidth(200)
        actions.addWidget(self.save)
        right.addLayout(actions)
        row.addLayout(right, 1)

    def _build_page(self, section: str, keys: tuple[str, ...]) -> QScrollArea:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(0)
        hint = f"settings.{section}.hint"
        if self.texts.has(hint):
            column.addWidget(label(self.t(hint), "body", "soft", wrap=True))
            column.addSpacing(GRID)
        for key in keys:
            setting_row = SettingRow(
                self.theme, self.texts, BY_KEY[key], restart=key in _AT_NEXT_START, fixed=key in SET_UP
            )
            setting_row.edited.connect(self._edited)
            self.rows[key] = setting_row
            column.addWidget(setting_row)
            column.addWidget(rule())
        if section == "plugins":
            column.addLayout(self._plugin_rows)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setAutoFillBackground(False)  # setWidget switches it on, and the ground would not be the theme's
        FingerScroll(area)
        return area
