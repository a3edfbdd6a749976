"""An item as it came: whether it is one at all, whether it is whole, and what it says."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Any

from central_api.ingest import Rejected, decode
from sync.protocol import PushItem

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME = re.compile(r"[0-9TZ:.+-]{1,40}", re.ASCII)
MAX_SEQ = 2**53


class Parcel:
    """One item of a batch. What is found out about it needs no database and is found out once."""

    def __init__(self, item: PushItem) -> None:
        self.item = item

    @cached_property
    def payload(self) -> bytes:
        """The frozen bytes."""
        return self.item.payload.encode()

    @cached_property
    def fault(self) -> Rejected | None:
        """Why no receipt can be kept for it: ``bad_envelope`` or ``hash_mismatch``; None for a sound one."""
        flaw = _flaw(self.item)
        if flaw:
            return Rejected("bad_envelope", f"Not a sound item: {flaw}.")
        if hashlib.sha256(self.payload).hexdigest() != self.item.sha256:
            return Rejected("hash_mismatch", "The payload is not what was hashed.")
        return None

    @cached_property
    def fact(self) -> Any:
        """The payload as one of the shapes of :mod:`pos_desktop.domain.events`, or the refusal that it gets."""
        try:
            return decode(self.item.kind, self.item.schema_v, self.payload)
        except Rejected as refusal:
            return refusal

    @property
    def has_number(self) -> bool:
        """Whether its ``device_seq`` is one."""
        return 1 <= self.item.device_seq < MAX_SEQ


def is_id(text: str) -> bool:
    """Tell whether a text can be the id of a fact or of an installation."""
    return _ID.fullmatch(text) is not None


def _flaw(item: PushItem) -> str:
    """Name the field that keeps an item from being one, or nothing."""
    if not is_id(item.id):
        return "id"
    if not _KIND.fullmatch(item.kind):
        return "kind"
    if not _SHA256.fullmatch(item.sha256):
        return "sha256"
    if not _TIME.fullmatch(item.made_at):
        return "made_at"
    if not 1 <= item.device_seq < MAX_SEQ:
        return "device_seq"
    return "" if 1 <= item.schema_v < 1_000_000 else "schema_v"
