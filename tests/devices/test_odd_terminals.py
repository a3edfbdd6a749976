"""Terminals that answer oddly: whatever they say, nobody is taken for charged or not charged by a guess."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec
import pytest

from pos_desktop.devices import nexo
from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.devices.nexo_terminal import CardTimeouts, NexoTerminal

HOST = "127.0.0.1"
PATIENT = CardTimeouts(connect_s=20.0, answer_s=20.0, payment_s=20.0)
SHORT = CardTimeouts(connect_s=20.0, answer_s=20.0, payment_s=0.1)

Body = dict[str, object]
Answer = Callable[[str], bytes | None]


class Wire:
    """What the till sent, category by category."""

    def __init__(self) -> None:
        self.categories: list[str] = []


@contextmanager
def terminal_that(answer: Answer, *, login: bytes | None = None) -> Iterator[tuple[int, Wire]]:
    """Run a terminal that logs every till in (or answers ``login``) and then gives ``answer(service_id)``.

    None hangs up; an empty answer leaves the till waiting until it hangs up itself.
    """
    wire = Wire()
    done = threading.Event()
    with socket.create_server((HOST, 0)) as server:

        def serve_one(line: socket.socket) -> None:
            stream = line.makefile("rb")
            with line, stream, suppress(OSError):
                while length := stream.read(nexo.LENGTH_BYTES):
                    request = nexo.parse(stream.read(int.from_bytes(length, "big"))).sale_to_poi_request
                    assert request is not None
                    number = request.message_header.service_id or ""
                    category = request.message_header.message_category
                    wire.categories.append(category)
                    said = (
                        (login or framed(number, "Login", {"LoginResponse": yes()}))
                        if category == "Login"
                        else answer(number)
                    )
                    if said is None:
                        return
                    line.sendall(said)

        def serve() -> None:
            while True:
                line, _ = server.accept()
                if done.is_set():
                    line.close()
                    return
                serve_one(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], wire
        finally:
            done.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()


def yes() -> Body:
    return {"Response": {"Result": "Success"}}


def framed(number: str, category: str, body: Body) -> bytes:
    header = {
        "MessageClass": "Service",
        "MessageCategory": category,
        "MessageType": "Response",
        "SaleID": "term_001",
        "POIID": "POI-1",
        "ServiceID": number,
    }
    return nexo.frame_bytes(msgspec.json.encode({"SaleToPOIResponse": {"MessageHeader": header, **body}}))


def paid(**changes: object) -> Body:
    body: Body = {
        "Response": {"Result": "Success"},
        "SaleData": {"SaleTransactionID": {"TransactionID": "intent-1", "TimeStamp": "2026-11-20T09:30:00.000Z"}},
        "POIData": {"POITransactionID": {"TransactionID": "T-77", "TimeStamp": "2026-11-20T09:30:01.000Z"}},
        "PaymentResult": {
            "AmountsResp": {"Currency": "EUR", "AuthorizedAmount": 12.5},
            "PaymentInstrumentData": {"CardData": {"PaymentBrand": "Visa", "MaskedPan": "411111******1234"}},
        },
    }
    return body | changes


def refused(condition: str | None) -> Body:
    return {"Response": {"Result": "Failure", **({"ErrorCondition": condition} if condition else {})}}


def pay(port: int, timeouts: CardTimeouts = PATIENT) -> CardOutcome:
    return NexoTerminal(HOST, port, "term_001", timeouts=timeouts).pay("intent-1", 1250, "EUR", lambda _: None)


def outcome_of(body: Body) -> CardOutcome:
    with terminal_that(lambda number: framed(number, "Payment", {"PaymentResponse": body})) as (port, _):
        return pay(port)


def test_a_plain_answer_is_read() -> None:
    assert outcome_of(paid()) == CardOutcome(CardState.APPROVED, "T-77", "VISA **** 1234", "", 1250, "EUR")


@pytest.mark.parametrize("pan", ["4111111111111234", "************1234", "411111 **** 1234", "1234"])
def test_of_a_card_number_only_the_last_four_digits_are_kept(pan: str) -> None:
    result = {
        "AmountsResp": {"Currency": "EUR", "AuthorizedAmount": 12.5},
        "PaymentInstrumentData": {"CardData": {"PaymentBrand": "4111111111111234 Visa", "MaskedPan": pan}},
    }
    assert outcome_of(paid(PaymentResult=result)).detail == "VISA **** 1234"


@pytest.mark.parametrize(
    "amounts",
    [
        {"Currency": "EUR", "AuthorizedAmount": 12.49},
        {"Currency": "EUR", "AuthorizedAmount": 1250},
        {"Currency": "USD", "AuthorizedAmount": 12.5},
        {"Currency": "EUR", "AuthorizedAmount": 0},
    ],
)
def test_another_amount_than_asked_for_is_not_taken_for_paid(amounts: Body) -> None:
    outcome = outcome_of(paid(PaymentResult={"AmountsResp": amounts}))
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "amount_differs")
    assert outcome.reference == "T-77"


@pytest.mark.parametrize(
    "body",
    [
        paid(PaymentResult={"AmountsResp": {"Currency": "EUR", "AuthorizedAmount": 12.505}}),
        paid(PaymentResult={"AmountsResp": {"Currency": "EUR", "AuthorizedAmount": -12.5}}),
        paid(PaymentResult={"AmountsResp": {"Currency": "Euro", "AuthorizedAmount": 12.5}}),
        paid(PaymentResult={"AmountsResp": {"AuthorizedAmount": 12.5}}),
        paid(PaymentResult={}),
        paid(PaymentResult=None),
        paid(Response={"Result": "Maybe"}),
        refused(None),
    ],
)
def test_an_answer_that_cannot_be_true_leaves_it_unknown(body: Body) -> None:
    outcome = outcome_of(body)
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "bad_answer")


def test_the_answer_to_another_payment_is_not_ours() -> None:
    other = {"SaleTransactionID": {"TransactionID": "intent-9", "TimeStamp": "2026-11-20T09:30:00.000Z"}}
    outcome = outcome_of(paid(SaleData=other))
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "not_ours")


@pytest.mark.parametrize(
    ("condition", "state", "reason"),
    [
        ("Refusal", CardState.DECLINED, "refusal"),
        ("WrongPIN", CardState.DECLINED, "wrong_pin"),
        ("UnreachableHost", CardState.DECLINED, "unreachable_host"),
        ("Cancel", CardState.CANCELLED, "cancel"),
        ("Aborted", CardState.CANCELLED, "aborted"),
        ("Busy", CardState.UNKNOWN, "busy"),
        ("InProgress", CardState.UNKNOWN, "in_progress"),
        ("DeviceOut", CardState.UNKNOWN, "device_out"),
        ("Something New", CardState.UNKNOWN, "somethingnew"),
    ],
)
def test_only_conditions_that_are_known_to_charge_nobody_are_taken_for_that(
    condition: str, state: CardState, reason: str
) -> None:
    outcome = outcome_of(refused(condition))
    assert (outcome.state, outcome.reason) == (state, reason)


def test_late_answers_to_other_requests_are_skipped() -> None:
    def answer(number: str) -> bytes:
        late = framed("OLD0000001", "Payment", {"PaymentResponse": paid(Response={"Result": "Failure"})})
        return late + framed(number, "Payment", {"PaymentResponse": paid()})

    with terminal_that(answer) as (port, _):
        assert pay(port).state is CardState.APPROVED


def test_an_answer_that_arrives_in_pieces_is_put_together() -> None:
    gate = threading.Event()
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            stream = line.makefile("rb")
            with line, stream:
                for category in ("Login", "Payment"):
                    length = int.from_bytes(stream.read(nexo.LENGTH_BYTES), "big")
                    request = nexo.parse(stream.read(length)).sale_to_poi_request
                    assert request is not None
                    number = request.message_header.service_id or ""
                    body: Body = {"LoginResponse": yes()} if category == "Login" else {"PaymentResponse": paid()}
                    for byte in framed(number, category, body):
                        line.sendall(bytes([byte]))
                gate.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            assert pay(server.getsockname()[1]).state is CardState.APPROVED
        finally:
            gate.set()
            thread.join()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        nexo.frame_bytes(b"not json"),
        nexo.frame_bytes(b'{"SaleToPOIResponse": {"MessageHeader": 1}}'),
    ],
)
def test_rubbish_after_the_payment_was_sent_leaves_it_unknown(said: bytes) -> None:
    with terminal_that(lambda _: said) as (port, _):
        outcome = pay(port)
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "bad_answer")


def test_half_a_message_and_a_dropped_line_leave_it_unknown() -> None:
    def half(number: str) -> bytes:
        whole = framed(number, "Payment", {"PaymentResponse": paid()})
        return whole[: len(whole) // 2]

    with terminal_that(half) as (port, _):
        outcome = pay(port, SHORT)
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "timeout")


def test_a_dropped_line_leaves_it_unknown() -> None:
    with terminal_that(lambda _: None) as (port, _):
        outcome = pay(port)
    assert (outcome.state, outcome.reason) == (CardState.UNKNOWN, "closed")


def test_an_answer_of_another_kind_leaves_it_unknown() -> None:
    with terminal_that(lambda number: framed(number, "Diagnosis", {"DiagnosisResponse": yes()})) as (port, _):
        assert pay(port).state is CardState.UNKNOWN
        assert NexoTerminal(HOST, port, "term_001", timeouts=PATIENT).status("intent-1").state is CardState.UNKNOWN


def test_a_till_that_gives_up_tells_the_terminal() -> None:
    with terminal_that(lambda _: b"") as (port, wire):
        assert pay(port, SHORT).reason == "timeout"
    assert wire.categories == ["Login", "Payment", "Abort"]


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "bad_answer"),
        (nexo.frame_bytes(b"[]"), "bad_answer"),
    ],
)
def test_what_is_no_terminal_is_never_sent_a_payment(login: bytes, reason: str) -> None:
    with terminal_that(lambda _: None, login=login) as (port, wire):
        outcome = pay(port)
    assert (outcome.state, outcome.reason) == (CardState.NOT_REACHED, reason)
    assert wire.categories == ["Login"]


def test_a_terminal_that_refuses_the_log_in_is_never_sent_a_payment() -> None:
    now = "2026-11-20T09:30:00.000Z"
    login = framed(nexo.service_id(f"login {now}"), "Login", {"LoginResponse": refused("NotAllowed")})
    with terminal_that(lambda _: None, login=login) as (port, wire):
        terminal = NexoTerminal(HOST, port, "term_001", timeouts=PATIENT, now=lambda: now)
        outcome = terminal.pay("intent-1", 1250, "EUR", lambda _: None)
        asked = terminal.status("intent-1")
    assert (outcome.state, outcome.reason) == (CardState.NOT_REACHED, "login_refused")
    assert (asked.state, asked.reason) == (CardState.UNKNOWN, "login_refused")
    assert set(wire.categories) == {"Login"}


@pytest.mark.parametrize(
    ("response", "state"),
    [
        (refused("NotFound"), CardState.NOT_FOUND),
        (refused("InProgress"), CardState.UNKNOWN),
        (refused("UnavailableService"), CardState.UNKNOWN),
        (refused(None), CardState.UNKNOWN),
        ({"Response": {"Result": "Partial", "ErrorCondition": "NotFound"}}, CardState.UNKNOWN),
        (yes(), CardState.UNKNOWN),
        (yes() | {"RepeatedMessageResponse": {"RepeatedResponseMessageBody": {}}}, CardState.UNKNOWN),
    ],
)
def test_only_a_clear_status_says_that_nobody_was_charged(response: Body, state: CardState) -> None:
    body: Body = {"TransactionStatusResponse": response}
    with terminal_that(lambda number: framed(number, "TransactionStatus", body)) as (port, _):
        assert NexoTerminal(HOST, port, "term_001", timeouts=PATIENT).status("intent-1").state is state


def test_a_status_repeats_the_payment() -> None:
    repeated = {"RepeatedResponseMessageBody": {"PaymentResponse": paid()}}
    body: Body = {"TransactionStatusResponse": yes() | {"RepeatedMessageResponse": repeated}}
    with terminal_that(lambda number: framed(number, "TransactionStatus", body)) as (port, _):
        terminal = NexoTerminal(HOST, port, "term_001", timeouts=PATIENT)
        assert terminal.status("intent-1") == CardOutcome(CardState.APPROVED, "T-77", "VISA **** 1234", "", 1250, "EUR")
        assert terminal.status("intent-2").reason == "not_ours"
