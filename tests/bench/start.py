"""From the start of the process to the painted sale screen, beside a bare PySide6 window, and what both hold in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from time import perf_counter_ns

from tests.bench import shop_files
from tests.bench.measure import Figure, quantile

AIM = 4.0
CHILD = Path(__file__).absolute().with_name("start_child.py")
ROOT = Path(__file__).absolute().parents[2]
LIMIT_S = 60.0


def measure(folder: Path, rounds: int) -> dict[str, Figure]:
    """Start both in turns; the first start of each is not kept.

    Args:
        folder: holds a replica with the demo shop, and gets a file of facts as after the first start.
    """
    with shop_files.open_bench_till(folder):
        pass
    floor_is = "a process that shows an empty PySide6 window of the same size"
    sale, lock = (Figure(AIM, floor_is) for _ in range(2))
    ours_kb: list[int] = []
    floor_kb: list[int] = []
    for turn in range(rounds + 1):
        ours = _start("till", str(folder.absolute()))
        floor = _start("bare")
        if turn == 0:
            continue
        for figure, word in ((sale, "sale"), (lock, "lock")):
            figure.ours_ns.append(ours[word])
            figure.floor_ns.append(floor["shown"])
        ours_kb.append(ours["resident_kb"])
        floor_kb.append(floor["resident_kb"])
    sale.notes["resident_mb"] = _memory(ours_kb, floor_kb)
    return {"start": sale, "start_to_lock": lock}


def _memory(ours_kb: list[int], floor_kb: list[int]) -> dict[str, float]:
    ours, floor = (quantile(values, 0.5) / 1024 for values in (ours_kb, floor_kb))
    return {"ours": round(ours, 1), "floor": round(floor, 1), "ratio": round(ours / floor, 2)}


def _start(*arguments: str) -> dict[str, int]:
    """Start a child and take the time of every word it says, nanoseconds since before it was started."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began_ns = perf_counter_ns()
    said: dict[str, int] = {}
    with subprocess.Popen(
        [sys.executable, str(CHILD), *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        limit = threading.Timer(LIMIT_S, child.kill)
        limit.start()
        for line in child.stdout:
            if line.startswith("{"):
                said.update(json.loads(line))
            elif line.strip():
                said[line.strip()] = perf_counter_ns() - began_ns
        limit.cancel()
    if child.returncode:
        raise RuntimeError(f"the child ended with {child.returncode}")
    return said
