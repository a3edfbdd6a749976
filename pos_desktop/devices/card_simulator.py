"""A payment terminal to train and to test with: it speaks nexo Retailer on a TCP port and remembers what it booked.

It approves, with the steps a customer would go through, unless the last two digits of the amount (in minor units) say
otherwise, or a control message did:

====== ============ ===========================================================================================
digits behaviour    what happens
====== ============ ===========================================================================================
``13`` decline      the bank refuses
``14`` silent       the payment is booked, no answer is ever sent and no abort heard
``15`` drop_before  the line drops before the payment is begun: nothing is booked
``16`` drop_after   the payment is booked, then the line drops
``17`` cancel       the customer presses the red button
``18`` slow         the customer looks for the card for ``slow_s`` seconds first
``19`` garbage      the payment is booked, and what is answered is no message
====== ============ ===========================================================================================

A control message is a frame ``{"control": {...}}`` on the same port; see :mod:`~pos_desktop.devices.simulator_control`.
"""

from __future__ import annotations

import asyncio
import hashlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from pos_desktop.devices import nexo
from pos_desktop.devices import simulator_answers as answers
from pos_desktop.devices.card_bookings import Booking, Memory
from pos_desktop.devices.simulator_control import Behaviour, ControlAnswer, ControlMessage
from pos_desktop.domain.money import currency_decimals

POI_ID: Final = "SIM-1"
_PIN_FROM_WHOLE_UNITS: Final = 50
_BRANDS: Final = ("Visa", "Mastercard", "girocard", "Maestro")


