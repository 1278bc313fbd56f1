"""sparsead in NumPy as a contestant: the one call, with a reusable constructor."""

from __future__ import annotations

import sparsead.numpy as sp
from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def contestant(problem: Problem, backend: str | None = None) -> Contestant:
    """Return ``norm_solve_and_grad`` in the stored values, on `backend` or on what sparsead chooses."""
    declared = problem.positive_definite
    assemble = sp.triplets(
        problem.indices, problem.cols, (problem.n, problem.n), symmetric=declared, positive_definite=declared
    )
    return Contestant(
        put=lambda values: values,
        call=lambda values: sp.norm_solve_and_grad(
            lambda given: sp.vjp(assemble, given), values, problem.b, backend=backend
        ),
        note=backend or "chosen by sparsead",
    )
