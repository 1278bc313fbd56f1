"""Claim: products of sparse matrices take at most 1.5 times SciPy's, the two cotangents at most two products.

Values on patterns that are known, against SciPy's product, which finds its pattern each time. K is the stiffness of 12³
trilinear hexahedra, K @ K its square, 18 terms for each entry of the result; T ties one dof in ten to three others,
T.T @ K @ T condenses them; D @ G scales the rows of the gradient of a chain of a million springs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import sparsead.numpy as sp
from benchmarks import harness, problems, tables

TITLE = "Products of sparse matrices"
THREADS = (1,)
PRODUCT_TARGET, PULLBACK_TARGET = 1.5, 2.0
CELLS, QUICK_CELLS = 12, 4
SPRINGS, QUICK_SPRINGS = 1_000_000, 1_000
SCIPY, OURS, BACK = "SciPy's product", "product", "cotangents"
ROUNDS = 15

Operands = tuple[sp.SparseArray, ...]


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the three products."""
    for name in _OPERANDS:
        yield {"product": name, "quick": quick}


def measure(product: str, quick: bool) -> dict[str, Any]:
    """Time SciPy's product, ours, and its pullback in turn; patterns and terms are there."""
    make, multiply = _OPERANDS[product]
    operands = make(quick)
    out, pullback = sp.vjp(multiply, *operands)
    of_scipy = tuple(sp.to_scipy(matrix) for matrix in operands)
    contestants = {
        SCIPY: (lambda _: of_scipy, lambda given: multiply(*given)),
        OURS: (lambda _: operands, lambda given: multiply(*given)),
        BACK: (lambda _: out, pullback),
    }
    times = harness.paired(contestants, rounds=ROUNDS)
    return {
        "stored": out.stored,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, SCIPY)[OURS],
        "pullback_ratio": harness.ratios(times, OURS)[BACK],
    }


def _stiffness(quick: bool) -> sp.SparseArray:
    problem = problems.small("solid", QUICK_CELLS if quick else CELLS)
    return sp.csc(problem.ends[0], problem.indices, problem.indptr, (problem.n, problem.n))


def _square(quick: bool) -> Operands:
    stiffness = _stiffness(quick)
    return stiffness, 2.0 * stiffness


def _condensed(quick: bool) -> Operands:
    stiffness = _stiffness(quick)
    n = stiffness.shape[0]
    rng = np.random.default_rng(0)
    tied = rng.random(n) < 0.1
    kept = np.flatnonzero(~tied)
    slaves = np.repeat(np.flatnonzero(tied), 3)
    rows, cols = np.r_[kept, slaves], np.r_[np.arange(kept.size), rng.integers(0, kept.size, slaves.size)]
    weights = np.r_[np.ones(kept.size), rng.random(slaves.size)]
    return stiffness, sp.coo(rows, cols, weights, (n, kept.size))


def _scaled(quick: bool) -> Operands:
    n = QUICK_SPRINGS if quick else SPRINGS
    k = np.random.default_rng(0).random(n)
    return sp.diags([k]), sp.diags([np.ones(n), -np.ones(n - 1)], [0, -1], (n, n))


_OPERANDS: dict[str, tuple[Callable[[bool], Operands], Callable[..., Any]]] = {
    "K @ K": (_square, lambda k, other: k @ other),
    "T.T @ K @ T": (_condensed, lambda k, t: t.T @ k @ t),
    "D @ G": (_scaled, lambda d, g: d @ g),
}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return both ratios of each product beside the targets."""
    found = []
    for row in (row for row in rows if row["outcome"] == "ok"):
        of = row["product"]
        for claim, key, target in (
            (f"{of} over SciPy's product", "ratio", PRODUCT_TARGET),
            (f"both cotangents of {of} over the product", "pullback_ratio", PULLBACK_TARGET),
        ):
            found.append({"claim": claim, "target": target, "figure": row[key]["median"], "unit": "×"})
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["", "stored entries of the product", SCIPY, OURS, BACK],
        [
            [
                f"`{row['product']}`",
                f"{row['stored'] / 1e6:.2f} M",
                tables.timing(row["time_s"][SCIPY]),
                f"{tables.timing(row['time_s'][OURS])}, {row['ratio']['median']:.2f} ×",
                f"{tables.timing(row['time_s'][BACK])}, {row['pullback_ratio']['median']:.2f} × the product",
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
