"""The journal: a hash chain over everything that happened at a till."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

GENESIS_HASH = "0" * 64


class ChainedEntry(Protocol):
    """What the chain needs of an entry, whatever keeps it."""

    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def previous_hash(self) -> str: ...
    @property
    def entry_hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry, as stored."""

    seq: int
    kind: str
    at: str
    body: str
    previous_hash: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first place where a chain does not hold.

    Args:
        seq: number of the entry at fault (for a missing one: the number that was expected).
        reason: ``gap``, ``previous`` (does not follow the entry before) or ``hash`` (its content was changed).
    """

    seq: int
    reason: str
    expected: str
    found: str


def canonical(body: Mapping[str, object]) -> str:
    """Return the one JSON text of a body: keys sorted, no spaces."""
    raise NotImplementedError


def entry_hash(previous_hash: str, seq: int, kind: str, at: str, body: str) -> str:
    """Return the hash of an entry, in hex."""
    raise NotImplementedError


def verify_chain(
    entries: Iterable[ChainedEntry], *, previous_hash: str = GENESIS_HASH, first_seq: int = 1
) -> BrokenLink | None:
    """Return the first broken link, or None when the chain holds."""
    raise NotImplementedError
