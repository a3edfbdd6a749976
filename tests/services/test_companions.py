"""Processes beside a till: they say where they listen, and none outlives who started it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import main
from pos_desktop.services import companions
from pos_desktop.services.companions import Companion, CompanionSilent

PATIENCE_S = 60.0
PYTHON = [sys.executable, "-c"]

OBEDIENT = "import sys; print('noise'); print('listening 7', flush=True); sys.stdin.read()"
DEAF = "import time; print('listening 7', flush=True); time.sleep(600)"
SPEAKING = "import sys; print('listening 7', flush=True); [print('x' * 1000) for _ in range(1000)]; sys.stdin.read()"


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_it_says_where_it_listens_and_goes_when_told() -> None:
    with Companion([*PYTHON, OBEDIENT]) as companion:
        assert companion.address() == "7"
        assert companion.stop() == 0
        assert companion.stop() == 0


def test_it_is_given_a_free_port_and_told_to_go_with_its_parent() -> None:
    with Companion([*PYTHON, "import sys; print('listening', *sys.argv[1:], flush=True)"]) as companion:
        assert companion.address() == f"--port {companion.port} --with-parent"
        assert not answers(companion.port)


def test_one_that_ends_before_it_listens_is_named_with_its_exit_code() -> None:
    with (
        Companion([*PYTHON, "raise SystemExit(3)"]) as companion,
        pytest.raises(CompanionSilent, match="ended with exit code 3"),
    ):
        companion.address()


def test_one_that_never_listens_is_not_waited_for_for_ever() -> None:
    with Companion([*PYTHON, "import sys; sys.stdin.read()"]) as companion:
        with pytest.raises(CompanionSilent, match=r"does not listen after 0\.1 s"):
            companion.address(timeout_s=0.1)
        assert companion.stop() == 0


def test_one_that_does_not_go_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "STOP_S", 0.1)
    with Companion([*PYTHON, DEAF]) as companion:
        companion.address()
        assert companion.stop() != 0


def test_what_it_says_later_never_stops_it() -> None:
    with Companion([*PYTHON, SPEAKING]) as companion:
        companion.address()
        assert companion.stop() == 0


@pytest.mark.parametrize("command", [["serve", "--database", "sqlite:///{}/c.sqlite"], ["card-terminal"]])
def test_it_goes_with_a_till_that_is_killed(command: list[str], tmp_path: Path) -> None:
    filled = [part.format(tmp_path) for part in command]
    parent = f"""
import sys
from pos_desktop.services.companions import Companion
print(Companion({[*main.program(), *filled]!r}).address(), flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [*PYTHON, parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(main.__file__).parent
    ) as till:
        assert till.stdout is not None
        port = int(till.stdout.readline().rsplit(":", 1)[-1])
        assert answers(port)
        till.kill()
    deadline = time.monotonic() + PATIENCE_S
    while answers(port):
        assert time.monotonic() < deadline, "it outlived the till that started it"
        time.sleep(0.05)
