"""A line between till and centre that fails as lines do: a real TCP proxy on loopback, told what each connection meets.

A plan is a list of behaviours; each new connection takes the next one, and when the plan is used up, ``Pass``. Making a
plan ends the connections that are open, so that a client that keeps one alive meets the plan with its next request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
_READ = 65_536


@dataclass(frozen=True)
class Pass:
    """Everything goes through.

    Args:
        delay_s: how long each piece takes on its way back.
    """

    delay_s: float = 0.0


@dataclass(frozen=True)
class Reset:
    """The connection is accepted and reset."""


@dataclass(frozen=True)
class Blackhole:
    """What is sent disappears, and nothing ever comes back."""


@dataclass(frozen=True)
class CutUp:
    """The line breaks after so many bytes towards the server."""

    after: int


@dataclass(frozen=True)
class CutDown:
    """The line breaks after so many bytes towards the client.

    With 0 the whole answer is lost: the server got everything, did it, and said so to nobody.
    """

    after: int = 0


@dataclass(frozen=True)
class Drip:
    """The answer comes byte by byte, with a pause before each."""

    pause_s: float


@dataclass(frozen=True)
class Respond:
    """Somebody else answers each request of the connection, and the server hears nothing of it."""

    response: bytes


Behaviour = Pass | Reset | Blackhole | CutUp | CutDown | Drip | Respond


def http_response(status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP response."""
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(status: int, code: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A response in the central API's own error form."""
    body = json.dumps({"status": status, "code": code, "title": "", "detail": ""}).encode()
    return http_response(status, body, "application/problem+json", headers)


LOGIN_PAGE = http_response(200, b"<html><body>Welcome! Please accept our terms.</body></html>", "text/html")
"""What a hotel's network answers to everything: 200 and HTML."""


class ChaosProxy:
    """The line.

    Args:
        port: of the server on loopback; :meth:`lead_to` changes it.
    """

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._plan: list[Behaviour] = []
        self._default: Behaviour = Pass()
        self._open: set[asyncio.Task[None]] = set()
        self.met: list[Behaviour] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos-proxy")
        self._thread.start()
        self._server: asyncio.Server | None = None
        self.port = 0
        self._do(self._listen())

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return len(self.met)

    def lead_to(self, port: int) -> None:
        """Lead to another server from the next connection on."""
        self._upstream = port

    def plan(self, *behaviours: Behaviour, then: Behaviour | None = None) -> None:
        """Say what the next connections meet.

        Args:
            then: what all after them meet; by default ``Pass``.
        """
        self._do(self._replan(list(behaviours), then or Pass()))

    @contextlib.contextmanager
    def refused(self) -> Iterator[None]:
        """Nobody listens here for the length of the block."""
        self._do(self._deafen())
        try:
            yield
        finally:
            self._do(self._listen())

    def close(self) -> None:
        """End every connection and stop listening."""
        self._do(self._deafen())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._hang_up()

    async def _replan(self, behaviours: list[Behaviour], then: Behaviour) -> None:
        await self._hang_up()
        self._plan, self._default = behaviours, then

    async def _hang_up(self) -> None:
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        behaviour = self._plan.pop(0) if self._plan else self._default
        self.met.append(behaviour)
        try:
            await self._serve(behaviour, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            # Aborted, not closed: what is left in the buffers is lost, as on a line that breaks.
            writer.transport.abort()
            self._open.discard(task)

    async def _serve(self, behaviour: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match behaviour:
            case Reset():
                line: socket.socket = writer.get_extra_info("socket")
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case Blackhole():
                while await reader.read(_READ):
                    pass
            case Respond(response):
                while True:
                    await _read_request(reader)
                    writer.write(response)
                    await writer.drain()
            case CutUp(after):
                await self._relay(reader, writer, upto_server=after)
            case CutDown(after):
                await self._relay(reader, writer, upto_client=after)
            case Drip(pause_s):
                await self._relay(reader, writer, pause_s=pause_s, piece=1)
            case Pass(delay_s):
                await self._relay(reader, writer, pause_s=delay_s)

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        upto_server: int | None = None,
        upto_client: int | None = None,
        pause_s: float = 0.0,
        piece: int = _READ,
    ) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        pumps = [
            asyncio.ensure_future(_pump(reader, up_writer, upto_server)),
            asyncio.ensure_future(_pump(up_reader, writer, upto_client, pause_s, piece)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            up_writer.transport.abort()


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upto: int | None,
    pause_s: float = 0.0,
    piece: int = _READ,
) -> None:
    passed = 0
    while data := await reader.read(piece):
        if pause_s:
            await asyncio.sleep(pause_s)
        if upto is not None and passed + len(data) >= upto:
            writer.write(data[: upto - passed])
            await writer.drain()
            return
        writer.write(data)
        await writer.drain()
        passed += len(data)


async def _read_request(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next((line.partition(":")[2] for line in head.splitlines() if line.startswith("content-length:")), "0")
    await reader.readexactly(int(length))


@contextlib.contextmanager
def running_proxy(port: int) -> Iterator[ChaosProxy]:
    """A line for the length of a block."""
    proxy = ChaosProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()


def until(holds: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.01)):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("waited in vain")
