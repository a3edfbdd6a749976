"""Directs the day: starts the centre, the payment terminal and the till, breaks them where the story says, and counts.

``python -m tests.day.run --out build/day`` writes pictures and receipts there; its last line is the sum of the day as
JSON, and it fails when the till and the centre differ by a cent or a point, or when less happened than a day holds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import main as till_program
from pos_desktop.services.verification import verify_journal
from pos_desktop.storage import outbox
from pos_desktop.storage.secrets import open_key_store
from pos_desktop.storage.till_store import open_till
from sync.http import Api, BadRequest
from tests.day.cashier import SLOW_KEY_MS
from tests.support.escpos import print_out

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 3_000
CONVERGE_S = 60.0
SCANNER_GAP_MS = SLOW_KEY_MS * 4 // 5
"""The scanner is a program here, and a busy machine must not make a hand of it; the cashier's hand is slower still."""
FEWEST_SALES = 60
FEWEST_SCREENSHOTS = 30
LOOKUPS = ("api", "cache", "stale", "not_found")
RECEIPT_COLUMNS = 42
COPY_MARK = re.compile(r"^\*+ \w+ \d+ \*+$", re.MULTILINE)
COMPLAINTS = ("Traceback", "[error", "[critical", "QObject", "QPainter", "QWidget")
"""What must not stand in the till's log: a bug that was met, or a complaint of Qt's."""


class Centre:
    """The central API as a process that can be killed and started again on the same address."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; the first start chooses the port for good."""
        arguments = ["serve", "--database", self._database, "--port", str(self.port)]
        self._process, said = _start(arguments)
        self.port = int(said.rsplit(":", 1)[1])

    def kill(self) -> None:
        """Cut its power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in peace."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


def _start(arguments: list[str]) -> tuple[subprocess.Popen[str], str]:
    log = (Path(os.environ["DAY_OUT"]) / "processes.log").open("a")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *arguments], stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
    )
    log.close()
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if not said.startswith("listening"):
        raise RuntimeError(f"{arguments[0]} did not start: {said!r}")
    return process, said


class Part:
    """The till's process while it plays a part of the story."""

    def __init__(self, name: str, data: Path, out: Path, environment: dict[str, str]) -> None:
        self.name = name
        command = [sys.executable, "-m", "tests.day.till_process", name]
        command += ["--data-dir", str(data), "--shots", str(out / "screens")]
        self._log_path = out / "till.log"
        self._log = self._log_path.open("a")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The places that the story comes to."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                yield json.loads(line)

    def go_on(self) -> None:
        """Let it go on."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """``kill -9``."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self) -> None:
        """Wait for its end.

        Raises:
            RuntimeError: it did not end well.
        """
        code = self.process.wait(60)
        self._log.close()
        said = self._log_path.read_text()
        if code not in (0, -signal.SIGKILL) or any(mark in said for mark in COMPLAINTS):
            raise RuntimeError(f"the till ended with {code} in the part {self.name!r}:\n{said[-3_000:]}")


@contextmanager
def _stage(out: Path) -> Iterator[tuple[Path, Centre, dict[str, str]]]:
    data = out / "till"
    data.mkdir(parents=True)
    token = till_program.prepare_demo(data, CUSTOMERS)
    open_key_store(data).set(till_program.TOKEN_NAME, token)
    # From the first minute every lookup asks the centre; the manager then sets the usual hour.
    (data / "till.toml").write_text("[lookup]\ncache_ttl_seconds = 0\n")
    centre = Centre(till_program.demo_database(data))
    with ExitStack() as ending:
        centre.start()
        ending.callback(centre.stop)
        card, said = _start(
            ["card-terminal", "--port", "0", "--step-delay-s", "0.1", "--memory", str(out / "card.json")]
        )
        ending.callback(card.wait)
        ending.callback(card.terminate)
        environment = {
            **os.environ,
            "TILL_API_URL": centre.url,
            "TILL_CARD_TERMINAL": f"tcp://127.0.0.1:{said.rsplit(' ', 1)[1]}",
            "TILL_PRINTER": f"file:{out / 'receipts'}",
            "TILL_IDLE_LOCK_S": "0",
            "TILL_SCANNER_MAX_GAP_MS": str(SCANNER_GAP_MS),
        }
        yield data, centre, environment


def play(out: Path) -> dict[str, Any]:
    """Play the day and count it."""
    with _stage(out) as (data, centre, environment):
        for name in ("morning", "noon", "after_basket_crash", "after_paid_crash", "evening"):
            part = Part(name, data, out, environment)
            for place in part:
                _direct(place, part, centre, out / "receipts")
            part.finish()
        token = open_key_store(data).get(till_program.TOKEN_NAME) or ""
        return _count(data, out, Api(centre.url, token))


