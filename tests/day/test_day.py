"""The whole day, as ``make day`` plays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.day.run import ROOT, agrees


def test_a_day_with_two_power_cuts_and_a_dead_centre_agrees_to_the_cent_and_the_point(tmp_path: Path) -> None:
    """Till and centre tell the same day, and every screen of it was seen."""
    played = subprocess.run(
        [sys.executable, "-m", "tests.day.run", "--out", str(tmp_path / "day")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stderr[-4_000:]
    day = json.loads(played.stdout.splitlines()[-1])
    assert agrees(day)
    assert day["offline_sales"] >= 15


def test_a_day_that_lost_a_cent_or_is_no_whole_day_does_not_agree() -> None:
    """The count can fail."""
    good: dict[str, Any] = {
        "sales": 60, "at_central": 60, "lost": 0, "doubled": 0, "money_till": 5, "money_central": 5,
        "points_till": 1, "points_central": 1, "journal_ok": True, "receipts": 60, "receipts_doubled": 0,
        "screenshots": 30, "lookups": {"api": 1, "cache": 1, "stale": 1, "not_found": 1},
    }  # fmt: skip
    assert agrees(good)
    for key, wrong in (
        ("money_central", 4), ("points_central", 0), ("lost", 1), ("doubled", 1), ("at_central", 61), ("journal_ok", False),
        ("receipts", 59), ("receipts_doubled", 1), ("screenshots", 29),
    ):  # fmt: skip
        assert not agrees({**good, key: wrong}), key
    assert not agrees({**good, "sales": 59, "at_central": 59, "receipts": 59})
    for outcome in ("api", "cache", "stale", "not_found"):
        assert not agrees({**good, "lookups": {**good["lookups"], outcome: 0}}), outcome
