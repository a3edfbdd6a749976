"""The till as the screens see it: one object, built once, handed down."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from pos_desktop.devices.card_terminal import CardTerminal
from pos_desktop.devices.printer import Printer
from pos_desktop.domain.ids import IdMaker
from pos_desktop.domain.shop import Shop
from pos_desktop.plugins.builtin import standard
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.catalogue import Catalogue
from pos_desktop.services.changes import ChangeFeed, Changes
from pos_desktop.services.checkout import Checkout
from pos_desktop.services.core import Clock, Core, ShopCache, Submit
from pos_desktop.services.customers import Customers, LookupApi
from pos_desktop.services.preferences import Preferences
from pos_desktop.services.receipts import Encoder, Receipts, Wording
from pos_desktop.services.sales import Sales
from pos_desktop.services.staff import Staff
from pos_desktop.services.sync_status import SyncReports
from pos_desktop.services.views import PluginView
from pos_desktop.settings import LookupSettings, Settings
from pos_desktop.storage import catalogue, meta
from pos_desktop.storage.database import Database
from pos_desktop.storage.journal import Signer
from pos_desktop.storage.replica import ReplicaReader


@dataclass(frozen=True, slots=True)
class Outside:
    """What is real outside the till and differs between a shop, a demo and a test.

    Args:
        lookup: the live lookup at the central API.
        card: the payment terminal, or None when there is none.
        wake_sync: tells the sync process that there is something to send.
        submit: runs work that may wait for the network.
        more_plugins: further plugins by name.
    """

    clock: Clock
    sign: Signer
    lookup: LookupApi
    card: CardTerminal | None
    printer: Printer
    encode: Encoder
    wording: Callable[[Shop | None], Wording]
    wake_sync: Callable[[], None]
    submit: Submit
    more_plugins: tuple[tuple[str, object], ...] = ()


class Till:
    """All use cases of a till.

    Args:
        settings: as loaded; changed ones are kept through :meth:`save_settings`.
        till_file: open file of facts; closed by :meth:`close`.
        replica: read access to the server's copy; likewise.
    """

    def __init__(self, settings: Settings, till_file: Database, replica: ReplicaReader, outside: Outside) -> None:
        self.changes = ChangeFeed()
        self._till_file, self._replica, self._outside = till_file, replica, outside
        with till_file.read() as connection:
            last = meta.last_id(connection)
        self._preferences = Preferences(settings, self.changes)
        self._core = Core(
            till=till_file,
            replica=replica,
            clock=outside.clock,
            ids=IdMaker(lambda: int(outside.clock.now().timestamp() * 1000), secrets.token_bytes, last or None),
            terminal_id=settings.terminal_id,
            sign=outside.sign,
            feed=self.changes,
            submit=outside.submit,
            shops=ShopCache(replica),
            fresh_for_s=lambda: self._preferences.lookup().cache_ttl_seconds,
        )
        in_flight: set[str] = set()
        self._plugins = PluginRunner(
            standard(self._look_up), dict(outside.more_plugins), self._preferences.plugin_enabled
        )
        self.staff = Staff(self._core)
        self.baskets = Baskets(self._core, self._plugins, in_flight)
        self.customers = Customers(self._core, self.baskets, self._plugins, outside.lookup, self._preferences)
        self.baskets.buyers.on_identify(self.customers.look_up_in_background)
        self.catalogue = Catalogue(self._core)
        self.receipts = Receipts(
            self._core, lambda: outside.wording(self._core.shops.get()), outside.encode, outside.printer
        )
        self.checkout = Checkout(
            self._core, self.baskets, self._plugins, outside.card, in_flight, self._employee_name, self.receipts
        )
        self.sales = Sales(self._core)
        self.sync = SyncReports(self._core, outside.wake_sync)
        self.changes.listen(self._on_change)
        self.baskets.buyers.resume_lookups()

    @property
    def shop(self) -> Shop | None:
        """The shop's rules, or None before the first contact with the centre."""
        return self._core.shops.get()

    @property
    def terminal_id(self) -> str:
        """The name under which this till sells, from its start to its end."""
        return self._core.terminal_id

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._preferences.current()

    def save_settings(self, settings: Settings) -> None:
        """Keep other settings."""
        self._preferences.save(settings)

    def lookup_settings(self) -> LookupSettings:
        """How customers are looked up."""
        return self._preferences.lookup()

    def save_lookup_settings(self, lookup: LookupSettings) -> None:
        """Change how customers are looked up."""
        self._preferences.save(replace(self.settings, lookup=lookup))

    def plugins(self) -> tuple[PluginView, ...]:
        """List the plugins."""
        return self._preferences.plugins(self._plugins.names())

    def enable_plugin(self, name: str, enabled: bool) -> None:
        """Switch a plugin on or off."""
        self._preferences.enable_plugin(name, enabled)

    def replica_changed(self, collections: frozenset[str]) -> None:
        """Take note that the sync process wrote these collections; called from any thread."""
        flags = Changes.SYNC
        if "settings" in collections:
            self._core.shops.forget()
            flags |= Changes.SETTINGS
        if collections & {"products", "categories", "taxes"}:
            flags |= Changes.CATALOGUE
        if "employees" in collections:
            flags |= Changes.STAFF
        if collections & {"customers", "customer_aliases"}:
            self.customers.tidy_enrolments()
            flags |= Changes.CUSTOMER
        self.changes.publish(flags)

    def close(self) -> None:
        """Let go of plugins and files."""
        self._plugins.stop()
        self._replica.close()
        self._till_file.close()

    def _look_up(self, identifier: str, basket_id: str) -> None:
        self.customers.look_up_in_background(identifier, basket_id)

    def _employee_name(self, employee_id: str) -> str:
        with self._replica.read() as replica:
            rows = () if replica is None else catalogue.employees(replica)
        return next((row.name for row in rows if row.id == employee_id), employee_id)

    def _on_change(self, changes: Changes, _subject: str) -> None:
        if changes & Changes.OUTBOX:
            self._outside.wake_sync()
