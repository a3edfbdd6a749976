"""What takes the place of the tender tiles: a card payment under way, an unknown outcome, points, and all paid."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pos_desktop.services.views import BasketView, RedeemableView
from ui.payment_model import CardStep, card_steps
from ui.text import Texts
from ui.theme import GRID, TOUCH_PRIMARY, Theme, Type
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import ElidedLabel, label, repolish, set_tone

_LAST_DIGITS = 4
_STEP_LOOKS = {"done": ("circle-check", "done_text"), "now": ("loader-circle", "accent_text"), "later": ("", "faint")}


class Picture(QWidget):
    """An icon that keeps its colour when the theme changes."""

    def __init__(self, theme: Theme, icon: str, token: str, size: int = 24) -> None:
        super().__init__()
        self._theme = theme
        self._icon, self._token, self._size = icon, token, size
        self.setFixedSize(QSize(size, size))
        theme.changed.connect(self.update)

    def show_icon(self, icon: str, token: str) -> None:
        """Change it; an empty name shows nothing."""
        self._icon, self._token = icon, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The icon."""
        if not self._icon:
            return
        painter = QPainter(self)
        colour = self._theme.colour(self._token).name()
        painter.drawPixmap(0, 0, self._theme.pixmap(self._icon, colour, self._size, self.devicePixelRatioF()))
        painter.end()


def show_large(words: QLabel, text: str, room: int = 11) -> None:
    """Show an amount as large as it fits: one with more characters than ``room`` is set smaller."""
    words.setText(text)
    role = "huge" if len(text) <= room else "big"
    if words.property("role") != role:
        words.setProperty("role", role)
        repolish(words)


def card_frame() -> tuple[QFrame, QVBoxLayout]:
    """A card with its column."""
    frame = QFrame()
    frame.setProperty("card", True)
    column = QVBoxLayout(frame)
    column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
    column.setSpacing(2 * GRID)
    return frame, column


class Panel(QWidget):
    """A card that fills its place."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme = theme
        self._texts = texts
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        frame, self.column = card_frame()
        outer.addWidget(frame)


class CardPanel(Panel):
    """What the card terminal is doing, step by step."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.amount = label("", "huge")
        self._steps: list[tuple[Picture, QLabel]] = []
        self.column.addWidget(label(texts.t("card.title"), "title"))
        self.column.addWidget(self.amount)
        for _step in card_steps("connecting"):
            row = QHBoxLayout()
            row.setSpacing(GRID + 4)
            picture, words = Picture(theme, "", "soft"), label("", "body")
            row.addWidget(picture)
            row.addWidget(words, 1)
            self._steps.append((picture, words))
            self.column.addLayout(row)
        self.hint = label(texts.t("card.silent_hint"), "small", "soft", wrap=True)
        self.column.addWidget(self.hint)
        self.column.addStretch(1)
        self.cancel = ActionButton(
            theme, texts.t("card.cancel"), hint=texts.t("key.esc"), icon="x", height=TOUCH_PRIMARY
        )
        self.column.addWidget(self.cancel)

    def start(self, amount_minor: int) -> None:
        """A payment has been asked for."""
        show_large(self.amount, self._texts.money(amount_minor))
        self.cancel.setEnabled(True)
        self.cancel.set_text(self._texts.t("card.cancel"))
        self.progress("connecting")

    def cancelling(self) -> None:
        """The terminal has been asked to stop."""
        self.cancel.setEnabled(False)
        self.cancel.set_text(self._texts.t("card.cancelling"))

    def progress(self, code: str) -> None:
        """The terminal said where it is."""
        for (picture, words), step in zip(self._steps, card_steps(code), strict=True):
            self._show_step(picture, words, step)

    def _show_step(self, picture: Picture, words: QLabel, step: CardStep) -> None:
        picture.show_icon(*_STEP_LOOKS[step.state])
        words.setText(self._texts.t(step.key))
        set_tone(words, "soft" if step.state == "later" else "accent" if step.state == "now" else "")
        words.setAccessibleName(f"{words.text()}, {step.state}")


