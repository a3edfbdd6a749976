"""What the server counts, in the form that Prometheus reads. One registry an app, so that several can live together."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from pos_desktop.domain.events import EventKind
from sync.protocol import PushAnswer, PushItem

_KINDS = frozenset(EventKind)


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "central_request_seconds",
            "Requests by route, method and status",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._items = Counter(
            "central_pushed_items",
            "Pushed items by kind and answer",
            ["kind", "answer", "code"],
            registry=self.registry,
        )
        self._lookups = Counter("central_lookups", "Lookups by outcome", ["outcome"], registry=self.registry)

    def requested(self, route: str, method: str, status: int, elapsed_s: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).observe(elapsed_s)

    def pushed(self, items: Iterable[PushItem], answers: Iterable[PushAnswer]) -> None:
        """Count the answers of a batch. What a till names freely never becomes a label."""
        for item, answer in zip(items, answers, strict=True):
            kind = item.kind if item.kind in _KINDS else "other"
            self._items.labels(kind, answer.status.value, answer.code).inc()

    def looked_up(self, outcome: str) -> None:
        """Count a lookup: ``found``, ``not_found`` or ``unreadable``."""
        self._lookups.labels(outcome).inc()

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)
