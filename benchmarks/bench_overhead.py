"""Claim: sparsead costs at most 5 % more than a hand-written adjoint on the bare library.

Bare library, NumPy front-end and JAX front-end take turns in one process, per matrix and backend,
each call on new values; the bare one uses the same options and keeps its analysis too.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks import harness, ours_jax, ours_numpy, problems, reference, tables
from benchmarks.bare import adjoint
from benchmarks.contestant import Contestant
from benchmarks.problems import Problem

TITLE = "Over a hand-written adjoint on the bare library"
THREADS = (1,)
TARGET = 1.05
# Which matrices each backend is measured on.
BACKENDS = {"pardiso": "abc", "cholmod": "ab", "umfpack": "abc", "superlu": "abc"}
# One factorization takes more than a minute here: fewer rounds, and no warm-up, as nothing is kept between calls.
SLOW = {("superlu", "b")}
BARE = "bare library"


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every backend on every matrix that it takes."""
    for backend, letters in BACKENDS.items():
        for problem in letters:
            yield {"problem": problem, "backend": backend, "quick": quick}


def measure(problem: str, backend: str, quick: bool) -> dict[str, Any]:
    """Time the three in turn, after checking that they agree."""
    system = problems.make(problem, quick=quick)
    three = {
        BARE: adjoint.contestant(system, _bare(backend), "by hand"),
        "sparsead.numpy": ours_numpy.contestant(system, backend),
        "sparsead.jax": ours_jax.contestant(system, backend),
    }
    slow = (backend, problem) in SLOW and not quick
    row: dict[str, Any] = {} if slow else {"deviation": _agreement(three, system)}
    contestants = {name: _numbered(each, system) for name, each in three.items()}
    times = harness.paired(contestants, rounds=2 if slow else harness.ROUNDS, warm=not slow)
    row["time_s"] = {name: harness.spread(sample) for name, sample in times.items()}
    row["ratio"] = harness.ratios(times, BARE)
    return row


def _bare(backend: str) -> Callable[[Problem], Any]:
    """Return what makes the bare solver; imported here, as not every library is everywhere."""
    module = importlib.import_module(f"benchmarks.bare.{backend}")
    return module.make


def _numbered(each: Contestant, system: Problem) -> tuple[Callable[[int], Any], Callable[[Any], Any]]:
    return lambda number: each.put(system.values(number)), each.call


def _agreement(three: dict[str, Contestant], system: Problem) -> float:
    """Return the largest difference of a value from the bare one, relative.

    Raises
    ------
    ArithmeticError
        If it is above the tolerance of all checks.
    """
    values = [float(each.call(each.put(system.values(0)))[0]) for each in three.values()]
    worst = max(abs(value / values[0] - 1) for value in values)
    if not worst <= reference.TOLERANCE:
        raise ArithmeticError(f"values disagree: {values}")
    return worst


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside the target."""
    return [
        {
            "claim": f"{name} over bare {row['backend']}, ({row['problem']})",
            "target": TARGET,
            "figure": ratio["median"],
            "unit": "×",
        }
        for row in rows
        if row["outcome"] == "ok"
        for name, ratio in row["ratio"].items()
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    ours = ("sparsead.numpy", "sparsead.jax")
    return tables.markdown(
        ["matrix", "backend", "threads", BARE, *(f"{name} over bare" for name in ours)],
        [
            [
                f"({row['problem']})",
                row["backend"],
                row["threads"],
                *(
                    [tables.timing(row["time_s"][BARE]), *(tables.ratio(row["ratio"][name]) for name in ours)]
                    if row["outcome"] == "ok"
                    else [row["outcome"], "", ""]
                ),
            ]
            for row in rows
        ],
    )