MAGIC_ENDINGS: Final = {
    13: Behaviour.DECLINE,
    14: Behaviour.SILENT,
    15: Behaviour.DROP_BEFORE,
    16: Behaviour.DROP_AFTER,
    17: Behaviour.CANCEL,
    18: Behaviour.SLOW,
    19: Behaviour.GARBAGE,
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How the simulated customers behave.

    Args:
        step_delay_s: pause before each step, in seconds.
        slow_s: how long a slow customer looks for the card, in seconds.
        magic_amounts: whether the endings of amounts mean something.
    """

    step_delay_s: float = 0.6
    slow_s: float = 20.0
    magic_amounts: bool = True


class CardSimulator:
    """The terminal itself, on one event loop.

    Args:
        memory: what it remembers.
        manner: how its customers behave.
    """

    def __init__(self, memory: Memory, manner: Manner) -> None:
        self._memory = memory
        self._manner = manner
        self._ordered: list[Behaviour] = []
        self._sessions: dict[str, _Session] = {}
        self._stops: dict[tuple[str, str], asyncio.Event] = {}
        self._lines: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int, on_ready: Callable[[int], None]) -> None:
        """Listen until cancelled.

        Args:
            port: 0 takes a free one; ``on_ready`` is told which.

        Raises:
            OSError: when the port is taken.
        """
        server = await asyncio.start_server(self._accept, host, port)
        try:
            on_ready(server.sockets[0].getsockname()[1])
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            for line in self._lines:
                line.cancel()
            await asyncio.gather(*self._lines, return_exceptions=True)
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.ensure_future(self._serve_line(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _serve_line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(writer)
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                length = nexo.frame_length(await reader.readexactly(nexo.LENGTH_BYTES))
                body = await reader.readexactly(length)
                # A payment takes as long as its customer, and an abort on the same line must get past it.
                task = asyncio.ensure_future(self._handle(session, body))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except (asyncio.IncompleteReadError, ConnectionError, nexo.BadMessage):
            pass
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            raise
        finally:
            # The customer does not notice that the till's line is gone: a payment under way is carried to its end.
            try:
                await asyncio.gather(*tasks)
            finally:
                session.drop()

    async def _handle(self, session: _Session, body: bytes) -> None:
        try:
            control = msgspec.json.decode(body, type=ControlMessage).control
        except msgspec.DecodeError:
            try:
                await self._handle_request(session, nexo.parse(body).sale_to_poi_request)
            except nexo.BadMessage:
                session.drop()
        else:
            if control.next is not None:
                self._ordered.append(control.next)
            listed = self._memory.all() if control.list else ()
            session.send_bytes(msgspec.json.encode(ControlAnswer(listed)))

    async def _handle_request(self, session: _Session, request: nexo.Request | None) -> None:
        if request is None or request.message_header.service_id is None:
            session.drop()
        elif request.login_request is not None:
            self._sessions[request.message_header.sale_id] = session
            session.send(answers.plain(request, login=True))
        elif request.diagnosis_request is not None:
            session.send(answers.plain(request, login=False))
        elif request.abort_request is not None:
            reference = request.abort_request.message_reference
            stop = self._stops.get((reference.sale_id, reference.service_id))
            if stop is not None:
                stop.set()
        elif request.transaction_status_request is not None:
            reference = request.transaction_status_request.message_reference
            session.send(answers.status(request, self._memory.get(reference.sale_id, reference.service_id)))
        elif request.reversal_request is not None:
            session.send(self._reverse(request, request.reversal_request))
        elif request.payment_request is not None:
            await self._pay(session, request, request.payment_request)

    async def _pay(self, session: _Session, request: nexo.Request, payment: nexo.PaymentRequest) -> None:
        header = request.message_header
        key = (header.sale_id, header.service_id or "")
        asked = payment.payment_transaction.amounts_req
        transaction_id = payment.sale_data.sale_transaction_id.transaction_id
        known = self._memory.get(*key)
        if known is not None:
            same = (known.transaction_id, known.amount, known.currency) == (
                transaction_id,
                str(asked.requested_amount),
                asked.currency,
            )
            if known.state != "in_progress" and same:
                session.send(answers.payment(request, known))
            else:
                session.send(answers.refused_payment(request, "InProgress" if same else "MessageFormat"))
            return
        if self._sessions.get(header.sale_id) is not session:
            session.send(answers.refused_payment(request, "LoggedOut"))
            return
        if self._memory.busy():
            session.send(answers.refused_payment(request, "Busy"))
            return
        behaviour = self._behaviour(asked)
        if behaviour is Behaviour.DROP_BEFORE:
            session.drop()
            return
        begun = _new_booking(key, "Payment", transaction_id, str(asked.requested_amount), asked.currency)
        self._memory.put(begun)
        stop = asyncio.Event()
        if behaviour is not Behaviour.SILENT:  # a terminal that hangs towards the till does not hear it either
            self._stops[key] = stop
        try:
            ended = await self._run(session, begun, behaviour, stop)
        finally:
            self._stops.pop(key, None)
        self._memory.put(ended)
        self._answer_payment(session, request, ended, behaviour)

    async def _run(self, session: _Session, begun: Booking, behaviour: Behaviour, stop: asyncio.Event) -> Booking:
        """Let the customer do the steps; return the booking as it ends."""
        steps = ["TENDER_CREATED"]
        if behaviour is not Behaviour.CANCEL:
            with_pin = Decimal(begun.amount) >= _PIN_FROM_WHOLE_UNITS
            steps += ["CARD_INSERTED", "WAIT_FOR_PIN", "PIN_ENTERED"] if with_pin else ["CARD_PRESENTED"]
        for number, step in enumerate(steps):
            session.send(answers.display(begun, POI_ID, step))
            slow = behaviour is Behaviour.SLOW and number == 0
            if await _stopped_within(stop, self._manner.slow_s if slow else self._manner.step_delay_s):
                return msgspec.structs.replace(begun, state="cancelled", condition="Aborted")
        if behaviour is Behaviour.CANCEL:
            return msgspec.structs.replace(begun, state="cancelled", condition="Cancel")
        if behaviour is Behaviour.DECLINE:
            return msgspec.structs.replace(begun, state="declined", condition="Refusal")
        return msgspec.structs.replace(begun, state="approved")

    def _answer_payment(self, session: _Session, request: nexo.Request, booking: Booking, behaviour: Behaviour) -> None:
        approved = booking.state == "approved"
        if approved and behaviour is Behaviour.SILENT:
            return
        if approved and behaviour is Behaviour.DROP_AFTER:
            session.drop()
        elif approved and behaviour is Behaviour.GARBAGE:
            session.send_bytes(b"<html>terminal update</html>")
        else:
            session.send(answers.payment(request, booking))

    def _reverse(self, request: nexo.Request, reversal: nexo.ReversalRequest) -> nexo.Envelope:
        header = request.message_header
        key = (header.sale_id, header.service_id or "")
        known = self._memory.get(*key)
        if known is not None:
            return answers.reversal(request, known)
        paid = self._memory.by_terminal_reference(reversal.original_poi_transaction.poi_transaction_id.transaction_id)
        if paid is None or paid.category != "Payment" or paid.state != "approved":
            return answers.refused_reversal(request, "NotFound")
        if paid.reversed_by:
            return answers.refused_reversal(request, "NotAllowed")
        transaction_id = reversal.sale_data.sale_transaction_id.transaction_id
        undone = _new_booking(key, "Reversal", transaction_id, paid.amount, paid.currency)
        undone = msgspec.structs.replace(undone, state="approved")
        self._memory.put(undone)
        self._memory.put(msgspec.structs.replace(paid, reversed_by=undone.poi_transaction_id))
        return answers.reversal(request, undone)

    def _behaviour(self, asked: nexo.AmountsReq) -> Behaviour:
        if self._ordered:
            return self._ordered.pop(0)
        if not self._manner.magic_amounts:
            return Behaviour.APPROVE
        minor = nexo.to_minor(asked.requested_amount, currency_decimals(asked.currency))
        return MAGIC_ENDINGS.get(minor % 100, Behaviour.APPROVE)


class _Session:
    """One connection of a till."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: nexo.Envelope) -> None:
        self._write(nexo.frame(message))

    def send_bytes(self, body: bytes) -> None:
        self._write(nexo.frame_bytes(body))

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():  # a till that has hung up asks again
            self._writer.write(data)

    def drop(self) -> None:
        self._writer.close()


async def _stopped_within(stop: asyncio.Event, delay_s: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), delay_s)
    except TimeoutError:
        return False
    return True


