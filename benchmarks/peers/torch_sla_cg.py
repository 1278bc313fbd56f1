"""torch-sla with its conjugate gradients and Jacobi preconditioner, to the tolerance that all are checked at."""

from __future__ import annotations

from typing import Any

import torch
from torch_sla import spsolve

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem

# Relative residual; the residual of the others is that of a direct solve.
TOLERANCE = 1e-11


def contestant(problem: Problem) -> Contestant:
    """Return ``spsolve(backend="pytorch", method="cg")``.

    Raises
    ------
    ValueError
        If the problem is not symmetric positive definite.
    """
    if not problem.positive_definite:
        raise ValueError("conjugate gradients take symmetric positive definite matrices only")
    rows = torch.from_numpy(problem.indices).long()
    cols = torch.from_numpy(problem.cols).long()
    b = torch.from_numpy(problem.b)
    shape = (problem.n, problem.n)
    settings: dict[str, Any] = {"backend": "pytorch", "method": "cg", "is_symmetric": True, "is_spd": True}
    settings |= {"atol": TOLERANCE * float(torch.linalg.norm(b)), "tol": TOLERANCE, "maxiter": 100_000}

    def call(values: Any) -> tuple[float, Any]:
        value = torch.linalg.norm(spsolve(values, rows, cols, shape, b, **settings))
        value.backward()
        return value.item(), values.grad.numpy()

    return Contestant(
        put=lambda values: torch.from_numpy(values).requires_grad_(),
        call=call,
        note=f"CG with Jacobi, residual {TOLERANCE:g}",
    )
