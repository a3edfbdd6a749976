"""The sync as a process: it hears the till, goes when the till goes, and is started again when it dies."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import sync.supervisor
from pos_desktop.services.views import SyncState
from pos_desktop.storage import outbox
from pos_desktop.storage.till_store import REPLICA_FILE, OwnerLock
from sync.engine import Turn
from sync.process import EX_TEMPFAIL, LOCK_FILE, Channel, Schedule, _turns, run_sync
from sync.supervisor import SyncSupervisor
from tests.support.central import RunningApi, customer, running_api, small_shop
from tests.support.facts import enrolment, sale
from tests.support.proxy import ChaosProxy, Pass, Respond, http_response, problem, running_proxy, until
from tests.support.quiet import LogWatch
from tests.sync.shops import SyncedTill, central_books, central_facts, central_rows, count, synced_till

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
from sync.process import run_sync
sys.exit(run_sync(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""


def command(folder: Path, url: str, token: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(folder), url, token]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


@pytest.fixture
def idle(tmp_path: Path, central: RunningApi) -> Iterator[SyncedTill]:
    """A till that has loaded nothing; its sync is to run as a process."""
    with synced_till(tmp_path / "till", central, loaded=False) as till:
        yield till


@contextmanager
def supervised(till: SyncedTill, heard: list[str], url: str | None = None) -> Iterator[SyncSupervisor]:
    supervisor = SyncSupervisor(command(till.folder, url or till.url, till.token), heard.append, environment())
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def is_there(pid: int) -> bool:
    """Whether a process is, be it as a zombie that nobody waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_started_process_loads_sends_and_says_so(central: RunningApi, idle: SyncedTill) -> None:
    heard: list[str] = []
    with supervised(idle, heard) as supervisor:
        until(lambda: "state up_to_date" in heard)
        assert "changed customers" in heard
        assert idle.rows("customers") == central_rows(central, "customers")
        idle.till.replica_changed(frozenset({"settings"}))
        idle.sell("CUST_001")
        supervisor.wake()
        until(lambda: "sent" in heard and set(idle.states()) == {"acked"})
        assert central_books(central) == idle.books()
        pid = supervisor.pid
        assert pid is not None
    assert not is_there(pid)
    assert supervisor.pid is None


