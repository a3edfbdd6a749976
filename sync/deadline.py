"""A bound for a whole request.

The time-outs of an HTTP client hold for each wait of a socket. A line that drips a byte now and then never reaches them,
so that one request could hold its thread for days. Here every wait is also bounded by what is left of the whole.
"""

from __future__ import annotations

import functools
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class Deadline:
    """When the request of the present thread has to be over."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def within(self, total_s: float) -> Iterator[None]:
        """Bound all waits of this thread inside the block.

        Args:
            total_s: for all of them together, seconds.
        """
        self._local.at = time.monotonic() + total_s
        try:
            yield
        finally:
            self._local.at = None

    def left_s(self, timeout_s: float | None) -> float | None:
        """Give the shorter of a wait's own bound and what is left of the whole, seconds; 0 or less when it is over."""
        at: float | None = getattr(self._local, "at", None)
        if at is None:
            return timeout_s
        left_s = at - time.monotonic()
        return left_s if timeout_s is None else min(timeout_s, left_s)


@functools.cache
def _context() -> ssl.SSLContext:
    # Reading the certificates takes longer than a request, and they are the same for everybody.
    return httpx.create_ssl_context()


class BoundedTransport(httpx.HTTPTransport):
    """HTTP whose waits end with a deadline. Proxy variables of the environment are not looked at."""

    def __init__(self, deadline: Deadline) -> None:
        context = _context()
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=10,
            keepalive_expiry=5.0,
            network_backend=_Backend(deadline),
        )


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s(timeout)
        if left_s is not None and left_s <= 0:
            raise httpcore.ConnectTimeout("the time for the whole request is over")
        stream = self._plain.connect_tcp(host, port, left_s, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._plain = plain
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left_s = self._deadline.left_s(timeout)
        if left_s is not None and left_s <= 0:
            raise httpcore.ReadTimeout("the time for the whole request is over")
        return self._plain.read(max_bytes, left_s)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left_s = self._deadline.left_s(timeout)
        if left_s is not None and left_s <= 0:
            raise httpcore.WriteTimeout("the time for the whole request is over")
        self._plain.write(buffer, left_s)

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s(timeout)
        if left_s is not None and left_s <= 0:
            raise httpcore.ConnectTimeout("the time for the whole request is over")
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, left_s), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)
