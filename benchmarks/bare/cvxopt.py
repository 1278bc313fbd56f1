"""CHOLMOD and UMFPACK through cvxopt: the matrix made once, its values replaced."""

from __future__ import annotations

from typing import Any

import numpy as np
from cvxopt import cholmod, matrix, spmatrix, umfpack
from numpy.typing import NDArray

from benchmarks.problems import Problem


class Cholesky:
    """The lower triangle; a factor that each matrix overwrites."""

    def __init__(self, problem: Problem) -> None:
        self.kept = np.flatnonzero(problem.indices >= problem.cols)
        self.lower = _sparse(problem, self.kept)
        self.factor = cholmod.symbolic(self.lower)

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize in the storage of the matrix before."""
        self.lower.V = matrix(values[self.kept])
        cholmod.numeric(self.lower, self.factor)

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``A x = b``; A is its own transpose."""
        x = matrix(b)
        cholmod.solve(self.factor, x)
        return np.ravel(x)


class LU:
    """One symbolic object, and one numeric object that each matrix replaces."""

    def __init__(self, problem: Problem) -> None:
        self.matrix = _sparse(problem, np.arange(problem.indices.size))
        self.symbolic, self.numeric = umfpack.symbolic(self.matrix), None

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize; the factors before are freed first."""
        self.numeric = None
        self.matrix.V = matrix(values)
        self.numeric = umfpack.numeric(self.matrix, self.symbolic)

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``op(A) x = b``, which UMFPACK refines."""
        x = matrix(b)
        umfpack.solve(self.matrix, self.numeric, x, trans)
        return np.ravel(x)


def _sparse(problem: Problem, kept: NDArray[np.int64]) -> Any:
    rows, cols = (matrix(index[kept].astype(np.int64)) for index in (problem.indices, problem.cols))
    return spmatrix(matrix(problem.values(0)[kept]), rows, cols, (problem.n, problem.n))


def make(problem: Problem) -> Cholesky | LU:
    """Return Cholesky where the matrix has one, else LU."""
    return Cholesky(problem) if problem.positive_definite else LU(problem)