def _new_booking(key: tuple[str, str], category: str, transaction_id: str, amount: str, currency: str) -> Booking:
    digest = hashlib.sha256(f"{category} {transaction_id}".encode()).digest()
    return Booking(
        sale_id=key[0],
        service_id=key[1],
        category=category,
        transaction_id=transaction_id,
        amount=amount,
        currency=currency,
        state="in_progress",
        condition="",
        poi_transaction_id=digest.hex()[:12].upper(),
        booked_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        brand=_BRANDS[digest[0] % len(_BRANDS)],
        last_digits=f"{int.from_bytes(digest[1:4], 'big') % 10_000:04d}",
    )


def run_simulator(
    host: str,
    port: int,
    memory: Path | None = None,
    manner: Manner | None = None,
    on_ready: Callable[[int], None] = lambda _: None,
) -> None:
    """Be a terminal until interrupted.

    Args:
        host, port: where to listen; port 0 takes a free one.
        memory: file to remember payments in; None forgets them at the end.
        manner: how the customers behave.
        on_ready: told the port once it listens.

    Raises:
        OSError: when the port is taken or the file cannot be written.
    """
    kept = Memory(memory)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(CardSimulator(kept, manner or Manner()).serve(host, port, on_ready))
    finally:
        kept.close()


@contextmanager
def running_simulator(
    host: str = "127.0.0.1", port: int = 0, memory: Path | None = None, manner: Manner | None = None
) -> Iterator[int]:
    """Be a terminal on a thread of this process while the block runs; gives the port."""
    kept = Memory(memory)
    news: queue.SimpleQueue[int | OSError] = queue.SimpleQueue()
    serving: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    async def serve() -> None:
        task = asyncio.ensure_future(CardSimulator(kept, manner or Manner()).serve(host, port, news.put))
        serving.append((asyncio.get_running_loop(), task))
        await asyncio.wait([task])
        if not task.cancelled() and isinstance(fault := task.exception(), OSError):
            news.put(fault)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="card-simulator")
    thread.start()
    try:
        listening = news.get()
        if isinstance(listening, OSError):
            raise listening
        yield listening
    finally:
        loop, task = serving[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        kept.close()
