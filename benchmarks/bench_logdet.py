"""Claim: a determinant and its gradient cost a few factorizations, whatever the number of entries.

The factorization alone, the value with its gradient, and a product of the Hessian with a vector take turns in one
process, in NumPy, on CHOLMOD, each on new values. What is made of factors is counted beside the times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

import sparsead
import sparsead.numpy as sp
from benchmarks import harness, problems, tables

TITLE = "Determinant and gradient over factorization"
THREADS = (1,)
BACKEND = "cholmod"
TARGETS = {"a": 4.0, "b": 3.0}
ROUNDS = 5
CURVED = ("a",)  # where the Hessian is measured; on the other it takes 6 GB and minutes


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the plane and the solid structure."""
    for problem in TARGETS:
        yield {"problem": problem, "quick": quick}


def measure(problem: str, quick: bool) -> dict[str, Any]:
    """Time the three in turn."""
    system = problems.make(problem, quick=quick)
    calls: dict[str, Callable[[Any], Any]] = {
        "factorization": lambda matrix: sp.factorize(matrix, backend=BACKEND),
        "value and gradient": _value_and_gradient,
    }
    if problem in CURVED:
        calls["Hessian times vector"] = _curvature
    contestants = {name: (lambda k: _new(system, k), call) for name, call in calls.items()}
    times = harness.paired(contestants, rounds=ROUNDS)
    return {
        "unknowns": system.n,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratios": harness.ratios(times, "factorization"),
        "counts": _counts(contestants["value and gradient"]),
    }


def _logdet(matrix: sp.SparseArray) -> Any:
    return sp.logdet(matrix, backend=BACKEND)


def _value_and_gradient(matrix: sp.SparseArray) -> tuple[Any, Any]:
    value, pullback = sp.vjp(_logdet, matrix)
    return value, pullback(1.0)


def _curvature(matrix: sp.SparseArray) -> Any:
    return sp.jvp(lambda a: sp.vjp(_logdet, a)[1](1.0)[0], (matrix,), (np.ones(matrix.stored),))


def _new(system: problems.Problem, number: int) -> sp.SparseArray:
    """Return a matrix of new values, with no factors in the store whose memory one could take over; analyses stay."""
    sparsead.factor_cache.limit(0)
    sparsead.factor_cache.limit(None)
    return sp.csc(system.values(number), system.indices, system.indptr, (system.n, system.n), positive_definite=True)


def _counts(contestant: tuple[Callable[[int], Any], Callable[[Any], Any]]) -> dict[str, int]:
    """Return what the factor store did in one more call, on values that no round has met."""
    put, call = contestant
    given = put(10_007)
    before = asdict(sparsead.factor_cache.stats())
    call(given)
    after = asdict(sparsead.factor_cache.stats())
    return {name: after[name] - before[name] for name in ("analyses", "factorizations", "solves")}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside its target, and what was factorized."""
    found = []
    for row in (row for row in rows if row["outcome"] == "ok"):
        of = f"value and gradient of log det A, ({row['problem']}), CHOLMOD"
        figure = row["ratios"]["value and gradient"]["median"]
        found.append(
            {"claim": f"{of}, over factorization", "target": TARGETS[row["problem"]], "figure": figure, "unit": "×"}
        )
        figure = row["counts"]["factorizations"]
        found.append({"claim": f"factorizations in {of}", "target": 1, "figure": figure, "unit": ""})
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    parts = ("factorization", "value and gradient", "Hessian times vector")
    return tables.markdown(
        ["matrix", "unknowns", "threads", *parts, "gradient over factorization", "Hessian over factorization"],
        [
            [
                f"({row['problem']})",
                row["unknowns"],
                row["threads"],
                *(tables.timing(row["time_s"][name]) if name in row["time_s"] else "" for name in parts),
                *(tables.ratio(row["ratios"][name]) if name in row["ratios"] else "" for name in parts[1:]),
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
