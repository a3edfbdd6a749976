"""Ids that are made at the till: UUIDv7, strictly rising whatever the clock does."""

from __future__ import annotations

from collections.abc import Callable


class IdMaker:
    """Makes UUIDv7 strings (RFC 9562) that sort in the order they were made.

    Args:
        clock_ms: milliseconds since 1970, may step back.
        random_bytes: gives that many random bytes, such as ``secrets.token_bytes``.
        last: the last id made before, so that the order also holds over a restart.
    """

    def __init__(
        self, clock_ms: Callable[[], int], random_bytes: Callable[[int], bytes], last: str | None = None
    ) -> None:
        raise NotImplementedError

    @property
    def last(self) -> str | None:
        """The last id made, to be stored and handed in again at the next start."""
        raise NotImplementedError

    def new(self) -> str:
        """Return the next id."""
        raise NotImplementedError
