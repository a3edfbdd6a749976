"""What a till knows of a customer, and where it knows it from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CustomerStatus(StrEnum):
    """Whether a customer may buy as one."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the server last described it.

    Args:
        phone: as given; ``phone_e164`` in E.164 or, for numbers that no region has, ``+`` and digits. Empty = none.
        points: confirmed balance at the server; ``own_seq`` the last ``device_seq`` of this terminal contained in it.
        credit_minor: store credit at the server, minor units.
        total_spent_minor, total_orders: statistics from synced sales.
        row_version: counts the changes of this row at the server.
    """

    id: str
    first_name: str
    last_name: str
    phone: str
    phone_e164: str
    email: str
    card: str
    tier: str
    status: CustomerStatus
    vip: bool
    points: int
    credit_minor: int
    total_spent_minor: int
    total_orders: int
    note: str
    own_seq: int
    row_version: int

    @property
    def name(self) -> str:
        """First and last name, or whatever of them is known."""
        return f"{self.first_name} {self.last_name}".strip()


class KnownFrom(StrEnum):
    """Where an answer about a customer came from."""

    API = "api"
    CACHE = "cache"
    STALE = "stale"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer with the age of what is known, as the screens show it.

    Args:
        as_of: when the server last said so, UTC ISO 8601.
        points: balance shown: the server's plus this till's entries that it does not contain yet.
        credit_minor: store credit shown, likewise.
        allowance_points: what may be spent now without asking the server.
    """

    customer: Customer
    known_from: KnownFrom
    as_of: str
    points: int
    credit_minor: int
    allowance_points: int


class LookupOutcome(StrEnum):
    """How a lookup ended."""

    API = "api"
    CACHE = "cache"
    STALE = "stale"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class LookupResult:
    """A finished lookup.

    Args:
        identifier: as normalised.
        attempts: requests made to the API.
        elapsed_ms: whole time, milliseconds.
        known: the customer, or None when not found or not to be asked.
        error: what went wrong at the API, empty when nothing did.
    """

    identifier: str
    outcome: LookupOutcome
    attempts: int
    elapsed_ms: int
    known: KnownCustomer | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What is typed when a customer is enrolled. At least one identifier and a name are needed."""

    first_name: str
    last_name: str
    phone: str = ""
    email: str = ""
    card: str = ""
