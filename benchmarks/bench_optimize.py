"""Claim: the subproblem of moving asymptotes with 100,000 variables takes 0.2 s, 1 s, 20 s for 1, 10, 100 constraints.

Slopes and values as of the compliance of a structure under bounds on its volume and on averages; a new problem each
time, solved from the same start as in an optimization. One core.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks import harness, tables
from fem.optimize import Motion
from fem.optimize.approximation import poles
from fem.optimize.subproblem import Subproblem, solve, subproblem

TITLE = "Subproblem of moving asymptotes"
THREADS = (1,)
TARGETS = {1: 0.2, 10: 1.0, 100: 20.0}
VARIABLES, QUICK_VARIABLES = 100_000, 2_000
CURVATURE, PRICE = 1e-5, 1000.0
ROUNDS = 9


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the numbers of constraints."""
    for constraints in TARGETS:
        yield {"constraints": constraints, "quick": quick}


def measure(constraints: int, quick: bool) -> dict[str, Any]:
    """Time solutions, each of a problem of its own."""
    n = QUICK_VARIABLES if quick else VARIABLES
    times = harness.paired({"solve": (lambda number: _problem(n, constraints, number), solve)}, rounds=ROUNDS)
    return {"variables": n, "time_s": harness.spread(times["solve"])}


def _problem(n: int, m: int, number: int) -> Subproblem:
    rng = np.random.default_rng(number)
    x, width = rng.uniform(0.3, 0.7, n), np.ones(n)
    around = Motion().follow([x], None, np.zeros(n), width)
    slopes = rng.random((1 + m, n)) / n
    slopes[0] *= -3
    values = np.concatenate([[1.0], 0.01 * rng.standard_normal(m)])
    p, q = poles(x, slopes, CURVATURE, around, width)
    return subproblem(p, q, values, x, around, PRICE)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each median beside its target."""
    return [
        {
            "claim": f"subproblem of {row['variables']} variables, constraints: {row['constraints']}",
            "target": TARGETS[row["constraints"]],
            "figure": row["time_s"]["median"],
            "unit": "s",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["variables", "constraints", "time"],
        [
            [f"{row['variables']:,}", row["constraints"], tables.timing(row["time_s"])]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
