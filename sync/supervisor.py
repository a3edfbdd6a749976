"""Starts the sync process, hears what it says, and starts it again when it dies."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence

import structlog

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STOP_S = 5.0

log = structlog.get_logger(__name__)


class SyncSupervisor:
    """Keeps one sync process running.

    Args:
        command: how it is started.
        on_line: called with each line it says, on the supervisor's thread.
        environment: for the process; None = as ours.
    """

    def __init__(
        self, command: Sequence[str], on_line: Callable[[str], None], environment: dict[str, str] | None = None
    ) -> None:
        self._command = list(command)
        self._on_line = on_line
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync-supervisor", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the process that there is something to send."""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None or process.poll() is not None:
                return
            try:
                process.stdin.write("wake\n")
                process.stdin.flush()
            except (BrokenPipeError, ValueError):
                return

    def stop(self) -> None:
        """End the process: its input is closed, and it is killed if it does not go."""
        self._stopping.set()
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None:
                try:
                    process.stdin.close()
                except BrokenPipeError:
                    log.debug("sync_process_gone_before_stop")
        if process is not None:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        with self._lock:
            return None if self._process is None else self._process.pid

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=self._environment,
                )
            heard = self._listen(self._process)
            code = self._process.wait()
            if self._stopping.is_set():
                return
            pause_s = FIRST_PAUSE_S if heard else min(LONGEST_PAUSE_S, pause_s * 2)
            log.warning("sync_process_ended", code=code, again_in_s=pause_s)
            self._stopping.wait(pause_s)

    def _listen(self, process: subprocess.Popen[str]) -> bool:
        heard = False
        if process.stdout is not None:
            for line in process.stdout:
                heard = True
                try:
                    self._on_line(line.strip())
                except Exception:
                    log.exception("sync_line_failed", line=line.strip())
            process.stdout.close()
        return heard
