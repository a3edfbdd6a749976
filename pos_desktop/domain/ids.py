"""Ids that are made at the till: UUIDv7, strictly rising whatever the clock does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

_RANDOM_BITS = 74
_LOW_BITS = 62
_RANDOM_MASK = (1 << _RANDOM_BITS) - 1
_LOW_MASK = (1 << _LOW_BITS) - 1
_VERSION = 0x7 << 76
_VARIANT = 0b10 << _LOW_BITS


class IdMaker:
    """Makes UUIDv7 strings (RFC 9562) that sort in the order they were made.

    Within one millisecond, and for as long as the clock stands behind the last id, the random part counts up by a
    random step (section 6.2, method 2). Safe to be used from several threads.

    Args:
        clock_ms: milliseconds since 1970, may step back.
        random_bytes: gives that many random bytes, such as ``secrets.token_bytes``.
        last: the last id made before, so that the order also holds over a restart.

    Raises:
        ValueError: when ``last`` is no UUIDv7.
    """

    def __init__(
        self, clock_ms: Callable[[], int], random_bytes: Callable[[int], bytes], last: str | None = None
    ) -> None:
        self._clock_ms = clock_ms
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._last = last
        self._at_ms, self._random = (-1, 0) if last is None else _cut(last)

    @property
    def last(self) -> str | None:
        """The last id made, to be stored and handed in again at the next start."""
        return self._last

    def new(self) -> str:
        """Return the next id."""
        with self._lock:
            now_ms = self._clock_ms()
            if now_ms > self._at_ms:
                self._at_ms, self._random = now_ms, self._draw(10) & _RANDOM_MASK
            else:
                self._random += 1 + self._draw(4)
                if self._random > _RANDOM_MASK:
                    self._at_ms, self._random = self._at_ms + 1, self._draw(8)
            self._last = _join(self._at_ms, self._random)
            return self._last

    def _draw(self, count: int) -> int:
        return int.from_bytes(self._random_bytes(count), "big")


def made_at_ms(uuid7: str) -> int:
    """Return when an id was made by its till's clock, in milliseconds since 1970.

    Raises:
        ValueError: when it is no UUIDv7.
    """
    return _cut(uuid7)[0]


def _join(at_ms: int, random: int) -> str:
    high, low = random >> _LOW_BITS, random & _LOW_MASK
    return str(UUID(int=at_ms << 80 | _VERSION | high << 64 | _VARIANT | low))


def _cut(uuid7: str) -> tuple[int, int]:
    parsed = UUID(uuid7)
    if parsed.version != 7 or str(parsed) != uuid7:
        raise ValueError(f"no UUIDv7: {uuid7!r}")
    value = parsed.int
    return value >> 80, (value >> 64 & 0xFFF) << _LOW_BITS | value & _LOW_MASK
