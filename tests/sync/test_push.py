"""Facts reach the centre exactly once, whatever the line does; what is refused is parked and holds up nobody."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central_api.ingest import Ingest
from central_api.push import HANDLERS
from pos_desktop.domain.events import EventKind
from pos_desktop.services.views import SyncState
from sync.push import PushReport
from tests.support.central import RunningApi, running_api
from tests.support.facts import enrolment, lookup, new_id, sale
from tests.support.proxy import (
    LOGIN_PAGE,
    Behaviour,
    Blackhole,
    ChaosProxy,
    CutDown,
    CutUp,
    Drip,
    Reset,
    Respond,
    http_response,
    problem,
)
from tests.support.quiet import LogWatch
from tests.sync.shops import SyncedTill, central_books, central_facts, synced_till

NOW = "2026-11-20T08:00:00.000Z"
BUSY = http_response(503, b"<html>sorry</html>", "text/html")

FAULTS: dict[str, Behaviour] = {
    "reset": Reset(),
    "cut before the head is sent": CutUp(40),
    "cut in the body": CutUp(700),
    "answer lost": CutDown(0),
    "answer cut in the head": CutDown(30),
    "answer cut in the body": CutDown(400),
    "login page": Respond(LOGIN_PAGE),
    "redirect to a login page": Respond(http_response(302, b"", "text/html", {"Location": "http://wifi.example/"})),
    "gateway that wants a password": Respond(http_response(401, b'{"code": "who_are_you"}', "application/json")),
    "page not found by somebody else": Respond(http_response(404, b"<html></html>", "text/html")),
    "gateway without a server": Respond(http_response(502, b"bad gateway", "text/plain")),
    "busy server": Respond(BUSY),
    "empty answer": Respond(http_response(200, b"", "application/json")),
    "another kind of JSON": Respond(http_response(200, b'{"status": "ok"}', "application/json")),
    "broken compression": Respond(http_response(200, b"nonsense", "application/json", {"Content-Encoding": "zstd"})),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_the_line_leaves_facts_pending_and_the_next_turn_delivers_them_once(
    central: RunningApi, line: ChaosProxy, till: SyncedTill, fault: Behaviour
) -> None:
    sold = [till.sell("CUST_001"), till.sell()]
    facts = till.states()["pending"]
    line.plan(fault)
    turn = till.turn()
    assert (turn.state, turn.sent) == (SyncState.OFFLINE, 0)
    assert till.states()["pending"] == facts
    turn = till.turn()
    assert (turn.state, turn.sent, turn.error) == (SyncState.UP_TO_DATE, facts, "")
    assert central_books(central) == till.books()
    assert central_facts(central) == till.facts()
    assert central_books(central)["count"] == len(sold)


@pytest.mark.parametrize("fault", [Blackhole(), Drip(0.02)], ids=["nothing comes back", "a byte now and then"])
def test_a_line_without_an_end_is_given_up_after_the_time_for_the_whole_request(
    tmp_path: Path, central: RunningApi, line: ChaosProxy, fault: Behaviour
) -> None:
    with synced_till(tmp_path / "till", central, loaded=True) as till:
        till.sell()
    with synced_till(tmp_path / "till", central, line, loaded=False, timeout_s=0.5) as till:
        line.plan(fault)
        turn = till.turn()
        assert (turn.state, turn.error) == (SyncState.OFFLINE, "timeout")
        assert till.states()["pending"] > 0


def test_nobody_listening_is_being_offline(central: RunningApi, line: ChaosProxy, till: SyncedTill) -> None:
    till.sell()
    with line.refused():
        turn = till.turn()
        assert (turn.state, turn.error) == (SyncState.OFFLINE, "connect")
    assert till.turn().state is SyncState.UP_TO_DATE
    assert central_books(central) == till.books()


def test_an_answer_lost_after_the_commit_costs_a_repetition_and_nothing_else(
    central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    till.sell("CUST_001", points=100)
    line.plan(CutDown(0), CutDown(0), CutDown(0))
    for _ in range(3):
        assert till.turn().state is SyncState.OFFLINE
    # The centre has had it since the first time; only the till does not know.
    assert central_books(central) == till.books()
    assert "acked" not in till.states()
    assert till.turn().state is SyncState.UP_TO_DATE
    assert central_books(central) == till.books()
    assert set(till.states()) == {"acked"}


def test_facts_made_while_offline_go_in_the_order_they_were_made(
    central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    with line.refused():
        for _ in range(3):
            till.sell()
            till.turn()
    till.turn()
    with till.file.read() as connection:
        expected = [row[0] for row in connection.exec_driver_sql("SELECT id FROM outbox ORDER BY device_seq")]
    assert list(central_facts_in_order(central)) == expected


def central_facts_in_order(central: RunningApi) -> list[str]:
    with central.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT id FROM events ORDER BY device_seq")]


def test_a_refused_fact_is_parked_with_its_reason_and_the_others_go_through(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("push_item_parked", "item_rejected")
    till.sell()
    wrong = sale(terminal_id="term_002")
    till.send(wrong.id, wrong)
    till.sell()
    assert till.turn().state is SyncState.UP_TO_DATE
    assert list(till.parked()) == [wrong.id]
    assert till.parked()[wrong.id].startswith("wrong_terminal: ")
    assert central_books(central)["count"] == 2
    # Parked is not sent again by itself, and is still counted as not being there.
    assert till.turn().sent == 0
    status = till.till.sync.status()
    assert (status.pending, status.parked) == (0, 1)


def test_the_same_id_with_other_bytes_is_parked_as_a_conflict(
    tmp_path: Path, central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("push_item_parked", "item_buried")
    shared = new_id()
    till.send(shared, enrolment("one", phone="+4915111111111"))
    till.turn()
    with synced_till(tmp_path / "other", central, terminal_id="term_002") as other:
        other.send(shared, enrolment("two", phone="+4915122222222", terminal_id="term_002"))
        other.sell()
        other.turn()
        assert other.parked()[shared].startswith("id_conflict: ")
        assert central_books(central, "term_002") == other.books()
    assert central_facts(central)[shared] == till.facts()[shared]


@pytest.mark.parametrize(("status", "code"), [(400, "malformed_body"), (413, "body_too_large")])
def test_a_batch_that_cannot_be_read_is_halved_until_the_fact_at_fault_stands_alone(
    central: RunningApi, line: ChaosProxy, till: SyncedTill, expected_logs: LogWatch, status: int, code: str
) -> None:
    expected_logs("push_item_refused")
    facts = [new_id() for _ in range(8)]
    for fact_id in facts:
        till.send(fact_id, enrolment(fact_id, phone=""))
    said: list[PushReport | None] = []
    # 8, 4, 2, 1: each is refused, then nobody refuses any more.
    for _ in range(4):
        line.plan(Respond(problem(status, code)))
        said.append(till.pusher.push(NOW))
    line.plan()
    assert [report and (report.acked, report.parked) for report in said] == [(0, 0), (0, 0), (0, 0), (0, 1)]
    assert till.parked() == {facts[0]: f"{code}: "}
    assert till.turn().sent == 7
    assert set(central_facts(central)) == set(facts[1:])


def test_a_body_too_large_for_something_on_the_way_goes_in_smaller_pieces(
    central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    for _ in range(8):
        fact_id = new_id()
        till.send(fact_id, enrolment(fact_id))
    too_large = Respond(http_response(413, b"<html>413 Request Entity Too Large</html>", "text/html"))
    line.plan(too_large)
    assert till.pusher.push(NOW) == PushReport(0, 0, 0, 0)
    line.plan()
    assert till.pusher.push(NOW) == PushReport(4, 0, 0, 4)
    assert till.turn().sent == 4
    assert till.states() == {"acked": 8}


def test_a_fact_too_large_for_the_server_is_parked_in_one_turn_and_the_rest_arrives(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch
) -> None:
    expected_logs("push_item_refused")
    small = [new_id() for _ in range(20)]
    for fact_id in small[:13]:
        till.send(fact_id, enrolment(fact_id))
    large = new_id()
    till.send(large, enrolment(large, first_name="x" * 9_000_000))
    for fact_id in small[13:]:
        till.send(fact_id, enrolment(fact_id))
    turn = till.turn()
    assert (turn.state, turn.sent) == (SyncState.UP_TO_DATE, 20)
    assert list(till.parked()) == [large]
    assert till.parked()[large].startswith("body_too_large")


def test_facts_the_server_cannot_take_now_hold_up_nothing_behind_them(
    central: RunningApi, till: SyncedTill, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("item_failed")

    def fault(_ingest: Ingest, _fact: object) -> None:
        raise RuntimeError("a fault of the server")

    with monkeypatch.context() as broken:
        broken.setitem(HANDLERS, (EventKind.LOOKUP_LOGGED, 1), fault)
        for _ in range(120):
            fact_id = new_id()
            till.send(fact_id, lookup(fact_id))
        till.sell()
        turn = till.turn()
        assert turn.state is SyncState.SENDING
        assert central_books(central) == till.books()
        assert till.states()["pending"] == 120
    assert till.turn().state is SyncState.UP_TO_DATE
    assert central_facts(central) == till.facts()


def test_an_answer_that_is_not_about_this_batch_changes_nothing(
    central: RunningApi, line: ChaosProxy, till: SyncedTill
) -> None:
    till.sell()
    body = b'{"server_epoch":"e","server_time":"t","high_water":9,"missing":[],"answers":[{"id":"else","status":"created"}]}'
    line.plan(Respond(http_response(200, body, "application/json")))
    turn = till.turn()
    assert (turn.state, turn.error) == (SyncState.OFFLINE, "not_ours")
    assert "acked" not in till.states()


@pytest.mark.parametrize(("status", "code"), [(401, "token_unknown"), (403, "terminal_blocked")])
def test_a_terminal_that_may_not_is_refused_and_keeps_its_facts(
    line: ChaosProxy, till: SyncedTill, status: int, code: str
) -> None:
    till.sell()
    line.plan(Respond(problem(status, code)))
    turn = till.turn()
    assert (turn.state, turn.error) == (SyncState.REFUSED, code)
    assert till.till.sync.status().state is SyncState.REFUSED
    assert till.till.sync.status().last_error == code
    assert "parked" not in till.states()
    line.plan()
    assert till.turn().state is SyncState.UP_TO_DATE


def test_a_token_that_the_centre_does_not_know_is_refused(tmp_path: Path, central: RunningApi) -> None:
    central.tokens["term_001"] = "somebody-elses"
    with synced_till(tmp_path / "till", central, loaded=False) as till:
        turn = till.turn()
        assert (turn.state, turn.error) == (SyncState.REFUSED, "token_unknown")


def test_attempts_are_counted_while_offline_and_the_reason_is_shown(line: ChaosProxy, till: SyncedTill) -> None:
    till.sell()
    with line.refused():
        till.turn()
        till.turn()
    item = till.till.sync.pending()[0]
    assert (item.state, item.attempts, item.last_error) == ("pending", 2, "connect")


def test_a_server_set_back_to_a_backup_is_sent_again_what_it_lost(
    tmp_path: Path, till: SyncedTill, central: RunningApi, line: ChaosProxy, expected_logs: LogWatch
) -> None:
    expected_logs("server_epoch_changed", "pull_cursor_gone")
    till.sell("CUST_001")
    till.turn()
    saved = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(tmp_path / "central.sqlite")) as source, closing(sqlite3.connect(saved)) as copy:
        source.backup(copy)
    till.sell("CUST_001")
    till.sell("CUST_003")
    till.enrol("015123456789")
    till.turn()
    assert set(till.states()) == {"acked"}
    with running_api(saved) as restored:
        with restored.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE meta SET value = 'restored' WHERE key = 'epoch'")
        line.lead_to(restored.port)
        line.plan()
        till.turn()
        till.turn()
        assert set(till.states()) == {"acked"}
        assert central_books(restored) == till.books()
        assert central_facts(restored) == till.facts()
