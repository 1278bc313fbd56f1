"""cholespy: CHOLMOD's simplicial Cholesky, analyzed in every factorization; real, positive definite, 32-bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from cholespy import CholeskySolverD, MatrixType
from numpy.typing import NDArray

from benchmarks.problems import Problem


class Cholespy:
    """A solver for each matrix: there is no way to give one other values."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.solver: Any = None

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Analyze and factorize; compressed rows, since it sorts compressed columns in place."""
        self.solver = None
        problem = self.problem
        self.solver = CholeskySolverD(problem.n, problem.indptr, problem.indices, values, MatrixType.CSR)

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``A x = b``; A is its own transpose."""
        x = np.empty_like(b)
        self.solver.solve(b, x)
        return x


def make(problem: Problem) -> Cholespy:
    """Return cholespy for the pattern of the problem."""
    return Cholespy(problem)
