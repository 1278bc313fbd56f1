"""CHOLMOD through scikit-sparse 0.4: analyzed once, supernodal, one triangle."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sksparse import cholmod

from benchmarks.problems import Problem


class Cholmod:
    """One symbolic factor and one numeric one made from it for every matrix."""

    def __init__(self, problem: Problem, *, ordering: str = "default") -> None:
        self.kept = np.flatnonzero(problem.indices >= problem.cols)
        counts = np.bincount(problem.cols[self.kept], minlength=problem.n)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.lower = scipy.sparse.csc_matrix(
            (problem.values(0)[self.kept], problem.indices[self.kept], indptr), shape=(problem.n, problem.n)
        )
        self.symbolic = cholmod.analyze(self.lower, mode="auto", ordering_method=ordering)
        self.factors: Any = None

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize in the storage of the matrix before."""
        self.lower.data = values[self.kept]
        self.symbolic.cholesky_inplace(self.lower)

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``A x = b``; A is its own transpose."""
        return self.symbolic.solve_A(b)


def make(problem: Problem) -> Cholmod:
    """Return CHOLMOD for the pattern of the problem."""
    return Cholmod(problem)
