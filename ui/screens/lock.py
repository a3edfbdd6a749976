"""Who sells: people as large tiles, a PIN pad, and how the till stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos_desktop.domain.errors import UserError
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketSummary, EmployeeView, Session
from ui.desk import Desk
from ui.screens.base import Screen
from ui.theme import GRID, RADIUS, TOUCH_PRIMARY, Theme, Type, font, readable_on
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.keypad import BACKSPACE, Keypad
from ui.widgets.labels import label

LONGEST_PIN = 12
COLUMNS = 2


class PersonTile(QAbstractButton):
    """A person with initials in their colour."""

    def __init__(self, theme: Theme, person: EmployeeView, role: str) -> None:
        super().__init__()
        self._theme = theme
        self.person = person
        self._role = role
        self.setCheckable(True)
        self.setFixedHeight(88)
        self.setMinimumWidth(200)
        self.setMaximumWidth(360)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setText(person.name)
        self.setAccessibleName(f"{person.name}, {role}")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """A tile."""
        return QSize(256, 88)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Initials, name, role."""
        colour = self._theme.colour
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(colour("accent_text"), 2) if marked else QPen(colour("line_strong"), 1))
        fill = "pressed" if self.isDown() else "accent_soft" if self.isChecked() else "surface"
        painter.setBrush(colour(fill))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        badge = QRect(2 * GRID, (self.height() - 56) // 2, 56, 56)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.person.colour))
        painter.drawEllipse(badge)
        painter.setPen(QColor(readable_on(self.person.colour)))
        painter.setFont(font(Type.TITLE, QFont.Weight.DemiBold))
        initials = "".join(part[0] for part in self.person.name.split()[:2]).upper()
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, initials)
        x = badge.right() + 2 * GRID
        room = self.width() - x - GRID
        name, small = font(Type.BODY, QFont.Weight.DemiBold), font(Type.SMALL)
        painter.setFont(name)
        painter.setPen(colour("text"))
        elided = QFontMetrics(name).elidedText(self.person.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(x, 22, room, 24), int(Qt.AlignmentFlag.AlignVCenter), elided)
        painter.setFont(small)
        painter.setPen(colour("soft"))
        painter.drawText(QRect(x, 46, room, 22), int(Qt.AlignmentFlag.AlignVCenter), self._role)
        painter.end()


