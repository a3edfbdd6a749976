"""Messages between a till and the central API, as ``docs/protocol.md`` describes them. Imports nothing of ours.

Bodies are JSON, compressed with zstd (``Content-Encoding: zstd``) in both directions where they are bulky. Both ends
decode into these types, strictly: a body that does not fit is refused as a whole and changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

PROTOCOL_VERSION = 1
PROTOCOL_MIN = 1
HEADER_PROTOCOL = "X-Till-Protocol"
HEADER_REQUEST = "X-Request-Id"
HEADER_EPOCH = "X-Till-Epoch"
"""The asking installation (``device_epoch``) of a pull or lookup, so that ``own_seq`` counts its entries and no others."""

PUSH_PATH = "/v1/push"
PULL_PATH = "/v1/pull"
HEADS_PATH = "/v1/heads"
LOOKUP_PATH = "/v1/lookup"

MAX_PUSH_ITEMS = 100
MAX_PUSH_BYTES = 512 * 1024
MAX_PULL_ROWS = 5_000


class Collection(StrEnum):
    """Server-owned collections, in the order in which a new till loads them."""

    SETTINGS = "settings"
    EMPLOYEES = "employees"
    TAXES = "taxes"
    CATEGORIES = "categories"
    PRODUCTS = "products"
    CUSTOMERS = "customers"
    CUSTOMER_ALIASES = "customer_aliases"


class ItemStatus(StrEnum):
    """What became of one pushed item."""

    CREATED = "created"
    EXISTS = "exists"
    ID_CONFLICT = "id_conflict"
    REJECTED = "rejected"
    RETRY = "retry"


class PushItem(msgspec.Struct, frozen=True, kw_only=True):
    """One fact: ``payload`` is a string that holds the frozen JSON bytes as UTF-8, so that no parser rewrites them."""

    device_seq: int
    id: str
    kind: str
    schema_v: int
    sha256: str
    made_at: str
    payload: str


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of facts of one terminal, in ``device_seq`` order.

    ``oldest_seq`` is the smallest number this till still keeps, so that the server can tell a gap that may still be
    filled from one that cannot.
    """

    device_epoch: str
    sent_at: str
    oldest_seq: int
    batch: list[PushItem]


class PushAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one item; ``code`` names the reason of ``rejected``, ``detail`` says it in English."""

    id: str
    status: ItemStatus
    code: str = ""
    detail: str = ""


class PushResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Answers in the order of the batch.

    ``high_water`` is the largest number up to which the server has every fact of this ``device_epoch``; ``missing``
    names the ones below the largest received that it lacks (the first hundred).
    """

    server_epoch: str
    server_time: str
    high_water: int
    missing: list[int]
    answers: list[PushAnswer]
    max_batch: int = MAX_PUSH_ITEMS


class PullResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a collection: ``rows`` are arrays in the order of ``columns``; ``deleted`` are tombstoned ids.

    ``next`` is an opaque cursor, stored by the till in the transaction of the rows. ``count`` is the number of live
    rows at the server when ``more`` is false, else 0.
    """

    collection: Collection
    server_epoch: str
    server_time: str
    schema_v: int
    columns: list[str]
    rows: list[list[Any]]
    deleted: list[tuple[str, int]]
    next: str
    more: bool
    count: int = 0


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where a collection stands at the server: a cursor that a till which is up to date would hold.

    ``collection`` is a text, because a newer server may name some that an older till does not know and passes over.
    """

    collection: str
    cursor: str
    count: int


class HeadsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """All heads in one answer, and the ``device_seq`` mark of the asking terminal."""

    server_epoch: str
    server_time: str
    high_water: int
    heads: list[Head]


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as the server sends it, in pages (as an array) and in lookups.

    ``own_seq`` is the last ``device_seq`` of the asking terminal's current epoch contained in ``points`` and
    ``credit_minor``.
    """

    id: str
    row_version: int
    first_name: str
    last_name: str
    phone: str
    phone_e164: str
    email: str
    card: str
    tier: str
    status: str
    vip: bool
    points: int
    credit_minor: int
    total_spent_minor: int
    total_orders: int
    note: str
    own_seq: int


class LookupResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a live lookup: the customer, or None when the server knows nobody of that identifier."""

    server_epoch: str
    server_time: str
    customer: CustomerRow | None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The one error form (RFC 9457): ``code`` is stable, ``errors`` names fields."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    code: str = ""
    detail: str = ""
    request_id: str = ""
    errors: dict[str, str] = {}
