"""Turning one fact into rows. Each kind has its module; this one knows which, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from central_api.effects import Effects
from central_api.known import Known
from central_api.rows import Rows
from central_api.terminals import Terminal
from pos_desktop.domain.events import SHAPES, EventKind, thaw
from sync.protocol import PushItem

_INT_LIMIT = 2**53
_SAME_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_MANY_DIGITS = b"0" * 16
_KINDS = {kind.value: kind for kind in EventKind}
# Short enough for an index entry of PostgreSQL even where every character takes four bytes.
_TEXT_LIMIT = 500
_BLOCK = _TEXT_LIMIT // 2
_LONG_TEXT_LIMIT = 100_000
_LONG_TEXTS = frozenset({"body", "note", "reason", "error", "detail"})


class Rejected(Exception):
    """A fact that the server cannot take as it is. It is kept with its reason, and never blocks another.

    Args:
        code: stable reason, listed in ``docs/protocol.md``.
        detail: the reason in English, for the person who repairs it.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Ingest:
    """One fact on its way into the tables, with all that its rows need to name where they came from.

    A handler checks first and puts its rows aside only then; one that must read what other facts of the batch became
    calls ``rows.flush()`` before.
    """

    connection: sa.Connection
    terminal: Terminal
    device_epoch: str
    item: PushItem
    effects: Effects
    known: Known
    rows: Rows

    @property
    def tenant_id(self) -> str:
        """The tenant whose rows these are."""
        return self.terminal.tenant_id


Handler = Callable[[Ingest, Any], None]


def decode(name: str, schema_v: int, payload: bytes) -> Any:
    """Read a payload.

    Args:
        name: its kind, as the item says.

    Returns:
        One of the payload shapes of :mod:`pos_desktop.domain.events`.

    Raises:
        Rejected: ``unknown_kind`` or ``bad_payload``.
    """
    kind = _KINDS.get(name)
    if kind is None or (kind, schema_v) not in SHAPES:
        raise Rejected("unknown_kind", f"This server does not know {name!r} version {schema_v}.")
    try:
        fact = thaw(kind, schema_v, payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Rejected("bad_payload", str(error)[:300]) from error
    if not _is_plain(payload):
        _check_plain(msgspec.to_builtins(fact))
    return fact


def _is_plain(payload: bytes) -> bool:
    """Tell of most payloads at a glance that :func:`_check_plain` would find nothing; of the others it says nothing.

    Without a backslash no text can hold a NUL, and every quotation mark begins or ends one: where each block has such a
    mark, no text is longer than two blocks. A number of 15 digits is within the range.
    """
    return (
        b"\\" not in payload
        and _MANY_DIGITS not in payload.translate(_SAME_DIGIT)
        and all(payload.find(b'"', start, start + _BLOCK) >= 0 for start in range(0, len(payload) - _BLOCK + 1, _BLOCK))
    )


def _check_plain(value: object, path: str = "$", limit: int = _TEXT_LIMIT) -> None:
    # What msgspec lets through and a database does not: whole numbers beyond 64 bits, NUL in a text.
    if isinstance(value, str):
        if "\x00" in value or len(value) > limit:
            raise Rejected("bad_payload", f"A text that cannot be stored - at `{path}`")
    elif isinstance(value, int):
        if not -_INT_LIMIT < value < _INT_LIMIT:
            raise Rejected("bad_payload", f"A number out of range - at `{path}`")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_plain(inner, f"{path}.{name}", _LONG_TEXT_LIMIT if name in _LONG_TEXTS else _TEXT_LIMIT)
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _check_plain(inner, f"{path}[{position}]")


def check_terminal(ingest: Ingest, terminal_id: str) -> None:
    """Hold that a fact was made at the terminal that sends it.

    Raises:
        Rejected: ``wrong_terminal``.
    """
    if terminal_id != ingest.terminal.id:
        raise Rejected("wrong_terminal", "The fact names another terminal than the one that sends it.")