class PinDots(QWidget):
    """How many digits have been typed; never which."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.count = 0
        self.setFixedHeight(40)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dot for each digit, and four places at least."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = max(4, self.count)
        x = (self.width() - places * 28 + 12) // 2
        for place in range(places):
            filled = place < self.count
            painter.setPen(QPen(self._theme.colour("line_strong"), 2) if not filled else Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("text") if filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(x + place * 28, 12, 16, 16)
        painter.end()


class LockScreen(Screen):
    """The first thing that a cashier sees, and the last."""

    framed = False

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.tiles: dict[str, PersonTile] = {}
        self._chosen: EmployeeView | None = None
        self._pin = ""
        self._logging_in = False
        self.message.calm()
        self.sync_chip.setEnabled(False)  # it tells, and leads nowhere before somebody is logged in
        self.prompt = label(self.t("lock.choose"), "body", "soft")
        self.prompt.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.dots = PinDots(self.theme)
        self.keypad = Keypad(self.theme, "", self.t("keypad.back"), decimal=False)
        self.keypad.pressed.connect(self._on_key)
        self.keypad.keys["00"].hide()
        self.keypad.place(self.keypad.keys["0"], 3, 1)
        self.log_in_button = ActionButton(
            self.theme, self.t("lock.log_in"), hint=self.t("key.enter"), kind=Kind.PRIMARY, height=TOUCH_PRIMARY
        )
        self.log_in_button.clicked.connect(self.log_in)
        self.waiting = label("", "body", "soft")
        self.people = QGridLayout()
        self.people.setSpacing(GRID)
        # What is left of a wide screen goes to the right of the names, not between them.
        for column in range(COLUMNS):
            self.people.setColumnStretch(column, 100)
        self.people.setColumnStretch(COLUMNS, 1)
        self._build()

    def enter(self, **params: object) -> None:
        """Nobody is chosen, nothing is typed."""
        self._choose(None)
        self.setFocus()
        self._load()

    def refresh(self, changes: Changes, subject: str) -> None:
        """People may have come with the data."""
        if changes & (Changes.STAFF | Changes.BASKET):
            self._load()

    def scanned(self, code: str) -> None:
        """Selling starts with a log-in."""
        self.say(self.t("lock.choose"), "warn")
        self.desk.navigator.beep()

    def step_back(self) -> None:
        """Forget what was typed, then who was chosen."""
        if self._pin:
            self._set_pin("")
        else:
            self._choose(None)

    def typed(self, text: str) -> bool:
        """Digits go to the PIN."""
        if text.isdigit() and self._chosen is not None:
            self._on_key(text)
            return True
        return False

    def keys(self) -> dict[int, Callable[[], None]]:
        """Enter tries the PIN; the erasing key takes a digit back; a name can be walked to."""
        return {
            Qt.Key.Key_Return: self.log_in,
            Qt.Key.Key_Enter: self.log_in,
            Qt.Key.Key_Backspace: partial(self._on_key, BACKSPACE),
            Qt.Key.Key_Down: partial(self._walk, 1),
            Qt.Key.Key_Right: partial(self._walk, 1),
            Qt.Key.Key_Up: partial(self._walk, -1),
            Qt.Key.Key_Left: partial(self._walk, -1),
        }

    def log_in(self) -> None:
        """Try the PIN."""
        if self._chosen is None or not self._pin or self._logging_in:
            return
        self._logging_in = True
        pin, employee_id = self._pin, self._chosen.id
        self._set_pin("")
        self.run(partial(self.desk.till.staff.log_in, employee_id, pin), self._on_logged_in, self._on_refused)

    def _build(self) -> None:
        shop = self.desk.shop
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 3 * GRID)
        left.setSpacing(GRID)
        left.addWidget(label(shop.name if shop is not None else self.t("app.title"), "big"))
        left.addWidget(label(self.t("lock.terminal", id=self.desk.settings.terminal_id), "body", "soft"))
        left.addSpacing(3 * GRID)
        left.addWidget(label(self.t("lock.title"), "title"))
        left.addSpacing(GRID)
        left.addLayout(self.people)
        left.addStretch(1)
        left.addWidget(self.waiting)
        foot = QHBoxLayout()
        foot.addWidget(self.sync_chip)
        foot.addStretch(1)
        foot.addWidget(self.clock)
        left.addLayout(foot)
        row.addLayout(left, 1)
        row.addWidget(self._build_pad())

    def _build_pad(self) -> QFrame:
        pad = QFrame()
        pad.setProperty("ground", "surface")
        pad.setFixedWidth(400)
        column = QVBoxLayout(pad)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.message)
        inner = QVBoxLayout()
        inner.setContentsMargins(5 * GRID, 0, 5 * GRID, 0)
        inner.setSpacing(2 * GRID)
        inner.addStretch(1)
        inner.addWidget(self.prompt)
        inner.addWidget(self.dots)
        inner.addWidget(self.keypad)
        inner.addWidget(self.log_in_button)
        inner.addStretch(2)
        column.addLayout(inner, 1)
        return pad

    def _load(self) -> None:
        self.run(self.desk.till.staff.employees, self._show_people)
        self.run(self.desk.till.baskets.open_baskets, self._show_waiting)

    def _show_people(self, people: tuple[EmployeeView, ...]) -> None:
        shown = [tile.person for tile in self.tiles.values()]
        if people and not shown:
            self.message.clear()
        if not people:
            self.say(self.t("lock.nobody"), "info")
        if list(people) == shown:
            return
        for tile in self.tiles.values():
            self.people.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = {}
        for place, person in enumerate(people):
            tile = PersonTile(self.theme, person, self.t(f"lock.role.{person.role}"))
            tile.clicked.connect(partial(self._choose, person))
            self.people.addWidget(tile, place // COLUMNS, place % COLUMNS)
            self.tiles[person.id] = tile
        self._choose(self._chosen)

    def _show_waiting(self, baskets: tuple[BasketSummary, ...]) -> None:
        count = sum(1 for basket in baskets if basket.lines)
        self.waiting.setText(self.t("lock.open_baskets", n=count) if count else "")

    def _choose(self, person: EmployeeView | None, _checked: bool = False) -> None:
        self._chosen = person
        for employee_id, tile in self.tiles.items():
            tile.setChecked(person is not None and employee_id == person.id)
        name = self.t("lock.pin_for", name=person.name) if person else self.t("lock.choose")
        self.prompt.setText(name)
        self.keypad.setEnabled(person is not None)
        self._set_pin("")
        if person is not None:
            self.message.clear()

    def _walk(self, step: int) -> None:
        people = [tile.person for tile in self.tiles.values()]
        if people:
            at = people.index(self._chosen) if self._chosen in people else (-1 if step > 0 else 0)
            self._choose(people[(at + step) % len(people)])

    def _on_key(self, key: str) -> None:
        if key == BACKSPACE:
            self._set_pin(self._pin[:-1])
        elif len(self._pin) < LONGEST_PIN:
            self._set_pin(self._pin + key)

    def _set_pin(self, pin: str) -> None:
        self._pin = pin
        self.dots.count = len(pin)
        self.dots.setAccessibleName(self.t("lock.digits", n=len(pin)))
        self.dots.update()
        self.log_in_button.setEnabled(bool(pin))

    def _on_logged_in(self, session: Session) -> None:
        self._logging_in = False
        self.desk.session = session
        self.desk.navigator.go("sale")

    def _on_refused(self, trouble: UserError) -> None:
        self._logging_in = False
        self.refuse(trouble)