class UnknownPanel(Panel):
    """Nobody knows whether the card was charged: ask, do not guess."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.column.addWidget(Picture(theme, "circle-question-mark", "warn_text", 44))
        self.column.addWidget(label(texts.t("card.unknown.title"), "title", "warn", wrap=True))
        self.column.addWidget(label(texts.t("card.unknown.text"), "body", wrap=True))
        self.column.addStretch(1)
        self.leave = ActionButton(theme, texts.t("card.unknown.leave"), hint=texts.t("key.esc"), icon="users")
        self.ask = ActionButton(
            theme, texts.t("card.unknown.ask"), hint=texts.t("key.enter"), icon="smartphone-nfc", kind=Kind.PRIMARY,
            size=Type.TITLE, height=TOUCH_PRIMARY + GRID,
        )  # fmt: skip
        self.column.addWidget(self.leave)
        self.column.addWidget(self.ask)

    def asking(self, now: bool) -> None:
        """The terminal is being asked, or has answered."""
        self.ask.setEnabled(not now)
        self.ask.set_text(self._texts.t("card.unknown.asking" if now else "card.unknown.ask"))


class PointsPanel(Panel):
    """How many points are spent."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.balance = ElidedLabel("", "body", "soft")
        self.most = label("", "body", wrap=True)
        self.column.addWidget(label(texts.t("payment.points.title"), "title"))
        self.column.addWidget(self.balance)
        self.column.addWidget(self.most)
        self.worth = label("", "huge")
        self.column.addWidget(self.worth)
        self.column.addWidget(label(texts.t("payment.points.hint"), "small", "soft", wrap=True))
        self.column.addStretch(1)
        self.cancel = ActionButton(theme, texts.t("payment.points.cancel"), hint=texts.t("key.esc"))
        self.use = ActionButton(
            theme, "", hint=texts.t("key.enter"), icon="star", kind=Kind.PRIMARY, size=Type.TITLE,
            height=TOUCH_PRIMARY + GRID,
        )  # fmt: skip
        self.column.addWidget(self.cancel)
        self.column.addWidget(self.use)

    def show_points(self, view: BasketView, redeemable: RedeemableView, typed_points: int | None, worth: str) -> None:
        """Show what may be spent and what a press would spend.

        Args:
            worth: what that is worth, ready to be read.
        """
        texts = self._texts
        if view.customer is not None:
            self.balance.setText(
                texts.t("payment.points.balance", name=view.customer.customer.name, points=view.customer.points)
            )
        reason = redeemable.reason if redeemable.reason in {"due", "balance", "allowance"} else "balance"
        self.most.setText(texts.t(f"payment.points.most.{reason}", points=redeemable.points))
        points = redeemable.points if typed_points is None else typed_points
        show_large(self.worth, worth)
        self.use.set_text(texts.t("payment.points.use", points=points))
        self.use.setEnabled(points > 0)


class SettledPanel(Panel):
    """Everything is paid; the sale is being stored, or could not be and waits for another try."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__(theme, texts)
        self.change_name = label(texts.t("payment.change"), "title", "soft")
        self.change = label("", "huge")
        row = QHBoxLayout()
        row.setSpacing(GRID + 4)
        row.addWidget(Picture(theme, "circle-check", "done_text", 28))
        row.addWidget(label(texts.t("payment.why.settled"), "title", "done"), 1)
        self.column.addLayout(row)
        self.column.addSpacing(2 * GRID)
        self.column.addWidget(self.change_name)
        self.column.addWidget(self.change)
        self.column.addStretch(1)
        self.finish = ActionButton(
            theme, texts.t("payment.finish"), hint="F12", icon="check", kind=Kind.DONE, size=Type.TITLE,
            height=TOUCH_PRIMARY + 2 * GRID,
        )  # fmt: skip
        self.column.addWidget(self.finish)

    def show_change(self, change_minor: int, saving: bool) -> None:
        """Show what is given back, and whether the sale is being stored now."""
        show_large(self.change, self._texts.money(change_minor))
        self.finish.setEnabled(not saving)
        self.finish.set_text(self._texts.t("payment.finishing" if saving else "payment.finish"))


class TakenRow(QWidget):
    """A tender that has been taken, with a way to take it back.

    Args:
        name: what was taken; of a card its last four digits always stay in sight.
        spoken: what the removing key does, for who cannot see it.
        ask: a word that must be pressed before it is done; empty to do it at once.

    Signals:
        removed(): it is to be taken back.
    """

    removed = Signal()

    def __init__(self, theme: Theme, name: str, amount: str, spoken: str, ask: str) -> None:
        super().__init__()
        self._ask = ask
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 0, GRID, 0)
        row.setSpacing(GRID)
        self.setMinimumHeight(48)
        row.addWidget(Picture(theme, "check", "done_text"))
        self.name = ElidedLabel(name, "body", tail=_LAST_DIGITS)
        row.addWidget(self.name, 1)
        value = label(amount, "strong")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(value)
        self.remove = ActionButton(theme, "", icon="x", kind=Kind.QUIET)
        self.remove.name_it(spoken)
        self.remove.clicked.connect(self._on_pressed)
        row.addWidget(self.remove)

    def _on_pressed(self) -> None:
        if self._ask:
            self.remove.set_kind(Kind.DANGER)
            self.remove.set_icon("")
            self.remove.set_text(self._ask)
            self.remove.name_it(self._ask)
            self._ask = ""
        else:
            self.remove.setEnabled(False)
            self.removed.emit()
