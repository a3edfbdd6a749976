"""Customers: look up, search, enrol. The network is asked in the background and never waited for by a sale.

The lookup is that of seed 000: a fresh local copy answers; else the API is asked, with retries; else a stale copy
answers, marked with its age; else the basket stays a guest's. Every lookup is logged and sent to the centre, masked.
"""

from __future__ import annotations

import time
from typing import Protocol

from pos_desktop.domain.customers import (
    Customer,
    CustomerStatus,
    KnownCustomer,
    KnownFrom,
    LookupOutcome,
    LookupResult,
    NewCustomer,
)
from pos_desktop.domain.errors import BadInput, ErrorCode, NotFound
from pos_desktop.domain.events import CustomerEnrolled, LookupLogged
from pos_desktop.domain.identifiers import (
    Identifier,
    IdentifierKind,
    classify,
    email_folded,
    mask,
    phone_e164,
    refuse_card_number,
)
from pos_desktop.log import Log
from pos_desktop.plugins.runner import PluginRunner
from pos_desktop.services.baskets import Baskets
from pos_desktop.services.changes import Changes
from pos_desktop.services.core import Core
from pos_desktop.services.customer_search import search
from pos_desktop.services.known import find_id, known, record_of
from pos_desktop.services.preferences import Preferences
from pos_desktop.services.views import LookupLogView, LookupState
from pos_desktop.settings import LookupSettings
from pos_desktop.storage import customers as rows
from pos_desktop.storage import records
from pos_desktop.storage.customers import CustomerRecord
from pos_desktop.storage.database import Connection
from pos_desktop.storage.replica import collections
from pos_desktop.storage.replica_rows import folded_name

log = Log(__name__)


class ApiUnreachable(Exception):
    """The lookup endpoint gave no usable answer.

    Args:
        attempts: requests made.
        reason: short and stable, such as ``timeout``, ``connect`` or ``http_503``.
    """

    def __init__(self, attempts: int, reason: str) -> None:
        super().__init__(reason)
        self.attempts = attempts
        self.reason = reason


class LookupApi(Protocol):
    """The live lookup at the central API."""

    def fetch(self, identifier: str, settings: LookupSettings) -> tuple[Customer | None, int]:
        """Ask for a customer.

        Args:
            identifier: normalised.
            settings: endpoint, time-out and attempts.

        Returns:
            The customer, or None when the server knows nobody; and the requests made.

        Raises:
            ApiUnreachable: no usable answer after all attempts.
        """


