"""A till without a file or a network that behaves like one, for the screens to be driven with.

It keeps real state, refuses what the services refuse with the same codes, and can be made slow or unlucky:
``till.gate("checkout.finalise")`` holds that call until the gate is opened, ``till.card_script`` says how the next
card payments end, ``till.online`` whether a lookup reaches the centre. ``till.calls`` counts every call.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pos_desktop.domain.basket import Basket, BasketState
from pos_desktop.domain.customers import Customer
from pos_desktop.domain.errors import BadInput, ErrorCode
from pos_desktop.domain.sales import Sale
from pos_desktop.domain.shop import Shop
from pos_desktop.domain.tenders import Tender
from pos_desktop.services.changes import ChangeFeed, Changes
from pos_desktop.services.views import (
    BasketSummary,
    BasketView,
    CollectionProgress,
    LookupLogView,
    LookupState,
    PendingItem,
    PluginView,
    PrintJobView,
    Session,
    SyncState,
    SyncStatus,
)
from pos_desktop.settings import LookupSettings, Settings
from tests.ui.fake_baskets import FakeBaskets
from tests.ui.fake_catalogue import FakeCatalogue, FakeCustomers
from tests.ui.fake_checkout import FakeCheckout, FakeReceipts, FakeSales
from tests.ui.fake_money import price
from tests.ui.fake_shop import CATEGORIES, CUSTOMERS, EMPLOYEES, NOW, PINS, PRODUCTS, SHOP, known


@dataclass
class Kept:
    """A basket as the fake keeps it."""

    basket: Basket
    lookup: LookupState = LookupState.NONE
    tenders: tuple[Tender, ...] = ()
    card_unknown: str | None = None
    last_line_id: str | None = None
    customer: Customer | None = None
    hint: str = ""


class FakeTill:
    """The facade: the same attributes as the real one."""

    def __init__(self, shop: Shop = SHOP, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(Path(), card_terminal="tcp://127.0.0.1:7000")
        self.terminal_id = "term_001"
        self.shop = shop
        self.products = list(PRODUCTS)
        self.category_list = list(CATEGORIES)
        self.people = {customer.id: customer for customer in CUSTOMERS}
        self.kept: dict[str, Kept] = {}
        self.sold: dict[str, Sale] = {}
        self.copies: Counter[str] = Counter()
        self.jobs: list[PrintJobView] = []
        self.prints = False
        self.printer_silent = False
        self.log: list[LookupLogView] = []
        self.calls: Counter[str] = Counter()
        self.card_script: list[str] = []
        self.online = True
        self.loaded = True
        self.sync_status: SyncStatus | None = None
        self.pending_items: list[PendingItem] = []
        names = ("customer_lookup", "tier_discount", "recommendation", "fraud_check", "marketing")
        self.plugin_list = [PluginView(name, f"plugin.{name}", True) for name in names]
        self._gates: dict[str, threading.Event] = {}
        self._failures: dict[str, Exception] = {}
        self._ids = itertools.count(1)
        self.changes = ChangeFeed()
        self.staff = FakeStaff(self)
        self.baskets = FakeBaskets(self)
        self.customers = FakeCustomers(self)
        self.catalogue = FakeCatalogue(self)
        self.checkout = FakeCheckout(self)
        self.sales = FakeSales(self)
        self.receipts = FakeReceipts(self)
        self.sync = FakeSync(self)

    def new_id(self, prefix: str) -> str:
        """Ids that rise."""
        return f"{prefix}_{next(self._ids):04}"

    def gate(self, call: str) -> threading.Event:
        """Hold every following ``call`` (such as ``checkout.finalise``) until the returned gate is set."""
        return self._gates.setdefault(call, threading.Event())

    def fail_once(self, call: str, error: Exception) -> None:
        """Make the next ``call`` raise."""
        self._failures[call] = error

    def entered(self, call: str) -> None:
        """Every verb reports here first."""
        self.calls[call] += 1
        gate = self._gates.get(call)
        if gate is not None and not gate.wait(10):
            raise AssertionError(f"the gate of {call} was never opened")
        failure = self._failures.pop(call, None)
        if failure is not None:
            raise failure

    def keep(self, basket: Basket) -> None:
        """Take a new basket in."""
        self.kept[basket.id] = Kept(basket)

    def find(self, basket_id: str) -> Kept:
        """A basket that must exist."""
        if basket_id not in self.kept:
            raise BadInput(ErrorCode.BASKET_NOT_OPEN)
        return self.kept[basket_id]

    def view(self, basket_id: str) -> BasketView:
        """A basket as screens see it."""
        kept = self.kept[basket_id]
        priced = price(kept.basket)
        paid = sum(tender.amount_minor for tender in kept.tenders)
        change = sum(tender.change_minor for tender in kept.tenders)
        earn = priced.total_minor // self.shop.programme.earn_per_minor if kept.customer else 0
        return BasketView(
            kept.basket, priced, known(kept.customer) if kept.customer else None, kept.lookup, kept.tenders,
            kept.card_unknown, priced.total_minor, priced.total_minor - paid, change, earn, kept.last_line_id, kept.hint,
        )  # fmt: skip

    def summary(self, kept: Kept) -> BasketSummary:
        """A basket as a tab."""
        basket = kept.basket
        return BasketSummary(
            basket.id, basket.state.value, basket.label, kept.customer.name if kept.customer else "",
            len(basket.lines), price(basket).total_minor, basket.opened_at, NOW, basket.employee_id,
        )  # fmt: skip

    def in_state(self, *states: BasketState) -> tuple[BasketSummary, ...]:
        """Baskets in these states, oldest first."""
        return tuple(self.summary(kept) for kept in self.kept.values() if kept.basket.state in states)

    def set_basket(self, basket_id: str, **changes: Any) -> BasketView:
        """Change a basket's own fields and tell the feed."""
        kept = self.kept[basket_id]
        kept.basket = replace(kept.basket, **changes)
        self.changes.publish(Changes.BASKET, basket_id)
        return self.view(basket_id)

    def lookup_settings(self) -> LookupSettings:
        """The five lookup settings."""
        return self.settings.lookup

    def save_lookup_settings(self, lookup: LookupSettings) -> None:
        """Keep them."""
        self.entered("save_lookup_settings")
        self.settings = replace(self.settings, lookup=lookup)
        self.changes.publish(Changes.SETTINGS)

    def save_settings(self, settings: Settings) -> None:
        """Keep other settings."""
        self.entered("save_settings")
        self.settings = settings
        self.changes.publish(Changes.SETTINGS)

    def plugins(self) -> tuple[PluginView, ...]:
        """All plugins."""
        return tuple(self.plugin_list)

    def enable_plugin(self, name: str, enabled: bool) -> None:
        """Switch one."""
        self.entered("enable_plugin")
        self.plugin_list = [replace(p, enabled=enabled) if p.name == name else p for p in self.plugin_list]


