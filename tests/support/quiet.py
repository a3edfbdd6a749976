"""What keeps the suite quiet: a log line that nobody declared, or a thread that nobody stopped, fails the test."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog
from structlog.typing import EventDict, WrappedLogger

#: How long a test's threads may take to end after the test did.
GRACE_S = 5.0

_LEVELS = {"warning": logging.WARNING, "error": logging.ERROR, "critical": logging.CRITICAL, "exception": logging.ERROR}


@dataclass(frozen=True, slots=True)
class LoggedLine:
    """A line of WARNING or above."""

    source: str
    level: int
    message: str

    def __str__(self) -> str:
        return f"{logging.getLevelName(self.level)} {self.source}: {self.message}"


@dataclass(slots=True)
class LogWatch:
    """Collects log lines, and knows which of them a test has declared.

    Call it with regular expressions; each must be found in at least one line before the test ends.
    """

    lines: list[LoggedLine] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __call__(self, *patterns: str) -> None:
        self.expected.extend(patterns)

    def complaint(self) -> str:
        """What is wrong, or an empty text."""
        unexpected = [str(line) for line in self.lines if not any(re.search(each, str(line)) for each in self.expected)]
        unseen = [each for each in self.expected if not any(re.search(each, str(line)) for line in self.lines)]
        return "\n".join(
            [
                *(f"unexpected log line: {each}" for each in unexpected),
                *(f"log line that never came: {each}" for each in unseen),
            ]
        )


class _Handler(logging.Handler):
    def __init__(self, watch: LogWatch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.lines.append(LoggedLine(record.name, record.levelno, self.format(record)))


@contextlib.contextmanager
def watched_logs() -> Iterator[LogWatch]:
    """Collects what is logged meanwhile, through the standard library and through structlog as it comes out of the box."""
    watch = LogWatch()

    def collect(_logger: WrappedLogger, method: str, event: EventDict) -> str:
        level = _LEVELS.get(method, logging.INFO)
        if level >= logging.WARNING:
            watch.lines.append(
                LoggedLine("structlog", level, " ".join(f"{key}={value}" for key, value in event.items()))
            )
        raise structlog.DropEvent

    before = structlog.get_config()
    handler = _Handler(watch)
    logging.getLogger().addHandler(handler)
    structlog.configure(processors=[collect], cache_logger_on_first_use=False)
    try:
        yield watch
    finally:
        structlog.configure(**before)
        logging.getLogger().removeHandler(handler)


def _threads() -> set[threading.Thread]:
    # a dummy stands for a thread that Python did not start, such as one of Qt's pool
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@contextlib.contextmanager
def no_leaked_threads() -> Iterator[None]:
    """Fails with the names of the threads that were started meanwhile and do not end.

    Raises:
        AssertionError: with the names.
    """
    before = _threads()
    yield
    leaked = _threads() - before
    for thread in leaked:
        thread.join(GRACE_S)
    alive = sorted(thread.name for thread in leaked if thread.is_alive())
    assert not alive, f"threads left running: {', '.join(alive)}"
