"""Frozen answers that services give to screens. Nothing here is alive: a screen that wants news asks again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_desktop.domain.basket import Basket
from pos_desktop.domain.catalogue import Product
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.sales import PricedBasket, Sale
from pos_desktop.domain.tenders import Tender


@dataclass(frozen=True, slots=True)
class EmployeeView:
    """A person who may log in; ``locked_until`` is UTC ISO 8601 while wrong PINs keep the door shut."""

    id: str
    name: str
    role: str
    colour: str
    locked_until: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """Who stands at the till."""

    employee: EmployeeView
    logged_in_at: str


class LookupState(StrEnum):
    """What is known about the identifier that a basket was started with."""

    NONE = "none"
    LOOKING = "looking"
    FOUND = "found"
    STALE = "stale"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket with what it costs, who buys, and what has been paid so far.

    Args:
        priced: ``priced.lines[i]`` is ``basket.lines[i]`` priced.
        tenders: taken so far; they survive a restart.
        card_unknown: id of a card payment whose outcome is not known; it blocks a second charge.
        due_minor: total to pay; ``left_minor`` still to pay; ``change_minor`` to give back.
        points_to_earn: what this basket would earn, 0 without a customer.
        last_line_id: the line touched last, or None.
        hint: a sentence key a plugin wants shown (``plugin.<name>.<key>``), or empty.
    """

    basket: Basket
    priced: PricedBasket
    customer: KnownCustomer | None
    lookup: LookupState
    tenders: tuple[Tender, ...]
    card_unknown: str | None
    due_minor: int
    left_minor: int
    change_minor: int
    points_to_earn: int
    last_line_id: str | None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BasketSummary:
    """A basket in a list or on a tab."""

    id: str
    state: str
    label: str
    customer_name: str
    lines: int
    total_minor: int
    opened_at: str
    updated_at: str
    employee_id: str


class ScanKind(StrEnum):
    """What a scanned code turned out to be."""

    PRODUCT = "product"
    CUSTOMER = "customer"
    RECEIPT = "receipt"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The answer to a scan: the basket after it, or what else the code names."""

    kind: ScanKind
    view: BasketView | None
    identifier: str = ""
    sale_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A stretch of products; ``total`` counts all that match."""

    products: tuple[Product, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RedeemableView:
    """What may be redeemed now, and what bounds it.

    Args:
        reason: ``due``, ``balance``, ``allowance``, ``no_customer``, ``blocked``, ``too_old`` or ``not_loaded``.
    """

    points: int
    value_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class SaleView:
    """A finished sale; ``copies`` counts the reprints made."""

    sale: Sale
    synced: bool
    copies: int


@dataclass(frozen=True, slots=True)
class SaleSummary:
    """A finished sale in a list."""

    id: str
    receipt_code: str
    completed_at: str
    customer_name: str
    total_minor: int
    synced: bool


@dataclass(frozen=True, slots=True)
class PrintJobView:
    """A job in the print spool; ``state`` is ``waiting``, ``printed`` or ``failed`` (and will be tried again)."""

    id: str
    sale_id: str
    state: str
    copy: int
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class LookupLogView:
    """One finished lookup, identifier masked."""

    looked_up_at: str
    identifier_masked: str
    outcome: str
    attempts: int
    elapsed_ms: int
    customer_name: str
    error: str


class SyncState(StrEnum):
    """How the till stands with the centre, in one word."""

    UP_TO_DATE = "up_to_date"
    SENDING = "sending"
    OFFLINE = "offline"
    SETTING_UP = "setting_up"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class CollectionProgress:
    """How far a server-owned collection has been loaded; ``expected`` is 0 while the server has not said."""

    name: str
    rows: int
    expected: int
    complete: bool


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What the sync panel and the chip show.

    Args:
        since: when ``state`` began, UTC ISO 8601, or empty.
        pending, parked: facts not yet at the centre, and facts that it refused.
        oldest_pending_at, last_contact_at: UTC ISO 8601, or empty.
        last_error: what the last attempt met, empty when it went well.
    """

    state: SyncState
    since: str
    pending: int
    parked: int
    oldest_pending_at: str
    last_contact_at: str
    last_error: str
    loading: tuple[CollectionProgress, ...]


@dataclass(frozen=True, slots=True)
class PendingItem:
    """A fact that is not at the centre yet.

    Args:
        subject: receipt code, customer name or the like, for the reader.
        state: ``pending`` or ``parked``.
    """

    device_seq: int
    id: str
    kind: str
    subject: str
    made_at: str
    state: str
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class PluginView:
    """A plugin and whether it is switched on."""

    name: str
    label_key: str
    enabled: bool
