"""The till's log, whose library is loaded at the first line: a start that has nothing to say does not wait for it."""

from __future__ import annotations

import sys

_to_stderr = False


def keep_off_stdout() -> None:
    """Write all lines to the standard error: the standard output is a channel of some of our processes."""
    global _to_stderr  # noqa: PLW0603 - one process, one log
    _to_stderr = True


class Log:
    """Lines of one module: an event in snake case and its values.

    Args:
        name: of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **values: object) -> None:
        """Note what only somebody who looks for a fault wants to know."""
        self._write("debug", event, values)

    def info(self, event: str, **values: object) -> None:
        """Note what happened."""
        self._write("info", event, values)

    def warning(self, event: str, **values: object) -> None:
        """Note what somebody should look at."""
        self._write("warning", event, values)

    def error(self, event: str, **values: object) -> None:
        """Note what went wrong."""
        self._write("error", event, values)

    def exception(self, event: str, **values: object) -> None:
        """Note what went wrong, with the exception that is being handled."""
        self._write("exception", event, values)

    def _write(self, level: str, event: str, values: dict[str, object]) -> None:
        import structlog

        if _to_stderr and not structlog.is_configured():
            structlog.configure(
                wrapper_class=structlog.make_filtering_bound_logger("info"),
                logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            )
        getattr(structlog.get_logger(self._name), level)(event, **values)
