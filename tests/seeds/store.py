"""A store for the tests of the seeds: a real till, a real central API, and a plugin that listens."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from pos_desktop.domain.customers import KnownCustomer, LookupOutcome
from pos_desktop.domain.sales import Sale
from pos_desktop.plugins.hooks import hookimpl
from pos_desktop.services.views import BasketView
from pos_desktop.storage.till_store import open_till
from sync.http import Api
from sync.lookup import LiveLookup
from sync.push import Pusher
from tests.support.central import RunningApi, running_api
from tests.support.tills import TestTill, running_till

PLENTY_S = 20.0


class Listener:
    """A plugin from outside that writes down what it is told."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, str, str | None]] = []
        self.fetched: list[tuple[str | None, str, LookupOutcome]] = []
        self.sold: list[str] = []
        self.told = threading.Condition()

    @hookimpl
    def basket_started(
        self, basket_id: str, terminal_id: str, employee_id: str, customer_identifier: str | None
    ) -> None:
        with self.told:
            self.started.append((basket_id, terminal_id, employee_id, customer_identifier))
            self.told.notify_all()

    @hookimpl
    def customer_data_fetched(self, basket_id: str | None, known: KnownCustomer, outcome: LookupOutcome) -> None:
        with self.told:
            self.fetched.append((basket_id, known.customer.id, outcome))
            self.told.notify_all()

    @hookimpl
    def sale_completed(self, sale: Sale) -> None:
        with self.told:
            self.sold.append(sale.id)
            self.told.notify_all()

    def wait(self, until: Callable[[], bool]) -> None:
        with self.told:
            assert self.told.wait_for(until, PLENTY_S)


@dataclass
class Store:
    """A till that knows no customer yet, and the central API that knows them all."""

    shop: TestTill
    api: RunningApi
    lookup: LiveLookup
    listener: Listener

    def start(self, identifier: str | None = None, terminal: str = "term_001") -> BasketView:
        """Start a basket and let the network have its turn."""
        basket = self.shop.till.baskets.start("emp_1", terminal, identifier).basket.id
        self.shop.run_background()
        return self.shop.till.baskets.get(basket)

    def calls(self) -> int:
        """Lookups that the server has answered, by its own figures."""
        figures = httpx.get(f"{self.api.url}/metrics").text
        counts = re.findall(r'central_request_seconds_count\{[^}]*route="/v1/lookup"[^}]*\} ([0-9.]+)', figures)
        return round(sum(float(count) for count in counts))

    def push(self) -> None:
        """Send all that the till has made to the central API."""
        database = open_till(self.shop.folder)
        api = Api(self.api.url, self.api.token)
        try:
            pusher = Pusher(database, api, "epoch-of-this-till")
            while (report := pusher.push("2026-11-20T12:00:00.000Z")) is not None:
                assert report.acked
        finally:
            api.close()
            database.close()


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """A till without customers and a central API with them, for the length of a block."""
    listener = Listener()
    till = folder / "till"
    till.mkdir()
    with (
        running_api(folder / "central.sqlite") as api,
        running_till(till, customers=(), plugins=(("listener", listener),)) as shop,
    ):
        lookup = LiveLookup(api.url, api.token, sleep=lambda _seconds: None)
        shop.lookup = lookup  # type: ignore[assignment]
        shop.restart()
        yield Store(shop, api, lookup, listener)
        lookup.close()
