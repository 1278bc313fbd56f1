"""pyMOTO's ``LinSolve`` as a contestant, for any of its solvers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymoto
import scipy.sparse
from numpy.typing import NDArray

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def linsolve(problem: Problem, solver: Any, *, note: str, serial: bool) -> Contestant:
    """Return one module with its solver kept, and its sensitivity read at the stored entries."""
    declared = problem.positive_definite
    matrix, load, solution = pymoto.Signal("A"), pymoto.Signal("b", problem.b), pymoto.Signal("x")
    module = pymoto.LinSolve(symmetric=declared, hermitian=declared, positive_definite=declared, solver=solver)
    rows, cols, shape = problem.indices, problem.cols, (problem.n, problem.n)

    def put(values: NDArray[np.float64]) -> scipy.sparse.csc_matrix:
        return scipy.sparse.csc_matrix((values, problem.indices, problem.indptr), shape=shape)

    def call(given: scipy.sparse.csc_matrix) -> tuple[float, Any]:
        matrix.state = given
        # Connecting runs the module once; afterwards its solver, and what it keeps, is used again.
        if solution.state is None:
            module.connect([matrix, load], solution)
        else:
            module.response()
        x = solution.state
        value = float(np.linalg.norm(x))
        solution.sensitivity = x / value
        module.sensitivity()
        dyads = matrix.sensitivity
        gradient = sum(u[rows] * v[cols] for u, v in zip(dyads.u, dyads.v, strict=True))
        module.reset()
        return value, gradient

    return Contestant(put=put, call=call, note=note, serial=serial)
