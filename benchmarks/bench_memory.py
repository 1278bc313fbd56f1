"""Claim: beyond the factors, a value-and-gradient needs at most three times the memory of the matrix.

Each contestant in a process of its own: highest resident memory during the calls, less the resident memory
before them (libraries imported, problem and values made). The factors are what PARDISO says that they take.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from typing import Any

from benchmarks import memory, problems, tables
from benchmarks.bare import adjoint, pardiso
from benchmarks.contestant import Contestant

TITLE = "Peak memory of a value-and-gradient"
THREADS = (1,)
PROBLEM = "b"
TARGET = 3.0
LATER = 4


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return both front-ends and the hand-written adjoint."""
    for contestant in ("bare library", "sparsead.numpy", "sparsead.jax"):
        yield {"contestant": contestant, "quick": quick}


def measure(contestant: str, quick: bool) -> dict[str, Any]:
    """Take the peak of the first call, and of later calls on new values."""
    system = problems.make(PROBLEM, quick=quick)
    solvers: list[pardiso.Pardiso] = []
    taking_part = _made(contestant, system, solvers)
    inputs = [taking_part.put(system.values(number)) for number in range(1 + LATER)]
    _start(contestant)
    before = memory.restart()
    first = _peak(taking_part, inputs[:1])
    later = _peak(taking_part, inputs[1:])
    row: dict[str, Any] = {"first_bytes": first - before, "later_bytes": later - before, "matrix_bytes": system.nbytes}
    if solvers:
        row["factor_bytes"] = 1024 * int(solvers[0].settings[15] + solvers[0].settings[16])
    if "sparsead" in sys.modules:
        stats = sys.modules["sparsead"].factor_cache.stats()
        row |= {"held": stats.held, "store_bytes": stats.nbytes}
    return row


def _made(name: str, system: problems.Problem, solvers: list[pardiso.Pardiso]) -> Contestant:
    if name == "bare library":
        return adjoint.contestant(system, lambda problem: _kept(solvers, problem), "by hand")
    module = importlib.import_module(f"benchmarks.{name.replace('sparsead.', 'ours_')}")
    return module.contestant(system, "pardiso")


def _start(contestant: str) -> None:
    """Solve a small system first: the starts of MKL and XLA, tens of MB of code and buffers, are no part of a solve."""
    small = problems.small("solid", 3)
    started = _made(contestant, small, [])
    started.call(started.put(small.values(0)))
    if "sparsead" in sys.modules:
        sys.modules["sparsead"].factor_cache.clear()


def _kept(solvers: list[pardiso.Pardiso], problem: problems.Problem) -> pardiso.Pardiso:
    solvers.append(pardiso.make(problem))
    return solvers[0]


def _peak(taking_part: Any, inputs: list[Any]) -> int:
    memory.restart()
    for given in inputs:
        result = taking_part.call(given)
        del result
    return memory.peak()


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the peak of a first call beyond the factors, in units of the CSC matrix."""
    done = [row for row in rows if row["outcome"] == "ok"]
    bare = next((row for row in done if "factor_bytes" in row), None)
    if bare is None:
        return []
    return [
        {
            "claim": f"peak memory beyond factors, {row['contestant']}, ({PROBLEM}), PARDISO",
            "target": TARGET,
            "figure": (row["first_bytes"] - bare["factor_bytes"]) / row["matrix_bytes"],
            "unit": "× matrix",
        }
        for row in done
        if row is not bare
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["contestant", "threads", "peak, first call", "peak, later calls", "factors and analysis", "CSC matrix"],
        [
            [
                row["contestant"],
                row["threads"],
                *(
                    tables.megabytes(row[key]) if key in row else ""
                    for key in ("first_bytes", "later_bytes", "factor_bytes", "matrix_bytes")
                ),
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
