"""Calls plugins so that one that raises or hangs never harms a sale.

Each plugin has one thread of its own. A hook with an answer is waited for until a deadline; a plugin that misses it is
passed over, and not called again before it has come back. What a plugin raises is logged with its name.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pluggy
import structlog

from pos_desktop.domain.basket import Adjustment, Basket
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.shop import Shop
from pos_desktop.plugins.hooks import PROJECT, TillHooks

ANSWER_LIMIT_S = 0.05
QUEUE_LIMIT = 200

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Call:
    work: Callable[[], Any]
    done: threading.Event = field(default_factory=threading.Event)
    answer: Any = None


class _Worker:
    """One plugin's thread, started at its first call."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: queue.Queue[_Call | None] = queue.Queue(QUEUE_LIMIT)
        self._thread: threading.Thread | None = None
        self.late: _Call | None = None

    def put(self, work: Callable[[], Any]) -> _Call | None:
        """Queue a call; None when the plugin hangs and its queue is full."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"plugin-{self.name}", daemon=True)
            self._thread.start()
        call = _Call(work)
        try:
            self.calls.put_nowait(call)
        except queue.Full:
            log.error("plugin_call_dropped", plugin=self.name, waiting=QUEUE_LIMIT)
            return None
        return call

    def _run(self) -> None:
        while (call := self.calls.get()) is not None:
            try:
                call.answer = call.work()
            except Exception:
                log.exception("plugin_raised", plugin=self.name)
            finally:
                call.done.set()

    def stop(self, timeout_s: float) -> bool:
        if self._thread is None:
            return True
        try:
            self.calls.put_nowait(None)
        except queue.Full:
            return False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


class PluginRunner:
    """The plugins of a till.

    Args:
        plugins: name -> object with hook implementations, in order.
        enabled: tells whether a plugin is switched on.
    """

    def __init__(self, plugins: dict[str, object], enabled: Callable[[str], bool]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(TillHooks)
        self._enabled = enabled
        self._workers: dict[str, _Worker] = {}
        for name, plugin in plugins.items():
            self._manager.register(plugin, name)
            self._workers[name] = _Worker(name)

    def names(self) -> tuple[str, ...]:
        """All plugins, in order."""
        return tuple(self._workers)

    def _implementations(self, hook: str) -> Iterable[tuple[str, Callable[..., Any], tuple[str, ...]]]:
        found = {item.plugin_name: item for item in getattr(self._manager.hook, hook).get_hookimpls()}
        for name in self._workers:
            if name in found and self._enabled(name):
                yield name, found[name].function, tuple(found[name].argnames)

    def tell(self, hook: str, then: Callable[[Any], None] | None = None, **values: object) -> None:
        """Call a hook in the background.

        Args:
            then: called with each answer that is not None, on the plugin's thread.
        """
        for name, function, wanted in self._implementations(hook):

            def work(function: Callable[..., Any] = function, wanted: tuple[str, ...] = wanted) -> None:
                answer = function(**{key: values[key] for key in wanted})
                if then is not None and answer is not None:
                    then(answer)

            self._workers[name].put(work)

    def adjustments(self, basket: Basket, known: KnownCustomer | None, shop: Shop) -> tuple[Adjustment, ...]:
        """Ask for reductions, waiting no longer than ``ANSWER_LIMIT_S`` for all plugins together."""
        values: dict[str, object] = {"basket": basket, "known": known, "shop": shop}
        calls: list[tuple[_Worker, _Call]] = []
        for name, function, wanted in self._implementations("price_adjustments"):
            worker = self._workers[name]
            if worker.late is not None and not worker.late.done.is_set():
                continue
            arguments = {key: values[key] for key in wanted}
            call = worker.put(partial(function, **arguments))
            if call is not None:
                calls.append((worker, call))
        found: list[Adjustment] = []
        deadline = time.monotonic() + ANSWER_LIMIT_S
        for worker, call in calls:
            if not call.done.wait(max(0.0, deadline - time.monotonic())):
                worker.late = call
                log.warning("plugin_too_slow", plugin=worker.name, limit_s=ANSWER_LIMIT_S)
                continue
            found += [item for item in call.answer or () if isinstance(item, Adjustment) and item.value >= 0]
        return tuple(found)

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the plugins' threads; one that hangs is left behind and dies with the process."""
        for name, worker in self._workers.items():
            if not worker.stop(timeout_s):
                log.warning("plugin_left_hanging", plugin=name)
