"""SuperLU through SciPy, with the ordering and pivoting that suit the matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from benchmarks.problems import Problem


class SuperLU:
    """``splu`` in symmetric mode, whose analysis is part of every factorization."""

    def __init__(self, problem: Problem) -> None:
        self.indptr, self.indices, self.n = problem.indptr, problem.indices, problem.n
        self.threshold = 0.0 if problem.positive_definite else 0.1
        self.factors: Any = None

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize; the factors before are freed first."""
        self.factors = None
        matrix = scipy.sparse.csc_array((values, self.indices, self.indptr), shape=(self.n, self.n))
        self.factors = scipy.sparse.linalg.splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=self.threshold,
            options={"SymmetricMode": True},
        )

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``op(A) x = b``."""
        return self.factors.solve(b, trans)


def make(problem: Problem) -> SuperLU:
    """Return SuperLU for the pattern of the problem."""
    return SuperLU(problem)
