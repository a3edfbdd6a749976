"""What was chosen on the settings screen of this till, and which plugins are switched on."""

from __future__ import annotations

import threading
from dataclasses import replace

from pos_desktop.services.changes import ChangeFeed, Changes
from pos_desktop.services.views import PluginView
from pos_desktop.settings import LookupSettings, Settings, save_toml


class Preferences:
    """The settings in force; saving keeps them in the till's settings file.

    Args:
        settings: as loaded at the start.
        feed: told when something was saved.
    """

    def __init__(self, settings: Settings, feed: ChangeFeed) -> None:
        self._settings = settings
        self._feed = feed
        self._lock = threading.Lock()

    def current(self) -> Settings:
        """The settings in force."""
        with self._lock:
            return self._settings

    def lookup(self) -> LookupSettings:
        """How customers are looked up."""
        return self.current().lookup

    def save(self, settings: Settings) -> None:
        """Keep other settings; they are in force at once.

        Raises:
            StorageTrouble: the file cannot be written; the old settings stay in force.
        """
        with self._lock:
            save_toml(settings)
            self._settings = settings
        self._feed.publish(Changes.SETTINGS)

    def plugin_enabled(self, name: str) -> bool:
        """Tell whether a plugin is switched on."""
        return name not in self._disabled()

    def plugins(self, names: tuple[str, ...]) -> tuple[PluginView, ...]:
        """List plugins for the settings screen."""
        return tuple(PluginView(name, f"plugin.{name}", self.plugin_enabled(name)) for name in names)

    def enable_plugin(self, name: str, enabled: bool) -> None:
        """Switch a plugin on or off."""
        others = [item for item in self._disabled() if item != name]
        names = others if enabled else [*others, name]
        self.save(replace(self.current(), disabled_plugins=",".join(names)))

    def _disabled(self) -> list[str]:
        return [name for name in self.current().disabled_plugins.split(",") if name]
