"""What `sparsead.backends.choose` decides by: each backend on matrices of growing size, and on the large ones.

No target: the figures are the reason for its rules. Every backend in a process of its own, jitted,
new values in every call. Predictions of memory and time are set beside what a factorization took.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

import sparsead
import sparsead.numpy as sp
from benchmarks import harness, ours_jax, problems, tables

TITLE = "Which backend for which matrix"
THREADS = (1, 2)
# Nodes along a side of the 2D Laplacian, cells along a side of the others.
SMALL = {
    "laplacian": (4, 8, 11, 16, 23, 32, 45, 60),
    "plane_stress": (12, 20, 30, 40),
    "solid": (2, 3, 4, 6),
    "convection_diffusion": (3, 5, 7, 10),
}
LARGE = {"plane_stress": (100, 400), "solid": (14, 30), "convection_diffusion": (20, 40)}
# LAPACK leaves the race early; SuperLU's place in the large one is in the comparison with the bare libraries.
SMALL_ONLY = ("dense", "banded", "superlu")
EVERYWHERE = ("pardiso", "cholmod", "umfpack", "cvxopt")
ROUNDS, QUICK_ROUNDS = 200, 20


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every backend on every matrix that it takes; the large ones not when `quick`."""
    for backend in (*SMALL_ONLY, *EVERYWHERE):
        for sizes in (SMALL,) if quick or backend in SMALL_ONLY else (SMALL, LARGE):
            for kind, size in ((kind, size) for kind, several in sizes.items() for size in several):
                if kind != "convection_diffusion" or backend != "cholmod":
                    yield {"kind": kind, "size": size, "backend": backend, "quick": quick}


def measure(kind: str, size: int, backend: str, quick: bool) -> dict[str, Any]:
    """Time value and gradient on one backend."""
    system = problems.small(kind, size)
    contestant = ours_jax.contestant(system, backend)
    times = harness.paired(
        {backend: (lambda number: contestant.put(system.values(number)), contestant.call)},
        rounds=QUICK_ROUNDS if quick else ROUNDS,
        budget=20.0,
    )
    return {"n": system.n, "time_s": harness.spread(times[backend]), **predictions(system, backend)}


def predictions(system: problems.Problem, backend: str) -> dict[str, float]:
    """Return memory and time that a factorization was said to take, over what it took."""
    matrix = sp.from_scipy(system.matrix(0), positive_definite=system.positive_definite)
    values = np.asarray(matrix.values)
    analysis = sparsead.backends.get(backend).analyze(matrix.pattern, matrix.structure, values)
    predicted = analysis.predicted()
    if predicted is None:
        return {}
    start = time.perf_counter()
    nbytes = analysis.factorize(values).nbytes
    elapsed = time.perf_counter() - start
    return {"bytes_over_true": predicted.nbytes / nbytes, "seconds_over_true": predicted.seconds / elapsed}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nothing: there is no target."""
    return []


def table(rows: list[dict[str, Any]]) -> str:
    """Return one line a matrix and number of threads, one column a backend."""
    backends = (*SMALL_ONLY, *EVERYWHERE)
    done = {(*_at(row), row["backend"]): row["time_s"]["median"] for row in rows if row["outcome"] == "ok"}
    places = sorted({(*_at(row), row["n"]) for row in rows if row["outcome"] == "ok"})
    lines = []
    for kind, size, threads, n in places:
        times = [done.get((kind, size, threads, backend)) for backend in backends]
        best = min(time for time in times if time is not None)
        cells = ["" if time is None else f"{tables.seconds(time)}{' *' if time == best else ''}" for time in times]
        lines.append([kind, n, threads, *cells])
    return tables.markdown(["matrix", "n", "threads", *backends], lines) + "\n" + _predicted(rows)


def _predicted(rows: list[dict[str, Any]]) -> str:
    """Return predictions over what was taken, on the large matrices."""
    lines = [
        [*_at(row), row["backend"], f"{row['bytes_over_true']:.2f}", f"{row['seconds_over_true']:.2f}"]
        for row in rows
        if row["outcome"] == "ok" and "bytes_over_true" in row and row["size"] in LARGE[row["kind"]]
    ]
    return tables.markdown(["matrix", "size", "threads", "backend", "memory predicted / true", "time"], lines)


def _at(row: dict[str, Any]) -> tuple[str, int, int]:
    return row["kind"], row["size"], row["threads"]
