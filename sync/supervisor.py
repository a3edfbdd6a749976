"""Starts the sync process, hears what it says, and starts it again when it dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from pos_desktop.log import Log

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STOP_S = 5.0

log = Log(__name__)


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
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name="sync-supervisor", daemon=True),
            threading.Thread(target=self._pass_on_wakes, name="sync-waker", daemon=True),
        ]

    def start(self) -> None:
        """Start watching."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell the process that there is something to send. Never waits, whatever the process does."""
        self._woken.set()

    def stop(self) -> None:
        """End the process: its input is closed, and it is killed if it does not go."""
        self._stopping.set()
        self._woken.set()
        with self._lock:
            process = self._process
        if process is not None:
            try:
                self._close_input(process, STOP_S)
                process.wait(STOP_S)
            except (TimeoutError, subprocess.TimeoutExpired):
                log.warning("sync_process_killed")
                process.kill()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_S)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        with self._lock:
            return None if self._process is None else self._process.pid

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            process = self._begin()
            heard, code = False, None
            if process is not None:
                heard = self._listen(process)
                code = process.wait()
                with self._lock:
                    self._process = None
                self._close_input(process)
            if self._stopping.is_set():
                return
            pause_s = FIRST_PAUSE_S if heard else min(LONGEST_PAUSE_S, pause_s * 2)
            log.warning("sync_process_ended", code=code, again_in_s=pause_s)
            self._stopping.wait(pause_s)

    def _begin(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    env=self._environment,
                    # Ctrl-C is for the till, which then closes the channel; and no console window on Windows.
                    start_new_session=sys.platform != "win32",
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                log.error("sync_process_not_started", error=str(error))
                return None
            return self._process

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

    def _pass_on_wakes(self) -> None:
        # On a thread of its own, because a process that hangs lets the pipe run full, and then writing waits.
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._stopping.is_set():
                return
            with self._lock:
                process = self._process
            with self._writing:
                if process is not None and process.stdin is not None and not process.stdin.closed:
                    try:
                        process.stdin.write("wake\n")
                        process.stdin.flush()
                    except OSError:
                        log.debug("sync_wake_lost")

    def _close_input(self, process: subprocess.Popen[str], timeout_s: float = -1) -> None:
        if not self._writing.acquire(timeout=timeout_s):
            raise TimeoutError("the process does not read")
        try:
            if process.stdin is not None:
                process.stdin.close()
        except OSError:
            log.debug("sync_process_gone_before_stop")
        finally:
            self._writing.release()
