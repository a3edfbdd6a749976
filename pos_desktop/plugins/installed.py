"""Plugins that are installed beside the till: entry points of the group ``till.plugins``, see ``docs/plugins.md``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pos_desktop.log import Log

GROUP = "till.plugins"

log = Log(__name__)


def installed_plugins() -> tuple[tuple[str, object], ...]:
    """Load what is installed. One that cannot be loaded is named in the log and left out: the till starts without it.

    Returns:
        Plugins by name, in the order of their names.
    """
    if not _any_installed():
        return ()
    import importlib.metadata

    found: dict[str, object] = {}
    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        # The name stands in the setting disabled_plugins: another one could not be switched off.
        if re.fullmatch(r"[a-z_]+", point.name) is None or point.name in found:
            log.error("plugin_name_unusable", plugin=point.name, source=point.value)
            continue
        try:
            loaded = point.load()
            found[point.name] = loaded() if isinstance(loaded, type) else loaded
        except (Exception, SystemExit):
            log.exception("plugin_not_loaded", plugin=point.name, source=point.value)
    return tuple(found.items())


def _any_installed() -> bool:
    # Most tills have none, and the library that finds them takes as long to load as the till to open its files.
    found = [file for folder in sys.path for file in Path(folder).glob("*.dist-info/entry_points.txt")]
    return any(GROUP.encode() in file.read_bytes() for file in found)
