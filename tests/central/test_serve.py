"""The server as a process of its own: it says where it listens, logs in JSON, and stops when asked, without a loss."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from central_api.database import open_engine
from central_api.demo import seed_demo
from central_api.migrate import upgrade
from central_api.serve import listen
from sync.protocol import PUSH_PATH, PushResponse
from tests.central.client import Terminal
from tests.support.central import TERMINALS, small_shop
from tests.support.facts import batch, item, sale

_PROGRAM = """
import sys
from central_api.serve import serve
serve("127.0.0.1", 0, sys.argv[1], ready=lambda url: print(url, flush=True))
"""


def _start(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_asked_to_stop_it_ends_well_and_has_logged_json(tmp_path: Path) -> None:
    with _start(f"sqlite:///{tmp_path / 'c.sqlite'}") as process:
        address = _address(process)
        assert httpx.get(f"{address}/ready").json() == {"status": "ready"}
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert output == ""
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/ready"]
    assert all({"level", "timestamp", "logger"} <= set(line) for line in lines)


def test_what_it_answered_survives_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    engine = open_engine(url)
    upgrade(engine)
    seed_demo(engine, small_shop())
    engine.dispose()
    items = [item(seq, sale(customer_id="CUST_001", journal_seq=seq)) for seq in range(1, 11)]
    statuses, summary = [], {}
    for _ in range(2):
        with _start(url) as process:
            with Terminal(_address(process), TERMINALS[0][1]) as till:
                response = till.http.post(PUSH_PATH, content=msgspec.json.encode(batch(items)))
                answers = msgspec.json.decode(response.content, type=PushResponse).answers
                statuses.append({answer.status for answer in answers})
                summary = till.summary()
            process.kill()
            process.communicate(timeout=30)
    assert statuses == [{"created"}, {"exists"}]
    assert (summary["count"], summary["points"]) == (10, 80)


def test_an_address_that_is_taken_is_an_error() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", taken.getsockname()[1])
