"""The whole day, as ``make day`` plays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    assert day["sales"] >= 60
    assert day["offline_sales"] >= 15
    assert all(day["lookups"][outcome] for outcome in ("api", "cache", "stale", "not_found"))
    assert day["screenshots"] >= 30


def test_a_day_that_lost_a_cent_does_not_agree() -> None:
    """The count can fail."""
    good = {
        "sales": 2, "at_central": 2, "lost": 0, "doubled": 0, "money_till": 5, "money_central": 5,
        "points_till": 1, "points_central": 1, "journal_ok": True, "receipts": 2, "receipts_doubled": 0,
    }  # fmt: skip
    assert agrees(good)
    for key, wrong in (
        ("money_central", 4), ("points_central", 0), ("lost", 1), ("doubled", 1), ("at_central", 3), ("journal_ok", False),
        ("receipts", 1), ("receipts_doubled", 1),
    ):  # fmt: skip
        assert not agrees({**good, key: wrong})
