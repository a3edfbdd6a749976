"""The driver against the simulated terminal, over real sockets."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from main import open_card_terminal
from pos_desktop.devices.addresses import parse_tcp
from pos_desktop.devices.card_simulator import Manner, running_simulator
from pos_desktop.devices.card_terminal import CardOutcome, CardState
from pos_desktop.devices.nexo_terminal import CardTimeouts, NexoTerminal
from pos_desktop.devices.simulator_control import Behaviour, bookings, order_next
from pos_desktop.domain.errors import BadInput, ErrorCode, PaymentTrouble
from pos_desktop.settings import Settings

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = Manner(step_delay_s=0.0, slow_s=3600.0)
PATIENT = CardTimeouts(connect_s=5.0, answer_s=20.0, payment_s=20.0)
HASTY = CardTimeouts(connect_s=5.0, answer_s=20.0, payment_s=0.2)


def ignore(_: str) -> None:
    """Nobody looks at the progress."""


def terminal_at(port: int, timeouts: CardTimeouts = PATIENT, sale_id: str = "term_001") -> NexoTerminal:
    return NexoTerminal(HOST, port, sale_id, timeouts=timeouts)


def approved_at(port: int) -> list[tuple[str, str]]:
    return [(entry.transaction_id, entry.amount) for entry in bookings(HOST, port) if entry.state == "approved"]


def settled(port: int, intent_id: str) -> CardOutcome:
    """Ask until the terminal is no longer busy with the payment."""
    deadline = time.monotonic() + 20
    outcome = terminal_at(port).status(intent_id)
    while outcome.reason == "in_progress" and time.monotonic() < deadline:
        outcome = terminal_at(port).status(intent_id)
    return outcome


@pytest.fixture
def port() -> Iterator[int]:
    with running_simulator(manner=AT_ONCE) as taken:
        yield taken


@pytest.fixture
def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        taken: int = server.getsockname()[1]
    return taken


def test_a_contactless_payment_is_approved_with_its_steps(port: int) -> None:
    steps: list[str] = []
    outcome = terminal_at(port).pay("intent-1", 1250, "EUR", steps.append)
    assert outcome.state is CardState.APPROVED
    assert (outcome.amount_minor, outcome.currency, outcome.reason) == (1250, "EUR", "")
    assert outcome.reference
    brand, stars, digits = outcome.detail.split()
    assert brand.isupper()
    assert stars == "****"
    assert len(digits) == 4
    assert steps == ["connecting", "present_card", "authorising", "approved"]


def test_a_large_payment_asks_for_the_pin(port: int) -> None:
    steps: list[str] = []
    terminal_at(port).pay("intent-1", 50_00, "EUR", steps.append)
    assert steps == ["connecting", "present_card", "authorising", "enter_pin", "authorising", "approved"]


@pytest.mark.parametrize(
    ("amount_minor", "currency", "on_the_wire"),
    [(1999, "EUR", "19.99"), (1999, "JPY", "1999"), (1999, "KWD", "1.999"), (1, "EUR", "0.01"), (10, "EUR", "0.10")],
)
def test_amounts_cross_the_wire_exactly(port: int, amount_minor: int, currency: str, on_the_wire: str) -> None:
    outcome = terminal_at(port).pay("intent-1", amount_minor, currency, ignore)
    assert outcome.amount_minor == amount_minor
    assert approved_at(port) == [("intent-1", on_the_wire)]


def test_a_refusal_of_the_bank_is_declined_and_stays_so(port: int) -> None:
    steps: list[str] = []
    terminal = terminal_at(port)
    outcome = terminal.pay("intent-1", 10_13, "EUR", steps.append)
    assert (outcome.state, outcome.reason, outcome.amount_minor) == (CardState.DECLINED, "refusal", None)
    assert steps[-1] == "declined"
    assert terminal.status("intent-1").state is CardState.DECLINED
    assert approved_at(port) == []


def test_a_customer_who_cancels_is_not_charged(port: int) -> None:
    terminal = terminal_at(port)
    assert terminal.pay("intent-1", 10_17, "EUR", ignore).state is CardState.CANCELLED
    assert terminal.status("intent-1").state is CardState.CANCELLED


def test_a_terminal_that_falls_silent_leaves_it_unknown_until_it_is_asked(port: int) -> None:
    first = terminal_at(port, HASTY).pay("intent-1", 10_14, "EUR", ignore)
    assert (first.state, first.reason) == (CardState.UNKNOWN, "timeout")
    asked = settled(port, "intent-1")
    assert (asked.state, asked.amount_minor, asked.currency) == (CardState.APPROVED, 10_14, "EUR")
    assert asked.detail
    assert approved_at(port) == [("intent-1", "10.14")]


def test_a_line_that_drops_after_booking_leaves_it_unknown_until_it_is_asked(port: int) -> None:
    terminal = terminal_at(port)
    first = terminal.pay("intent-1", 10_16, "EUR", ignore)
    assert (first.state, first.reason) == (CardState.UNKNOWN, "closed")
    assert terminal.status("intent-1").state is CardState.APPROVED


def test_a_line_that_drops_before_booking_is_found_not_to_be_charged(port: int) -> None:
    terminal = terminal_at(port)
    assert terminal.pay("intent-1", 10_15, "EUR", ignore).state is CardState.UNKNOWN
    assert terminal.status("intent-1").state is CardState.NOT_FOUND
    assert bookings(HOST, port) == ()


def test_an_answer_that_is_rubbish_leaves_it_unknown_until_it_is_asked(port: int) -> None:
    terminal = terminal_at(port)
    first = terminal.pay("intent-1", 10_19, "EUR", ignore)
    assert (first.state, first.reason) == (CardState.UNKNOWN, "bad_answer")
    assert terminal.status("intent-1").state is CardState.APPROVED


def test_the_same_intent_charges_once_and_answers_the_same(port: int) -> None:
    terminal = terminal_at(port)
    first = terminal.pay("intent-1", 1250, "EUR", ignore)
    assert terminal.pay("intent-1", 1250, "EUR", ignore) == first
    assert terminal.status("intent-1") == first
    assert len(approved_at(port)) == 1


def test_a_lost_answer_is_had_by_paying_again_with_the_same_intent(port: int) -> None:
    terminal = terminal_at(port)
    terminal.pay("intent-1", 10_16, "EUR", ignore)
    assert terminal.pay("intent-1", 10_16, "EUR", ignore).state is CardState.APPROVED
    assert len(approved_at(port)) == 1


def test_the_same_intent_with_another_amount_is_never_approved(port: int) -> None:
    terminal = terminal_at(port)
    terminal.pay("intent-1", 1250, "EUR", ignore)
    again = terminal.pay("intent-1", 9900, "EUR", ignore)
    assert (again.state, again.reason) == (CardState.UNKNOWN, "message_format")
    assert approved_at(port) == [("intent-1", "12.50")]


def test_two_tills_at_one_terminal_keep_their_payments_apart(port: int) -> None:
    terminal_at(port, sale_id="term_001").pay("intent-1", 1250, "EUR", ignore)
    assert terminal_at(port, sale_id="term_002").status("intent-1").state is CardState.NOT_FOUND


def test_the_cashier_stops_a_payment_that_waits_for_the_customer(port: int) -> None:
    terminal = terminal_at(port)

    def stop_at_the_card(step: str) -> None:
        if step == "present_card":
            assert terminal.abort("intent-1")

    outcome = terminal.pay("intent-1", 10_18, "EUR", stop_at_the_card)
    assert (outcome.state, outcome.reason) == (CardState.CANCELLED, "aborted")
    assert terminal.status("intent-1").state is CardState.CANCELLED


def test_a_payment_stopped_while_connecting_is_never_sent(port: int) -> None:
    terminal = terminal_at(port)

    def stop_at_once(step: str) -> None:
        if step == "connecting":
            assert terminal.abort("intent-1")

    assert terminal.pay("intent-1", 1250, "EUR", stop_at_once).state is CardState.CANCELLED
    assert terminal.status("intent-1").state is CardState.NOT_FOUND


def test_another_process_can_stop_a_payment_and_the_first_one_learns_of_it(port: int) -> None:
    def stop_from_elsewhere(step: str) -> None:
        if step == "present_card":
            assert terminal_at(port).abort("intent-1")

    assert terminal_at(port).pay("intent-1", 10_18, "EUR", stop_from_elsewhere).state is CardState.CANCELLED


def test_a_payment_given_up_by_the_till_is_stopped_at_the_terminal(port: int) -> None:
    terminal = terminal_at(port, HASTY)
    assert terminal.pay("intent-1", 10_18, "EUR", ignore).state is CardState.UNKNOWN
    assert settled(port, "intent-1").state is CardState.CANCELLED


def test_a_payment_still_under_way_is_unknown_and_another_one_is_not_begun(port: int) -> None:
    waiting = threading.Event()
    first = terminal_at(port, sale_id="term_001")

    def pay() -> None:
        first.pay("intent-1", 10_18, "EUR", lambda step: waiting.set() if step == "present_card" else None)

    thread = threading.Thread(target=pay)
    thread.start()
    try:
        assert waiting.wait(20)
        elsewhere = terminal_at(port, sale_id="term_001")
        asked = elsewhere.status("intent-1")
        assert (asked.state, asked.reason) == (CardState.UNKNOWN, "in_progress")
        second = elsewhere.pay("intent-2", 1250, "EUR", ignore)
        assert (second.state, second.reason) == (CardState.UNKNOWN, "busy")
        assert elsewhere.status("intent-2").state is CardState.NOT_FOUND
    finally:
        first.abort("intent-1")
        thread.join()


def test_a_terminal_that_is_off_was_not_reached_so_nobody_was_charged(free_port: int) -> None:
    terminal = terminal_at(free_port)
    outcome = terminal.pay("intent-1", 1250, "EUR", ignore)
    assert (outcome.state, outcome.reason) == (CardState.NOT_REACHED, "not_connected")
    assert terminal.status("intent-1").state is CardState.UNKNOWN
    assert not terminal.ping()
    assert not terminal.abort("intent-1")


def test_ping_is_answered_also_during_a_payment(port: int) -> None:
    seen: list[bool] = []
    terminal = terminal_at(port)

    def look(step: str) -> None:
        if step == "present_card":
            seen.append(terminal_at(port).ping())

    assert terminal.pay("intent-1", 1250, "EUR", look).state is CardState.APPROVED
    assert seen == [True]


def test_a_reversal_gives_the_money_back_once(port: int) -> None:
    terminal = terminal_at(port)
    paid = terminal.pay("intent-1", 1250, "EUR", ignore)
    undone = terminal.reverse("reversal-1", "intent-1")
    assert (undone.state, undone.amount_minor, undone.detail) == (CardState.APPROVED, 1250, paid.detail)
    assert terminal.reverse("reversal-1", "intent-1") == undone
    assert terminal.reverse("reversal-2", "intent-1").state is CardState.DECLINED
    reversals = [entry for entry in bookings(HOST, port) if entry.category == "Reversal"]
    assert [entry.transaction_id for entry in reversals] == ["reversal-1"]


def test_there_is_nothing_to_reverse_in_a_payment_that_never_was(port: int) -> None:
    terminal = terminal_at(port)
    assert terminal.reverse("reversal-1", "intent-1").state is CardState.NOT_FOUND
    terminal.pay("intent-2", 10_13, "EUR", ignore)
    assert terminal.reverse("reversal-2", "intent-2").state is CardState.NOT_FOUND


def test_the_simulator_remembers_over_a_power_cut(tmp_path: Path) -> None:
    memory = tmp_path / "terminal" / "bookings.jsonl"
    with running_simulator(memory=memory, manner=AT_ONCE) as port:
        first = terminal_at(port).pay("intent-1", 1250, "EUR", ignore)
    with memory.open("ab") as file:
        file.write(b'{"sale_id": "term_001", "serv')
    with running_simulator(memory=memory, manner=AT_ONCE) as port:
        assert terminal_at(port).status("intent-1") == first
        terminal_at(port).pay("intent-2", 300, "EUR", ignore)
    with running_simulator(memory=memory, manner=AT_ONCE) as port:
        assert len(approved_at(port)) == 2


def test_a_payment_that_a_power_cut_interrupts_was_not_charged(tmp_path: Path) -> None:
    memory = tmp_path / "bookings.jsonl"
    with running_simulator(memory=memory, manner=AT_ONCE) as port:
        assert terminal_at(port, HASTY).ping()
        order_next(HOST, port, Behaviour.SLOW)
        waiting = threading.Event()

        def pay() -> None:
            terminal_at(port).pay("intent-1", 500, "EUR", lambda step: waiting.set() if step != "connecting" else None)

        thread = threading.Thread(target=pay)
        thread.start()
        assert waiting.wait(20)
    thread.join()
    with running_simulator(memory=memory, manner=AT_ONCE) as port:
        assert terminal_at(port).status("intent-1").state is CardState.CANCELLED


def test_a_killed_terminal_knows_what_it_booked(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from pos_desktop.devices.card_simulator import Manner, run_simulator; "
        "run_simulator('127.0.0.1', 0, pathlib.Path(sys.argv[1]), Manner(step_delay_s=0.0), "
        "lambda port: print(port, flush=True))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "bookings.jsonl")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = terminal_at(int(process.stdout.readline())).pay("intent-1", 10_16, "EUR", ignore)
        process.kill()
    assert first.state is CardState.UNKNOWN
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert terminal_at(port).status("intent-1").state is CardState.APPROVED
        assert approved_at(port) == [("intent-1", "10.16")]
        process.kill()


def test_an_order_goes_before_the_ending_of_the_amount(port: int) -> None:
    order_next(HOST, port, Behaviour.DECLINE)
    terminal = terminal_at(port)
    assert terminal.pay("intent-1", 1250, "EUR", ignore).state is CardState.DECLINED
    assert terminal.pay("intent-2", 1250, "EUR", ignore).state is CardState.APPROVED


def test_endings_mean_nothing_when_that_is_switched_off() -> None:
    with running_simulator(manner=Manner(step_delay_s=0.0, magic_amounts=False)) as port:
        assert terminal_at(port).pay("intent-1", 10_13, "EUR", ignore).state is CardState.APPROVED


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_an_amount_that_is_not_above_zero_is_refused_before_anything_is_sent(port: int, amount_minor: int) -> None:
    with pytest.raises(PaymentTrouble) as refusal:
        terminal_at(port).pay("intent-1", amount_minor, "EUR", ignore)
    assert refusal.value.code is ErrorCode.TENDER_NOT_POSITIVE
    assert bookings(HOST, port) == ()


def test_a_simulator_says_when_its_port_is_taken(port: int) -> None:
    with pytest.raises(OSError, match="address already in use"), running_simulator(port=port):
        pass


def test_a_setting_opens_the_terminal_it_names(port: int, tmp_path: Path) -> None:
    terminal = open_card_terminal(Settings(tmp_path, card_terminal=f"tcp://{HOST}:{port}"))
    assert terminal is not None
    assert terminal.ping()
    assert open_card_terminal(Settings(tmp_path)) is None


@pytest.mark.parametrize(
    "spec", ["tcp://", "tcp://host", "http://host:80", "tcp://host:99999", "tcp://host:1/x", "host:1"]
)
def test_an_address_that_names_no_terminal_is_refused(spec: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_tcp(spec, "card_terminal")
    assert refusal.value.code is ErrorCode.SETTING_OUT_OF_RANGE
    assert refusal.value.params == {"setting": "card_terminal", "value": spec}
