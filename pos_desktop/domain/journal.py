"""The journal: a hash chain over everything that happened at a till."""

from __future__ import annotations

import hashlib
import json
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
    """One entry, as stored.

    Args:
        seq: from 1, gapless.
        kind: what happened, such as ``sale_completed``.
        at: UTC, ISO 8601.
        body: the canonical JSON text of what is to be proved.
    """

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
        expected, found: what should stand there and what does: numbers for ``gap``, else hashes.
    """

    seq: int
    reason: str
    expected: str
    found: str


def canonical(body: Mapping[str, object]) -> str:
    """Return the one JSON text of a body: keys sorted, no spaces, no escapes but the needed ones.

    Raises:
        TypeError, ValueError: for values that JSON does not know; a float that is not a number is one of them.
    """
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def entry_hash(previous_hash: str, seq: int, kind: str, at: str, body: str) -> str:
    """Return the SHA-256 of an entry, in hex.

    The hashed text is a JSON array, so that no two different entries ever make the same bytes.
    """
    text = json.dumps([previous_hash, seq, kind, at, body], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def verify_chain(
    entries: Iterable[ChainedEntry], *, previous_hash: str = GENESIS_HASH, first_seq: int = 1
) -> BrokenLink | None:
    """Return the first broken link, or None when the chain holds.

    Args:
        entries: in the order of their numbers, as many as there are.
        previous_hash, first_seq: where the chain starts, for one that is checked from a known entry on.
    """
    expected_seq = first_seq
    for entry in entries:
        if entry.seq != expected_seq:
            return BrokenLink(expected_seq, "gap", str(expected_seq), str(entry.seq))
        if entry.previous_hash != previous_hash:
            return BrokenLink(entry.seq, "previous", previous_hash, entry.previous_hash)
        computed = entry_hash(entry.previous_hash, entry.seq, entry.kind, entry.at, entry.body)
        if entry.entry_hash != computed:
            return BrokenLink(entry.seq, "hash", computed, entry.entry_hash)
        previous_hash, expected_seq = computed, expected_seq + 1
    return None
