"""What all screens have in common: a bar, a message line, a body, and how they are entered, left and kept fresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import SyncStatus
from ui.desk import Desk
from ui.theme import BAR, GRID, Type
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import ElidedLabel, label
from ui.widgets.message_line import MessageLine
from ui.widgets.sync_chip import SyncChip

Result = TypeVar("Result")


class Screen(QWidget):
    """One screen of the main window.

    A subclass sets ``title_key``, fills ``self.body`` in its ``__init__`` and overrides what it needs of
    :meth:`enter`, :meth:`leave`, :meth:`refresh`, :meth:`scanned`, :meth:`step_back` and :attr:`keys`. With
    ``framed = False`` it gets no bar and no message row and lays out ``self`` alone, placing ``self.message`` where
    its eyes are.

    Args:
        desk: the till and everything around it.
    """

    title_key: ClassVar[str] = ""
    framed: ClassVar[bool] = True

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.texts = desk.texts
        self.theme = desk.theme
        self.setProperty("ground", "plain")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.message = MessageLine(desk.theme)
        self.sync_chip = SyncChip(desk.theme, desk.texts)
        self.sync_chip.clicked.connect(lambda: desk.navigator.go("sync"))
        self.clock = label("", "body", "soft")
        self.title = ElidedLabel(self.t(self.title_key) if self.title_key else "", "title")
        self.body = QWidget()
        if self.framed:
            self._build_frame()

    def t(self, key: str, **params: object) -> str:
        """A sentence in the language of the till."""
        return self.texts.t(key, **params)

    # What a subclass overrides

    def enter(self, **params: object) -> None:
        """The screen is being shown; ``params`` come from :meth:`Navigator.go`."""

    def leave(self) -> None:
        """The screen is being hidden."""

    def refresh(self, changes: Changes, subject: str) -> None:
        """Something changed elsewhere; called only while shown, and not for what this screen did itself."""

    def scanned(self, code: str) -> None:
        """A scanner read ``code`` while this screen was shown. A screen with no use for it says so."""
        self.say(self.t("scan.not_here"), "warn")
        self.desk.navigator.beep()

    def step_back(self) -> None:
        """Esc: one step back. Never loses a basket."""
        self.desk.navigator.back()

    def typed(self, text: str) -> bool:
        """A key was typed that no field took. True when the screen has used it."""
        return False

    def keys(self) -> dict[int, Callable[[], None]]:
        """What the function keys do here: ``{Qt.Key.Key_F12: self.pay}``."""
        return {}

    # What a subclass calls

    def say(self, text: str, tone: str = "info") -> None:
        """Show a message; ``tone`` is ``info``, ``done``, ``warn`` or ``bad``."""
        self.message.say(text, tone)

    def refuse(self, trouble: UserError) -> None:
        """Show a refusal, with a sound; where the cashier has gone meanwhile if that is another screen."""
        if self.isHidden():
            self.desk.tasks.refused.emit(trouble)
            return
        self.message.say(self.texts.error(trouble), "bad")
        self.desk.navigator.beep()

    def run(
        self,
        work: Callable[[], Result],
        then: Callable[[Result], None] | None = None,
        failed: Callable[[UserError], None] | None = None,
        *,
        network: bool = False,
    ) -> None:
        """Start a service call beside the screen; a refusal goes to the message line unless ``failed`` takes it."""
        self.desk.tasks.run(work, then, failed or self.refuse, network=network, owner=self)

    def show_sync(self, status: SyncStatus) -> None:
        """Show how the till stands with the centre."""
        self.sync_chip.show_status(status, self.desk.now())

    def show_clock(self) -> None:
        """Show the time of day."""
        self.clock.setText(self.texts.time(self.desk.now()))

    def _on_back(self) -> None:
        # Through the method, so that what a subclass makes of Esc holds for the button too.
        self.step_back()

    def _build_frame(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QFrame()
        bar.setProperty("ground", "bar")
        bar.setFixedHeight(BAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(GRID, 4, GRID, 4)
        row.setSpacing(2 * GRID)
        back = ActionButton(
            self.theme, self.t("app.back"), hint=self.t("key.esc"), icon="arrow-left", kind=Kind.QUIET, size=Type.BODY
        )
        back.clicked.connect(self._on_back)
        self.back_button = back
        row.addWidget(back)
        row.addWidget(self.title, 1)
        row.addWidget(self.clock)
        row.addWidget(self.sync_chip)
        self.bar_row = row
        column.addWidget(bar)
        column.addWidget(self.message)
        column.addWidget(self.body, 1)
