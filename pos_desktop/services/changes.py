"""One feed of what changed. Screens refresh by flag and skip their own echo."""

from __future__ import annotations

from collections.abc import Callable
from enum import Flag, auto

from pos_desktop.log import Log

log = Log(__name__)


class Changes(Flag):
    """What a use case, the sync or a plugin changed."""

    NOTHING = 0
    BASKET = auto()
    CUSTOMER = auto()
    CATALOGUE = auto()
    STAFF = auto()
    SALES = auto()
    SYNC = auto()
    SETTINGS = auto()
    PRINT = auto()
    OUTBOX = auto()


Listener = Callable[[Changes, str], None]


class ChangeFeed:
    """Hands every change to every listener, on the thread that made it.

    Args of a listener: the flags, and the id of what changed (a basket's id for ``BASKET``, else empty).
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Start to hand changes to ``listener``.

        Returns:
            A call that stops it again.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, changes: Changes, subject: str = "") -> None:
        """Tell every listener.

        What is told has happened and is on disk: a listener that fails must not make it look undone, so its failure is
        logged and the next one is told.
        """
        for listener in tuple(self._listeners):
            try:
                listener(changes, subject)
            except Exception:
                log.exception("change_listener_failed", changes=str(changes), subject=subject)
