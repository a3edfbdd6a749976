"""Processes that this program starts beside a till: the central API and the payment terminal of a demo or a check."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

START_S = 60.0
"""How long a process may take until it listens; a first start on a slow disk makes a database."""
STOP_S = 15.0


class CompanionSilent(Exception):
    """A process did not come to listen."""


class Companion:
    """A process that says ``listening <address>`` when it is ready, and goes when its input ends.

    It therefore also goes when this process is killed. The port is one that is free.

    Args:
        command: how it is started, without what makes it a companion.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.port = _free_port()
        """Where it will listen; asked for before it does, it refuses."""
        self._command = [*command, "--port", str(self.port), "--with-parent"]
        self._said: SimpleQueue[str] = SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 - the command is our own
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is for the till, which then lets them go; and no console window on Windows.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._reader = threading.Thread(target=self._read, name="companion", daemon=True)
        self._reader.start()

    def address(self, timeout_s: float = START_S) -> str:
        """Wait until it listens, and say where; call it once.

        Args:
            timeout_s: how long to wait, in seconds.

        Raises:
            CompanionSilent: it ended, or was not ready in time.
        """
        try:
            said = self._said.get(timeout=timeout_s)
        except Empty:
            raise self._silent(f"does not listen after {timeout_s:g} s") from None
        if not said:
            raise self._silent(f"ended with exit code {self.stop()} before it listened")
        return said

    def _silent(self, how: str) -> CompanionSilent:
        return CompanionSilent(f"{' '.join(self._command)}: {how}")

    def stop(self) -> int:
        """End it, by force if it does not go; may be called again.

        Returns:
            Its exit code.
        """
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        return self._process.returncode

    def _read(self) -> None:
        # To its end, because a process that nobody reads stops at a full pipe.
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                word, _, rest = line.strip().partition(" ")
                if word == "listening":
                    self._said.put(rest)
        self._said.put("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def end_with_parent() -> None:
    """Be a companion: when the standard input ends, whoever started this process is gone, and it stops itself."""

    def watch() -> None:
        # Not through sys.stdin, whose lock a thread must not hold while the interpreter ends.
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
