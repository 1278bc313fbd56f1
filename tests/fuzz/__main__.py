"""Fuzz the library with bad and extreme input.

``python -m tests.fuzz --cases 10000 --jitted 500 --seed 0`` runs cases in worker processes;
``python -m tests.fuzz --replay CASE --seed 0 --cases 10000 --jitted 500`` runs one of them here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.watchdog import Plan, watch
from tests.fuzz.worker import is_jitted, run_case

_SHOWN = 50


def main() -> int:
    """Run, print the report, and return 0 if all cases ran and none failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--jitted", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--silence", type=float, default=90)
    parser.add_argument(
        "--harsh", type=int, nargs=2, default=(0, 0), help="bad or extreme cases, and compiled ones, due"
    )
    parser.add_argument("--replay", type=int, help="number of the case to run in this process")
    asked = parser.parse_args()
    if asked.replay is not None:
        jitted = is_jitted(asked.replay, asked.cases, asked.jitted)
        fault = run_case(asked.seed, asked.replay, jitted=jitted, log=lambda line: print(json.dumps(line), flush=True))
        print(fault or "nothing wrong")
        return int(fault is not None)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(asked.seed, asked.cases, asked.jitted, asked.workers, asked.seconds, asked.silence, Path(folder))
        report = watch(plan)
    for failure in report.failures[:_SHOWN]:
        print(json.dumps(failure))
    counts = report.counts
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())))
    print(
        f"{counts['done']} of {asked.cases} cases ran in {time.monotonic() - start:.0f} s, {counts['harsh']} of them "
        f"bad or extreme, of these {counts['harsh and jitted']} compiled: {len(report.failures)} failures"
    )
    reached = (counts["done"], counts["harsh"], counts["harsh and jitted"])
    return int(
        bool(report.failures) or any(n < due for n, due in zip(reached, (asked.cases, *asked.harsh), strict=True))
    )


if __name__ == "__main__":
    sys.exit(main())
