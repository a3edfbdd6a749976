"""The sync as a process of its own, so that decoding a million rows never takes the interpreter from the screen.

Its channel to the till is its standard streams, one word a line. In: ``wake``. Out: ``changed a,b`` after rows of these
collections were written, ``sent`` after facts were acknowledged, ``state x`` after each turn. When the input ends, the
till is gone, and so is this process. It may be killed at any instant.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TextIO

from pos_desktop.domain.errors import ErrorCode, NotAllowed, StorageTrouble
from pos_desktop.log import Log
from pos_desktop.services.core import SystemClock
from pos_desktop.services.views import SyncState
from pos_desktop.storage import meta, outbox
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import ReplicaWriter, put_aside, sync_state
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE, OwnerLock
from sync.engine import GOOD, Engine, Turn
from sync.http import Api
from sync.pull import Puller
from sync.push import Pusher

POLL_S = 5.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 15.0
LEAST_WAIT_S = 0.2
REFUSED_WAIT_S = 30.0
LOCK_FILE = "sync.lock"
MAY_PASS = ("unknown_kind", "unknown_store")
"""Refusals that end when the server is updated or a store is made: such facts are tried once more by every new process."""
EX_TEMPFAIL = 75
"""Exit code of a process that could not begin: another one is at it, or the disk is at fault. Starting again is right."""

log = Log(__name__)


class Schedule:
    """How long to wait before the next turn.

    Args:
        uniform: gives a random number between two bounds.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def wait_s(self, turn: Turn) -> float:
        """Give the seconds to wait, with full jitter while the centre does not answer or takes nothing."""
        if turn.state is SyncState.OFFLINE or (turn.state is SyncState.SENDING and not turn.sent):
            self._failures += 1
            most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures, 10))
            return max(turn.retry_after_s, self._uniform(LEAST_WAIT_S, most))
        self._failures = 0
        if turn.state is SyncState.REFUSED:
            return REFUSED_WAIT_S
        return FIRST_WAIT_S if turn.state is SyncState.SENDING else POLL_S


class Channel:
    """The way to the till and back.

    Args:
        source, sink: the standard streams.
    """

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._source = source
        self._sink = sink
        self.woken = threading.Event()
        self.closed = threading.Event()

    def listen(self) -> None:
        """Read words until the till goes; runs on a thread of its own."""
        for line in self._source:
            if line.strip() == "wake":
                self.woken.set()
        self.closed.set()
        self.woken.set()

    def say(self, line: str) -> None:
        """Send a line; a till that is gone ends the process at its next wait."""
        try:
            self._sink.write(line + "\n")
            self._sink.flush()
        except (BrokenPipeError, ValueError):
            self._let_go_of_sink()
            self.closed.set()
            self.woken.set()

    def _let_go_of_sink(self) -> None:
        # What is still in its buffer would be flushed at the exit, fail again, and make the exit code 120.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._sink.fileno())
            os.close(nowhere)


def run_sync(data_dir: Path, api_url: str, token: str, source: TextIO = sys.stdin, sink: TextIO = sys.stdout) -> int:
    """Sync until the till goes.

    Args:
        data_dir: folder of the two files; the till has made ``till.sqlite``.
        api_url: the central API.
        token: this terminal's.

    Returns:
        The process's exit code: 0, or ``EX_TEMPFAIL`` when it could not begin or has to begin anew.
    """
    try:
        # A process whose till was killed may still wait for an answer: the next one lets it finish.
        with OwnerLock(data_dir / LOCK_FILE):
            return _run_alone(data_dir, api_url, token, Channel(source, sink))
    except NotAllowed:
        log.warning("sync_already_running")
    return EX_TEMPFAIL


def _run_alone(data_dir: Path, api_url: str, token: str, channel: Channel) -> int:
    try:
        with ExitStack() as undo:
            till = Database(data_dir / TILL_FILE)
            undo.callback(till.close)
            replica = ReplicaWriter(data_dir / REPLICA_FILE)
            undo.callback(replica.close)
            epoch = device_epoch(till)
            keep_to_epoch(replica, epoch)
            with till.write() as connection:
                outbox.try_again(connection, MAY_PASS)
            api = Api(api_url, token, device_epoch=epoch)
            undo.callback(api.close)
            threading.Thread(target=channel.listen, name="till-channel", daemon=True).start()
            engine = Engine(
                till,
                replica,
                Pusher(till, api, epoch),
                Puller(replica, api),
                SystemClock(),
                lambda names: channel.say(f"changed {','.join(sorted(names))}" if names else "sent"),
                channel.closed.is_set,
            )
            _turns(engine, channel, Schedule())
    except StorageTrouble as trouble:
        file = str(trouble.params.get("file", ""))
        log.warning("sync_storage_trouble", code=trouble.code.value, file=file)
        if trouble.code is ErrorCode.DATABASE_DAMAGED and file == REPLICA_FILE:
            # Everything in it can be fetched again: the next process builds it anew.
            put_aside(data_dir / REPLICA_FILE)
        return EX_TEMPFAIL
    return 0


def device_epoch(till: Database) -> str:
    """Read what names this installation.

    Raises:
        LookupError: the till has not named it, so nothing may be sent.
    """
    with till.read() as connection:
        epoch = meta.get(connection, meta.DEVICE_EPOCH)
    if epoch is None:
        raise LookupError("the till has not named its device epoch")
    return epoch


def keep_to_epoch(replica: ReplicaWriter, epoch: str) -> None:
    """Load the customers anew when the replica is another installation's: their rows name that one's facts."""
    with replica.database.read() as connection:
        before = sync_state(connection).get(meta.DEVICE_EPOCH)
    if before == epoch:
        return
    if before is not None:
        log.warning("replica_of_another_installation")
        replica.forget("customers")
    replica.put_state({meta.DEVICE_EPOCH: epoch})


def _turns(engine: Engine, channel: Channel, schedule: Schedule) -> None:
    """Turn until the till goes.

    Raises:
        StorageTrouble: the replica is damaged.
    """
    while True:
        # Cleared before looking whether the till is still there, so that its going is never slept over.
        channel.woken.clear()
        if channel.closed.is_set():
            return
        turn = engine.turn()
        channel.say(f"state {turn.state.value}")
        if turn.error == ErrorCode.DATABASE_DAMAGED.value and turn.file == REPLICA_FILE:
            raise StorageTrouble(ErrorCode.DATABASE_DAMAGED, file=turn.file)
        _rest(engine, channel, turn, schedule.wait_s(turn))


def _rest(engine: Engine, channel: Channel, turn: Turn, wait_s: float) -> None:
    """Wait for the next turn: until its time, or until something is to be sent."""
    # A server that asks to be left alone is left alone, whatever is sold meanwhile.
    pause_s = max(LEAST_WAIT_S, turn.retry_after_s)
    if channel.closed.wait(pause_s):
        return
    until = time.monotonic() + wait_s - pause_s
    while channel.woken.wait(max(0.0, until - time.monotonic())):
        channel.woken.clear()
        # Every scan wakes; only what makes a fact, or what may end an outage, is worth a request.
        if channel.closed.is_set() or turn.state not in GOOD or _something_waits(engine):
            return


def _something_waits(engine: Engine) -> bool:
    try:
        return engine.pending() > 0
    except StorageTrouble:
        return True
