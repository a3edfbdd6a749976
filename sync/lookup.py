"""The live lookup of a customer, with retries (tenacity)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from pos_desktop.domain.customers import Customer, CustomerStatus
from pos_desktop.log import Log
from pos_desktop.services.customers import ApiUnreachable
from pos_desktop.settings import LookupSettings, Settings
from sync.http import Api, BadRequest, SyncTrouble, Unreachable
from sync.protocol import LOOKUP_PATH, CustomerRow, LookupResponse

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 1.0
NOT_FOUND = 404
NOBODY = "NOBODY-0"
"""A card that no shop hands out, and that every server can read."""

log = Log(__name__)


class LiveLookup:
    """Asks the central API who a customer is.

    Args:
        api_url: base address, used when the settings name no endpoint of their own.
        token: the terminal's.
        sleep: waits between attempts, seconds.
        device_epoch: names this installation, see :class:`sync.http.Api`.
    """

    def __init__(
        self, api_url: str, token: str, sleep: Callable[[float], None] = time.sleep, *, device_epoch: str = ""
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._device_epoch = device_epoch
        self._sleep = sleep
        self._clients: dict[int, Api] = {}
        self._lock = threading.Lock()

    def fetch(self, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        """Ask, at most ``settings.retry_attempts`` times, ``settings.timeout_seconds`` each.

        Returns:
            The customer or None, and the requests made.

        Raises:
            ApiUnreachable: no usable answer.
        """
        endpoint = settings.api_endpoint or self._api_url + LOOKUP_PATH
        attempts = 0
        retrying = Retrying(
            stop=stop_after_attempt(max(1, settings.retry_attempts)),
            wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
            retry=retry_if_exception_type(Unreachable),
            reraise=True,
            sleep=self._sleep,
        )
        try:
            for attempt in retrying:
                with attempt:
                    attempts += 1
                    return self._ask(endpoint, identifier, settings.timeout_seconds), attempts
        except SyncTrouble as trouble:
            log.info("lookup_unreachable", attempts=attempts, reason=trouble.reason)
            raise ApiUnreachable(attempts, trouble.reason) from trouble
        raise AssertionError("unreachable: retrying either returns or raises")

    def _ask(self, endpoint: str, identifier: str, timeout_s: int) -> Customer | None:
        try:
            answer = self._client(timeout_s).get(endpoint, {"identifier": identifier}, LookupResponse)
        except BadRequest as refusal:
            if refusal.status == NOT_FOUND and refusal.reason == "customer_not_found":
                return None
            raise
        try:
            return None if answer.customer is None else to_customer(answer.customer)
        except ValueError as error:
            raise Unreachable("not_ours", str(error)) from error

    def _client(self, timeout_s: int) -> Api:
        with self._lock:
            if timeout_s not in self._clients:
                self._clients[timeout_s] = Api(
                    self._api_url, self._token, timeout_s, device_epoch=self._device_epoch, total_s=timeout_s
                )
            return self._clients[timeout_s]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def to_customer(row: CustomerRow) -> Customer:
    """Make the till's customer of a row as the server sends it."""
    return Customer(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        phone=row.phone,
        phone_e164=row.phone_e164,
        email=row.email,
        card=row.card,
        tier=row.tier,
        status=CustomerStatus(row.status),
        vip=row.vip,
        points=row.points,
        credit_minor=row.credit_minor,
        total_spent_minor=row.total_spent_minor,
        total_orders=row.total_orders,
        note=row.note,
        own_seq=row.own_seq,
        row_version=row.row_version,
    )


def probe(settings: Settings, token: str) -> str:
    """Ask the lookup endpoint once, for somebody whom nobody is.

    Returns:
        Nothing when it answers as it should, else what was met.
    """
    live = LiveLookup(settings.api_url, token)
    once = replace(settings.lookup, retry_attempts=1)
    try:
        live.fetch(NOBODY, once)
    except ApiUnreachable as trouble:
        return trouble.reason
    finally:
        live.close()
    return ""
