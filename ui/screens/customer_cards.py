"""A customer to be looked at, and a new one to be taken down: the right side of the customer screen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from pos_desktop.domain.customers import CustomerStatus, KnownCustomer, NewCustomer
from pos_desktop.domain.loyalty import points_value_minor
from pos_desktop.domain.shop import Shop
from ui import customer_model
from ui.screens.payment_panels import card_frame
from ui.text import Texts
from ui.theme import GRID, TOUCH_PRIMARY, Theme, Type
from ui.widgets.buttons import ActionButton, Kind
from ui.widgets.labels import ElidedLabel, label, set_tone

_TONES = {"trouble": "bad", "attention": "warn", "accent": "accent"}


class ProfileCard(QWidget):
    """Who it is, what they may spend, and the key that puts them on the basket."""

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        frame, inner = card_frame()
        inner.setSpacing(GRID)
        self.name = ElidedLabel("", "big")
        self.marks = label("", "strong", "bad")
        self.contact = label("", "body", "soft", wrap=True)
        self.points = label("", "huge")
        self.points_detail = label("", "body", "soft", wrap=True)
        self.facts = QGridLayout()
        self.facts.setColumnStretch(0, 1)
        self.facts.setVerticalSpacing(GRID)
        self.values: dict[str, QLabel] = {}
        for row, key in enumerate(("customer.tier", "customer.credit", "customer.spent")):
            self._fact(row, key)
        self.note = label("", "body", "soft", wrap=True)
        for widget in (self.name, self.marks, self.contact):
            inner.addWidget(widget)
        inner.addSpacing(GRID)
        inner.addWidget(label(texts.t("customer.points"), "body", "soft"))
        inner.addWidget(self.points)
        inner.addWidget(self.points_detail)
        inner.addSpacing(2 * GRID)
        inner.addLayout(self.facts)
        inner.addWidget(self.note)
        inner.addStretch(1)
        column.addWidget(frame, 1)
        self.detach = ActionButton(theme, texts.t("customer.detach"), hint="F4", icon="user-x", height=TOUCH_PRIMARY)
        self.use = ActionButton(
            theme, texts.t("customer.use"), hint=texts.t("key.enter"), icon="check", kind=Kind.PRIMARY,
            size=Type.TITLE, height=80,
        )  # fmt: skip
        column.addWidget(self.detach)
        column.addWidget(self.use)

    def show_customer(
        self, known: KnownCustomer, shop: Shop | None, now: str, *, on_basket: bool, usable: bool
    ) -> None:
        """Show a customer.

        Args:
            now: UTC ISO 8601, to say how old the answer is.
            on_basket: they are the customer of the basket already.
            usable: there is a basket to put them on.
        """
        texts, customer = self._texts, known.customer
        self.name.setText(customer.name)
        marks = customer_model.badges(known)
        self.marks.setText(" · ".join(texts.t(key) for key, _tone in marks))
        self.marks.setVisible(bool(marks))
        if marks:
            set_tone(self.marks, _TONES[marks[0][1]])
        self.contact.setText(customer_model.contact(known))
        self.points.setText(texts.number(known.points))
        self.points_detail.setText(self._points_detail(known, shop, now))
        set_tone(self.points_detail, "warn" if customer_model.is_aged(known) else "soft")
        self.values["customer.tier"].setText(customer.tier or "–")
        self.values["customer.credit"].setText(texts.money(known.credit_minor))
        orders = texts.t("customer.orders", n=customer.total_orders)
        self.values["customer.spent"].setText(f"{texts.money(customer.total_spent_minor)} · {orders}")
        blocked = customer.status is CustomerStatus.BLOCKED
        self.note.setText(texts.t("customer.blocked.text") if blocked else customer.note)
        set_tone(self.note, "bad" if blocked else "soft")
        self.use.setVisible(usable and not on_basket)
        self.detach.setVisible(usable and on_basket)

    def _points_detail(self, known: KnownCustomer, shop: Shop | None, now: str) -> str:
        texts, parts = self._texts, []
        if shop is not None:
            worth = points_value_minor(max(0, known.points), shop.programme)
            parts.append(texts.t("customer.points.worth", value=texts.money(worth)))
        if customer_model.is_aged(known):
            parts.append(texts.t("customer.points.as_of", time=texts.recent(known.as_of, now)))
            parts.append(texts.t("customer.points.allowance", points=known.allowance_points))
        return " · ".join(parts)

    def _fact(self, row: int, key: str) -> None:
        value = label("", "body")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.values[key] = value
        self.facts.addWidget(label(self._texts.t(key), "body", "soft"), row, 0)
        self.facts.addWidget(value, row, 1)


class EnrolCard(QWidget):
    """Three fields, and a loyalty card that may be scanned while they are filled.

    Signals:
        submitted(NewCustomer): they are to be stored.
        cancelled(): or not.
    """

    submitted = Signal(object)
    cancelled = Signal()

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._card = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        frame, inner = card_frame()
        inner.setSpacing(GRID)
        inner.addWidget(label(texts.t("customer.enrol"), "title"))
        inner.addSpacing(GRID)
        self.fields: dict[str, QLineEdit] = {}
        for name in ("name", "phone", "email"):
            caption = label(texts.t(f"customer.enrol.{name}"), "body", "soft")
            field = QLineEdit()
            field.setPlaceholderText(texts.t(f"customer.enrol.{name}.hint"))
            field.setAccessibleName(caption.text())
            field.setMaxLength(254)
            caption.setBuddy(field)
            field.textEdited.connect(self._on_edited)
            self.fields[name] = field
            inner.addWidget(caption)
            inner.addWidget(field)
        self.card = label("", "body", "soft", wrap=True)
        inner.addWidget(self.card)
        inner.addStretch(1)
        inner.addWidget(label(texts.t("customer.enrol.rule"), "small", "soft", wrap=True))
        column.addWidget(frame, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.cancel = ActionButton(theme, texts.t("customer.enrol.cancel"), hint=texts.t("key.esc"), height=80)
        self.save = ActionButton(
            theme, texts.t("customer.enrol.save"), hint=texts.t("key.enter"), icon="user-plus", kind=Kind.PRIMARY,
            size=Type.TITLE, height=80,
        )  # fmt: skip
        self.cancel.clicked.connect(self.cancelled)
        self.save.clicked.connect(self.submit)
        row.addWidget(self.cancel, 1)
        row.addWidget(self.save, 2)
        column.addLayout(row)

    def start(self, new: NewCustomer) -> None:
        """Begin with what is known already."""
        self.fields["name"].setText(f"{new.first_name} {new.last_name}".strip())
        self.fields["phone"].setText(new.phone)
        self.fields["email"].setText(new.email)
        self.take_card(new.card)
        self.saving(False)
        empty = next((field for field in self.fields.values() if not field.text()), self.fields["name"])
        empty.setFocus()

    def take_card(self, card: str) -> None:
        """A loyalty card was scanned."""
        self._card = card
        key = "customer.enrol.card" if card else "customer.enrol.card.hint"
        self.card.setText(self._texts.t(key, card=card) if card else self._texts.t(key))
        set_tone(self.card, "done" if card else "soft")

    def submit(self) -> None:
        """Hand over what is typed."""
        if self.save.isEnabled():
            first, last = customer_model.split_name(self.fields["name"].text())
            phone, email = self.fields["phone"].text().strip(), self.fields["email"].text().strip()
            self.submitted.emit(NewCustomer(first, last, phone, email, self._card))

    def saving(self, now: bool) -> None:
        """They are being stored, or are not any more."""
        self.save.setEnabled(not now)
        self.save.set_text(self._texts.t("customer.enrol.saving" if now else "customer.enrol.save"))

    def _on_edited(self) -> None:
        self.saving(False)
