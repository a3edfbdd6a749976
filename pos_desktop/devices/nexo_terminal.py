"""Driver of a payment terminal that speaks nexo Retailer over TCP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from pos_desktop.devices import nexo
from pos_desktop.devices.card_terminal import CardOutcome, CardProgress, CardState
from pos_desktop.devices.nexo_answers import read_payment, read_reversal, read_status_failure
from pos_desktop.devices.nexo_line import Line
from pos_desktop.domain.errors import ErrorCode, PaymentTrouble
from pos_desktop.domain.money import currency_decimals

DEFAULT_POI_ID: Final = "POI-1"

_PROGRESS: Final = {
    "TENDER_CREATED": CardProgress.PRESENT_CARD,
    "WAIT_FOR_PIN": CardProgress.ENTER_PIN,
    "CARD_INSERTED": CardProgress.AUTHORISING,
    "CARD_PRESENTED": CardProgress.AUTHORISING,
    "CARD_SWIPED": CardProgress.AUTHORISING,
    "PIN_ENTERED": CardProgress.AUTHORISING,
}


@dataclass(frozen=True, slots=True)
class CardTimeouts:
    """How long to wait for a terminal, in seconds.

    Args:
        connect_s: for the connection.
        answer_s: for the answer to a request that needs no customer.
        payment_s: for the answer to a payment: the customer looks for the card and the PIN meanwhile.
    """

    connect_s: float = 3.0
    answer_s: float = 8.0
    payment_s: float = 150.0


class _LoginRefused(Exception):
    """The terminal does not want to talk to this till."""


@dataclass(slots=True)
class _UnderWay:
    """A payment that a thread waits for: its line once there is one, and whether somebody asked to stop it."""

    intent_id: str
    line: Line | None = None
    stopped: bool = False


class NexoTerminal:
    """A :class:`~pos_desktop.devices.card_terminal.CardTerminal` over nexo Retailer.

    One connection a request. Each begins with a log-in, which at the terminal ends an earlier session of the same till:
    a payment request still on its way in a dead connection can therefore not be begun after a status said
    ``not_found``.

    Args:
        host, port: where the terminal listens.
        sale_id: how the till is called at the terminal, its terminal id.
        poi_id: how the terminal is called.
        timeouts: how long to wait.
        now: UTC ISO 8601 time; for the time stamps that the protocol wants.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sale_id: str,
        *,
        poi_id: str = DEFAULT_POI_ID,
        timeouts: CardTimeouts | None = None,
        now: Callable[[], str] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._sale_id = sale_id
        self._poi_id = poi_id
        self._timeouts = timeouts or CardTimeouts()
        self._now = now or _utc_now
        self._guard = threading.Lock()
        self._under_way: dict[str, _UnderWay] = {}

    def pay(self, intent_id: str, amount_minor: int, currency: str, on_progress: Callable[[str], None]) -> CardOutcome:
        """Charge a card; see the protocol."""
        if amount_minor <= 0:
            raise PaymentTrouble(ErrorCode.TENDER_NOT_POSITIVE)
        amount = nexo.to_decimal(amount_minor, currency_decimals(currency))
        request = nexo.Request(
            self._header("Payment", intent_id),
            payment_request=nexo.PaymentRequest(
                sale_data=self._sale_data(intent_id),
                payment_transaction=nexo.PaymentTransaction(nexo.AmountsReq(currency, amount)),
            ),
        )
        with self._watched(intent_id) as under_way:
            on_progress(CardProgress.CONNECTING)
            try:
                line = self._connect()
            except (OSError, nexo.BadMessage, _LoginRefused) as fault:
                return CardOutcome(CardState.NOT_REACHED, reason=_reason(fault, "not_connected"))
            with line:
                outcome = self._payment_outcome(line, request, under_way, on_progress)
        if outcome.state is CardState.APPROVED and (outcome.amount_minor, outcome.currency) != (amount_minor, currency):
            return replace(outcome, state=CardState.UNKNOWN, reason="amount_differs")
        if outcome.state in (CardState.APPROVED, CardState.DECLINED):
            on_progress(CardProgress(outcome.state.value))
        return outcome

    def status(self, intent_id: str) -> CardOutcome:
        """Ask what became of a payment; see the protocol."""
        return self._status(intent_id)[0]

    def abort(self, intent_id: str) -> bool:
        """Ask the terminal to stop; see the protocol."""
        request = self._abort_request(intent_id)
        try:
            with self._guard:
                under_way = self._under_way.get(intent_id)
                if under_way is not None:
                    under_way.stopped = True
                    if under_way.line is not None:
                        under_way.line.send(request)
                    return True
            with Line(self._host, self._port, self._timeouts.connect_s) as line:
                line.send(request)
        except OSError:
            return False
        return True

    def reverse(self, reversal_id: str, intent_id: str) -> CardOutcome:
        """Undo an approved payment in full; see the protocol."""
        paid, transaction = self._status(intent_id)
        if paid.state is not CardState.APPROVED or transaction is None:
            nothing = paid.state in (CardState.DECLINED, CardState.CANCELLED, CardState.NOT_FOUND)
            return CardOutcome(CardState.NOT_FOUND if nothing else CardState.NOT_REACHED, reason=paid.reason)
        request = nexo.Request(
            self._header("Reversal", reversal_id),
            reversal_request=nexo.ReversalRequest(
                self._sale_data(reversal_id), nexo.OriginalPoiTransaction(transaction), "MerchantCancel"
            ),
        )
        try:
            line = self._connect()
        except (OSError, nexo.BadMessage, _LoginRefused) as fault:
            return CardOutcome(CardState.NOT_REACHED, reason=_reason(fault, "not_connected"))
        try:
            with line:
                response = self._ask(line, request, self._timeouts.answer_s).reversal_response
        except (OSError, nexo.BadMessage) as fault:
            return CardOutcome(CardState.UNKNOWN, reason=_reason(fault, "closed"))
        if response is None:
            return CardOutcome(CardState.UNKNOWN, reason="bad_answer")
        return read_reversal(response, paid)

    def ping(self) -> bool:
        """Whether the terminal answers; does not disturb a payment that is under way."""
        request = nexo.Request(
            self._header("Diagnosis", f"diagnosis {self._now()}"),
            diagnosis_request=nexo.DiagnosisRequest(host_diagnosis_flag=False),
        )
        try:
            with Line(self._host, self._port, self._timeouts.connect_s) as line:
                answer = self._ask(line, request, self._timeouts.answer_s).diagnosis_response
        except (OSError, nexo.BadMessage):
            return False
        return answer is not None and answer.response.result == "Success"

    @contextmanager
    def _watched(self, intent_id: str) -> Iterator[_UnderWay]:
        under_way = _UnderWay(intent_id)
        with self._guard:
            self._under_way[intent_id] = under_way
        try:
            yield under_way
        finally:
            with self._guard:
                self._under_way.pop(intent_id, None)

    def _payment_outcome(
        self, line: Line, request: nexo.Request, under_way: _UnderWay, on_progress: Callable[[str], None]
    ) -> CardOutcome:
        try:
            # Under the guard a stop comes either before the request is sent or after it, never past it on the way.
            with self._guard:
                if under_way.stopped:
                    return CardOutcome(CardState.CANCELLED, reason="aborted")
                under_way.line = line
                deadline = time.monotonic() + self._timeouts.payment_s
                line.send(request)
            answer = _await_answer(line, request, deadline, on_progress)
            if answer.payment_response is None:
                return CardOutcome(CardState.UNKNOWN, reason="bad_answer")
            return read_payment(answer.payment_response, under_way.intent_id)
        except TimeoutError:
            with suppress(OSError):  # a customer who comes back later must not be charged for a basket given up
                line.send(self._abort_request(under_way.intent_id))
            return CardOutcome(CardState.UNKNOWN, reason="timeout")
        except (OSError, nexo.BadMessage) as fault:
            return CardOutcome(CardState.UNKNOWN, reason=_reason(fault, "closed"))

    def _status(self, intent_id: str) -> tuple[CardOutcome, nexo.TransactionIdentification | None]:
        """Return what became of a payment and how the terminal calls it, which an undoing needs."""
        request = nexo.Request(
            self._header("TransactionStatus", f"status {intent_id} {self._now()}"),
            transaction_status_request=nexo.TransactionStatusRequest(self._reference(intent_id)),
        )
        try:
            with self._connect() as line:
                answer = self._ask(line, request, self._timeouts.answer_s).transaction_status_response
            if answer is None:
                raise nexo.BadMessage("no status")
            if answer.response.result != "Success":
                return read_status_failure(answer.response), None
            repeated = answer.repeated_message_response
            payment = repeated.repeated_response_message_body.payment_response if repeated is not None else None
            if payment is None:
                raise nexo.BadMessage("no payment")
            transaction = payment.poi_data.poi_transaction_id if payment.poi_data is not None else None
            return read_payment(payment, intent_id), transaction
        except _LoginRefused:
            return CardOutcome(CardState.UNKNOWN, reason="login_refused"), None
        except (OSError, nexo.BadMessage) as fault:
            return CardOutcome(CardState.UNKNOWN, reason=_reason(fault, "not_connected")), None

    def _connect(self) -> Line:
        """Open a line and a session.

        Raises:
            OSError: there is no terminal there, or it is silent.
            BadMessage: what listens there is no terminal.
            _LoginRefused: it does not want this till.
        """
        line = Line(self._host, self._port, self._timeouts.connect_s)
        try:
            now = self._now()
            login = nexo.LoginRequest(now, nexo.SaleSoftware())
            request = nexo.Request(self._header("Login", f"login {now}"), login_request=login)
            answer = self._ask(line, request, self._timeouts.answer_s)
            if answer.login_response is None:
                raise nexo.BadMessage("no log-in")
            if answer.login_response.response.result != "Success":
                raise _LoginRefused
        except BaseException:
            line.close()
            raise
        return line

    def _ask(self, line: Line, request: nexo.Request, timeout_s: float) -> nexo.Response:
        deadline = time.monotonic() + timeout_s
        line.send(request)
        return _await_answer(line, request, deadline, _no_progress)

    def _header(self, category: str, reference: str) -> nexo.MessageHeader:
        return nexo.MessageHeader(
            message_class="Service",
            message_category=category,
            message_type="Request",
            sale_id=self._sale_id,
            poiid=self._poi_id,
            service_id=nexo.service_id(reference),
            protocol_version=nexo.PROTOCOL_VERSION,
        )

    def _abort_request(self, intent_id: str) -> nexo.Request:
        return nexo.Request(
            self._header("Abort", f"abort {intent_id}"),
            abort_request=nexo.AbortRequest("MerchantAbort", self._reference(intent_id)),
        )

    def _reference(self, intent_id: str) -> nexo.MessageReference:
        return nexo.MessageReference("Payment", self._sale_id, nexo.service_id(intent_id))

    def _sale_data(self, reference: str) -> nexo.SaleData:
        return nexo.SaleData(nexo.TransactionIdentification(reference, self._now()))


def _await_answer(
    line: Line, request: nexo.Request, deadline: float, on_progress: Callable[[str], None]
) -> nexo.Response:
    """Wait for the answer to one request; answers to others are skipped, display notices passed on."""
    while True:
        message = line.receive(deadline)
        notice = message.sale_to_poi_request
        if notice is not None and notice.display_request is not None:
            progress = _PROGRESS.get(nexo.display_event(notice.display_request) or "")
            if progress is not None:
                on_progress(progress)
        answer = message.sale_to_poi_response
        if answer is not None and answer.message_header.service_id == request.message_header.service_id:
            return answer


def _no_progress(_: str) -> None:
    """Nobody looks."""


def _reason(fault: Exception, lost: str) -> str:
    if isinstance(fault, TimeoutError):
        return "timeout"
    if isinstance(fault, nexo.BadMessage):
        return "bad_answer"
    return "login_refused" if isinstance(fault, _LoginRefused) else lost


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
