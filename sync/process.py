"""The sync as a process of its own, so that decoding a million rows never takes the interpreter from the screen.

Its channel to the till is its standard streams, one word a line. In: ``wake``. Out: ``changed a,b`` after rows of these
collections were written, ``sent`` after facts were acknowledged, ``state x`` after each turn. When the input ends, the
till is gone, and so is this process. It may be killed at any instant.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import structlog

from pos_desktop.services.core import SystemClock
from pos_desktop.services.views import SyncState
from pos_desktop.storage import meta
from pos_desktop.storage.database import Database
from pos_desktop.storage.replica import ReplicaWriter
from pos_desktop.storage.till_store import REPLICA_FILE, TILL_FILE
from sync.engine import Engine, Turn
from sync.http import Api
from sync.pull import Puller
from sync.push import Pusher

POLL_S = 5.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 15.0
LEAST_WAIT_S = 0.2
REFUSED_WAIT_S = 30.0

log = structlog.get_logger(__name__)


class Schedule:
    """How long to wait before the next turn.

    Args:
        uniform: gives a random number between two bounds.
    """

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._failures = 0

    def wait_s(self, turn: Turn) -> float:
        """Give the seconds to wait, with full jitter while the centre does not answer."""
        if turn.state is SyncState.OFFLINE:
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
            self.closed.set()
            self.woken.set()


def run_sync(data_dir: Path, api_url: str, token: str, source: TextIO = sys.stdin, sink: TextIO = sys.stdout) -> int:
    """Sync until the till goes.

    Args:
        data_dir: folder of the two files; the till has made ``till.sqlite``.
        api_url: the central API.
        token: this terminal's.

    Returns:
        The process's exit code.
    """
    channel = Channel(source, sink)
    threading.Thread(target=channel.listen, name="till-channel", daemon=True).start()
    till = Database(data_dir / TILL_FILE)
    replica = ReplicaWriter(data_dir / REPLICA_FILE)
    api = Api(api_url, token)
    try:
        with till.read() as connection:
            epoch = meta.get(connection, meta.DEVICE_EPOCH)
        if epoch is None:
            raise LookupError("the till has not named its device epoch")
        engine = Engine(
            till,
            replica,
            Pusher(till, api, epoch),
            Puller(replica, api),
            SystemClock(),
            lambda names: channel.say(f"changed {','.join(sorted(names))}" if names else "sent"),
        )
        _turns(engine, channel, Schedule())
    finally:
        api.close()
        replica.close()
        till.close()
    return 0


def _turns(engine: Engine, channel: Channel, schedule: Schedule) -> None:
    while not channel.closed.is_set():
        channel.woken.clear()
        turn = engine.turn()
        channel.say(f"state {turn.state.value}")
        channel.woken.wait(schedule.wait_s(turn))
