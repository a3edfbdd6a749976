"""One connection to a payment terminal."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self

from pos_desktop.devices import nexo


class Line:
    """A connection; sending is safe from several threads, receiving is for one.

    Args:
        host, port: of the terminal.
        connect_s: how long to wait for the connection, in seconds.

    Raises:
        OSError: there is nobody.
    """

    def __init__(self, host: str, port: int, connect_s: float) -> None:
        self._socket = socket.create_connection((host, port), timeout=connect_s)
        # Small frames in both directions: without it each waits for the other end's delayed acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sending = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, message: nexo.Request) -> None:
        """Send a request.

        Raises:
            OSError: the line is gone; what was sent may or may not have arrived.
        """
        with self._sending:
            self._socket.sendall(nexo.frame(nexo.Envelope(sale_to_poi_request=message)))

    def receive(self, deadline: float) -> nexo.Envelope:
        """Wait for the next message.

        Args:
            deadline: on the monotonic clock, in seconds.

        Raises:
            TimeoutError: it was not whole by then.
            OSError: the line is gone.
            BadMessage: what came is no message.
        """
        length = nexo.frame_length(self._read(nexo.LENGTH_BYTES, deadline))
        return nexo.parse(self._read(length, deadline))

    def _read(self, count: int, deadline: float) -> bytes:
        data = b""
        while len(data) < count:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            piece = self._socket.recv(count - len(data))
            if not piece:
                raise ConnectionResetError("closed by the terminal")
            data += piece
        return data
