"""The hand-written adjoint of ‖A⁻¹b‖₂ in the stored values, on any of the bare libraries.

With x = A⁻¹b and λ = A⁻ᵀ(x/‖x‖), the derivative in the stored value s is −λ[row s] x[col s].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


class Solver(Protocol):
    """A bare library with the analysis made: factorize new values, then solve with them."""

    def factorize(self, values: NDArray[np.float64]) -> None:
        """Factorize the matrix with these stored values, shape (s,)."""

    def solve(self, b: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Return x of ``A x = b``, or of ``Aᵀ x = b`` for ``trans="T"``."""


def contestant(problem: Problem, make: Callable[[Problem], Solver], note: str) -> Contestant:
    """Return value and gradient by one factorization and two solves.

    The analysis is made in the first call, which every harness leaves untimed.
    """
    made: list[Solver] = []
    rows, cols, b = problem.indices, problem.cols, problem.b

    def call(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        if not made:
            made.append(make(problem))
        solver = made[0]
        solver.factorize(values)
        x = solver.solve(b)
        value = float(np.linalg.norm(x))
        adjoint = solver.solve(x / value, "T")
        gradient = np.take(-adjoint, rows)
        gradient *= np.take(x, cols)
        return value, gradient

    return Contestant(put=lambda values: values, call=call, note=note)