class FakeStaff:
    """People with PINs; three wrong ones lock for 30 seconds."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till
        self._wrong: Counter[str] = Counter()
        self.people: tuple[Any, ...] = EMPLOYEES

    def employees(self) -> tuple[Any, ...]:
        return self.people

    def log_in(self, employee_id: str, pin: str) -> Session:
        self._till.entered("staff.log_in")
        if self._wrong[employee_id] >= 3:
            raise BadInput(ErrorCode.PIN_LOCKED, seconds=30)
        if PINS.get(employee_id) != pin:
            self._wrong[employee_id] += 1
            raise BadInput(ErrorCode.WRONG_PIN, left=3 - self._wrong[employee_id])
        self._wrong[employee_id] = 0
        return Session(next(e for e in EMPLOYEES if e.id == employee_id), NOW)

    def log_out(self, employee_id: str) -> None:
        self._till.entered("staff.log_out")


class FakeSync:
    """Says what the test set."""

    def __init__(self, till: FakeTill) -> None:
        self._till = till

    def status(self) -> SyncStatus:
        self._till.entered("sync.status")
        if self._till.sync_status is not None:
            return self._till.sync_status
        waiting = sum(1 for item in self._till.pending_items if item.state == "pending")
        parked = sum(1 for item in self._till.pending_items if item.state == "parked")
        state = SyncState.UP_TO_DATE if self._till.online else SyncState.OFFLINE
        loading = (CollectionProgress("products", 400, 400, True), CollectionProgress("customers", 3_000, 3_000, True))
        oldest = self._till.pending_items[0].made_at if self._till.pending_items else ""
        return SyncStatus(state, NOW, waiting, parked, oldest, NOW, "", loading)

    def retry_now(self) -> None:
        self._till.entered("sync.retry_now")

    def pending(self, limit: int = 200) -> tuple[PendingItem, ...]:
        return tuple(self._till.pending_items[:limit])
