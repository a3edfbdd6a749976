"""Work that must not stop the screen: one thread for the database, in order, and a few for the network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from pos_desktop.domain.errors import UserError

Result = TypeVar("Result")
NETWORK_THREADS = 4


@dataclass(frozen=True, slots=True)
class _Task:
    work: Callable[[], Any]
    then: Callable[[Any], None] | None
    failed: Callable[[UserError], None] | None
    owner: object | None


class _Lane:
    """A queue and the threads that empty it."""

    def __init__(self, name: str, threads: int, perform: Callable[[_Task], None]) -> None:
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._perform = perform
        self._threads = [threading.Thread(target=self._serve, name=f"{name}-{n}") for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def put(self, task: _Task) -> None:
        self._queue.put(task)

    def stop(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (task := self._queue.get()) is not None:
            self._perform(task)


class Tasks(QObject):
    """Runs service calls beside the GUI thread and hands their results back on it.

    Signals:
        refused(UserError): a call was refused and its caller did not say what to do about it.
        crashed(Exception): a call met a bug.
        idle(): the last call under way has been answered.
    """

    refused = Signal(object)
    crashed = Signal(object)
    idle = Signal()
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._under_way = 0
        self._local = threading.local()
        self._stopped = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._database = _Lane("database", 1, self._perform_owned)
        self._network: _Lane | None = None

    def run(
        self,
        work: Callable[[], Result],
        then: Callable[[Result], None] | None = None,
        failed: Callable[[UserError], None] | None = None,
        *,
        network: bool = False,
        owner: object | None = None,
    ) -> None:
        """Start ``work``; call from the GUI thread only.

        Args:
            work: the service call. Without ``network`` all calls run one after the other, in order.
            then: takes the result, on the GUI thread.
            failed: takes a refusal, on the GUI thread; without it ``refused`` is emitted.
            network: the call may wait for the network or a device.
            owner: who asks, so that it can tell its own echo from news (see :meth:`origin`).
        """
        if self._stopped:
            return
        self._under_way += 1
        lane = self._network_lane() if network else self._database
        lane.put(_Task(work, then, failed, owner))

    @property
    def busy(self) -> bool:
        """Whether a call has not been answered yet."""
        return self._under_way > 0

    def origin(self) -> object | None:
        """The owner of the database call that the current thread performs, or None."""
        return getattr(self._local, "owner", None)

    def stop(self) -> None:
        """Finish what has been started, and end the threads. Later calls are dropped, for nobody is there to see them."""
        if self._stopped:
            return
        self._stopped = True
        if self._network is not None:
            self._network.stop()
        self._database.stop()

    def _network_lane(self) -> _Lane:
        if self._network is None:
            self._network = _Lane("network", NETWORK_THREADS, self._perform)
        return self._network

    def _perform_owned(self, task: _Task) -> None:
        self._local.owner = task.owner
        try:
            self._perform(task)
        finally:
            self._local.owner = None

    def _perform(self, task: _Task) -> None:
        try:
            result = task.work()
        except Exception as trouble:  # noqa: BLE001 - every failure must reach the screen, a bug as a bug
            self._finished.emit((task, None, trouble))
        else:
            self._finished.emit((task, result, None))

    def _deliver(self, answer: tuple[_Task, Any, Exception | None]) -> None:
        task, result, trouble = answer
        self._under_way -= 1
        # A screen that was made anew meanwhile (another language) cannot take its answer any more.
        gone = isinstance(task.owner, QObject) and not isValid(task.owner)
        try:
            if trouble is None:
                if task.then is not None and not gone:
                    task.then(result)
            elif not isinstance(trouble, UserError):
                self.crashed.emit(trouble)
            elif task.failed is not None and not gone:
                task.failed(trouble)
            else:
                self.refused.emit(trouble)
        finally:
            if self._under_way == 0:
                self.idle.emit()
