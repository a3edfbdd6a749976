"""The application and its one window: screens on a stack, keys, scans, news and the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import SyncStatus
from ui.desk import Desk, Navigator
from ui.scan_router import ScanRouter
from ui.screens.base import Screen
from ui.tasks import Tasks
from ui.text import Texts
from ui.theme import Theme, font, load_fonts

if TYPE_CHECKING:
    from pos_desktop.domain.shop import Shop
    from pos_desktop.services.till import Till
    from pos_desktop.settings import Settings

log = logging.getLogger(__name__)

SMALLEST = (1024, 768)
TICK_MS = 1_000
SYNC_EVERY_TICKS = 5
WARM_UP_MS = 300
WARM_UP = ("sale", "payment", "receipt", "customer", "held")


def _lock() -> type[Screen]:
    from ui.screens.lock import LockScreen

    return LockScreen


def _sale() -> type[Screen]:
    from ui.screens.sale import SaleScreen

    return SaleScreen


def _payment() -> type[Screen]:
    from ui.screens.payment import PaymentScreen

    return PaymentScreen


def _receipt() -> type[Screen]:
    from ui.screens.receipt import ReceiptScreen

    return ReceiptScreen


def _held() -> type[Screen]:
    from ui.screens.held import HeldScreen

    return HeldScreen


def _customer() -> type[Screen]:
    from ui.screens.customer import CustomerScreen

    return CustomerScreen


def _sync() -> type[Screen]:
    from ui.screens.sync_panel import SyncScreen

    return SyncScreen


def _settings() -> type[Screen]:
    from ui.screens.settings import SettingsScreen

    return SettingsScreen


SCREENS: Mapping[str, Callable[[], type[Screen]]] = {
    "lock": _lock,
    "sale": _sale,
    "payment": _payment,
    "receipt": _receipt,
    "held": _held,
    "customer": _customer,
    "sync": _sync,
    "settings": _settings,
}
"""Every screen by name. Each is imported when first shown: the sale screen must not wait for the rest."""


class MainWindow(QWidget):
    """The window; also the :class:`~ui.desk.Navigator` of its screens.

    Args:
        till: the services.
        settings: as loaded.
    """

    _changed = Signal(object, str, object)

    def __init__(self, till: Till, settings: Settings) -> None:
        super().__init__()
        # A window that cannot be opened must not leave its threads behind: they would keep the process alive.
        with ExitStack() as ends:
            self._open(till, settings, ends)
            self._ends = ends.pop_all()

    def _open(self, till: Till, settings: Settings, ends: ExitStack) -> None:
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(*SMALLEST)
        tasks = Tasks(self)
        ends.callback(tasks.stop)
        tasks.refused.connect(self._on_refused)
        tasks.crashed.connect(self._on_crashed)
        shop = till.shop
        texts = texts_for(settings, shop)
        self.desk = Desk(till, settings, texts, Theme(settings.theme), tasks, cast("Navigator", self), shop)
        self.router = ScanRouter(settings.scanner_max_gap_ms, settings.scanner_min_length, parent=self)
        self.router.scanned.connect(self._on_scanned)
        self._waiting_scans: list[str] = []
        self._trail: list[str] = []
        self._name = ""
        self._screens: dict[str, Screen] = {}
        self._status: SyncStatus | None = None
        self._ticks = 0
        self._stack = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._restyle()
        self.desk.theme.changed.connect(self._restyle)
        self._changed.connect(self._on_changed, Qt.ConnectionType.QueuedConnection)
        ends.callback(till.changes.listen(self._hear))
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self._clock.start(TICK_MS)
        ends.callback(self._clock.stop)
        self._warm_up = QTimer(self)
        self._warm_up.timeout.connect(self._make_next)
        self._warm_up.start(WARM_UP_MS)
        ends.callback(self._warm_up.stop)
        self.router.install()
        ends.callback(self.router.remove)
        self.setWindowTitle(texts.t("app.title"))
        self._read_status()
        self.go("lock")

    # Navigator

    @property
    def screen_name(self) -> str:
        """Which screen is shown."""
        return self._name

    @property
    def current(self) -> Screen:
        """The screen that is shown."""
        return self._screens[self._name]

    def screen_named(self, name: str) -> Screen:
        """The screen ``name``, made now if it has not been shown yet."""
        if name not in self._screens:
            with self.router.deaf():
                screen = SCREENS[name]()(self.desk)
                self._screens[name] = screen
                self._stack.addWidget(screen)
        return self._screens[name]

    def go(self, name: str, **params: object) -> None:
        """Show a screen; the one before it is where :meth:`back` leads. While nobody is logged in only the lock is shown."""
        if self.desk.session is None and name != "lock":
            return
        if self._name and self._name != name:
            self._trail = [seen for seen in self._trail if seen not in (name, self._name)] + [self._name]
        if name in ("lock", "sale"):
            self._trail.clear()
        self._show(name, **params)

    def back(self) -> None:
        """Show the screen before this one; from the first there is nowhere to go."""
        if self._trail:
            self._show(self._trail.pop())
        elif self._name not in ("lock", "sale"):
            self._show("sale" if self.desk.session else "lock")

    def lock(self) -> None:
        """Log the cashier out. Baskets stay as they are."""
        session, self.desk.session = self.desk.session, None
        if session is not None:
            self.desk.tasks.run(partial(self.desk.till.staff.log_out, session.employee.id))
        self.go("lock")

    def beep(self) -> None:
        """The sound of a refusal."""
        QApplication.beep()

    def apply_settings(self, settings: Settings) -> None:
        """Take changed settings into use: the screens are made anew, where the cashier stands stays."""
        self.desk.settings = settings
        self.desk.texts = texts_for(settings, self.desk.shop)
        self.router.max_gap_ms, self.router.min_length = settings.scanner_max_gap_ms, settings.scanner_min_length
        if settings.theme != self.desk.theme.name:
            self.desk.theme.use(settings.theme)
        self._remake()

    def _remake(self) -> None:
        name = self._name
        self.current.leave()
        for screen in self._screens.values():
            self._stack.removeWidget(screen)
            screen.deleteLater()
        self._screens.clear()
        self._name = ""
        self._show(name)

    # Keys, scans, news

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field wanted: function keys, Esc, and typing for the screen."""
        key = event.key()
        command = self.current.keys().get(key)
        if command is not None and not event.isAutoRepeat():
            command()
        elif key == Qt.Key.Key_Escape:
            self.current.step_back()
        elif not (event.text() and event.text().isprintable() and self.current.typed(event.text())):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Finish what has been started, then go."""
        self._ends.close()
        super().closeEvent(event)

    def _show(self, name: str, **params: object) -> None:
        if self._name:
            self.current.leave()
        screen = self.screen_named(name)
        self._name = name
        screen.message.clear()
        screen.show_clock()
        if self._status is not None:
            screen.show_sync(self._status)
        with self.router.deaf():
            self._stack.setCurrentWidget(screen)
        screen.enter(**params)

    def _make_next(self) -> None:
        # While nobody needs the till: the first payment of the day must not wait for its screen to be made.
        if self.desk.tasks.busy or self.router.idle_ms() < WARM_UP_MS:
            return
        missing = [name for name in WARM_UP if name not in self._screens]
        if missing:
            self.screen_named(missing[0])
        else:
            self._warm_up.stop()

    def _on_scanned(self, code: str) -> None:
        if QApplication.activeModalWidget() is not None:
            self._waiting_scans.append(code)
            return
        self.current.scanned(code)

    def _hear(self, changes: Changes, subject: str) -> None:
        # On the thread that made the change: only there is it known whose call is being performed.
        self._changed.emit(changes, subject, self.desk.tasks.origin())

    def _on_changed(self, changes: Changes, subject: str, origin: object) -> None:
        if not self._name:
            return
        if changes & Changes.SYNC:
            self._read_status()
        if changes & Changes.SETTINGS:
            self.desk.tasks.run(lambda: self.desk.till.shop, self._on_shop)
        if origin is not self.current:
            self.current.refresh(changes, subject)

    def _on_shop(self, shop: Shop | None) -> None:
        before, self.desk.shop = self.desk.shop, shop
        wording = [(each.currency, each.decimals, each.zone) for each in (before, shop) if each is not None]
        if before is None or len(set(wording)) > 1:
            self.desk.texts = texts_for(self.desk.settings, shop)
            self._remake()

    def _read_status(self) -> None:
        self.desk.tasks.run(self.desk.till.sync.status, self._on_status)

    def _on_status(self, status: SyncStatus) -> None:
        self._status = status
        if self._name:
            self.current.show_sync(status)

    def _tick(self) -> None:
        self._ticks += 1
        self.current.show_clock()
        if self._waiting_scans and QApplication.activeModalWidget() is None:
            self._on_scanned(self._waiting_scans.pop(0))
        if self._ticks % SYNC_EVERY_TICKS == 0:
            self._read_status()
        limit_s = self.desk.settings.idle_lock_s
        if (
            limit_s
            and self.router.idle_ms() >= limit_s * 1_000
            and self.desk.session is not None
            and not self.desk.tasks.busy
        ):
            self.lock()

    def _on_refused(self, trouble: UserError) -> None:
        self.current.refuse(trouble)

    def _on_crashed(self, trouble: Exception) -> None:
        log.error("a service call met a bug", exc_info=trouble)
        if self._name:
            self.current.say(self.desk.texts.t("app.bug", what=type(trouble).__name__), "bad")
            self.beep()

    def _restyle(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        sheet = self.desk.theme.stylesheet()
        # Setting it, even to the same, has every widget of the application looked at again.
        if app.styleSheet() != sheet:
            app.setStyleSheet(sheet)


def texts_for(settings: Settings, shop: Shop | None) -> Texts:
    """The words and amounts of a shop; before the first contact with the centre only the clock can be wrong."""
    if shop is None:
        return Texts(settings.language, zone="")
    return Texts(settings.language, shop.currency, shop.decimals, shop.zone)


def create_application(argv: Sequence[str]) -> QApplication:
    """The Qt application with the bundled letters loaded."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(list(argv))
    app.setStyle("Fusion")
    load_fonts()
    app.setFont(font())
    app.setApplicationName("till")
    return app


def run_window(till: Till, settings: Settings, argv: Sequence[str] = ("till",)) -> int:
    """Open the till and stay until it is closed.

    Returns:
        The exit code.
    """
    app = create_application(argv)
    window = MainWindow(till, settings)
    screen = app.primaryScreen().availableGeometry()
    if screen.width() < SMALLEST[0] + 200 or "--kiosk" in argv:
        window.showFullScreen()
    else:
        window.resize(min(screen.width(), 1366), min(screen.height(), 768))
        window.show()
    try:
        return app.exec()
    finally:
        # Qt may end without closing its windows; a thread that waits for work would then never end.
        window.close()
