"""Some days of the simulation in every run of the suite; ``make sim`` lives through more."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.sim.day import live
from tests.sim.mutants import hunt

BLOCKS = [range(start, start + 5) for start in range(0, 15, 5)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_when_the_faults_have_stopped_every_book_is_right(seeds: range) -> None:
    faults: Counter[str] = Counter()
    for seed in seeds:
        result = live(seed)
        assert not result.failure, f"SEED={seed} make sim: {result.failure}"
        faults += result.faults
    assert len(faults) >= 8, "hardly anything went wrong in these days"


def test_a_seed_is_the_same_day_every_time() -> None:
    first, second = live(4), live(4)
    assert (first.story, first.faults, first.digest) == (second.story, second.faults, second.digest)
    assert first.digest


@pytest.mark.parametrize("name", ["naive_cursor", "acknowledged_before_sent"])
def test_a_planted_bug_is_found(name: str) -> None:
    seeds, failure = hunt(name, 10)
    assert seeds, "it was not found"
    assert failure[:1] in "SL"