class Customers:
    """Use cases on customers."""

    def __init__(
        self, core: Core, baskets: Baskets, plugins: PluginRunner, api: LookupApi, preferences: Preferences
    ) -> None:
        self._core = core
        self._baskets = baskets
        self._plugins = plugins
        self._api = api
        self._preferences = preferences

    # -- lookup -------------------------------------------------------------------------------------------------

    def look_up_in_background(self, identifier: str, basket_id: str) -> None:
        """Start a lookup whose answer the basket takes when it comes."""
        self._core.submit(lambda: self._look_up_quietly(identifier, basket_id))

    def _look_up_quietly(self, identifier: str, basket_id: str) -> None:
        try:
            self.lookup(identifier, basket_id)
        except Exception:
            log.exception("lookup_failed", basket=basket_id)
            self._baskets.buyers.finish_lookup(basket_id, identifier, None, LookupState.UNREACHABLE)

    def lookup(self, identifier: str, basket_id: str | None = None) -> LookupResult:
        """Find a customer: fresh copy, API with retries, stale copy, or nobody.

        Args:
            identifier: phone, e-mail or card in any form.
            basket_id: the basket that takes the answer.

        Raises:
            BadInput: the identifier is none.
        """
        shop = self._core.shop()
        wanted = classify(identifier, shop.region, shop.loyalty_card_prefixes)
        began = time.perf_counter()
        outcome, found, attempts, error = self._find(wanted)
        result = LookupResult(
            identifier=wanted.value,
            outcome=outcome,
            attempts=attempts,
            elapsed_ms=round((time.perf_counter() - began) * 1000),
            known=found,
            error=error,
        )
        self._log(wanted, basket_id, result)
        if basket_id is not None:
            self._baskets.buyers.finish_lookup(basket_id, wanted.value, found, _STATE[outcome])
        if found is not None:
            self._tell_plugins(basket_id, found, outcome)
        return result

    def _find(self, wanted: Identifier) -> tuple[LookupOutcome, KnownCustomer | None, int, str]:
        core, settings = self._core, self._preferences.lookup()
        with core.read() as (till, replica):
            local = self._record(till, replica, wanted)
            if local is not None and (local.pending or 0 <= core.age_s(local.as_of) < settings.cache_ttl_seconds):
                kind = KnownFrom.PENDING if local.pending else KnownFrom.CACHE
                return LookupOutcome.CACHE, known(core, till, replica, local, kind), 0, ""
        try:
            answer, attempts = self._api.fetch(wanted.value, settings)
        except ApiUnreachable as error:
            if local is not None and settings.fallback_to_cache_on_error:
                return LookupOutcome.STALE, self._known(local, KnownFrom.STALE), error.attempts, error.reason
            return LookupOutcome.UNREACHABLE, None, error.attempts, error.reason
        if answer is None:
            return LookupOutcome.NOT_FOUND, None, attempts, ""
        now = core.now()
        with core.till.write() as till:
            rows.keep_answer(till, wanted.value, answer, now)
        record = CustomerRecord(answer, now, pending=False)
        return LookupOutcome.API, self._known(record, KnownFrom.API), attempts, ""

    def _local(self, wanted: Identifier) -> CustomerRecord | None:
        with self._core.read() as (till, replica):
            return self._record(till, replica, wanted)

    def _record(self, till: Connection, replica: Connection | None, wanted: Identifier) -> CustomerRecord | None:
        customer_id = find_id(till, replica, wanted)
        return None if customer_id is None else record_of(self._core, till, replica, customer_id)

    def _known(self, record: CustomerRecord, known_from: KnownFrom) -> KnownCustomer:
        with self._core.read() as (till, replica):
            return known(self._core, till, replica, record, known_from)

    def _log(self, wanted: Identifier, basket_id: str | None, result: LookupResult) -> None:
        core = self._core
        entry = LookupLogged(
            lookup_id=core.new_id(),
            basket_id=basket_id,
            terminal_id=core.terminal_id,
            identifier_masked=mask(wanted),
            identifier_kind=wanted.kind.value,
            outcome=result.outcome.value,
            attempts=result.attempts,
            elapsed_ms=result.elapsed_ms,
            customer_id=None if result.known is None else result.known.customer.id,
            looked_up_at=core.now(),
            error=result.error,
        )
        name = "" if result.known is None else result.known.customer.name
        with core.till.write() as till:
            records.log_lookup(till, entry, name)
            core.send(till, entry.lookup_id, entry, entry.identifier_masked)
        core.feed.publish(Changes.CUSTOMER | Changes.SYNC | Changes.OUTBOX)

    def _tell_plugins(self, basket_id: str | None, found: KnownCustomer, outcome: LookupOutcome) -> None:
        core = self._core
        with core.till.write() as till:
            body: dict[str, object] = {
                "basket_id": basket_id,
                "customer_id": found.customer.id,
                "source": outcome.value,
            }
            core.record(till, "customer_data_fetched", body)

        def take_hint(hint: object) -> None:
            if basket_id is not None and isinstance(hint, str):
                self._baskets.buyers.set_hint(basket_id, found.customer.id, hint)

        self._plugins.tell("customer_data_fetched", take_hint, basket_id=basket_id, known=found, outcome=outcome)

    # -- reading ------------------------------------------------------------------------------------------------

    def complete(self) -> bool:
        """Tell whether the local copy is whole: only then does a miss here mean that nobody is there."""
        with self._core.replica.read() as replica:
            found = None if replica is None else collections(replica).get("customers")
        return found is not None and found.complete

    def profile(self, customer_id: str) -> KnownCustomer:
        """Read what is known of a customer.

        Raises:
            NotFound: nobody of that id is known here.
        """
        with self._core.read() as (till, replica):
            record = record_of(self._core, till, replica, customer_id)
            if record is None:
                raise NotFound(ErrorCode.CUSTOMER_NOT_FOUND, customer=customer_id)
            return known(self._core, till, replica, record)

    def search(self, text: str, limit: int = 50) -> tuple[KnownCustomer, ...]:
        """Find customers by the start of a phone number in any form, an e-mail, a card, or a first or last name.

        Args:
            limit: most customers to give.
        """
        return search(self._core, text, limit)

    def recent_lookups(self, limit: int = 100) -> tuple[LookupLogView, ...]:
        """Read the newest lookups."""
        with self._core.till.read() as till:
            return tuple(
                LookupLogView(
                    looked_up_at=row.looked_up_at,
                    identifier_masked=row.identifier_masked,
                    outcome=row.outcome,
                    attempts=row.attempts,
                    elapsed_ms=row.elapsed_ms,
                    customer_name=row.customer_name,
                    error=row.error,
                )
                for row in records.lookups(till, limit)
            )

    # -- enrolment ----------------------------------------------------------------------------------------------

    def enrol(self, new: NewCustomer, employee_id: str, basket_id: str | None = None) -> KnownCustomer:
        """Make a person a customer, online and offline alike.

        Somebody already known by phone, e-mail or card is not made a second time but returned.

        Args:
            basket_id: the basket that is theirs.

        Raises:
            BadInput: no name, no identifier, one that is none, or the number of a payment card.
        """
        core = self._core
        customer, identifiers = self._checked(new)
        if basket_id is not None:
            # Refused before anything is on disk: an enrolment for a basket that is gone would surprise everybody.
            self._baskets.buyers.check_on_counter(basket_id)
        existing = next((r for r in (self._local(item) for item in identifiers) if r is not None), None)
        if existing is None:
            now = core.now()
            fact = CustomerEnrolled(
                customer_id=customer.id,
                first_name=customer.first_name,
                last_name=customer.last_name,
                phone=customer.phone,
                email=customer.email,
                card=customer.card,
                terminal_id=core.terminal_id,
                employee_id=employee_id,
                enrolled_at=now,
            )
            name = folded_name(customer.first_name, customer.last_name)
            with core.till.write() as till:
                seq = core.send(till, customer.id, fact, customer.name)
                rows.add_pending(till, customer, email_folded(customer.email) if customer.email else "", name, now, seq)
                core.record(till, "customer_enrolled", {"customer_id": customer.id, "employee_id": employee_id})
            existing = CustomerRecord(customer, now, pending=True)
        core.feed.publish(Changes.CUSTOMER | Changes.SYNC | Changes.OUTBOX)
        if basket_id is not None:
            self._baskets.attach_customer(basket_id, existing.customer.id)
        return self._known(existing, KnownFrom.PENDING if existing.pending else KnownFrom.CACHE)

    def _checked(self, new: NewCustomer) -> tuple[Customer, list[Identifier]]:
        shop = self._core.shop()
        first, last = _name(new.first_name), _name(new.last_name)
        if not first and not last:
            raise BadInput(ErrorCode.NAME_MISSING)
        fields = {"phone": new.phone.strip(), "email": new.email.strip(), "card": new.card.strip()}
        identifiers: list[Identifier] = []
        if fields["phone"]:
            value = phone_e164(fields["phone"], shop.region)
            identifiers.append(Identifier(IdentifierKind.PHONE, value, fields["phone"]))
        if fields["email"]:
            identifiers.append(Identifier(IdentifierKind.EMAIL, email_folded(fields["email"]), fields["email"]))
        if fields["card"]:
            refuse_card_number(fields["card"], shop.loyalty_card_prefixes)
            identifiers.append(Identifier(IdentifierKind.CARD, fields["card"], fields["card"]))
        if not identifiers:
            raise BadInput(ErrorCode.IDENTIFIER_UNREADABLE, text="")
        for text in (first, last):
            refuse_card_number(text)
        customer = Customer(
            id=self._core.new_id(),
            first_name=first,
            last_name=last,
            phone=fields["phone"],
            phone_e164=next((i.value for i in identifiers if i.kind is IdentifierKind.PHONE), ""),
            email=fields["email"],
            card=fields["card"],
            tier=shop.programme.tiers[0].name if shop.programme.tiers else "",
            status=CustomerStatus.ACTIVE,
            vip=False,
            points=0,
            credit_minor=0,
            total_spent_minor=0,
            total_orders=0,
            note="",
            own_seq=0,
            row_version=0,
        )
        return customer, identifiers

    def tidy_enrolments(self) -> None:
        """Drop projections of enrolments whose row the server has sent meanwhile."""
        with self._core.read() as (till, replica):
            if replica is None:
                return
            here = [cid for cid in rows.pending_ids(till) if rows.in_replica(replica, cid) is not None]
        if here:
            with self._core.till.write() as till:
                for customer_id in here:
                    rows.forget_pending(till, customer_id)
            self._core.feed.publish(Changes.CUSTOMER)


def _name(text: str) -> str:
    return " ".join(text.split())[:80]


_STATE = {
    LookupOutcome.API: LookupState.FOUND,
    LookupOutcome.CACHE: LookupState.FOUND,
    LookupOutcome.STALE: LookupState.STALE,
    LookupOutcome.NOT_FOUND: LookupState.NOT_FOUND,
    LookupOutcome.UNREACHABLE: LookupState.UNREACHABLE,
}
