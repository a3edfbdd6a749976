"""Facts as they travel: kinds, payload shapes and their frozen bytes.

A payload is encoded once, when the fact is made, and never again; the bytes and their SHA-256 are what the outbox
keeps and the server compares. Both ends decode with this module. A shape that changes gets a new schema number, and
the old one stays readable for ever (``docs/protocol.md``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from pos_desktop.domain.sales import Sale


class EventKind(StrEnum):
    """Facts that a till makes."""

    SALE_COMPLETED = "sale_completed"
    BASKET_VOIDED = "basket_voided"
    CUSTOMER_ENROLLED = "customer_enrolled"
    LOOKUP_LOGGED = "lookup_logged"
    JOURNAL_WRITTEN = "journal_written"


@dataclass(frozen=True, slots=True)
class BasketVoided:
    """A basket was thrown away before payment."""

    basket_id: str
    terminal_id: str
    employee_id: str
    voided_at: str
    reason: str
    lines: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class CustomerEnrolled:
    """A person became a customer at a till. ``customer_id`` is the till's; the server may answer with an alias."""

    customer_id: str
    first_name: str
    last_name: str
    phone: str
    email: str
    card: str
    terminal_id: str
    employee_id: str
    enrolled_at: str


@dataclass(frozen=True, slots=True)
class LookupLogged:
    """One customer lookup, with its identifier masked."""

    lookup_id: str
    basket_id: str | None
    terminal_id: str
    identifier_masked: str
    identifier_kind: str
    outcome: str
    attempts: int
    elapsed_ms: int
    customer_id: str | None
    looked_up_at: str
    error: str


@dataclass(frozen=True, slots=True)
class JournalWritten:
    """A journal entry that is no sale (log-in, no-sale, reprint, refusal), so that the chain is whole at the centre."""

    seq: int
    kind: str
    at: str
    body: str
    previous_hash: str
    entry_hash: str
    signature: str


Payload = Sale | BasketVoided | CustomerEnrolled | LookupLogged | JournalWritten

SHAPES: dict[tuple[EventKind, int], type[Any]] = {
    (EventKind.SALE_COMPLETED, 1): Sale,
    (EventKind.BASKET_VOIDED, 1): BasketVoided,
    (EventKind.CUSTOMER_ENROLLED, 1): CustomerEnrolled,
    (EventKind.LOOKUP_LOGGED, 1): LookupLogged,
    (EventKind.JOURNAL_WRITTEN, 1): JournalWritten,
}
KIND_OF: dict[type[Any], tuple[EventKind, int]] = {shape: key for key, shape in SHAPES.items()}

_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class FrozenFact:
    """A fact with the bytes that will be sent for it."""

    kind: EventKind
    schema_v: int
    payload: bytes
    sha256: str


def freeze(fact: Payload) -> FrozenFact:
    """Encode a fact, once.

    Args:
        fact: one of the payload shapes in their newest version.

    Returns:
        Its kind, schema number, bytes and the SHA-256 of the bytes in hex.
    """
    kind, schema_v = KIND_OF[type(fact)]
    payload = _encoder.encode(fact)
    return FrozenFact(kind, schema_v, payload, hashlib.sha256(payload).hexdigest())


def thaw(kind: EventKind, schema_v: int, payload: bytes) -> Any:
    """Read the bytes of a fact of any known version.

    Raises:
        KeyError: for a kind and version that this release does not know.
        msgspec.ValidationError: for bytes that are not of that shape.
    """
    return msgspec.json.decode(payload, type=SHAPES[kind, schema_v])
