"""Measures the till and prints JSON: ``python -m tests.bench.run [--full] [--only scan,commit] [--folder build/bench]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog

from tests.bench import commit, lookup, shop_files, start
from tests.bench.measure import Figure


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; ``customers`` and ``products`` are rows of the replica, ``pushed`` sales a push."""

    customers: int = 100_000
    products: int = 100_000
    lookups: int = 2_000
    sales: int = 200
    scans: int = 200
    starts: int = 5
    pushes: int = 3
    pushed: int = 5_000


FULL = Sizes(customers=1_000_000, lookups=5_000, sales=500, scans=500, starts=10, pushes=5)
TINY = Sizes(customers=40, products=30, lookups=5, sales=2, scans=2, starts=1, pushes=1, pushed=7)
GROUPS = ("scan", "commit", "lookup", "start", "push")

Say = Callable[[str], None]


def run(folder: Path, sizes: Sizes, groups: Sequence[str] = GROUPS, say: Say = lambda _line: None) -> dict[str, Any]:
    """Measure.

    Args:
        folder: for the files, on the disk that is meant.
        groups: which of ``GROUPS``.
        say: told what is being done.

    Returns:
        What is printed: ``figures`` by name, ``sizes``, ``machine``, ``took_s``.
    """
    began = perf_counter()
    figures: dict[str, Figure] = {}
    notes: dict[str, Any] = {}
    for group in groups:
        say(group)
        home = folder / group
        home.mkdir(parents=True)
        figures.update(_GROUPS[group](home, sizes, notes))
    return {
        "figures": {name: figure.report() for name, figure in figures.items()},
        "sizes": {"customers": sizes.customers, "products": sizes.products, **notes},
        "machine": _machine(),
        "took_s": round(perf_counter() - began, 1),
    }


def _scan(folder: Path, sizes: Sizes, _notes: dict[str, Any]) -> dict[str, Figure]:
    from tests.bench import scan

    shop_files.make_replica(folder)
    return scan.measure(folder, sizes.scans)


def _commit(folder: Path, sizes: Sizes, _notes: dict[str, Any]) -> dict[str, Figure]:
    shop_files.make_replica(folder)
    return commit.measure(folder, sizes.sales)


def _lookup(folder: Path, sizes: Sizes, notes: dict[str, Any]) -> dict[str, Figure]:
    notes["replica_made_in_s"] = round(lookup.fill(folder, sizes.customers, sizes.products), 1)
    return lookup.measure(folder, sizes.customers, sizes.products, sizes.lookups)


def _start(folder: Path, sizes: Sizes, _notes: dict[str, Any]) -> dict[str, Figure]:
    shop_files.make_replica(folder)
    return start.measure(folder, sizes.starts)


def _push(folder: Path, sizes: Sizes, _notes: dict[str, Any]) -> dict[str, Figure]:
    from tests.bench import push

    return push.measure(folder, sizes.pushed, sizes.pushes)


_GROUPS: dict[str, Callable[[Path, Sizes, dict[str, Any]], dict[str, Figure]]] = {
    "scan": _scan,
    "commit": _commit,
    "lookup": _lookup,
    "start": _start,
    "push": _push,
}


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.system(),
        "cores": os.cpu_count(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, and print.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million customers and more rounds")
    parser.add_argument("--only", default=",".join(GROUPS), help="groups, with commas: " + ", ".join(GROUPS))
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="on the disk that is to be measured")
    options = parser.parse_args(arguments)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        report = run(folder, FULL if options.full else Sizes(), options.only.split(","), _say)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(report, indent=1))
    return 0


def _say(line: str) -> None:
    print(f"bench: {line} …", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
