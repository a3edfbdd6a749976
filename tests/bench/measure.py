"""Two ways to do the same work, timed in turns, and what is said of the times."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

Work = Callable[[int], None]
"""Does the work of one round, given its number; timed as a whole."""


def timed_ns(work: Callable[[], object]) -> int:
    """How long a call takes, nanoseconds."""
    began = perf_counter_ns()
    work()
    return perf_counter_ns() - began


def quantile(values: Sequence[int], share: float) -> float:
    """The value below which ``share`` of all lie, between neighbours in proportion.

    Args:
        values: at least one.
        share: 0 to 1.
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(slots=True)
class Figure:
    """Times of the till and of its floor, taken in turns.

    Args:
        aim: the ratio of the medians that is wanted.
        floor_is: what the floor does, in a few words.
        ours_ns, floor_ns: one time for each round, nanoseconds.
        notes: what else belongs to the figure.
    """

    aim: float
    floor_is: str
    ours_ns: list[int] = field(default_factory=list)
    floor_ns: list[int] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """The figure as it is printed: milliseconds, and ratios of median to median and so on."""
        ours, floor = _spread(self.ours_ns), _spread(self.floor_ns)
        return {
            "ratio": round(ours["p50"] / floor["p50"], 2),
            "aim": self.aim,
            "ratio_p95": round(ours["p95"] / floor["p95"], 2),
            "ratio_p99": round(ours["p99"] / floor["p99"], 2),
            "ours_ms": ours,
            "floor_ms": floor,
            "rounds": len(self.ours_ns),
            "floor": self.floor_is,
            **self.notes,
        }


def _spread(values: Sequence[int]) -> dict[str, float]:
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    return {name: round(quantile(values, share) / 1e6, 4) for name, share in shares}


def in_turns(figure: Figure, ours: Work, floor: Work, rounds: int, warm_up: int = 3) -> Figure:
    """Time both works in turns, so that whatever else the machine does meets both alike.

    Args:
        rounds: how many times are kept of each.
        warm_up: rounds before that, not kept: caches are filled, statements prepared.
    """
    for number in range(-warm_up, rounds):
        gc.collect(0)
        turn = number + warm_up
        pair = ((figure.ours_ns, ours), (figure.floor_ns, floor))
        for times, work in pair if turn % 2 == 0 else pair[::-1]:
            began = perf_counter_ns()
            work(turn)
            taken = perf_counter_ns() - began
            if number >= 0:
                times.append(taken)
    return figure
