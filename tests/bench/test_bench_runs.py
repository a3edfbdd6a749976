"""The bench in miniature: it runs to the end and says what it promises. Times are judged by who reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.bench import run
from tests.bench.measure import Figure, in_turns, quantile

FIGURES = {
    "scan": {"scan"},
    "commit": {"commit", "finalise"},
    "lookup": {"phone", "phone_storage", "barcode", "barcode_storage"},
    "start": {"start", "start_to_lock"},
    "push": {"push"},
}


# The offscreen platform says so whenever a window with a smallest size is shown.
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
@pytest.mark.parametrize("group", run.GROUPS)
def test_a_tiny_run_gives_every_figure_with_its_floor(tmp_path: Path, qapp: QApplication, group: str) -> None:
    report = json.loads(json.dumps(run.run(tmp_path, run.TINY, (group,))))

    assert set(report["figures"]) == FIGURES[group]
    assert set(report) == {"figures", "sizes", "machine", "took_s"}
    for figure in report["figures"].values():
        assert figure["ratio"] > 0
        assert figure["aim"] >= 1
        assert figure["rounds"] >= 1
        assert figure["floor"]
        for side in ("ours_ms", "floor_ms"):
            spread = figure[side]
            assert 0 < spread["p50"] <= spread["p95"] <= spread["p99"]


def test_the_floor_of_a_commit_writes_the_same_rows(tmp_path: Path) -> None:
    report = run.run(tmp_path, run.TINY, ("commit",))

    assert report["figures"]["commit"]["rows_alike"] is True


def test_a_start_tells_the_memory_of_both(tmp_path: Path) -> None:
    report = run.run(tmp_path, run.TINY, ("start",))

    memory = report["figures"]["start"]["resident_mb"]
    assert memory["ours"] > memory["floor"] > 0


def test_both_ends_of_a_push_hold_all_that_was_sent(tmp_path: Path) -> None:
    report = run.run(tmp_path, run.TINY, ("push",))

    assert report["figures"]["push"]["all_there"] is True


def test_the_quantile_lies_between_its_neighbours() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([7], 0.99) == 7
    assert quantile([10, 0], 1.0) == 10


def test_both_works_take_turns_and_warm_up_rounds_are_not_kept() -> None:
    seen: list[str] = []

    figure = in_turns(
        Figure(1.0, "nothing"),
        lambda turn: seen.append(f"ours {turn}"),
        lambda turn: seen.append(f"floor {turn}"),
        rounds=2,
        warm_up=1,
    )

    assert seen == ["ours 0", "floor 0", "floor 1", "ours 1", "ours 2", "floor 2"]
    assert len(figure.ours_ns) == len(figure.floor_ns) == 2
