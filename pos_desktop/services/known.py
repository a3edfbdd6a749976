"""What this till may say of a customer now: balance with its own entries, age, and allowance."""

from __future__ import annotations

from pos_desktop.domain import loyalty
from pos_desktop.domain.customers import KnownCustomer, KnownFrom
from pos_desktop.domain.identifiers import Identifier
from pos_desktop.services.core import Core
from pos_desktop.storage import customers
from pos_desktop.storage.customers import CustomerRecord
from pos_desktop.storage.database import Connection


def find_id(till: Connection, replica: Connection | None, identifier: Identifier) -> str | None:
    """Find the customer that an identifier names, in the replica, among live answers, or among own enrolments."""
    kind, value = identifier.kind.value, identifier.value
    found = None if replica is None else customers.id_in_replica(replica, kind, value)
    return found or customers.id_in_cache(till, value) or customers.id_pending(till, kind, value)


def record_of(core: Core, till: Connection, replica: Connection | None, customer_id: str) -> CustomerRecord | None:
    """Read the newest word on a customer."""
    return customers.newest(till, replica, customer_id, core.customers_as_of(replica))


def known(
    core: Core,
    till: Connection,
    replica: Connection | None,
    record: CustomerRecord,
    known_from: KnownFrom | None = None,
) -> KnownCustomer:
    """Join the server's word with what this till booked since.

    Args:
        known_from: where it came from, when the caller knows better than the age of the record.
    """
    customer = record.customer
    own = customers.own_entries(till, customers.ids_of(replica, customer.id), customer.own_seq)
    programme = core.shop().programme
    allowed = 0
    if not record.pending:
        granted = loyalty.allowance(customer.points, core.age_s(record.as_of), programme)
        allowed = max(0, granted - own.allowance_points)
    points = customer.points + own.points
    return KnownCustomer(
        customer=customer,
        known_from=known_from or _source(core, record),
        as_of=record.as_of,
        points=points,
        credit_minor=customer.credit_minor + own.credit_minor,
        allowance_points=max(0, min(allowed, points)),
    )


LEAST_FRESH_S = 60
"""A lifetime of 0 asks the centre every time, yet what it said a moment ago is not old."""


def _source(core: Core, record: CustomerRecord) -> KnownFrom:
    if record.pending:
        return KnownFrom.PENDING
    # A row of a load that is still under way has no age yet: it came just now.
    fresh = not record.as_of or 0 <= core.age_s(record.as_of) <= max(LEAST_FRESH_S, core.fresh_for_s())
    return KnownFrom.CACHE if fresh else KnownFrom.STALE
