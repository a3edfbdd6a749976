"""``python -m tests.sim.run --seeds 200``: so many days; the last line is JSON. ``SEED=7`` lives through day 7 alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence

from tests.sim.day import Result, live

SEEDS = 200


def tell(result: Result) -> None:
    """Say what went wrong, and how to see it again."""
    print(f"seed {result.seed}: {result.failure}")
    print(f"  again: SEED={result.seed} make sim")


def main(arguments: Sequence[str] | None = None) -> int:
    """Live through the days, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(arguments)
    alone = os.environ.get("SEED", "")
    seeds = [int(alone)] if alone else range(options.first, options.first + options.seeds)
    operations, faults, failures = 0, Counter[str](), 0
    for seed in seeds:
        result = live(seed)
        operations += result.operations
        faults += result.faults
        if alone:
            print("\n".join(result.story))
            print(f"everything left behind: {result.digest or 'not reached'}")
        if result.failure:
            failures += 1
            tell(result)
    counted = dict(sorted(faults.items()))
    print(json.dumps({"seeds": len(seeds), "operations": operations, "faults": counted, "failures": failures}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
