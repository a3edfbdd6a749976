"""A window on a fake till, for tests that drive it by keys and fingers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_desktop.settings import Settings
from tests.ui.driving import Hands
from tests.ui.fake_till import FakeTill
from ui.app import MainWindow, create_application

if TYPE_CHECKING:
    from pos_desktop.services.till import Till

HERE = Path(__file__).parent


# The offscreen platform says so whenever a window with a smallest size is shown; a real one has no reason to.
OFFSCREEN_NOISE = "This plugin does not support"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(OFFSCREEN_NOISE, extend=True))


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application as the till makes it: its letters, its style."""
    return create_application(["till"])


@pytest.fixture
def till() -> FakeTill:
    return FakeTill()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # The lock must not fall while a slow machine runs a test.
    return Settings(tmp_path, idle_lock_s=0)


OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, till: FakeTill, settings: Settings) -> Iterator[OpenWindow]:
    """Opens windows and closes them again."""
    windows: list[MainWindow] = []

    def open_one(used: Settings = settings, size: tuple[int, int] = (1024, 768), **wanted: Any) -> MainWindow:
        window = MainWindow(cast("Till", wanted.get("till", till)), used)
        window.resize(*size)
        window.show()
        window.activateWindow()
        windows.append(window)
        qtbot.waitUntil(lambda: not window.desk.tasks.busy)
        return window

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    """The window on its lock screen."""
    return open_window()


@pytest.fixture
def selling(window: MainWindow, till: FakeTill, qtbot: QtBot) -> MainWindow:
    """The window on the sale screen, Anna logged in."""
    window.desk.session = till.staff.log_in("emp_1", "1111")
    window.go("sale")
    qtbot.waitUntil(lambda: not window.desk.tasks.busy)
    return window


@pytest.fixture
def hands(selling: MainWindow, qtbot: QtBot) -> Hands:
    """A cashier's hands on the sale screen."""
    return Hands(selling, qtbot)