def test_when_its_input_ends_the_till_is_gone_and_so_is_the_process(idle: SyncedTill) -> None:
    process = subprocess.Popen(
        command(idle.folder, idle.url, idle.token),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    said, complained = process.communicate(timeout=60)
    assert (process.returncode, complained) == (0, "")
    assert said.splitlines()[-1:] in (["state up_to_date"], [])


def test_a_process_whose_listener_is_gone_ends_without_a_crash(idle: SyncedTill) -> None:
    process = subprocess.Popen(
        command(idle.folder, idle.url, idle.token),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    # Only the ear is closed; the mouth stays open, as when a till dies halfway.
    process.stdout.close()
    try:
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    finally:
        process.stdin.close()
        process.stderr.close()


def test_a_process_that_is_killed_is_started_again_and_leaves_no_zombie(
    central: RunningApi, idle: SyncedTill, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("sync_process_ended")
    monkeypatch.setattr(sync.supervisor, "FIRST_PAUSE_S", 0.01)
    heard: list[str] = []
    with supervised(idle, heard) as supervisor:
        until(lambda: "state up_to_date" in heard)
        idle.till.replica_changed(frozenset({"settings"}))
        first = supervisor.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        idle.sell()
        until(lambda: supervisor.pid not in (None, first))
        until(lambda: set(idle.states()) == {"acked"})
        assert not is_there(first)
        second = supervisor.pid
    assert second is not None
    assert not is_there(second)
    assert central_books(central) == idle.books()


def test_a_load_that_is_killed_in_the_middle_is_whole_in_the_end(
    tmp_path: Path, expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("sync_process_ended")
    monkeypatch.setattr(sync.supervisor, "FIRST_PAUSE_S", 0.01)
    people = [customer(f"C{number:05}", phone=f"+49151{number:08}") for number in range(7_000)]
    with (
        running_api(tmp_path / "central.sqlite", small_shop(customers=people)) as central,
        running_proxy(central.port) as line,
        synced_till(tmp_path / "till", central, loaded=False) as till,
    ):
        line.plan(then=Pass(delay_s=0.01))
        heard: list[str] = []
        with supervised(till, heard, line.url) as supervisor:
            until(lambda: "changed customers" in heard)
            pid = supervisor.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            line.plan()
            until(lambda: "state up_to_date" in heard)
        assert till.rows("customers") == central_rows(central, "customers")
        with till.replica.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_stopping_before_anything_was_said_leaves_nothing_behind(idle: SyncedTill) -> None:
    heard: list[str] = []
    supervisor = SyncSupervisor(command(idle.folder, idle.url, idle.token), heard.append, environment())
    supervisor.start()
    until(lambda: supervisor.pid is not None)
    pid = supervisor.pid
    assert pid is not None
    supervisor.stop()
    assert not is_there(pid)


def test_a_process_that_does_not_listen_is_killed_when_the_till_goes(
    expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected_logs("sync_process_killed")
    monkeypatch.setattr(sync.supervisor, "STOP_S", 0.2)
    deaf = "import time; print('here', flush=True); time.sleep(600)"
    heard: list[str] = []
    supervisor = SyncSupervisor([sys.executable, "-c", deaf], heard.append)
    supervisor.start()
    until(lambda: heard == ["here"])
    pid = supervisor.pid
    assert pid is not None
    # More wakes than the pipe holds: none of them waits.
    for _ in range(50_000):
        supervisor.wake()
    supervisor.stop()
    until(lambda: not is_there(pid))


def test_a_command_that_is_not_there_is_said_and_tried_again(
    expected_logs: LogWatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected_logs("sync_process_not_started", "sync_process_ended")
    monkeypatch.setattr(sync.supervisor, "FIRST_PAUSE_S", 0.01)
    program = tmp_path / "later.py"
    heard: list[str] = []
    supervisor = SyncSupervisor([str(program)], heard.append)
    supervisor.start()
    try:
        until(lambda: any("sync_process_not_started" in str(line) for line in expected_logs.lines))
        # a first line cannot name an interpreter whose folder has a space in its name
        program.write_text("#!/bin/sh\necho here\ncat > /dev/null\n")
        program.chmod(0o755)
        until(lambda: "here" in heard)
    finally:
        supervisor.stop()


def test_a_fault_in_hearing_does_not_end_the_watch(expected_logs: LogWatch) -> None:
    expected_logs("sync_line_failed")
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        raise RuntimeError("a fault of the till")

    supervisor = SyncSupervisor(
        [sys.executable, "-c", "print('one'); print('two', flush=True); import sys; sys.stdin.read()"], hear
    )
    supervisor.start()
    try:
        until(lambda: heard == ["one", "two"])
    finally:
        supervisor.stop()


def test_a_second_sync_on_the_same_files_is_refused(idle: SyncedTill, expected_logs: LogWatch) -> None:
    expected_logs("sync_already_running")
    with OwnerLock(idle.folder / LOCK_FILE):
        assert run_sync(idle.folder, idle.url, idle.token, io.StringIO(), io.StringIO()) == EX_TEMPFAIL
    assert idle.rows("customers") == []


@pytest.mark.parametrize("table", ["sync_state", "customers"], ids=["at its start", "while it runs"])
def test_a_copy_found_damaged_is_put_aside_and_the_next_process_loads_it_anew(
    tmp_path: Path, central: RunningApi, expected_logs: LogWatch, table: str
) -> None:
    expected_logs("database_damaged")
    with synced_till(tmp_path / "till", central) as till:
        root = count(till.replica.database, f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")
        with till.replica.database.write() as connection:
            connection.exec_driver_sql("UPDATE collections SET cursor = '' WHERE name = 'customers'")
    path = till.folder / REPLICA_FILE
    # What still lay in the log would cover the damage.
    with closing(sqlite3.connect(path)) as log:
        assert log.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)
    code, _said = run_here(till, lambda _said: False)
    assert code == EX_TEMPFAIL
    assert path.with_suffix(".old").exists()
    code, said = run_here(till, lambda said: "state up_to_date" in said)
    assert code == 0
    assert "changed customers" in said
    with synced_till(till.folder, central, loaded=False) as again:
        assert again.rows("customers") == central_rows(central, "customers")


def test_a_fact_that_the_server_did_not_know_is_tried_again_by_the_next_process(
    till: SyncedTill, central: RunningApi, expected_logs: LogWatch
) -> None:
    expected_logs("push_item_parked", "item_rejected")
    for fact_id, kind in (("a", "unknown_kind"), ("b", "wrong_terminal")):
        till.send(fact_id, enrolment(fact_id))
        with till.file.write() as connection:
            outbox.park(connection, fact_id, f"{kind}: so it was")
    wrong = sale(store_id="store_of_tomorrow")
    till.send(wrong.id, wrong)
    run_here(till, lambda said: "state up_to_date" in said)
    assert set(till.parked()) == {"b", wrong.id}
    assert set(central_facts(central)) == {"a"}
    # Still not known there: parked again, with the reason of today.
    run_here(till, lambda said: "state up_to_date" in said)
    assert till.parked()[wrong.id].startswith("unknown_store: ")


def run_here(till: SyncedTill, enough: Callable[[str], bool]) -> tuple[int, str]:
    """Run the process's work on a thread until it ends or has said enough; gives its exit code and what it said."""
    source, sink = open_pipe()
    said = io.StringIO()
    codes: list[int] = []
    work = threading.Thread(
        target=lambda: codes.append(run_sync(till.folder, till.url, till.token, source, said)),
    )
    with source, sink:
        work.start()
        until(lambda: bool(codes) or enough(said.getvalue()))
        sink.close()
        work.join()
        for thread in threading.enumerate():
            if thread.name == "till-channel":
                thread.join()
    return codes[0], said.getvalue()


def open_pipe() -> tuple[io.TextIOWrapper, io.TextIOWrapper]:
    reading, writing = os.pipe()
    return open(reading), open(writing, "w", buffering=1)  # noqa: PTH123 - descriptors, closed by the caller


class Far(Schedule):
    """Never turns by itself again, so that only a wake can."""

    def wait_s(self, turn: Turn) -> float:
        """An hour, and what the server asked for."""
        return 3_600.0


@contextmanager
def turning(till: SyncedTill) -> Iterator[tuple[io.TextIOWrapper, io.StringIO]]:
    """The turns of a process, here; gives its input and what it said."""
    source, sink = open_pipe()
    said = io.StringIO()
    channel = Channel(source, said)
    listener = threading.Thread(target=channel.listen)
    turns = threading.Thread(target=_turns, args=(till.engine, channel, Far()))
    listener.start()
    turns.start()
    try:
        yield sink, said
    finally:
        sink.close()
        turns.join()
        listener.join()
        source.close()


def test_a_wake_makes_a_turn_at_once_when_there_is_something_to_send(central: RunningApi, till: SyncedTill) -> None:
    with turning(till) as (sink, said):
        until(lambda: said.getvalue().count("state up_to_date") == 1)
        sink.write("wake\n")
        sink.write("something else\n")
        till.sell()
        sink.write("wake\n")
        until(lambda: said.getvalue().count("state up_to_date") == 2)
        assert central_books(central) == till.books()
        till.sell()
        sink.write("wake\n")
        until(lambda: said.getvalue().count("state up_to_date") == 3)
        assert central_books(central) == till.books()
    # Three turns for three reasons: the first wake had none.
    assert said.getvalue().count("state") == 3


def test_while_offline_a_wake_tries_again_at_once(line: ChaosProxy, till: SyncedTill) -> None:
    with turning(till) as (sink, said):
        until(lambda: said.getvalue().count("state up_to_date") == 1)
        with line.refused():
            till.sell()
            sink.write("wake\n")
            until(lambda: "state offline" in said.getvalue())
        sink.write("wake\n")
        until(lambda: said.getvalue().count("state up_to_date") == 2)


def test_a_server_that_asked_for_a_pause_is_left_alone_whatever_wakes(line: ChaosProxy, till: SyncedTill) -> None:
    line.plan(then=Respond(http_response(503, b"", "text/plain", {"Retry-After": "299"})))
    met = line.connections
    with turning(till) as (sink, said):
        until(lambda: "state offline" in said.getvalue())
        for _ in range(3):
            sink.write("wake\n")
        heard = threading.Event()
        heard.wait(0.5)
        assert said.getvalue().count("state") == 1
    assert line.connections == met + 1


def test_a_refused_terminal_says_so(line: ChaosProxy, till: SyncedTill) -> None:
    line.plan(then=Respond(problem(401, "token_unknown")))
    with turning(till) as (_sink, said):
        until(lambda: "state refused" in said.getvalue())
    assert till.till.sync.status().state is SyncState.REFUSED
