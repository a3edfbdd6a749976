"""Calls plugins so that one that raises, hangs or answers nonsense never harms a sale.

The plugins that come with the till are called in place: they are ours and neither wait nor compute long. Every other
one has a thread of its own. A hook with an answer is waited for until a deadline; a plugin that misses it is passed
over, what it gave the basket before stands, and it is not called again before it has come back. What a plugin raises is
logged with its name.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import Any, TypeGuard

import pluggy

from pos_desktop.domain.basket import Adjustment, Basket, DiscountKind
from pos_desktop.domain.customers import KnownCustomer
from pos_desktop.domain.pricing import FULL_BP
from pos_desktop.domain.shop import Shop
from pos_desktop.log import Log
from pos_desktop.plugins.hooks import PROJECT, TillHooks

ANSWER_LIMIT_S = 0.05
QUEUE_LIMIT = 200
MOST_ADJUSTMENTS = 20
LONGEST_LABEL = 60

log = Log(__name__)


@dataclass(slots=True)
class _Call:
    work: Callable[[], Any]
    done: threading.Event = field(default_factory=threading.Event)
    answer: Any = None

    def run(self, plugin: str) -> None:
        try:
            self.answer = self.work()
        except Exception:
            log.exception("plugin_raised", plugin=plugin)
        finally:
            self.done.set()


class _InPlace:
    """A plugin of ours, called on the thread that has the news."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.late: _Call | None = None

    def put(self, work: Callable[[], Any]) -> _Call | None:
        call = _Call(work)
        call.run(self.name)
        return call

    def stop(self, timeout_s: float) -> bool:
        return True


class _Worker:
    """Somebody else's plugin on its own thread, started at its first call."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.late: _Call | None = None
        self._calls: queue.Queue[_Call | None] = queue.Queue(QUEUE_LIMIT)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, work: Callable[[], Any]) -> _Call | None:
        """Queue a call; None when the plugin hangs and its queue is full."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"plugin-{self.name}", daemon=True)
                self._thread.start()
        call = _Call(work)
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            log.error("plugin_call_dropped", plugin=self.name, waiting=QUEUE_LIMIT)
            return None
        return call

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run(self.name)

    def stop(self, timeout_s: float) -> bool:
        if self._thread is None:
            return True
        # A queue that is full has no room for the end: what waits behind a plugin that hangs is given up.
        while True:
            try:
                self._calls.put_nowait(None)
                break
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._calls.get_nowait()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


class PluginRunner:
    """The plugins of a till.

    Args:
        ours: those that come with the till, by name, in order; called in place.
        others: further ones, after ours; each on a thread of its own.
        enabled: tells whether a plugin is switched on.
    """

    def __init__(self, ours: dict[str, object], others: dict[str, object], enabled: Callable[[str], bool]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(TillHooks)
        self._enabled = enabled
        self._workers: dict[str, _InPlace | _Worker] = {}
        for name, plugin in ours.items():
            self._manager.register(plugin, name)
            self._workers[name] = _InPlace(name)
        for name, plugin in others.items():
            try:
                self._manager.register(plugin, name)
            except Exception:
                # A name that is taken, or a hook with arguments that there are not: the till starts without it.
                log.exception("plugin_left_out", plugin=name)
            else:
                self._workers[name] = _Worker(name)

    def names(self) -> tuple[str, ...]:
        """All plugins, in order."""
        return tuple(self._workers)

    def is_on(self, name: str) -> bool:
        """Tell whether a plugin is there and switched on."""
        return name in self._workers and self._enabled(name)

    def _implementations(self, hook: str) -> Iterator[tuple[_InPlace | _Worker, Callable[..., Any], tuple[str, ...]]]:
        found = {item.plugin_name: item for item in getattr(self._manager.hook, hook).get_hookimpls()}
        for name, worker in self._workers.items():
            if name in found and self._enabled(name):
                yield worker, found[name].function, tuple(found[name].argnames)

    def tell(self, hook: str, then: Callable[[Any], None] | None = None, **values: object) -> None:
        """Call a hook whose caller does not wait for an answer.

        Args:
            then: called with each answer that is not None, on the plugin's thread.
        """
        for worker, function, wanted in self._implementations(hook):

            def work(function: Callable[..., Any] = function, wanted: tuple[str, ...] = wanted) -> None:
                answer = function(**{key: values[key] for key in wanted})
                if then is not None and answer is not None:
                    then(answer)

            worker.put(work)

    def adjustments(self, basket: Basket, known: KnownCustomer | None, shop: Shop) -> tuple[Adjustment, ...]:
        """Ask for reductions, waiting no longer than ``ANSWER_LIMIT_S`` for all plugins together.

        Args:
            basket: with the adjustments it had so far: those of a plugin that is late stand.
        """
        values: dict[str, object] = {"basket": basket, "known": known, "shop": shop}
        calls: list[tuple[_InPlace | _Worker, _Call | None]] = []
        for worker, function, wanted in self._implementations("price_adjustments"):
            busy = worker.late is not None and not worker.late.done.is_set()
            arguments = {key: values[key] for key in wanted}
            calls.append((worker, None if busy else worker.put(partial(function, **arguments))))
        found: list[Adjustment] = []
        deadline = time.monotonic() + ANSWER_LIMIT_S
        for worker, call in calls:
            if call is not None and call.done.wait(max(0.0, deadline - time.monotonic())):
                found += _usable(worker.name, call.answer)
                continue
            if call is not None:
                worker.late = call
                log.warning("plugin_too_slow", plugin=worker.name, limit_s=ANSWER_LIMIT_S)
            found += [item for item in basket.adjustments if item.source == worker.name]
        return tuple(found)

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the plugins' threads; one that hangs is left behind and dies with the process."""
        for name, worker in self._workers.items():
            if not worker.stop(timeout_s):
                log.warning("plugin_left_hanging", plugin=name)


def _usable(plugin: str, answer: object) -> list[Adjustment]:
    """Take of an answer what can be priced and stored; the rest is named in the log and left."""
    if answer is None:
        return []
    items: list[object] = list(answer)[:MOST_ADJUSTMENTS] if isinstance(answer, (tuple, list)) else [answer]
    good = [item for item in items if _is_usable(item)]
    if len(good) < len(items):
        log.error("plugin_answer_unusable", plugin=plugin, answer=repr(answer)[:200])
    return [replace(item, source=plugin, label=item.label[:LONGEST_LABEL]) for item in good]


def _is_usable(item: object) -> TypeGuard[Adjustment]:
    if not isinstance(item, Adjustment):
        return False
    # Whoever wrote the plugin may not have heeded the types.
    _source, label, kind, value = astuple(item)
    if not isinstance(kind, DiscountKind) or not isinstance(label, str) or type(value) is not int or value < 0:
        return False
    return value <= FULL_BP if kind is DiscountKind.PERCENT else value < 2**62