def _direct(place: dict[str, Any], part: Part, centre: Centre, printer: Path) -> None:
    match place["at"]:
        case "noon":
            centre.kill()
            part.go_on()
        case "centre_wanted":
            centre.start()
            part.go_on()
        case "printer_out":
            # A file in the place of the folder: nothing can be written there, whoever runs the day.
            printer.rename(_kept(printer))
            printer.write_text("out of paper")
            part.go_on()
        case "mid_basket":
            part.kill()
        case "paid":
            part.kill()
            printer.unlink()
            _kept(printer).rename(printer)
        case _:
            print(json.dumps({"part": part.name, **place}), file=sys.stderr, flush=True)


def _kept(printer: Path) -> Path:
    return printer.with_name("receipts-until-noon")


def _count(data: Path, out: Path, api: Api) -> dict[str, Any]:
    _converge(data)
    database = open_till(data)
    with database.read() as till:
        sales = {row[0]: int(row[1]) for row in till.exec_driver_sql("SELECT id, total_minor FROM sales")}
        codes = [str(row[0]) for row in till.exec_driver_sql("SELECT receipt_code FROM sales")]
        documents = {sale_id: outbox.payload(till, sale_id) for sale_id in sales}
        offline = till.exec_driver_sql("SELECT count(*) FROM sales WHERE offline = 1").scalar_one()
        points = till.exec_driver_sql("SELECT coalesce(sum(points), 0) FROM loyalty_entries").scalar_one()
        lookups = Counter(row[0] for row in till.exec_driver_sql("SELECT outcome FROM lookup_log"))
    verdict = verify_journal(database)
    database.close()
    summary = api.get("/v1/sales/summary", {}, dict[str, Any])
    lost = [sale_id for sale_id, document in documents.items() if not _at_centre(api, sale_id, document)]
    api.close()
    originals = _draw_receipts(out, codes)
    return {
        "sales": len(sales),
        "offline_sales": offline,
        "at_central": summary["count"],
        "lost": len(lost),
        "doubled": max(0, summary["count"] - len(sales)),
        "money_till": sum(sales.values()),
        "money_central": summary["total_minor"],
        "points_till": points,
        "points_central": summary["points"],
        "lookups": {name: lookups[name] for name in LOOKUPS},
        "journal_ok": verdict.good,
        "receipts": sum(originals[code] == 1 for code in codes),
        "receipts_doubled": sum(originals[code] > 1 for code in codes),
        "screenshots": len(list((out / "screens").glob("*.png"))),
    }


def _converge(data: Path) -> None:
    database = open_till(data)
    deadline = time.monotonic() + CONVERGE_S
    try:
        while True:
            with database.read() as till:
                left = till.exec_driver_sql("SELECT count(*) FROM outbox WHERE state <> 'acked'").scalar_one()
            if not left or time.monotonic() > deadline:
                return
            time.sleep(0.1)
    finally:
        database.close()


def _at_centre(api: Api, sale_id: str, document: bytes | None) -> bool:
    try:
        there = api.get(f"/v1/sales/{sale_id}", {}, dict[str, Any])
    except BadRequest:
        return False
    return document is not None and there["sale"] == json.loads(document)


def _draw_receipts(out: Path, codes: list[str]) -> Counter[str]:
    """Draw what was printed, and count how often the receipt of each sale came out; copies have their own count."""
    originals: Counter[str] = Counter()
    for job in sorted((out / "receipts").glob("*.bin")):
        paper = print_out(job.read_bytes())
        paper.draw(job.with_suffix(".png"), RECEIPT_COLUMNS)
        if COPY_MARK.search(paper.text) is None:
            originals.update(code for code in codes if f"barcode {code}" in paper.events)
    return originals


def agrees(day: dict[str, Any]) -> bool:
    """Tell whether till and centre tell the same day, nothing was lost or doubled, and it was a whole day."""
    return bool(
        day["sales"] >= FEWEST_SALES
        and day["screenshots"] >= FEWEST_SCREENSHOTS
        and all(day["lookups"][outcome] for outcome in LOOKUPS)
        and day["sales"] == day["at_central"]
        and day["money_till"] == day["money_central"]
        and day["points_till"] == day["points_central"]
        and not day["lost"]
        and not day["doubled"]
        and day["journal_ok"]
        and day["receipts"] == day["sales"]
        and not day["receipts_doubled"]
    )


def main() -> int:
    """Play the day.

    Returns:
        0 when till and centre agree.
    """
    options = argparse.ArgumentParser()
    options.add_argument("--out", type=Path, default=Path("build/day"))
    out: Path = options.parse_args().out.resolve()
    if out.exists():
        _empty(out)
    out.mkdir(parents=True, exist_ok=True)
    os.environ["DAY_OUT"] = str(out)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    day = play(out)
    print(json.dumps(day))
    return 0 if agrees(day) else 1


def _empty(folder: Path) -> None:
    for item in sorted(folder.rglob("*"), reverse=True):
        if item.is_dir() and not item.is_symlink():
            item.rmdir()
        else:
            item.unlink()


if __name__ == "__main__":
    sys.exit(main())
