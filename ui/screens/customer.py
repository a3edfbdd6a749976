"""Who is buying: one box that takes anything, cards to choose from, and three fields for somebody new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from pos_desktop.domain.customers import KnownCustomer, LookupOutcome, LookupResult, NewCustomer
from pos_desktop.domain.errors import UserError
from pos_desktop.domain.shop import Shop
from pos_desktop.services.changes import Changes
from pos_desktop.services.views import BasketView
from ui import customer_model
from ui.customer_model import Empty
from ui.desk import Desk
from ui.screens.base import Screen
from ui.screens.customer_cards import EnrolCard, ProfileCard
from ui.screens.row_list import Row, RowList
from ui.screens.touch_keys import TouchKeys
from ui.theme import GRID, TOUCH_PRIMARY
from ui.widgets.buttons import ActionButton
from ui.widgets.labels import label, rule

LIMIT = 50
TYPING_PAUSE_MS = 120
_PROFILE, _ENROL, _NOTHING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search on this till."""

    text: str
    customers: tuple[KnownCustomer, ...]
    complete: bool
    shop: Shop | None


class CustomerScreen(Screen):
    """``go("customer", basket_id=…, text=…, enrol=…)``: all optional; without a basket nobody can be put on one."""

    title_key = "customer.title"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._basket_id: str | None = None
        self._attached: KnownCustomer | None = None
        self._found: dict[str, KnownCustomer] = {}
        self._shop: Shop | None = None
        self._busy = False
        self.box = QLineEdit()
        self.box.setPlaceholderText(self.t("customer.search"))
        self.box.setAccessibleName(self.t("customer.search"))
        self.box.setMaxLength(254)
        self.list = RowList(self.theme, self.t("customer.results"))
        self.empty = label("", "body", "soft", wrap=True)
        self.ask = ActionButton(
            self.theme, self.t("customer.ask_centre"), hint="F6", icon="cloud", height=TOUCH_PRIMARY
        )
        self.enrol = ActionButton(
            self.theme, self.t("customer.enrol"), hint="F9", icon="user-plus", height=TOUCH_PRIMARY
        )
        self.touch_keys = TouchKeys(self.theme, self.texts)
        self.touch_keys.hide()
        self.show_keys = ActionButton(self.theme, "", icon="keyboard")
        self.show_keys.name_it(self.t("touch_keys.show"))
        self.show_keys.setCheckable(True)
        self.profile = ProfileCard(self.theme, self.texts)
        self.form = EnrolCard(self.theme, self.texts)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._connect()
        self._build()

    # Coming and going

    def enter(self, **params: object) -> None:
        """Search for ``text``, or show who is on the basket; ``enrol`` opens the fields at once."""
        if params:
            basket_id = params.get("basket_id")
            self._basket_id = basket_id if isinstance(basket_id, str) else None
        self._busy = False
        self._attached = None
        text = params.get("text")
        self.box.setText(text if isinstance(text, str) else "")
        self._side.setCurrentIndex(_NOTHING)
        self.box.setFocus()
        if self._basket_id is not None:
            self.run(partial(self.desk.till.baskets.get, self._basket_id), self._show_attached)
        self._search()
        if params.get("enrol"):
            self.start_enrolment()

    def leave(self) -> None:
        """Nothing typed later may change what is gone."""
        self._pause.stop()

    def refresh(self, changes: Changes, subject: str) -> None:
        """Customers came in from the centre."""
        if changes & Changes.CUSTOMER:
            self._search()

    def scanned(self, code: str) -> None:
        """A loyalty card: into the form while somebody is enrolled, else it is searched for."""
        if self._side.currentIndex() == _ENROL:
            self.form.take_card(code)
        else:
            self.box.setText(code)
            self._search()

    def typed(self, text: str) -> bool:
        """Typing goes to the box."""
        if self._side.currentIndex() == _ENROL:
            return False
        self.box.setFocus()
        self.box.insert(text)
        self._pause.start()
        return True

    def step_back(self) -> None:
        """Out of the fields, then out of the screen."""
        if self._side.currentIndex() == _ENROL:
            self._close_form()
        else:
            super().step_back()

    def keys(self) -> dict[int, Callable[[], None]]:
        """Enter takes who is chosen, or stores who is typed."""
        return {
            Qt.Key.Key_Return: self.confirm,
            Qt.Key.Key_Enter: self.confirm,
            Qt.Key.Key_F4: self.detach,
            Qt.Key.Key_F6: self.ask_centre,
            Qt.Key.Key_F9: self.start_enrolment,
            Qt.Key.Key_Up: partial(self._step, -1),
            Qt.Key.Key_Down: partial(self._step, 1),
        }

    # What a press does

    def confirm(self) -> None:
        """Enter: what stands on the largest key."""
        if self._side.currentIndex() == _ENROL:
            self.form.submit()
        elif self._pause.isActive():
            self._pause.stop()
            self._search()
        elif self._side.currentIndex() == _PROFILE:
            self.use_chosen()
        elif self.ask.isVisible():
            self.ask_centre()

    def use_chosen(self) -> None:
        """Put the chosen customer on the basket."""
        known = self._found.get(self.list.chosen or "")
        if known is None or self._basket_id is None or self._busy:
            return
        if self._attached is not None and self._attached.customer.id == known.customer.id:
            self.desk.navigator.back()
            return
        self._busy = True
        attach = partial(self.desk.till.baskets.attach_customer, self._basket_id, known.customer.id)
        self.run(attach, self._attached_now, self._refused)

    def detach(self) -> None:
        """Take the customer off the basket."""
        if self._attached is not None and self._basket_id is not None and not self._busy:
            self._busy = True
            self.run(
                partial(self.desk.till.baskets.detach_customer, self._basket_id), self._attached_now, self._refused
            )

    def ask_centre(self) -> None:
        """Ask the centre for what is typed; the box stays usable meanwhile."""
        text = self.box.text().strip()
        if not text or not self.ask.isEnabled():
            return
        self.ask.setEnabled(False)
        self.ask.set_text(self.t("customer.asking"))
        self.run(
            partial(self.desk.till.customers.lookup, text), partial(self._asked, text), self._not_asked, network=True
        )

    def start_enrolment(self) -> None:
        """Open the fields, filled with what was searched for."""
        prefixes = self._shop.loyalty_card_prefixes if self._shop else ()
        self._side.setCurrentIndex(_ENROL)
        self.form.start(customer_model.started_from(self.box.text(), prefixes))
        self.touch_keys.ready()

    # What comes back

    def _search(self) -> None:
        text = self.box.text()
        self.run(partial(self._read, text), self._show)

    def _read(self, text: str) -> Found:
        customers = self.desk.till.customers
        found = customers.search(text, LIMIT) if text.strip() else ()
        return Found(text, found, customers.complete(), self.desk.till.shop)

    def _show(self, found: Found) -> None:
        if found.text != self.box.text():
            return
        self._shop = found.shop
        self._found = {known.customer.id: known for known in found.customers}
        self.list.show_rows([self._row(known) for known in found.customers])
        empty = customer_model.empty_because(found.text, found.complete)
        self._show_empty("" if found.customers else self.t(empty.value, text=found.text.strip()))
        self.ask.setVisible(not found.customers and empty is not Empty.ASK)
        if len(found.customers) == LIMIT:
            self.say(self.t("customer.more", n=LIMIT), "info")
        if self._side.currentIndex() != _ENROL:
            if found.customers:
                self.list.choose(found.customers[0].customer.id)
                self._show_profile(self.list.chosen or "")
            elif self._attached is not None and not found.text.strip():
                self._show_known(self._attached)
            else:
                self._side.setCurrentIndex(_NOTHING)

    def _show_empty(self, text: str) -> None:
        self.empty.setText(text)
        self.empty.setVisible(bool(text))
        self.list.setVisible(not text)

    def _row(self, known: KnownCustomer) -> Row:
        customer = known.customer
        marks = tuple((self.t(key), tone) for key, tone in customer_model.badges(known))
        points = self.t("sale.points", n=known.points)
        return Row(
            customer.id,
            customer.name,
            customer_model.contact(known),
            right=points,
            right_detail=customer.tier,
            marks=marks,
        )

    def _show_profile(self, customer_id: str) -> None:
        known = self._found.get(customer_id)
        if known is not None and self._side.currentIndex() != _ENROL:
            self._show_known(known)

    def _show_known(self, known: KnownCustomer) -> None:
        on_basket = self._attached is not None and self._attached.customer.id == known.customer.id
        usable = self._basket_id is not None
        self.profile.show_customer(known, self._shop, self.desk.now(), on_basket=on_basket, usable=usable)
        self._side.setCurrentIndex(_PROFILE)

    def _show_attached(self, view: BasketView) -> None:
        self._attached = view.customer
        if view.customer is not None and not self.box.text().strip() and self._side.currentIndex() != _ENROL:
            self._show_known(view.customer)

    def _attached_now(self, view: BasketView) -> None:
        self._busy = False
        self.desk.navigator.back()

    def _asked(self, text: str, result: LookupResult) -> None:
        self._ask_again()
        if result.known is not None:
            self._found = {result.known.customer.id: result.known}
            self.list.show_rows([self._row(result.known)])
            self._show_empty("")
            self.ask.setVisible(False)
            self.list.choose(result.known.customer.id)
            self._show_profile(result.known.customer.id)
        elif result.outcome is LookupOutcome.NOT_FOUND:
            self._show_empty(self.t("customer.centre.not_found", text=text))
        else:
            self._show_empty(self.t("customer.centre.unreachable"))

    def _not_asked(self, trouble: UserError) -> None:
        self._ask_again()
        self.refuse(trouble)

    def _ask_again(self) -> None:
        self.ask.setEnabled(True)
        self.ask.set_text(self.t("customer.ask_centre"))

    def _enrol(self, new: NewCustomer) -> None:
        self.form.saving(True)
        work = partial(self.desk.till.customers.enrol, new, self.desk.employee_id, self._basket_id)
        self.run(work, self._enrolled, self._not_enrolled)

    def _enrolled(self, known: KnownCustomer) -> None:
        self.form.saving(False)
        self._close_form()
        if self._basket_id is not None:
            self.desk.navigator.back()
            return
        self.say(self.t("customer.enrolled", name=known.customer.name), "done")
        self.box.setText(known.customer.name)
        self._search()

    def _not_enrolled(self, trouble: UserError) -> None:
        self.form.saving(False)
        self.refuse(trouble)

    def _refused(self, trouble: UserError) -> None:
        self._busy = False
        self.refuse(trouble)

    def _close_form(self) -> None:
        self._side.setCurrentIndex(_NOTHING)
        self.box.setFocus()
        self._search()

    def _step(self, by: int) -> None:
        if self._side.currentIndex() != _ENROL:
            self.list.step(by)

    # Layout

    def _connect(self) -> None:
        self.box.textEdited.connect(lambda _text: self._pause.start())
        self._pause.timeout.connect(self._search)
        self.show_keys.toggled.connect(self.touch_keys.setVisible)
        self.list.picked.connect(self._show_profile)
        self.list.taken.connect(lambda _key: self.use_chosen())
        self.ask.clicked.connect(self.ask_centre)
        self.enrol.clicked.connect(self.start_enrolment)
        self.profile.use.clicked.connect(self.use_chosen)
        self.profile.detach.clicked.connect(self.detach)
        self.form.submitted.connect(self._enrol)
        self.form.cancelled.connect(self.step_back)

    def _build(self) -> None:
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QWidget()
        left.setProperty("ground", "surface")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 2 * GRID)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        top.setSpacing(GRID)
        top.addWidget(self.box, 1)
        top.addWidget(self.show_keys)
        column.addLayout(top)
        column.addWidget(rule())
        self.empty.setContentsMargins(2 * GRID, 3 * GRID, 2 * GRID, 0)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)
        keys = QHBoxLayout()
        keys.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        keys.addWidget(self.touch_keys)
        column.addLayout(keys)
        actions = QHBoxLayout()
        actions.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        actions.setSpacing(GRID)
        actions.addWidget(self.ask, 1)
        actions.addWidget(self.enrol, 1)
        column.addLayout(actions)
        row.addWidget(left, 7)
        edge = rule()
        edge.setMaximumHeight(16_777_215)
        edge.setMinimumHeight(0)
        edge.setFixedWidth(1)
        row.addWidget(edge)
        side = QVBoxLayout()
        side.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self._side = QStackedWidget()
        for panel in (self.profile, self.form, QWidget()):
            self._side.addWidget(panel)
        side.addWidget(self._side)
        row.addLayout(side, 6)
