"""What can be set about the server. Handed down from the composition root, never fetched."""

from __future__ import annotations

from dataclasses import dataclass

from sync.protocol import MAX_PULL_ROWS, MAX_PUSH_BYTES, MAX_PUSH_ITEMS


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Limits and habits of one server process.

    Args:
        max_body_bytes: largest request body as it comes over the wire.
        max_unpacked_bytes: largest body after decompression: what stands between a small bomb and the memory.
        max_push_items: largest batch.
        max_pull_rows: largest page, whatever a till asks for.
        log_level: of the structured log, a name of :mod:`logging`.
    """

    max_body_bytes: int = MAX_PUSH_BYTES
    max_unpacked_bytes: int = 16 * MAX_PUSH_BYTES
    max_push_items: int = MAX_PUSH_ITEMS
    max_pull_rows: int = MAX_PULL_ROWS
    log_level: str = "INFO"
