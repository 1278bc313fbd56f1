"""Claim: a second call with a new matrix on the same pattern makes no symbolic analysis.

Counts, not times: they are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import sparsead
from benchmarks import bench_overhead, ours_numpy, problems, tables

TITLE = "Analyses in later calls"
THREADS = (1,)
CALLS = 4


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return what the comparison with the bare libraries measures; always on the small matrices."""
    yield from bench_overhead.cases(quick)


def measure(problem: str, backend: str, quick: bool) -> dict[str, Any]:
    """Count analyses and factorizations of the first call and of the later ones."""
    system = problems.make(problem, quick=True)
    contestant = ours_numpy.contestant(system, backend)
    counts = []
    for number in range(CALLS):
        contestant.call(contestant.put(system.values(number)))
        counts.append(asdict(sparsead.factor_cache.stats()))
    first, last = counts[0], counts[-1]
    return {
        "first_call": {name: first[name] for name in ("analyses", "factorizations", "solves")},
        "later_calls": {name: last[name] - first[name] for name in ("analyses", "factorizations", "solves")},
        "calls": CALLS - 1,
    }


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the analyses of the later calls, which must be none."""
    return [
        {
            "claim": f"analyses in {row['calls']} later calls, {row['backend']}, ({row['problem']})",
            "target": 0,
            "figure": row["later_calls"]["analyses"],
            "unit": "",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["matrix", "backend", "first call", "later calls together"],
        [
            [f"({row['problem']})", row["backend"], _words(row["first_call"]), _words(row["later_calls"])]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
